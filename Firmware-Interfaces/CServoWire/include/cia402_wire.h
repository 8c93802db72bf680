// CiA 402 drive profile: object indices, controlword, statusword, and the process data that Sinew maps.
// Byte tables, sources and the vendors that differ: Firmware-Interfaces/Protocols/canopen.md.
// Every decoder takes any bytes and any length; false leaves what it would have written alone.
#pragma once

#include "canopen_wire.h"

/// Indices of the drive profile's objects.
enum cia402_object {
  CIA402_OBJECT_ERROR_CODE = 0x603F,
  CIA402_OBJECT_CONTROLWORD = 0x6040,
  CIA402_OBJECT_STATUSWORD = 0x6041,
  CIA402_OBJECT_QUICK_STOP_OPTION = 0x605A,
  CIA402_OBJECT_SHUTDOWN_OPTION = 0x605B,
  CIA402_OBJECT_DISABLE_OPTION = 0x605C,
  CIA402_OBJECT_HALT_OPTION = 0x605D,
  CIA402_OBJECT_FAULT_OPTION = 0x605E,
  /// i8, a `cia402_mode`.
  CIA402_OBJECT_MODE = 0x6060,
  CIA402_OBJECT_MODE_DISPLAY = 0x6061,
  /// i32.
  CIA402_OBJECT_POSITION_ACTUAL = 0x6064,
  /// i32.
  CIA402_OBJECT_VELOCITY_ACTUAL = 0x606C,
  /// i16 [1/1000 of the rated torque].
  CIA402_OBJECT_TARGET_TORQUE = 0x6071,
  /// u16 [1/1000 of the rated torque].
  CIA402_OBJECT_MAX_TORQUE = 0x6072,
  /// u32 [mN.m].
  CIA402_OBJECT_RATED_TORQUE = 0x6076,
  /// i16 [1/1000 of the rated torque].
  CIA402_OBJECT_TORQUE_ACTUAL = 0x6077,
  CIA402_OBJECT_TARGET_POSITION = 0x607A,
  CIA402_OBJECT_POSITION_LIMITS = 0x607D,
  CIA402_OBJECT_PROFILE_VELOCITY = 0x6081,
  CIA402_OBJECT_PROFILE_ACCELERATION = 0x6083,
  CIA402_OBJECT_PROFILE_DECELERATION = 0x6084,
  CIA402_OBJECT_ENCODER_RESOLUTION = 0x608F,
  CIA402_OBJECT_GEAR_RATIO = 0x6091,
  CIA402_OBJECT_FEED_CONSTANT = 0x6092,
  CIA402_OBJECT_HOMING_METHOD = 0x6098,
  CIA402_OBJECT_HOMING_SPEEDS = 0x6099,
  CIA402_OBJECT_POSITION_OFFSET = 0x60B0,
  CIA402_OBJECT_VELOCITY_OFFSET = 0x60B1,
  /// i16 [1/1000 of the rated torque].
  CIA402_OBJECT_TORQUE_OFFSET = 0x60B2,
  /// Sub-indices: 1 u8 value, 2 i8 exponent; the period is value x 10^exponent s.
  CIA402_OBJECT_INTERPOLATION_PERIOD = 0x60C2,
  CIA402_OBJECT_TARGET_VELOCITY = 0x60FF,
  /// u32, bit n - 1 for mode n.
  CIA402_OBJECT_SUPPORTED_MODES = 0x6502,
};

/// Modes of operation.
enum cia402_mode {
  CIA402_MODE_NONE = 0,
  CIA402_MODE_PROFILE_POSITION = 1,
  CIA402_MODE_VELOCITY = 2,
  CIA402_MODE_PROFILE_VELOCITY = 3,
  CIA402_MODE_PROFILE_TORQUE = 4,
  CIA402_MODE_HOMING = 6,
  CIA402_MODE_INTERPOLATED_POSITION = 7,
  CIA402_MODE_CYCLIC_POSITION = 8,
  CIA402_MODE_CYCLIC_VELOCITY = 9,
  CIA402_MODE_CYCLIC_TORQUE = 10,
};

