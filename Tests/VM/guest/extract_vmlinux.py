#!/usr/bin/env python3
"""extract_vmlinux.py BZIMAGE OUTPUT: writes the ELF kernel that is packed inside a bzImage (xz or gzip)."""
import lzma
import sys
import zlib

PACKINGS = (
    (b"\xfd7zXZ\x00", lambda data: lzma.LZMADecompressor(lzma.FORMAT_XZ).decompress(data)),
    (b"\x1f\x8b\x08", lambda data: zlib.decompressobj(31).decompress(data)),
)


def unpacked(image):
    """The first packed ELF file in `image`; None when there is none."""
    for magic, unpack in PACKINGS:
        at = image.find(magic)
        while at >= 0:
            try:
                content = unpack(image[at:])
            except (lzma.LZMAError, zlib.error, EOFError):
                content = b""
            if content[:4] == b"\x7fELF":
                return content
            at = image.find(magic, at + 1)
    return None


with open(sys.argv[1], "rb") as file:
    kernel = unpacked(file.read())
if kernel is None:
    sys.exit(f"no ELF kernel packed with xz or gzip in {sys.argv[1]}")
with open(sys.argv[2], "wb") as file:
    file.write(kernel)
