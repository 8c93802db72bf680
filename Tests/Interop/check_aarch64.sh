#!/usr/bin/env bash
# RigidBody on aarch64: compiled as Embedded Swift, run by qemu, it must print the hashes of Golden/bits.txt. Needs
# gcc-aarch64-linux-gnu, libc6-dev-arm64-cross and qemu-user-static.
set -euo pipefail
cd "$(dirname "$0")/../.."
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT

printf 'module CRealMath { header "%s" export * }\n' "$PWD/Sources/CRealMath/include/real_math.h" >"$work/module.modulemap"
compile() {  # compile MODULE FILE...
  local module=$1
  shift
  swiftc -O -wmo -parse-as-library -swift-version 6 -enable-experimental-feature Embedded -target aarch64-none-none-elf \
    -module-name "$module" -I "$work" -emit-module -emit-module-path "$work/$module.swiftmodule" -c "$@" -o "$work/$module.o"
}
compile LaneMath Sources/LaneMath/*.swift
compile RigidBody Sources/RigidBody/*.swift Sources/RigidBody/*/*.swift
compile Bits Tests/Interop/aarch64/PrintBits.swift Tests/RigidBodyTests/Bits.swift Tests/RigidBodyTests/RandomModels.swift

# What Embedded Swift asks of the C library and glibc calls by another name or not at all.
cat >"$work/runtime.c" <<'C'
#include <stddef.h>
#include <string.h>
void arc4random_buf(void *bytes, size_t count) { memset(bytes, 4, count); }
C
library=$(dirname "$(readlink -f "$(command -v swiftc)")")/../lib/swift/embedded/aarch64-none-none-elf
tools=$(dirname "$(readlink -f "$(command -v swiftc)")")
aarch64-linux-gnu-gcc -static -no-pie -B "$tools" -fuse-ld=lld "$work"/*.o "$work/runtime.c" "$library/libswiftUnicodeDataTables.a" -o "$work/bits"
qemu-aarch64-static "$work/bits" >"$work/bits.txt"
if diff Tests/RigidBodyTests/Golden/bits.txt "$work/bits.txt"; then
  echo "ok 1,400 states have the same bits on aarch64"
else
  echo "not ok 1,400 states have the same bits on aarch64"
  exit 1
fi