/// Bits of the controlword; bits 4..6 depend on the mode.
enum cia402_control {
  CIA402_CONTROL_SWITCH_ON = 1 << 0,
  CIA402_CONTROL_ENABLE_VOLTAGE = 1 << 1,
  /// Quick stop while 0.
  CIA402_CONTROL_QUICK_STOP = 1 << 2,
  CIA402_CONTROL_ENABLE_OPERATION = 1 << 3,
  CIA402_CONTROL_NEW_SET_POINT = 1 << 4,
  CIA402_CONTROL_CHANGE_IMMEDIATELY = 1 << 5,
  CIA402_CONTROL_RELATIVE = 1 << 6,
  /// Acts on its rising edge.
  CIA402_CONTROL_FAULT_RESET = 1 << 7,
  CIA402_CONTROL_HALT = 1 << 8,
};

/// Controlwords of the transitions.
enum cia402_command {
  CIA402_COMMAND_DISABLE_VOLTAGE = 0x0000,
  CIA402_COMMAND_QUICK_STOP = 0x0002,
  CIA402_COMMAND_SHUTDOWN = 0x0006,
  CIA402_COMMAND_SWITCH_ON = 0x0007,
  CIA402_COMMAND_DISABLE_OPERATION = 0x0007,
  CIA402_COMMAND_ENABLE_OPERATION = 0x000F,
  CIA402_COMMAND_FAULT_RESET = 0x0080,
};

/// Bits of the statusword; bits 12 and 13 depend on the mode.
enum cia402_status {
  CIA402_STATUS_READY = 1 << 0,
  CIA402_STATUS_SWITCHED_ON = 1 << 1,
  CIA402_STATUS_OPERATION_ENABLED = 1 << 2,
  CIA402_STATUS_FAULT = 1 << 3,
  CIA402_STATUS_VOLTAGE_ENABLED = 1 << 4,
  /// Quick stop active while 0.
  CIA402_STATUS_QUICK_STOP = 1 << 5,
  CIA402_STATUS_SWITCH_ON_DISABLED = 1 << 6,
  CIA402_STATUS_WARNING = 1 << 7,
  CIA402_STATUS_REMOTE = 1 << 9,
  CIA402_STATUS_TARGET_REACHED = 1 << 10,
  CIA402_STATUS_INTERNAL_LIMIT = 1 << 11,
  /// Cyclic modes: the drive follows the command. Profile position: set-point taken.
  CIA402_STATUS_FOLLOWS = 1 << 12,
  CIA402_STATUS_FOLLOWING_ERROR = 1 << 13,
};

/// States of the power drive system.
enum cia402_state {
  CIA402_STATE_UNKNOWN = 0,
  CIA402_STATE_NOT_READY,
  CIA402_STATE_SWITCH_ON_DISABLED,
  CIA402_STATE_READY,
  CIA402_STATE_SWITCHED_ON,
  CIA402_STATE_OPERATION_ENABLED,
  CIA402_STATE_QUICK_STOP,
  CIA402_STATE_FAULT_REACTION,
  CIA402_STATE_FAULT,
};

