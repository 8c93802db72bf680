#!/usr/bin/env python3
"""Writes the golden frames as inputs of the fuzzers: seed_corpus.py FOLDER [transports].

For the wire headers: identifier, little-endian, then the bytes. For the transports: which one, then the bytes.
"""
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


TRANSPORTS = ["udp_multicast", "slcan", "cannelloni"]


def main():
    corpus = pathlib.Path(sys.argv[1])
    if sys.argv[2:] == ["transports"]:
        for number, row in enumerate(json.loads((VECTORS / "transports.json").read_text())["rows"]):
            content = bytes([TRANSPORTS.index(row["transport"])]) + bytes.fromhex(row["wire"])
            (corpus / f"{row['transport']}-{number:04}").write_bytes(content)
        return
    number = 0
    for file in sorted(set(VECTORS.glob("*.json")) - {VECTORS / "transports.json"}):
        for frame in frames(json.loads(file.read_text())):
            content = int(frame["id"], 16).to_bytes(4, "little") + bytes.fromhex(frame["data"])
            (corpus / f"{file.stem}-{number:04}").write_bytes(content)
            number += 1


if __name__ == "__main__":
    main()
