"""Pages that stand alone, for the checks of reports."""
import html.parser
import re
import xml.etree.ElementTree

VOID = {"meta", "br", "hr", "img", "link", "input"}
FETCHED = {"script", "link", "iframe", "object", "embed", "image", "img"}


class Page(html.parser.HTMLParser):
  """Tags that do not close in order, targets of links, and what would be fetched."""

  def __init__(self, text):
    super().__init__()
    self.open, self.wrong, self.names, self.targets, self.outside = [], [], set(), [], []
    self.feed(text)
    self.close()

  def handle_starttag(self, tag, attributes):
    attributes = dict(attributes)
    if "id" in attributes: self.names.add(attributes["id"])
    if tag == "a": self.targets.append(attributes.get("href", ""))
    if tag in FETCHED or "src" in attributes: self.outside.append(tag)
    if tag not in VOID: self.open.append(tag)

  def handle_startendtag(self, tag, attributes):
    if tag in FETCHED: self.outside.append(tag)

  def handle_endtag(self, tag):
    if not self.open or self.open.pop() != tag: self.wrong.append(tag)


def faults(text, files=(), drawings=0):
  """What is wrong with a page: each a sentence. `files` are those beside it, `drawings` how many it has at least."""
  page = Page(text)
  found = [f"tag {tag} does not close in order" for tag in page.open + page.wrong]
  found += [f"fetches a {tag}" for tag in page.outside]
  found += [f"holds {word}" for word in ("url(", "@import", "http://", "https://") if word in drawn(text, word)]
  for target in page.targets:
    good = target[1:] in page.names if target.startswith("#") else target in files
    if not good: found.append(f"link to {target} leads nowhere")
  pictures = re.findall(r"<svg .*?</svg>", text, re.S)
  if len(pictures) < drawings: found.append(f"{len(pictures)} drawings, not {drawings}")
  for picture in pictures:
    try:
      xml.etree.ElementTree.fromstring(picture)
    except xml.etree.ElementTree.ParseError as error:
      found.append(f"a drawing is no XML: {error}")
    if re.search(r'[" MLV](nan|-?inf)', picture): found.append("a drawing holds what is no number")
  return found


def drawn(text, word):
  """The page without names of name spaces, and without its words where addresses may be cited."""
  text = text.replace('xmlns="http://www.w3.org/2000/svg"', "")
  return text if word in ("url(", "@import") else " ".join(re.findall(r"<[^>]*>", text))
