#!/usr/bin/env bash
# Fuzzes every decoder of the wire headers: Tests/Wire/fuzz.sh [RUNS] [SEED].
# With libFuzzer of the clang beside Swift; where that does not link, the same checks on a seeded sequence.
set -euo pipefail
cd "$(dirname "$0")/../.."

runs=${1:-1000000}
seed=${2:-20261124}
swift=$(readlink -f "$(command -v swift)")
clang=$(dirname "$swift")/clang
work=.build/wire-fuzz
# Nothing is used after it was freed here; a small quarantine keeps a long run small.
export ASAN_OPTIONS=quarantine_size_mb=16
mkdir -p "$work/corpus"

flags=(-std=c11 -O1 -g -Wall -Wextra -Wconversion -Werror -fno-sanitize-recover=all -fno-omit-frame-pointer
  -IFirmware-Interfaces/CServoWire/include Tests/Wire/fuzz_wire.c)
if "$clang" -fsanitize=fuzzer,address,undefined "${flags[@]}" -o "$work/fuzz" 2>"$work/link"; then
  # Real frames to start from: those of the golden files.
  python3 Tests/Wire/seed_corpus.py "$work/corpus"
  exec "$work/fuzz" -runs="$runs" -seed="$seed" -max_len=80 -timeout=5 -print_final_stats=1 \
    -artifact_prefix="$work/" "$work/corpus"
fi
if grep -q 'error:' "$work/link"; then cat "$work/link" >&2; fi
echo "libFuzzer does not link here: a seeded sequence instead"
"$clang" -DSEEDED_LOOP -fsanitize=address,undefined "${flags[@]}" -o "$work/loop"
exec "$work/loop" "$runs"
