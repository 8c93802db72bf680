#!/bin/sh
# Validates every robot, motion, actuator and scenario under Robots/ against the published JSON Schemas with PyPI's check-jsonschema,
# and the schemas themselves against JSON Schema 2020-12. A robot with a mistake must fail, so that a schema that
# accepts everything is noticed.
#
# Usage: Tests/Interop/check_schema.sh BIN     (BIN: the bin directory of a venv that has check-jsonschema)
set -eu
if [ $# -ne 1 ] || [ ! -x "$1/check-jsonschema" ]; then
  echo "usage: $0 BIN, the bin directory of a Python environment; fill it with" >&2
  echo "  python3 -m venv .venv && .venv/bin/pip install check-jsonschema" >&2
  exit 2
fi
check="$1/check-jsonschema"
cd "$(dirname "$0")/../.."
"$check" --check-metaschema Robots/robot.schema.json Robots/motion.schema.json Robots/actuator.schema.json \
  Robots/scenario.schema.json Robots/program.schema.json Documentation/tune.schema.json
"$check" --schemafile Robots/robot.schema.json Robots/*/robot.yaml Robots/navigator/mixed.yaml Robots/rig/limb.yaml Robots/rig/profiles.yaml
"$check" --schemafile Robots/motion.schema.json Robots/*/motions/*.yaml
"$check" --schemafile Robots/program.schema.json Robots/*/programs/*.yaml
"$check" --schemafile Robots/actuator.schema.json Robots/actuators/*.yaml
find Robots/scenarios -name '*.yaml' -exec "$check" --schemafile Robots/scenario.schema.json {} +

broken="$(mktemp -d)"
trap 'rm -rf "$broken"' EXIT
robot=Robots/navigator/robot.yaml
for edit in 's/^update_rate:.*/update_rate: 0.001/' 's/^urdf:/udrf:/' 's/model: *[A-Z][A-Z0-9_]*/model: 4310/' \
  's/stiffness: *[0-9.]*/stiffness: -1/' 's/watchdog: *[0-9.]*/watchdog: 20/' 's/bitrate: *1000000/bitrate: 1/' 's/interface: can0,/interface: can:0,/' \
  's/interface: can0,/interface: can0, adapter: {serial: 123},/'; do
  sed "$edit" "$robot" >"$broken/robot.yaml"
  if cmp -s "$robot" "$broken/robot.yaml"; then
    echo "$robot: the edit $edit changes nothing" >&2
    exit 1
  fi
  if "$check" --schemafile Robots/robot.schema.json "$broken/robot.yaml" >/dev/null 2>&1; then
    echo "$robot after $edit passes the schema" >&2
    exit 1
  fi
done
actuator=Robots/actuators/rs03.yaml
for edit in 's/kind: planetary/kind: planetarium/' 's/resistance: 0.195/resistance: -1/' 's/stage_efficiency:.*/stage_efficiency: 93/' '/^vendor/d'; do
  sed "$edit" "$actuator" >"$broken/actuator.yaml"
  if cmp -s "$actuator" "$broken/actuator.yaml" ||
    "$check" --schemafile Robots/actuator.schema.json "$broken/actuator.yaml" >/dev/null 2>&1; then
    echo "$actuator after $edit passes the schema" >&2
    exit 1
  fi
done
scenario=Robots/scenarios/arm_bus_lost.yaml
for edit in 's/^expect:/expected:/' 's/within: [0-9.]*/within: soon/' 's/- fault:/- fautl:/' 's/kind: sample_lost/kind: lost/'; do
  sed "$edit" "$scenario" >"$broken/scenario.yaml"
  if cmp -s "$scenario" "$broken/scenario.yaml" ||
    "$check" --schemafile Robots/scenario.schema.json "$broken/scenario.yaml" >/dev/null 2>&1; then
    echo "$scenario after $edit passes the schema" >&2
    exit 1
  fi
done
echo "schemas: all robots, motions, actuators and scenarios pass, 16 broken edits are refused"