/// Error codes, in object 603F and in emergencies. The class is in bits 15..12.
enum cia402_error {
  CIA402_ERROR_NONE = 0x0000,
  CIA402_ERROR_CLASS_CURRENT = 0x2000,
  CIA402_ERROR_OVER_CURRENT = 0x2310,
  CIA402_ERROR_CLASS_VOLTAGE = 0x3000,
  CIA402_ERROR_BUS_OVER_VOLTAGE = 0x3210,
  CIA402_ERROR_BUS_UNDER_VOLTAGE = 0x3220,
  CIA402_ERROR_CLASS_TEMPERATURE = 0x4000,
  CIA402_ERROR_DEVICE_TEMPERATURE = 0x4210,
  CIA402_ERROR_DRIVE_TEMPERATURE = 0x4310,
  CIA402_ERROR_CLASS_HARDWARE = 0x5000,
  CIA402_ERROR_CLASS_SOFTWARE = 0x6000,
  /// Brake, motor, encoder.
  CIA402_ERROR_CLASS_MODULES = 0x7000,
  CIA402_ERROR_ENCODER = 0x7305,
  CIA402_ERROR_CLASS_MONITORING = 0x8000,
  /// Heartbeat or node guarding was lost.
  CIA402_ERROR_HEARTBEAT = 0x8130,
  CIA402_ERROR_PDO_LENGTH = 0x8210,
  CIA402_ERROR_FOLLOWING = 0x8611,
};

/// Payload length of the process data below [byte].
enum cia402_length {
  CIA402_LENGTH = 8,
};

/// RPDO1: controlword (6040), target, torque. Target and torque by the mode that was set at start:
/// cyclic position 607A and 60B2, cyclic velocity 60FF and 60B2, cyclic torque 607A (not used) and 6071.
struct cia402_command_pdo {
  uint16_t controlword;
  int32_t target;
  /// [1/1000 of the rated torque].
  int16_t torque;
};

/// TPDO1: statusword (6041), position (6064), torque (6077).
struct cia402_feedback_pdo {
  uint16_t statusword;
  int32_t position;
  /// [1/1000 of the rated torque].
  int16_t torque;
};

/// TPDO2: velocity (606C), error code (603F), mode display (6061), error register (1001).
struct cia402_detail_pdo {
  int32_t velocity;
  uint16_t error_code;
  int8_t mode;
  uint8_t error_register;
};

/// The state that a statusword tells.
SERVO_WIRE_INLINE uint8_t cia402_decode_state(uint16_t statusword) {
  switch (statusword & 0x4Fu) {
  case 0x00: return CIA402_STATE_NOT_READY;
  case 0x40: return CIA402_STATE_SWITCH_ON_DISABLED;
  case 0x0F: return CIA402_STATE_FAULT_REACTION;
  case 0x08: return CIA402_STATE_FAULT;
  default: break;
  }
  switch (statusword & 0x6Fu) {
  case 0x21: return CIA402_STATE_READY;
  case 0x23: return CIA402_STATE_SWITCHED_ON;
  case 0x27: return CIA402_STATE_OPERATION_ENABLED;
  case 0x07: return CIA402_STATE_QUICK_STOP;
  default: return CIA402_STATE_UNKNOWN;
  }
}

/// The statusword bits 0..3, 5 and 6 of a state, for a drive to report.
SERVO_WIRE_INLINE uint16_t cia402_encode_state(uint8_t state) {
  switch (state) {
  case CIA402_STATE_SWITCH_ON_DISABLED: return 0x40;
  case CIA402_STATE_READY: return 0x21;
  case CIA402_STATE_SWITCHED_ON: return 0x23;
  case CIA402_STATE_OPERATION_ENABLED: return 0x27;
  case CIA402_STATE_QUICK_STOP: return 0x07;
  case CIA402_STATE_FAULT_REACTION: return 0x0F;
  case CIA402_STATE_FAULT: return 0x08;
  default: return 0x00;
  }
}

/// The controlword that leads from a state one step towards operation; false where the drive must move first.
///
/// A fault is not reset here: whoever decides to clear it sends CIA402_COMMAND_FAULT_RESET, which acts on its
/// rising edge. A quick stop is left through CIA402_COMMAND_DISABLE_VOLTAGE, which every drive allows.
SERVO_WIRE_INLINE bool cia402_controlword_towards_operation(uint8_t state, uint16_t *controlword) {
  switch (state) {
  case CIA402_STATE_SWITCH_ON_DISABLED: *controlword = CIA402_COMMAND_SHUTDOWN; return true;
  case CIA402_STATE_READY: *controlword = CIA402_COMMAND_SWITCH_ON; return true;
  case CIA402_STATE_SWITCHED_ON:
  case CIA402_STATE_OPERATION_ENABLED: *controlword = CIA402_COMMAND_ENABLE_OPERATION; return true;
  case CIA402_STATE_QUICK_STOP: *controlword = CIA402_COMMAND_DISABLE_VOLTAGE; return true;
  default: return false;
  }
}

