extension Injection {
  /// What goes wrong; the raw value is the word of the grammar. `FaultCatalogue` says what each means.
  public enum Kind: String, CaseIterable, Sendable {
    // Wire: a whole bus.

    /// Every frame is lost.
    case lost
    /// Frames are lost at random.
    case loses
    /// Frames arrive late.
    case delayed
    /// Frames arrive late at random.
    case jitters
    /// Frames arrive twice.
    case duplicates
    /// Frames are overtaken by the next one of their identifier.
    case reorders
    /// Payload bits are wrong though the checksum is right.
    case corrupts
    /// Frames are too short.
    case truncates
    /// Frames of unknown identifiers.
    case strangers
    /// A node fills the bus.
    case babbles
    /// Synchronisation frames are lost at random.
    case syncLost = "sync-lost"
    /// The host's controller is error-warning.
    case warning
    /// The host's controller is error-passive.
    case passive
    /// The host's controller takes itself off the bus.
    case busOff = "bus-off"
    /// The bus is open or shorted: nobody acknowledges.
    case open
    /// The host's controller runs at another bit rate.
    case wrongBitRate = "wrong-bitrate"
    /// The adapter is pulled.
    case unplugged
    /// The connector is exchanged with that of the next bus.
    case swapped
    /// The host's transmit queue is full.
    case full
    /// The host's receive queue overflows at random.
    case overflows

    // Wire: one node.

    /// Answers do not reach the host.
    case answersLost = "answers-lost"
    /// Commands do not reach the drive.
    case commandsLost = "commands-lost"
    /// Answers come late.
    case answersLate = "answers-late"
    /// Answers repeat an old payload.
    case answersFrozen = "answers-frozen"
    /// Payload bits of answers are wrong.
    case answersCorrupt = "answers-corrupt"
    /// Answers are too short.
    case answersShort = "answers-short"
    /// A second node answers as well.
    case twin

    // Drive.

    /// The drive reboots.
    case reboots
    /// The drive has no power.
    case missing
    /// The drive's watchdog never fires.
    case watchdogOff = "watchdog-off"
    /// The drive trips on supply voltage too high.
    case overvoltage
    /// The drive trips on supply voltage too low.
    case undervoltage
    /// The drive trips on phase current.
    case overcurrent
    /// The drive trips on its power stage's temperature.
    case overtemperature
    /// The drive trips on its winding's temperature.
    case windingOvertemperature = "winding-overtemperature"
    /// The drive trips on overload or stall.
    case overload
    /// The drive trips on its encoder.
    case encoderFault = "encoder-fault"
    /// The drive trips on its electronics.
    case hardwareFault = "hardware-fault"
    /// The drive is another one of its model.
    case replaced
    /// The drive runs another firmware.
    case firmwareDiffers = "firmware-differs"
    /// The drive's full scale is another.
    case scaleDiffers = "scale-differs"
    /// The torque that the drive measures is off.
    case torqueBias = "torque-bias"

    // Motor.

    /// The motor gives another torque than the drive believes.
    case torqueScale = "torque-scale"
    /// A phase is open.
    case phaseLoss = "phase-loss"
    /// The commutation is off.
    case commutationSlip = "commutation-slip"
    /// The winding is heated.
    case extraHeat = "extra-heat"
    /// It is warmer around the motor.
    case ambient

    // Encoder.

    /// The reading jumps.
    case encoderJumps = "encoder-jumps"
    /// The reading stays.
    case encoderStuck = "encoder-stuck"
    /// The reading is noisy.
    case encoderNoise = "encoder-noise"
    /// The reading is off.
    case encoderOffset = "encoder-offset"
    /// The reading is off by whole turns.
    case encoderWraps = "encoder-wraps"

    // Reducer.

    /// More friction.
    case friction
    /// Another stiffness.
    case stiffness
    /// More backlash.
    case backlash
    /// The teeth are gone.
    case sheared
    /// The joint cannot move.
    case blocked

    // Body.

    /// Somebody pushes the joint.
    case pushed
    /// Somebody pushes the link along the world's x axis.
    case pushX = "push-x"
    /// Somebody pushes the link along the world's y axis.
    case pushY = "push-y"
    /// Somebody pushes the link along the world's z axis.
    case pushZ = "push-z"
    /// The link carries a mass.
    case payload

    // Supply.

    /// The supply falls.
    case sags
    /// The supply rises.
    case surges

    // Host.

    /// Setpoints are no numbers.
    case setpointNaN = "setpoint-nan"
    /// Setpoints are not renewed.
    case setpointFrozen = "setpoint-frozen"
    /// Setpoints jump.
    case setpointJumps = "setpoint-jumps"
    /// Setpoints are far outside every limit.
    case setpointHuge = "setpoint-huge"
    /// Cycles wake late at random.
    case wakesLate = "wakes-late"
    /// Cycles take too long.
    case late
    /// The loop stands still.
    case hangs
    /// The loop is gone for good.
    case killed
    /// Termination is asked for.
    case stops

    // Clock.

    /// The time of day is set.
    case steps
    /// The host's clock runs fast.
    case drifts

    // Disk.

    /// No room is left.
    case diskFull = "no-space"
    /// Writing stands still.
    case slow
    /// Writing fails.
    case fails
  }
}
