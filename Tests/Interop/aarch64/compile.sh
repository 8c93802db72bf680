# Sourced by check_aarch64*.sh, in the repository's root: compiles modules as Embedded Swift for aarch64 and links them
# with the C library of gcc-aarch64-linux-gnu, to be run by qemu. Needs gcc-aarch64-linux-gnu, libc6-dev-arm64-cross and
# qemu-user-static.

work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
tools=$(dirname "$(readlink -f "$(command -v swiftc)")")
runtime=$tools/../lib/swift/embedded/aarch64-none-none-elf
cat >"$work/module.modulemap" <<MAP
module CRealMath { header "$PWD/Sources/CRealMath/include/real_math.h" export * }
module CServoWire { header "$PWD/Firmware-Interfaces/CServoWire/include/servo_wire.h" export * }
module CCoreHost { header "$PWD/Tests/Interop/aarch64/core_host.h" export * }
MAP

compile() {  # compile MODULE FILE...
  local module=$1
  shift
  swiftc -O -wmo -parse-as-library -swift-version 6 -enable-experimental-feature Embedded -target aarch64-none-none-elf \
    -module-name "$module" -I "$work" -emit-module -emit-module-path "$work/$module.swiftmodule" -c "$@" -o "$work/$module.o"
}

# compile_dynamics: LaneMath and RigidBody, which take half a minute, are kept from one check to the next.
compile_dynamics() {
  local files=(Sources/CRealMath/include/*.h Sources/LaneMath/*.swift Sources/RigidBody/*.swift Sources/RigidBody/*/*.swift)
  local kept=.build/aarch64 name sum
  sum=$({ swiftc --version 2>&1; echo "$PWD"; sha256sum "${files[@]}" Tests/Interop/aarch64/compile.sh; } | sha256sum)
  if [[ $(cat "$kept/sum" 2>/dev/null) != "$sum" ]]; then
    compile LaneMath Sources/LaneMath/*.swift
    compile RigidBody Sources/RigidBody/*.swift Sources/RigidBody/*/*.swift
    rm -rf "$kept"
    mkdir -p "$kept"
    for name in LaneMath RigidBody; do cp "$work/$name.o" "$work/$name.swiftmodule" "$kept"; done
    printf '%s\n' "$sum" >"$kept/sum"
  fi
  for name in LaneMath RigidBody; do cp "$kept/$name.o" "$kept/$name.swiftmodule" "$work"; done
}

link() {  # link PROGRAM ARGUMENT...
  local program=$1
  shift
  aarch64-linux-gnu-gcc -O2 -static -no-pie -B "$tools" -fuse-ld=lld "$work"/*.o Tests/Interop/aarch64/core_host.c \
    -Wl,--wrap=posix_memalign,--wrap=malloc "$runtime/libswiftUnicodeDataTables.a" "$@" -o "$work/$program"
}
