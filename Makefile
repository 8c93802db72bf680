# Each target sets up what it needs first; see Scripts/setup. Swift 6.3 is all that must be there.
SHELL := /bin/bash
.PHONY: help run test bench bench-dynamics bench-codec bench-trajectory bench-simulation law-proof otg-proof path-proof seeds-proof bench-ik qp-proof tuning-proof tuned-wave contact-proof experiment-proof bench-socketcan schedule-proof bus-proof fuzz tsan lint proof mutants validate setup

help:
	@echo 'make run     a humanoid of 34 joints waves, simulated at 1 kHz, at real pace; ends with a table'
	@echo 'make test    every test: Swift Testing, then the peers of Tests/Interop (installs them into .venv)'
	@echo 'make bench   how long a cycle takes, and how fast the simulation runs'
	@echo 'make bench-dynamics   our rigid-body dynamics beside Pinocchio, MuJoCo and KDL, as tables and JSON'
	@echo 'make bench-codec   the frames of 34 joints, family by family, beside moteus own C++ header'
	@echo 'make bench-trajectory   planning jerk-limited motions of 1, 3 and 7 joints, beside Ruckig'
	@echo 'make bench-simulation   how many times faster than real time, beside mj_step of MuJoCo on the same robot'
	@echo 'make bench-ik   100 000 poses of an arm of seven joints, beside numeric inverse kinematics on Pinocchio'
	@echo 'make qp-proof   a hundred thousand quadratic programs of up to 40 variables meet the conditions of optimality'
	@echo 'make contact-proof   ten thousand random contacts of a hand on its Cartesian impedance take out no more than was there'
	@echo 'make experiment-proof   ten thousand random experiments in which things go wrong end in damping, with their limits kept'
	@echo 'make tuning-proof   a thousand random joints are identified and tuned in simulation; python-control judges the margins'
	@echo 'make tuned-wave   every joint of the humanoid tuned in simulation, then the wave with both sets of gains'
	@echo 'make otg-proof   a hundred million random motions of one joint and a million of seven end where they should'
	@echo 'make path-proof  ten thousand random paths of six joints are timed, within the limits of every joint'
	@echo 'make seeds-proof   SEEDS (100 000) runs of a scenario, twice each: the same to the bit'
	@echo 'make bench-socketcan   a cycle of eight CAN interfaces beside the least a C program can do, in a guest'
	@echo 'make fuzz    every decoder of the wire headers, FUZZ_RUNS times (100 million), with the sanitizers; 20 000 damaged files each'
	@echo 'make lint    formatting and the rules a text search can check'
	@echo 'make proof   shows that nothing in the cycle allocates, locks, throws or waits, and that it would be seen'
	@echo 'make schedule-proof   the schedule analysis against 100 000 simulated task sets'
	@echo 'make bus-proof   the analysis of response times against 100 000 sets of CAN messages on buses that are played'
	@echo 'make tsan    the exchange between threads under the thread sanitizer; builds HotplugStress for Tests/VM'
	@echo 'make mutants removes one safety check at a time and sees the tests fail'
	@echo 'make validate  actuator models beside their data sheets: writes Documentation/Actuators.md'
	@echo 'make setup   only installs what the others need'

run:
	@Scripts/setup build
	swift build -c release --product sinew
	.build/release/sinew run Robots/navigator --motion wave --pace real

test:
	@Scripts/test

bench:
	@Scripts/setup build
	swift build -c release --product sinew
	@for motion in wave sweep; do echo "== navigator, $$motion"; \
	  time .build/release/sinew run Robots/navigator --motion $$motion --pace fast || exit 1; done

bench-dynamics:
	@Scripts/setup bench
	@.venv/bin/python Benchmarks/Dynamics/run.py --json .build/bench-dynamics.json
	@.venv/bin/python Benchmarks/Dynamics/run.py --native --json .build/bench-dynamics-native.json
	@.venv/bin/python Benchmarks/Dynamics/run.py --threads --json .build/bench-dynamics-threads.json

bench-codec:
	@Scripts/setup build
	@python3 Benchmarks/Codec/run.py --json .build/bench-codec.json

bench-trajectory:
	@Scripts/setup test
	@python3 Benchmarks/Trajectory/run.py --json .build/bench-trajectory.json

bench-simulation:
	@Scripts/setup test
	@.venv/bin/python Benchmarks/Simulation/run.py --json .build/bench-simulation.json

law-proof:
	@Scripts/setup build
	SINEW_LAW_SEQUENCES=100000 swift test --filter LawSwitchingTests

OTG_CASES ?= 100000000
otg-proof:
	@Scripts/setup build
	swift build -c release --product trajectory-benchmark
	.build/release/trajectory-benchmark proof $(OTG_CASES) 1 1
	.build/release/trajectory-benchmark proof $$(($(OTG_CASES) / 100)) 7 1

PATH_CASES ?= 10000
path-proof:
	@Scripts/setup build
	swift build -c release --product trajectory-benchmark
	.build/release/trajectory-benchmark paths $(PATH_CASES) 6 1

SEEDS ?= 100000
seeds-proof:
	@Scripts/setup build
	swift build -c release --product sinew
	python3 Tests/Interop/check_scenarios.py $(SEEDS)

bench-ik:
	@Scripts/setup test
	@.venv/bin/python Benchmarks/InverseKinematics/run.py --json .build/bench-ik.json

QP_CASES ?= 100000
qp-proof:
	@Scripts/setup build
	swift build -c release --product ik-benchmark
	.build/release/ik-benchmark proof $(QP_CASES) 1

TUNED ?= 1000
tuning-proof:
	@Scripts/setup test
	@.venv/bin/python Tests/Interop/check_tuning.py $(TUNED) 1

tuned-wave:
	@Scripts/setup build
	swift build -c release --product sinew
	python3 Benchmarks/Tuning/wave.py

CONTACTS ?= 10000
contact-proof:
	@Scripts/setup build
	swift build -c release --product impedance-benchmark
	.build/release/impedance-benchmark proof $(CONTACTS) 1

TRIALS ?= 10000
experiment-proof:
	@Scripts/setup build
	swift build -c release --product experiment-proof
	.build/release/experiment-proof $(TRIALS) 1

bench-socketcan:
	@Scripts/setup build
	@python3 Benchmarks/SocketCAN/run.py --json .build/bench-socketcan.json

schedule-proof:
	@Scripts/setup build
	SINEW_TASK_SETS=100000 swift test --filter ScheduleProofTests

bus-proof:
	@Scripts/setup build
	SINEW_MESSAGE_SETS=100000 swift test --filter ResponseProofTests

FUZZ_RUNS ?= 100000000
fuzz:
	@Scripts/setup build
	@Tests/Wire/fuzz.sh $(FUZZ_RUNS)
	SINEW_MUTATIONS=20000 swift test --filter FuzzTests

tsan:
	@Scripts/setup build
	@Scripts/tsan

lint:
	@Scripts/setup build
	@Scripts/lint

proof:
	@Scripts/setup build
	@Scripts/proof

mutants:
	@Scripts/setup build
	@python3 Scripts/mutants.py

validate:
	@Scripts/setup build
	swift build -c release --product sinew
	.build/release/sinew actuator Robots/actuators --markdown >.build/Actuators.md && mv .build/Actuators.md Documentation/Actuators.md

setup:
	@Scripts/setup test
	@Scripts/fetch-g1
	@Tests/VM/setup.sh
