"""The call graph of a linked binary, and the audit of all that can be reached from some of its functions.

An audit starts at root functions and follows direct calls and tail calls. A call that leaves the binary must be on the
list of leaves; a call through a register or through memory must be in a function that is named for it. Jump tables of
switches are recognised and followed no further, as they stay inside their function. x86-64 and aarch64.
"""
import re
import subprocess

FUNCTION = re.compile(r"^([0-9a-f]+) <(.*)>:$")
INSTRUCTION = re.compile(r"^\s*([0-9a-f]+):\s+(\S+)\s*(.*)$")
TARGET = re.compile(r"<(.*?)(\+0x[0-9a-f]+)?>\s*$")
DIRECT = {"call", "callq", "jmp", "jmpq", "bl", "b"}
INDIRECT = {"blr", "br"}
#: Conditional jumps may leave a function too, as tail calls.
CONDITIONAL = re.compile(r"^(j[a-z]+|b\.[a-z]+|cbn?z|tbn?z)$")


class CallGraph:
  """Functions of a binary by readable name, with the names that they call and their indirect calls."""

  def __init__(self, binary, tools):
    self.calls = {}
    self.indirect = {}
    sizes = self._sizes(binary, tools)
    calls, indirect = {}, {}
    name, end, recent = None, 0, []
    listing = subprocess.run(
      [tools / "llvm-objdump", "-d", "--no-show-raw-insn", binary], capture_output=True, text=True, check=True)
    for line in listing.stdout.splitlines():
      if match := FUNCTION.match(line):
        address, name = int(match[1], 16), match[2]
        end = address + sizes.get(address, 1 << 40)
        calls.setdefault(name, set())
        indirect.setdefault(name, [])
        recent = []
        continue
      match = INSTRUCTION.match(line)
      # Beyond a symbol's size stands padding, or code of a symbol that was stripped.
      if match is None or name is None or int(match[1], 16) >= end:
        continue
      operation, operands = match[2], match[3]
      if operation in INDIRECT or (operation in DIRECT and operands.startswith("*")):
        if not is_jump_table(operation, operands, recent):
          indirect[name].append(f"{operation} {operands}".strip())
      elif operation in DIRECT or CONDITIONAL.match(operation):
        target = TARGET.search(operands)
        if target and target[1] != name:
          calls[name].add(target[1])
      recent = (recent + [f"{operation} {operands}"])[-16:]
    readable = demangle({*calls, *(callee for callees in calls.values() for callee in callees)})
    for name, callees in calls.items():
      self.calls.setdefault(readable[name], set()).update(readable[callee] for callee in callees)
      self.indirect.setdefault(readable[name], []).extend(indirect[name])

  @staticmethod
  def _sizes(binary, tools):
    symbols = subprocess.run(
      [tools / "llvm-nm", "-S", "--defined-only", binary], capture_output=True, text=True, check=True)
    fields = (line.split() for line in symbols.stdout.splitlines())
    return {int(f[0], 16): int(f[1], 16) for f in fields if len(f) == 4 and f[2] in "tTwW"}


def is_jump_table(operation, operands, recent):
  """Whether an indirect jump is the end of a switch: an offset loaded from a table and added to the table's address."""
  if operation in ("jmp", "jmpq"):
    # The two instructions before that made the register jumped to, whatever the compiler put between them.
    makers = [line for line in recent if line.endswith(", " + operands.removeprefix("*").strip())][-2:]
    return (len(makers) == 2 and re.match(r"movslq\s+\(%\w+,\s*%\w+,\s*4\)", makers[0]) is not None
            and makers[1].startswith("add"))
  if operation == "br":
    loads = any(re.match(r"ldr(sw|h|b)?\s", line) for line in recent)
    return loads and any(re.match(r"add\s.*(sxtw|lsl|uxt)|add\s", line) for line in recent[-3:])
  return False


def demangle(names):
  """Readable form of Swift names, without the notes on how a function was specialised."""
  names = list(names)
  text = subprocess.run(
    ["swift", "demangle", "--compact"], input="\n".join(names), capture_output=True, text=True, check=True)
  return dict(zip(names, text.stdout.splitlines(), strict=True))


def audit(graph, roots, leaves, borders=None, named_indirect=None):
  """Everything reachable from `roots` that is not allowed, as a list of readable lines, and the number of functions.

  `leaves` matches names outside the binary that may be called. `borders` matches functions that are not entered: what
  lies behind them is proved elsewhere. `named_indirect` matches functions that may call indirectly.
  """
  start = [name for name in graph.calls if re.search(roots, name)]
  if not start:
    return [f"no function of the binary matches {roots}"], 0
  caller, pending, problems = {}, [(name, None) for name in start], []
  while pending:
    name, parent = pending.pop()
    if name in caller:
      continue
    caller[name] = parent
    if borders and parent is not None and re.search(borders, name):
      continue
    if name not in graph.calls or name.endswith("@plt"):
      if not re.search(leaves, name.removesuffix("@plt")):
        problems.append(("call of", name))
      continue
    if graph.indirect[name] and not (named_indirect and re.search(named_indirect, name)):
      problems.append((f"indirect call ({graph.indirect[name][0]}) in", name))
    pending += [(callee, name) for callee in graph.calls[name] if callee not in caller]
  lines = []
  for what, name in problems:
    chain = [name]
    while (name := caller[name]) is not None:
      chain.append(name)
    lines.append(f"{what} " + " <- ".join(chain))
  return sorted(lines), len(caller)
