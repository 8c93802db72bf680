"""Flips one bit of what `sinew replay --extract` writes: of a setpoint's position in one cycle.

    flip_input_bit.py IN OUT CYCLE JOINT BIT
"""
import pathlib
import struct
import sys

source, target, wanted, joint, bit = sys.argv[1], sys.argv[2], *map(int, sys.argv[3:])
data = bytearray(pathlib.Path(source).read_bytes())
place = 16 + struct.unpack_from("<I", data, 12)[0]
while place < len(data):
    kind, _, length = struct.unpack_from("<III", data, place)
    body = place + 12 + 4
    if kind == 1 and struct.unpack_from("<q", data, body)[0] == wanted:
        # Behind the fixed part of a /cycle message, four numbers a joint; see MessageDefinitions.swift.
        data[body + 56 + 32 * joint + bit // 8] ^= 1 << bit % 8
        pathlib.Path(target).write_bytes(data)
        sys.exit(0)
    place += 12 + length
sys.exit(f"{source} holds no cycle {wanted}")
