#!/usr/bin/env python3
"""Writes the golden frames as inputs of the fuzzer: identifier, little-endian, then the bytes."""
import json
import pathlib
import sys

VECTORS = pathlib.Path(__file__).resolve().parents[2] / "Firmware-Interfaces/Vectors"


def frames(value):
    """Every frame in a golden file, wherever it stands."""
    if isinstance(value, dict):
        if "id" in value and isinstance(value.get("data"), str):
            yield value
        for child in value.values():
            yield from frames(child)
    elif isinstance(value, list):
        for child in value:
            yield from frames(child)


def main():
    corpus = pathlib.Path(sys.argv[1])
    number = 0
    for file in sorted(VECTORS.glob("*.json")):
        for frame in frames(json.loads(file.read_text())):
            content = int(frame["id"], 16).to_bytes(4, "little") + bytes.fromhex(frame["data"])
            (corpus / f"{file.stem}-{number:04}").write_bytes(content)
            number += 1


if __name__ == "__main__":
    main()