/// The state a drive goes to on a controlword, as the profile's state machine has it: for a drive's firmware.
///
/// `previous` is the controlword before, for the edge of the fault reset. The automatic transitions, out of
/// not ready and fault reaction, are the drive's own. A quick stop may be left to operation: 605A of 5..8.
SERVO_WIRE_INLINE uint8_t cia402_next_state(uint8_t state, uint16_t previous, uint16_t controlword) {
  if (state == CIA402_STATE_FAULT) {
    bool edge = (controlword & ~(unsigned)previous & CIA402_CONTROL_FAULT_RESET) != 0;
    return edge ? (uint8_t)CIA402_STATE_SWITCH_ON_DISABLED : state;
  }
  if (state == CIA402_STATE_UNKNOWN || state == CIA402_STATE_NOT_READY ||
      state == CIA402_STATE_FAULT_REACTION || state > CIA402_STATE_FAULT) {
    return state;
  }
  unsigned word = controlword & 0x0Fu;
  if ((word & CIA402_CONTROL_ENABLE_VOLTAGE) == 0) {
    return CIA402_STATE_SWITCH_ON_DISABLED;
  }
  if ((word & CIA402_CONTROL_QUICK_STOP) == 0) {
    return state == CIA402_STATE_OPERATION_ENABLED || state == CIA402_STATE_QUICK_STOP
               ? (uint8_t)CIA402_STATE_QUICK_STOP
               : (uint8_t)CIA402_STATE_SWITCH_ON_DISABLED;
  }
  if (state == CIA402_STATE_QUICK_STOP) {
    return word == CIA402_COMMAND_ENABLE_OPERATION ? (uint8_t)CIA402_STATE_OPERATION_ENABLED : state;
  }
  if ((word & CIA402_CONTROL_SWITCH_ON) == 0) {
    return CIA402_STATE_READY;
  }
  if (state == CIA402_STATE_SWITCH_ON_DISABLED) {
    return state;
  }
  if (state == CIA402_STATE_READY) {
    return CIA402_STATE_SWITCHED_ON;
  }
  return word == CIA402_COMMAND_ENABLE_OPERATION ? (uint8_t)CIA402_STATE_OPERATION_ENABLED
                                                 : (uint8_t)CIA402_STATE_SWITCHED_ON;
}

/// Mapping entry `entry` (1, 2, 3) of RPDO1 in a mode; 0 beyond the last, or for a mode that is not cyclic.
SERVO_WIRE_INLINE uint32_t cia402_command_mapping(int8_t mode, uint8_t entry) {
  if (mode < CIA402_MODE_CYCLIC_POSITION || mode > CIA402_MODE_CYCLIC_TORQUE) {
    return 0;
  }
  struct canopen_mapping mapping = {0, 0, 0};
  switch (entry) {
  case 1: mapping.index = CIA402_OBJECT_CONTROLWORD, mapping.bits = 16; break;
  case 2:
    mapping.index =
        mode == CIA402_MODE_CYCLIC_VELOCITY ? CIA402_OBJECT_TARGET_VELOCITY : CIA402_OBJECT_TARGET_POSITION;
    mapping.bits = 32;
    break;
  case 3:
    mapping.index =
        mode == CIA402_MODE_CYCLIC_TORQUE ? CIA402_OBJECT_TARGET_TORQUE : CIA402_OBJECT_TORQUE_OFFSET;
    mapping.bits = 16;
    break;
  default: return 0;
  }
  return canopen_encode_mapping(mapping);
}

