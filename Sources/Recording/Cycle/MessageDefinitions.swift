/// Message types of a recording as ROS 2 interface text, which every MCAP reader with CDR support can decode.
enum MessageDefinition {
  private static let separator = String(repeating: "=", count: 80) + "\n"

  /// `sensor_msgs/msg/JointState`, as ROS 2 defines it.
  static let jointState = """
    std_msgs/Header header
    string[] name
    float64[] position
    float64[] velocity
    float64[] effort
    \(separator)MSG: std_msgs/Header
    builtin_interfaces/Time stamp
    string frame_id
    \(separator)MSG: builtin_interfaces/Time
    int32 sec
    uint32 nanosec

    """

  /// Every input of one control cycle, and the frames it must answer with.
  static let cycle = """
    # One control cycle: all that entered the pure core, and the frames that left it.
    int64 number                  # cycles since the loop started; late wake-ups on a real robot leave some out
    int64 time                    # instant the cycle was due [ns, the loop's clock]
    float64 period                # [s]
    int64 missed                  # deadlines missed since the cycle before
    int64 setpoint_sequence       # counts up with every fresh set of setpoints
    uint64 fault_joints           # after the cycle: one bit a joint that showed the latched fault
    uint8 request                 # 0 arm, 1 stop, 2 relax, 3 disarm, 4 reset, 5 recover
    uint8 safety_state            # after the cycle: 0 disarmed, 1 arming, 2 armed, 3 stopping, 4 fault
    uint8 fault_kind              # after the cycle: 0 none
    sinew_msgs/Setpoint[] setpoints
    sinew_msgs/Frame[] received
    sinew_msgs/Frame[] transmitted
    sinew_msgs/BusCondition[] buses  # those with something to tell; recordings of older builds lack the list
    sinew_msgs/LawChoice[] laws   # laws that were asked for in this cycle; recordings of older builds lack the list
    \(separator)MSG: sinew_msgs/Setpoint
    float64 position              # [rad]
    float64 velocity              # [rad/s]
    float64 acceleration          # [rad/s^2]
    float64 torque                # [N.m]
    \(separator)MSG: sinew_msgs/Frame
    int64 time                    # end of frame on the bus [ns]; 0 on frames to be sent
    uint32 id
    uint8 bus                     # index into the robot's buses
    uint8 flags                   # 1 extended identifier, 2 CAN FD, 4 bit-rate switch
    uint8[] data
    \(separator)MSG: sinew_msgs/BusCondition
    uint8 bus                     # index into the robot's buses
    uint8 state                   # 0 error-active, 1 warning, 2 passive, 3 bus-off, 4 down, 5 gone
    uint16 refused                # commands of the cycle before that found the queue full
    uint16 overflowed             # received frames for which there was no room
    \(separator)MSG: sinew_msgs/LawChoice
    uint8 joint                   # index into the robot's joints
    uint8 law                     # 0 impedance, 1 torque, 2 hand guiding, 3 damping
    float64 stiffness             # part of the configured stiffness
    float64 damping               # part of the configured damping

    """

  /// What the core carries from one cycle to the next.
  static let carriedState = """
    # What the core carries over to the next cycle, after the cycle `number`; a replay may start here.
    int64 number
    uint64[] words                # 36 of the robot, then 33 of each joint; real numbers as bit patterns

    """

  /// How the host kept up: written against the real clock only, so that simulated recordings compare as bytes.
  static let timing = """
    int64 number                  # the cycle
    int64 lateness                # from the cycle's instant to the loop's waking [ns]
    int64 busy                    # from receive to send [ns]
    int64 missed                  # whole periods the loop woke too late by

    """
}
