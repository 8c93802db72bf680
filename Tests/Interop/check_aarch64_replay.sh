#!/usr/bin/env bash
# The core on aarch64: ControlCycle, RigidBody and LaneMath as Embedded Swift, run by qemu, fed with the recorded inputs of
# a run against the clock, overruns as they came, and of every recording kept for the tests. Every byte it puts out must be
# what a debug and a release build on this machine put out, and what was recorded; one bit flipped in an input must show, by
# cycle, joint and field.
#
#     check_aarch64_replay.sh [RECORDING...]     other recordings in place of these
set -euo pipefail
cd "$(dirname "$0")/../.."
source Tests/Interop/aarch64/compile.sh
SINEW=${SINEW:-.build/release/sinew}
SINEW_DEBUG=${SINEW_DEBUG:-.build/debug/sinew}

passed=0
failed=0
check() {  # check WHAT COMMAND...: passed when the command succeeds
  local what=$1
  shift
  if "$@"; then
    echo "ok $what"
    passed=$((passed + 1))
  else
    echo "not ok $what"
    failed=$((failed + 1))
  fi
}

compile_dynamics
compile ControlCycle Sources/ControlCycle/*.swift Sources/ControlCycle/*/*.swift
compile CoreReplay Tests/Interop/aarch64/CoreReplay.swift Sources/Recording/Extract/{FieldCoding,CycleConfiguration,CycleOutputs}.swift \
  Sources/Recording/Cycle/RecordedCycle.swift Sources/Recording/MCAP/Byte{Reader,Writer}.swift
link core

# Two programs that `sinew replay --with` takes for builds of sinew.
cat >"$work/aarch64" <<RUN
#!/usr/bin/env bash
set -euo pipefail
"$SINEW" replay "\$2" --extract - | qemu-aarch64-static "$work/core" 2>"$work/report"
RUN
cat >"$work/flipped" <<RUN
#!/usr/bin/env bash
set -euo pipefail
"$SINEW" replay "\$2" --extract "$work/extract"
python3 Tests/Interop/aarch64/flip_input_bit.py "$work/extract" "$work/extract" 1000 10 40
qemu-aarch64-static "$work/core" <"$work/extract" 2>"$work/report"
RUN
chmod +x "$work/aarch64" "$work/flipped"

number() { sed -nE "s/.*\"$1\": \"?([0-9a-f]+)\"?.*/\1/p" "$2"; }  # number KEY FILE: from one JSON object

told() { "${@:2}" >"$work/$1"; }  # told FILE COMMAND...: what the command prints, in a file

replayed() {  # replayed FILE: on three builds, every byte the same
  local file=$1 name cycles bytes sum report
  name=$(basename "$file" .mcap)
  check "$name: release replays what was recorded" told release "$SINEW" replay "$file" --json
  check "$name: debug replays what was recorded" told debug "$SINEW_DEBUG" replay "$file" --json
  sum=$(number output_sha256 "$work/release")
  cycles=$(number cycles "$work/release") bytes=$(number output_bytes "$work/release")
  check "$name: debug and release put out the same bytes" [ "$sum" = "$(number output_sha256 "$work/debug")" ]
  check "$name: aarch64 puts out the same bytes" told other "$SINEW" replay "$file" --with "$work/aarch64" --json
  # A word, then: cycles, cycles left out, bytes, allocations before the first cycle, allocations since.
  report=$(cat "$work/report")
  check "$name: that is $cycles cycles, $bytes bytes, SHA-256 $sum" \
    [ "$(awk '{print $1, $2, $4}' <<<"$report")" = "replayed $cycles $bytes" ]
  check "$name: aarch64 allocates before the first cycle and never after it" \
    [ "$(awk '{print ($5 > 0 && $6 == 0)}' <<<"$report")" = 1 ]
}

recordings=("$@")
if (($# == 0)); then
  # A loop that is late too often stops the robot, and that is a recording as well.
  told run "$SINEW" run Robots/navigator --motion wave --for 2 --pace live --record "$work/wave.mcap" --fault-file none \
    --json || true
  echo "wave: $(number deadline_misses "$work/run") deadlines missed, $(number skipped_cycles "$work/run") cycles left out"
  recordings=("$work/wave.mcap" Tests/RecordingTests/Recordings/*.mcap)
fi
for file in "${recordings[@]}"; do replayed "$file"; done

# The control: one bit of a setpoint, in the middle of a motion.
"$SINEW" run Robots/navigator --motion wave --for 1 --pace fast --record "$work/control.mcap" --fault-file none >/dev/null
status=0
"$SINEW" replay "$work/control.mcap" --with "$work/flipped" >"$work/control" 2>&1 || status=$?
head -n 2 "$work/control"
check "one flipped bit of an input is found in its cycle" [ "$status" = 1 ]
check "and named" grep -qE '^first difference: cycle 1000 .*, stage command, joint [A-Za-z_]+, [a-z]+: this build ' "$work/control"

printf '%d passed, %d failed\n' "$passed" "$failed"
((failed == 0))
