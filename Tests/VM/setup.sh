#!/usr/bin/env bash
# Fetches what Tests/VM/scvm needs into $SCVM_HOME (default ~/.cache/sinew-vm), from the archive of Debian 12 or of whatever
# release this is. Installs no kernel on this host; run again, it does nothing.
#
#   Tests/VM/setup.sh             what `make test` runs: virtual, or uml where that cannot be had; qemu unless SINEW_QEMU is 0
#   Tests/VM/setup.sh uml         user-mode-linux: vcan, vxcan, slcan. 41 MB, 4 s
#   Tests/VM/setup.sh virtual     the same built for virtual time (guest/virtual.config), and the project's own simulated
#                                 controllers, canfault. 139 MB of kernel source, 2 to 3 minutes on two processors
#   Tests/VM/setup.sh qemu        a kernel for QEMU with the CTU CAN FD driver. 90 MB, and the source; 45 s
#
# Exit 2: the archive or the rights for it are not there; what is missing is said.
set -euo pipefail
here=$(cd "$(dirname "$0")" && pwd)
SCVM_HOME=${SCVM_HOME:-${XDG_CACHE_HOME:-$HOME/.cache}/sinew-vm}
tree=$SCVM_HOME/tree boot=$SCVM_HOME/boot build=$SCVM_HOME/build packages=$SCVM_HOME/packages
source=$build/source
export DEBIAN_FRONTEND=noninteractive PATH=$PATH:/usr/sbin:/sbin

say() { printf 'Tests/VM/setup.sh: %s\n' "$*" >&2; }
stop() { say "$@"; exit 2; }
logged() {  # logged FILE COMMAND...: prints what the command said only when it failed
  local file=$1
  shift
  "$@" >"$file" 2>&1 </dev/null || { tail -n 30 "$file" >&2; return 1; }
}