/// Mapping entry `entry` (1, 2, 3) of TPDO1; 0 beyond the last.
SERVO_WIRE_INLINE uint32_t cia402_state_mapping(uint8_t entry) {
  switch (entry) {
  case 1: return (uint32_t)CIA402_OBJECT_STATUSWORD << 16 | 16;
  case 2: return (uint32_t)CIA402_OBJECT_POSITION_ACTUAL << 16 | 32;
  case 3: return (uint32_t)CIA402_OBJECT_TORQUE_ACTUAL << 16 | 16;
  default: return 0;
  }
}

/// Mapping entry `entry` (1..4) of TPDO2; 0 beyond the last.
SERVO_WIRE_INLINE uint32_t cia402_detail_mapping(uint8_t entry) {
  switch (entry) {
  case 1: return (uint32_t)CIA402_OBJECT_VELOCITY_ACTUAL << 16 | 32;
  case 2: return (uint32_t)CIA402_OBJECT_ERROR_CODE << 16 | 16;
  case 3: return (uint32_t)CIA402_OBJECT_MODE_DISPLAY << 16 | 8;
  case 4: return (uint32_t)CANOPEN_OBJECT_ERROR_REGISTER << 16 | 8;
  default: return 0;
  }
}

/// Writes RPDO1, 8 bytes.
SERVO_WIRE_INLINE void cia402_encode_command(struct cia402_command_pdo command, uint8_t data[]) {
  servo_wire_store_le16(data, command.controlword);
  servo_wire_store_le32(data + 2, (uint32_t)command.target);
  servo_wire_store_le16(data + 6, (uint16_t)command.torque);
}

/// Reads RPDO1.
SERVO_WIRE_INLINE bool cia402_decode_command(
    const uint8_t data[], uint8_t length, struct cia402_command_pdo *command) {
  if (length != CIA402_LENGTH) {
    return false;
  }
  command->controlword = servo_wire_load_le16(data);
  command->target = (int32_t)servo_wire_load_le32(data + 2);
  command->torque = (int16_t)servo_wire_load_le16(data + 6);
  return true;
}

/// Writes TPDO1, 8 bytes.
SERVO_WIRE_INLINE void cia402_encode_feedback(struct cia402_feedback_pdo feedback, uint8_t data[]) {
  servo_wire_store_le16(data, feedback.statusword);
  servo_wire_store_le32(data + 2, (uint32_t)feedback.position);
  servo_wire_store_le16(data + 6, (uint16_t)feedback.torque);
}

/// Reads TPDO1.
SERVO_WIRE_INLINE bool cia402_decode_feedback(
    const uint8_t data[], uint8_t length, struct cia402_feedback_pdo *feedback) {
  if (length != CIA402_LENGTH) {
    return false;
  }
  feedback->statusword = servo_wire_load_le16(data);
  feedback->position = (int32_t)servo_wire_load_le32(data + 2);
  feedback->torque = (int16_t)servo_wire_load_le16(data + 6);
  return true;
}

/// Writes TPDO2, 8 bytes.
SERVO_WIRE_INLINE void cia402_encode_detail(struct cia402_detail_pdo detail, uint8_t data[]) {
  servo_wire_store_le32(data, (uint32_t)detail.velocity);
  servo_wire_store_le16(data + 4, detail.error_code);
  data[6] = (uint8_t)detail.mode;
  data[7] = detail.error_register;
}

/// Reads TPDO2.
SERVO_WIRE_INLINE bool cia402_decode_detail(
    const uint8_t data[], uint8_t length, struct cia402_detail_pdo *detail) {
  if (length != CIA402_LENGTH) {
    return false;
  }
  detail->velocity = (int32_t)servo_wire_load_le32(data);
  detail->error_code = servo_wire_load_le16(data + 4);
  detail->mode = (int8_t)data[6];
  detail->error_register = data[7];
  return true;
}
