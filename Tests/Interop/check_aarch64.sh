#!/usr/bin/env bash
# RigidBody on aarch64: compiled as Embedded Swift, run by qemu, it must print the hashes of Golden/bits.txt.
set -euo pipefail
cd "$(dirname "$0")/../.."
source Tests/Interop/aarch64/compile.sh

compile_dynamics
compile Bits Tests/Interop/aarch64/PrintBits.swift Tests/RigidBodyTests/Bits.swift Tests/RigidBodyTests/RandomModels.swift
link bits
qemu-aarch64-static "$work/bits" >"$work/bits.txt"
if diff Tests/RigidBodyTests/Golden/bits.txt "$work/bits.txt"; then
  echo "ok 1,400 states have the same bits on aarch64"
else
  echo "not ok 1,400 states have the same bits on aarch64"
  exit 1
fi
