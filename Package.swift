// swift-tools-version: 6.2
import PackageDescription

/// Language mode 6, warnings as errors, for every Swift target.
let swift: [SwiftSetting] = [
  .swiftLanguageMode(.v6), .treatAllWarnings(as: .error), .enableUpcomingFeature("ExistentialAny"),
]
let c: [CSetting] = [.enableWarning("all"), .enableWarning("extra"), .treatAllWarnings(as: .error)]

let package = Package(
  name: "sinew",
  products: [
    .library(name: "RigidBody", targets: ["RigidBody"]),
    .library(name: "JointControl", targets: ["ControlCycle", "JointControl"]),
    .library(name: "Simulation", targets: ["Simulation"]),
    .library(name: "Recording", targets: ["Recording"]),
    .library(name: "RobotDescription", targets: ["RobotDescription"]),
    .library(name: "Tuning", targets: ["Tuning"]),
    .executable(name: "sinew", targets: ["sinew"]),
  ],
  dependencies: [
    .package(url: "https://github.com/apple/swift-argument-parser", from: "1.8.2"),
    .package(url: "https://github.com/jpsim/Yams", from: "6.2.2"),
    .package(url: "https://github.com/apple/swift-numerics", from: "1.1.1"),
  ],
  targets: [
    // The far side of the language boundary: wire layouts and kernel calls, in C.
    .target(
      name: "CServoWire", path: "Firmware-Interfaces/CServoWire",
      cSettings: c + [.enableWarning("conversion")]),
    .target(name: "CServoBus", path: "Firmware-Interfaces/CServoBus", cSettings: c),
    .target(name: "CRealMath", cSettings: c),
    // Shared memory and socket of the command port; its clients include the same header.
    .target(name: "CCommandPort", cSettings: c),

    // The pure core. No Foundation, no clock, no allocation, no throw.
    .target(name: "LaneMath", dependencies: ["CRealMath"], swiftSettings: swift),
    .target(name: "RigidBody", dependencies: ["CRealMath", "LaneMath"], swiftSettings: swift),
    .target(
      name: "ControlCycle", dependencies: ["CServoWire", "CRealMath", "LaneMath", "RigidBody"],
      swiftSettings: swift + [.strictMemorySafety()]),

    // The shell around it.
    .target(
      name: "JointControl", dependencies: ["ControlCycle", "CCommandPort", "CServoBus", "RigidBody"],
      swiftSettings: swift),
    .target(
      name: "Simulation",
      dependencies: ["JointControl", "ControlCycle", "CServoBus", "CServoWire", "RigidBody"],
      swiftSettings: swift),
    .target(
      name: "Recording",
      dependencies: ["JointControl", "ControlCycle", "CServoWire", "LaneMath", "RigidBody"],
      swiftSettings: swift),
    .target(
      name: "RobotDescription",
      dependencies: [
        "Simulation", "JointControl", "ControlCycle", "CServoWire", "RigidBody",
        .product(name: "Yams", package: "Yams"),
      ],
      swiftSettings: swift),
    // What is measured of a loop, and what follows for its gains. Nothing of it runs in the cycle.
    .target(
      name: "Tuning", dependencies: [.product(name: "Numerics", package: "swift-numerics")],
      swiftSettings: swift),
    .executableTarget(
      name: "sinew",
      dependencies: [
        "RobotDescription", "Simulation", "Recording", "JointControl", "ControlCycle", "RigidBody", "Tuning",
        .product(name: "ArgumentParser", package: "swift-argument-parser"),
      ], swiftSettings: swift),

    .executableTarget(
      name: "rigid-body-example", dependencies: ["RigidBody"], path: "Examples/RigidBody",
      swiftSettings: swift),
    .executableTarget(
      name: "many-states-example", dependencies: ["RigidBody"], path: "Examples/ManyStates",
      swiftSettings: swift),
    // Times RigidBody beside Pinocchio: make bench-dynamics.
    .executableTarget(
      name: "dynamics-benchmark", dependencies: ["RigidBody"], path: "Benchmarks/Dynamics",
      exclude: ["README.md", "export_models.py", "programs.py", "run.py", "peers"], swiftSettings: swift),
    // Times the codec beside moteus' C++ header: make bench-codec.
    .executableTarget(
      name: "codec-benchmark",
      dependencies: ["ControlCycle", "JointControl", "RigidBody", "RobotDescription", "Simulation"],
      path: "Benchmarks/Codec", exclude: ["README.md", "run.py", "peers"], swiftSettings: swift),
    // Times the trajectory generator beside Ruckig, and tries it on random cases: make bench-trajectory, make otg-proof.
    .executableTarget(
      name: "trajectory-benchmark", dependencies: ["ControlCycle", "JointControl"],
      path: "Benchmarks/Trajectory",
      exclude: ["README.md", "run.py", "peers"], swiftSettings: swift),
    // Times inverse kinematics beside Pinocchio: make bench-ik.
    .executableTarget(
      name: "ik-benchmark", dependencies: ["RigidBody", "RobotDescription"],
      path: "Benchmarks/InverseKinematics",
      exclude: ["README.md", "run.py", "peers"], swiftSettings: swift),
    // Tries the Cartesian impedance on random contacts, and times it: make contact-proof.
    .executableTarget(
      name: "impedance-benchmark", dependencies: ["ControlCycle", "RigidBody", "TestSupport"],
      path: "Benchmarks/Impedance", swiftSettings: swift),
    // Experiments in which things go wrong: make experiment-proof.
    .executableTarget(
      name: "experiment-proof", dependencies: ["ExperimentTrials"], path: "Benchmarks/Experiment",
      swiftSettings: swift),
    // Tunes random joints in simulation, for python-control to judge: make tuning-proof.
    .executableTarget(
      name: "tuning-benchmark", dependencies: ["ControlCycle", "JointControl", "Simulation", "Tuning"],
      path: "Benchmarks/Tuning", exclude: ["wave.py"], swiftSettings: swift),
    // Times the exchange with CAN interfaces beside the least a C program can do: make bench-socketcan.
    .target(
      name: "CSocketCANPeer", path: "Benchmarks/SocketCAN/Peer", cSettings: c,
      linkerSettings: [.linkedLibrary("dl")]),
    .executableTarget(
      name: "socketcan-benchmark",
      dependencies: [
        "CServoBus", "CSocketCANPeer", "ControlCycle", "JointControl", "RobotDescription",
      ],
      path: "Benchmarks/SocketCAN/Program", swiftSettings: swift),
    // What a user writes, compiled and run by the tests.
    .target(
      name: "VirtualWall", dependencies: ["ControlCycle"], path: "Examples/VirtualWall", swiftSettings: swift),

    // Tests: one folder a target.
    .target(name: "AllocationGuard", path: "Tests/AllocationGuard", cSettings: c),
    .target(
      name: "TestSupport", dependencies: ["JointControl", "ControlCycle", "RigidBody"],
      path: "Tests/TestSupport", swiftSettings: swift),
    // Random experiments with mishaps, for the tests and for make experiment-proof.
    .target(
      name: "ExperimentTrials", dependencies: ["Simulation", "JointControl", "ControlCycle"],
      path: "Tests/ExperimentTrials", swiftSettings: swift),
    .executableTarget(
      name: "ExchangeStress", dependencies: ["JointControl", "ControlCycle"], path: "Tests/ExchangeStress",
      swiftSettings: swift),
    .executableTarget(
      name: "HotplugStress", dependencies: ["JointControl", "ControlCycle", "CServoBus"],
      path: "Tests/HotplugStress", swiftSettings: swift),
    .testTarget(
      name: "TuningTests",
      dependencies: ["Tuning", "TestSupport", .product(name: "Numerics", package: "swift-numerics")],
      swiftSettings: swift),
    .testTarget(
      name: "RigidBodyTests", dependencies: ["RigidBody", "LaneMath", "AllocationGuard"], exclude: ["Golden"],
      swiftSettings: swift),
    .testTarget(
      name: "ControlCycleTests",
      dependencies: ["ControlCycle", "CServoWire", "RigidBody", "AllocationGuard", "TestSupport"],
      swiftSettings: swift),
    .testTarget(
      name: "JointControlTests", dependencies: ["JointControl", "CServoBus", "TestSupport", "Recording"],
      swiftSettings: swift),
    .testTarget(
      name: "SimulationTests",
      dependencies: [
        "Simulation", "JointControl", "CCommandPort", "CServoBus", "CServoWire", "AllocationGuard",
        "TestSupport",
        "RobotDescription",
        "VirtualWall", "ExperimentTrials",
      ],
      swiftSettings: swift),
    .testTarget(
      name: "RobotDescriptionTests",
      dependencies: ["RobotDescription", "Simulation", "RigidBody", "TestSupport"],
      swiftSettings: swift),
    .testTarget(
      name: "RecordingTests",
      dependencies: [
        "Recording", "Simulation", "JointControl", "ControlCycle", "RigidBody", "RobotDescription",
        "VirtualWall",
        "AllocationGuard", "TestSupport",
      ],
      exclude: ["Recordings"], swiftSettings: swift),
    .testTarget(
      name: "SinewTests",
      dependencies: ["sinew", "RobotDescription", "Simulation", "Recording", "TestSupport"],
      exclude: ["Golden"],
      swiftSettings: swift),
  ],
  cLanguageStandard: .c11
)