if (($# == 0)); then
  "$0" virtual || {
    say "no guest in virtual time; Tests/VM runs against the clock"
    "$0" uml || say "no guest with SocketCAN: Tests/VM will be left out"
  }
  [[ ${SINEW_QEMU:-1} == 0 ]] || "$0" qemu || say "no emulated controllers: that part of Tests/VM will be left out"
  exit 0
fi

wanted=" $* "
want() { [[ $wanted == *" $1 "* ]]; }
for word in "$@"; do [[ $word =~ ^(uml|virtual|qemu)$ ]] || stop "usage: setup.sh uml|virtual|qemu..."; done

# Tools on this host

missing=()
need() { command -v "$1" >/dev/null || missing+=("$2"); }  # need COMMAND PACKAGE
install_tools() {
  need busybox busybox-static
  need ip iproute2
  need candump can-utils
  need strace strace
  need depmod kmod
  need setpriv util-linux
  if want qemu; then need qemu-system-x86_64 qemu-system-x86; fi
  if want qemu || want virtual; then
    need gcc-12 gcc-12
    need make make
    need xz xz-utils
    need flex flex
    need bison bison
    need bc bc
    compgen -G '/usr/lib/*/libelf.so.1' >/dev/null || missing+=(libelf1)  # the kernel's modpost and objtool load it
  fi
  ((${#missing[@]})) || return 0
  ((EUID == 0)) || stop "missing; type: sudo apt-get install -y --no-install-recommends ${missing[*]}"
  say "installing with apt-get: ${missing[*]}"
  logged "$SCVM_HOME/apt.log" apt-get -qq update || say "apt-get update failed; trying with the lists that are there"
  logged "$SCVM_HOME/apt.log" apt-get -qq install -y --no-install-recommends "${missing[@]}" ||
    stop "apt-get could not install: ${missing[*]}"
}

package() {  # package NAME[=VERSION]: prints the path of the downloaded package
  local file name=${1%%=*}
  file=$(compgen -G "$packages/${name}_*.deb" | head -n 1 || true)
  if [[ -z $file ]]; then
    (cd "$packages" && logged "$SCVM_HOME/apt.log" apt-get -qq -o APT::Sandbox::User=root download "$1") ||
      stop "the package $1 cannot be downloaded (is this Debian, and are its lists there? apt-get update)"
    file=$(compgen -G "$packages/${name}_*.deb" | head -n 1)
  fi
  printf '%s\n' "$file"
}

# user-mode-linux

prepare_uml() {
  [[ -x $boot/linux.uml ]] && return
  say "user-mode-linux"
  local file to=$tree/uml
  file=$(package user-mode-linux) || exit 2
  rm -rf "$to"
  mkdir -p "$to/lib"
  dpkg -x "$file" "$to"
  mv "$to/usr/lib/uml/modules" "$to/lib/modules"
  mv "$to/usr/bin/linux.uml" "$boot/linux.uml"
  rm -rf "$to/usr"
}

# The kernel's source, without most of its drivers. It has the CTU CAN FD driver (GPL-2.0), which Debian does not build.
kernel_source() {
  local to=$source file unread=() part
  [[ -e $to/.complete ]] && return
  say "linux-source-6.1"
  file=$(package linux-source-6.1) || exit 2
  rm -rf "$to"
  mkdir -p "$to"
  # Kconfig and Makefile of every folder are read, whatever is built.
  for part in Documentation tools/testing sound arch/{arm,arm64,mips,powerpc} \
    drivers/{gpu,media,infiniband,scsi,staging,usb,iio,clk,pinctrl,net/ethernet,net/wireless}; do
    unread+=(--exclude="*/$part/*.[chS]" --exclude="*/$part/*.rst" --exclude="*/$part/*.dts*")
  done
  dpkg --fsys-tarfile "$file" | tar -xO ./usr/src/linux-source-6.1.tar.xz |
    tar -xJ -C "$to" --strip-components=1 "${unread[@]}"
  touch "$to/.complete"
}

install_module() {  # install_module FOLDER-WITH-MODULES TREE KERNEL-VERSION
  local module to=$2/lib/modules/$3/updates
  mkdir -p "$to"
  for module in "$1"/*.ko; do strip -g -o "$to/$(basename "$module")" "$module"; done
  depmod -b "$2" "$3" 2>/dev/null
}

# user-mode-linux in virtual time: Debian's has it not switched on.

kernel_make() { logged "$build/linux.log" make -s -j"$(nproc)" -C "$source" ARCH=um CC=gcc-12 "$@"; }

virtual_kernel() {
  local config=$here/guest/virtual.config to=$tree/virtual
  cmp -s "$config" "$boot/config-virtual" && return
  kernel_source
  say "building a kernel for virtual time"
  kernel_make KCONFIG_ALLCONFIG="$config" allnoconfig
  kernel_make linux modules
  rm -rf "$to"
  kernel_make INSTALL_MOD_PATH="$to" modules_install
  cp "$source/linux" "$boot/linux.virtual.part"
  mv "$boot/linux.virtual.part" "$boot/linux.virtual"
  cp "$config" "$boot/config-virtual"
}

virtual_canfault() {
  local version module file at=$build/canfault
  version=$(ls "$tree/virtual/lib/modules")
  module=$tree/virtual/lib/modules/$version/updates/canfault.ko
  if [[ -e $module ]]; then
    for file in "$here"/canfault/*; do cmp -s "$file" "$at/${file##*/}" || break; done
    cmp -s "$file" "$at/${file##*/}" && return
  fi
  kernel_source
  if [[ ! -e $source/include/config/kernel.release ]]; then
    # Fetched again: not built, but for what modules need; it has no table of the kernel's symbols, so that each is a warning.
    kernel_make KCONFIG_ALLCONFIG="$here/guest/virtual.config" allnoconfig
    kernel_make modules_prepare
  fi
  if [[ $(cat "$source/include/config/kernel.release") != "$version" ]]; then
    rm "$boot/config-virtual"
    virtual_kernel
    version=$(ls "$tree/virtual/lib/modules")
  fi
  say "building canfault for $version"
  rm -rf "$at" "$at.part"
  cp -r "$here/canfault" "$at.part"
  kernel_make M="$at.part" KBUILD_MODPOST_WARN=1 modules
  install_module "$at.part" "$tree/virtual" "$version"
  mv "$at.part" "$at"
}

# A kernel for QEMU

qemu_kernel() {
  [[ -s $boot/vmlinux-qemu ]] && return
  local version file to=$tree/qemu
  # The number in the version moves with every security update.
  version=$(apt-cache depends linux-image-amd64 | sed -n 's/.*Depends: linux-image-\(.*\)/\1/p' | head -n 1)
  [[ -n $version ]] || stop "no linux-image-amd64 in the archive"
  say "linux-image-$version"
  file=$(package "linux-image-$version") || exit 2
  rm -rf "$to"
  mkdir -p "$to"
  local modules='./lib/modules/*'
  dpkg --fsys-tarfile "$file" | tar -x -C "$to" --wildcards './boot/*' "$modules/modules.*" "$modules/kernel/net/*" \
    "$modules/kernel/drivers/net/can/*" "$modules/kernel/drivers/net/v*" "$modules/kernel/drivers/virtio/*" \
    "$modules/kernel/drivers/char/*" "$modules/kernel/fs/*" "$modules/kernel/lib/*" "$modules/kernel/crypto/*"
  depmod -b "$to" "$version" 2>/dev/null
  printf '%s\n' "$version" >"$boot/version-qemu"
  # An uncompressed kernel boots through its PVH note; without hardware help its own unpacking takes 2.5 s.
  python3 "$here/guest/extract_vmlinux.py" "$to"/boot/vmlinuz-* "$boot/vmlinux-qemu.part"
  mv "$boot/vmlinux-qemu.part" "$boot/vmlinux-qemu"
}

qemu_initramfs() {
  local version=$1 at=$build/initramfs module
  [[ $boot/initrd-qemu -nt $here/guest/init-qemu ]] && return
  rm -rf "$at"
  mkdir -p "$at"/{bin,m,proc,sys,dev,host,rw,root}
  cp "$(command -v busybox)" "$at/bin/busybox"
  install -m 755 "$here/guest/init-qemu" "$at/init"
  for module in virtio_pci virtio_console 9pnet_virtio 9p overlay; do
    modprobe -d "$tree/qemu" -S "$version" --show-depends "$module" | sed -n 's/^insmod \([^ ]*\).*/\1/p'
  done | awk '!seen[$0]++' | while read -r module; do
    cp "$module" "$at/m/"
    basename "$module"
  done >"$at/m/list"
  (cd "$at" && find . | busybox cpio -o -H newc 2>/dev/null) >"$boot/initrd-qemu"
}

qemu_ctucanfd() {
  local version=$1 at=$build/ctucanfd headers=$build/headers name
  [[ -e $tree/qemu/lib/modules/$version/updates/ctucanfd_pci.ko ]] && return
  kernel_source
  local prepared=$headers/usr/src/linux-headers-$version
  if [[ ! -e $headers/.complete ]]; then
    mkdir -p "$headers"
    for name in "linux-headers-$version" "linux-headers-${version%-amd64}-common" linux-kbuild-6.1 linux-compiler-gcc-12-x86; do
      dpkg -x "$(package "$name")" "$headers"
    done
    sed -i "s#include /usr/src/#include $headers/usr/src/#" "$prepared/Makefile"
    touch "$headers/.complete"
  fi
  say "building ctucanfd for $version"
  rm -rf "$at"
  cp -r "$source/drivers/net/can/ctucanfd" "$at"
  rm -f "$at/ctucanfd_platform.c" "$at/Makefile"
  printf 'obj-m := ctucanfd.o ctucanfd_pci.o\nctucanfd-y := ctucanfd_base.o\n' >"$at/Kbuild"
  logged "$at.log" make -s -C "$prepared" M="$at" modules
  install_module "$at" "$tree/qemu" "$version"
}

# systemd-udevd for the guests; without it what needs the daemon is left out.
prepare_udevd() {
  [[ -x $tree/udev/lib/systemd/systemd-udevd || -x $tree/udev/bin/udevadm ]] && return
  local file
  file=$(package udev) || { say "no udev; tests with its daemon are left out"; return 0; }
  say "systemd-udevd"
  mkdir -p "$tree/udev"
  dpkg -x "$file" "$tree/udev"
}

mkdir -p "$tree" "$boot" "$build" "$packages"
install_tools
prepare_udevd
if want uml; then prepare_uml; fi
if want virtual; then
  virtual_kernel
  virtual_canfault
fi
if want qemu; then
  qemu_kernel
  qemu_initramfs "$(cat "$boot/version-qemu")"
  qemu_ctucanfd "$(cat "$boot/version-qemu")"
fi
rm -rf "$packages"  # unpacked
