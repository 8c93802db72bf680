#!/usr/bin/env bash
# Fuzzes every decoder of the wire headers and of the transports: Tests/Wire/fuzz.sh [RUNS] [SEED] [wire|transport].
# With libFuzzer of the clang beside Swift; where that does not link, the same checks on a seeded sequence.
set -euo pipefail
cd "$(dirname "$0")/../.."

runs=${1:-1000000}
seed=${2:-20261124}
what=${3:-both}
swift=$(readlink -f "$(command -v swift)")
clang=$(dirname "$swift")/clang
# Nothing is used after it was freed here; a small quarantine keeps a long run small.
export ASAN_OPTIONS=quarantine_size_mb=16

fuzz() {  # fuzz NAME MAX_LENGTH CORPUS_OPTION FLAG...: the harness Tests/Wire/fuzz_NAME.c
  local name=$1 length=$2 option=$3 work=.build/$1-fuzz
  shift 3
  mkdir -p "$work/corpus"
  local flags=(-std=c11 -O1 -g -Wall -Wextra -Wconversion -Werror -fno-sanitize-recover=all -fno-omit-frame-pointer
    "$@" "Tests/Wire/fuzz_$name.c")
  # Real frames to start from: those of the golden files.
  python3 Tests/Wire/seed_corpus.py "$work/corpus" $option
  if "$clang" -fsanitize=fuzzer,address,undefined "${flags[@]}" -o "$work/fuzz" 2>"$work/link"; then
    "$work/fuzz" -runs="$runs" -seed="$seed" -max_len="$length" -timeout=5 -print_final_stats=1 \
      -artifact_prefix="$work/" "$work/corpus"
    return
  fi
  if grep -q 'error:' "$work/link"; then cat "$work/link" >&2; fi
  echo "libFuzzer does not link here: a seeded sequence instead"
  "$clang" -DSEEDED_LOOP -fsanitize=address,undefined "${flags[@]}" -o "$work/loop"
  "$work/loop" "$runs" "$work"/corpus/*
}

if [[ $what != transport ]]; then fuzz wire 80 "" -IFirmware-Interfaces/CServoWire/include; fi
if [[ $what != wire ]]; then
  fuzz transport 400 transports -IFirmware-Interfaces/CServoBus/include Firmware-Interfaces/CServoBus/*_codec.c
fi
