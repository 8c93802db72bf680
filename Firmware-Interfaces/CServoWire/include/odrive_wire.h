// ODrive CANSimple of firmware 0.5.x and 0.6.x: classic CAN, 11-bit identifiers, little-endian.
// Byte tables and sources: Firmware-Interfaces/Protocols/odrive.md. Floats travel as their 32-bit patterns.
// What 0.5.x has of its own: odrive_05_wire.h.
// Every decoder takes any bytes and any length; false leaves what it would have written alone.
#pragma once

#include "servo_wire_bytes.h"

/// Bits 4..0 of the identifier. Two names on one number: the first is 0.6's, the second 0.5's.
enum odrive_command {
  /// 0.6 only.
  ODRIVE_COMMAND_GET_VERSION = 0x00,
  ODRIVE_COMMAND_HEARTBEAT = 0x01,
  ODRIVE_COMMAND_ESTOP = 0x02,
  ODRIVE_COMMAND_GET_ERROR = 0x03,
  ODRIVE_COMMAND_GET_MOTOR_ERROR = 0x03,
  /// To the drive.
  ODRIVE_COMMAND_RX_SDO = 0x04,
  ODRIVE_COMMAND_GET_ENCODER_ERROR = 0x04,
  /// From the drive.
  ODRIVE_COMMAND_TX_SDO = 0x05,
  ODRIVE_COMMAND_GET_SENSORLESS_ERROR = 0x05,
  ODRIVE_COMMAND_ADDRESS = 0x06,
  ODRIVE_COMMAND_SET_NODE_ID = 0x06,
  ODRIVE_COMMAND_SET_AXIS_STATE = 0x07,
  ODRIVE_COMMAND_GET_ENCODER_ESTIMATES = 0x09,
  /// 0.5 only.
  ODRIVE_COMMAND_GET_ENCODER_COUNT = 0x0A,
  ODRIVE_COMMAND_SET_CONTROLLER_MODE = 0x0B,
  ODRIVE_COMMAND_SET_INPUT_POSITION = 0x0C,
  ODRIVE_COMMAND_SET_INPUT_VELOCITY = 0x0D,
  ODRIVE_COMMAND_SET_INPUT_TORQUE = 0x0E,
  ODRIVE_COMMAND_SET_LIMITS = 0x0F,
  /// 0.5 only.
  ODRIVE_COMMAND_START_ANTICOGGING = 0x10,
  ODRIVE_COMMAND_SET_TRAJECTORY_VELOCITY_LIMIT = 0x11,
  ODRIVE_COMMAND_SET_TRAJECTORY_ACCELERATION_LIMITS = 0x12,
  ODRIVE_COMMAND_SET_TRAJECTORY_INERTIA = 0x13,
  ODRIVE_COMMAND_GET_IQ = 0x14,
  ODRIVE_COMMAND_GET_TEMPERATURE = 0x15,
  ODRIVE_COMMAND_GET_SENSORLESS_ESTIMATES = 0x15,
  ODRIVE_COMMAND_REBOOT = 0x16,
  ODRIVE_COMMAND_GET_BUS_VOLTAGE_CURRENT = 0x17,
  ODRIVE_COMMAND_CLEAR_ERRORS = 0x18,
  ODRIVE_COMMAND_SET_ABSOLUTE_POSITION = 0x19,
  ODRIVE_COMMAND_SET_LINEAR_COUNT = 0x19,
  ODRIVE_COMMAND_SET_POSITION_GAIN = 0x1A,
  ODRIVE_COMMAND_SET_VELOCITY_GAINS = 0x1B,
  ODRIVE_COMMAND_GET_TORQUES = 0x1C,
  ODRIVE_COMMAND_GET_ADC_VOLTAGE = 0x1C,
  ODRIVE_COMMAND_GET_POWERS = 0x1D,
  ODRIVE_COMMAND_GET_CONTROLLER_ERROR = 0x1D,
  ODRIVE_COMMAND_ENTER_DFU = 0x1F,
};

/// Node ids and lengths.
enum odrive_bound {
  /// Highest node id in an 11-bit identifier; in 0.6 a drive that has none yet.
  ODRIVE_NODE_MAX = 0x3F,
  /// Highest node id in a 29-bit identifier, 0.5 only.
  ODRIVE_NODE_MAX_EXTENDED = 0xFFFFFF,
  /// Payload length of every frame but those of one byte or none [byte].
  ODRIVE_LENGTH = 8,
};

/// Axis states: requested, and in the heartbeat.
enum odrive_axis_state {
  ODRIVE_AXIS_STATE_UNDEFINED = 0,
  ODRIVE_AXIS_STATE_IDLE = 1,
  ODRIVE_AXIS_STATE_STARTUP = 2,
  ODRIVE_AXIS_STATE_FULL_CALIBRATION = 3,
  ODRIVE_AXIS_STATE_MOTOR_CALIBRATION = 4,
  ODRIVE_AXIS_STATE_INDEX_SEARCH = 6,
  ODRIVE_AXIS_STATE_OFFSET_CALIBRATION = 7,
  ODRIVE_AXIS_STATE_CLOSED_LOOP = 8,
  ODRIVE_AXIS_STATE_LOCK_IN_SPIN = 9,
  ODRIVE_AXIS_STATE_DIRECTION_FIND = 10,
  ODRIVE_AXIS_STATE_HOMING = 11,
  ODRIVE_AXIS_STATE_HALL_POLARITY_CALIBRATION = 12,
  ODRIVE_AXIS_STATE_HALL_PHASE_CALIBRATION = 13,
  ODRIVE_AXIS_STATE_ANTICOGGING_CALIBRATION = 14,
};

/// What the controller controls.
enum odrive_control_mode {
  ODRIVE_CONTROL_MODE_VOLTAGE = 0,
  ODRIVE_CONTROL_MODE_TORQUE = 1,
  ODRIVE_CONTROL_MODE_VELOCITY = 2,
  ODRIVE_CONTROL_MODE_POSITION = 3,
};

/// What happens to an input on its way to the controller.
enum odrive_input_mode {
  ODRIVE_INPUT_MODE_INACTIVE = 0,
  ODRIVE_INPUT_MODE_PASSTHROUGH = 1,
  ODRIVE_INPUT_MODE_VELOCITY_RAMP = 2,
  ODRIVE_INPUT_MODE_POSITION_FILTER = 3,
  ODRIVE_INPUT_MODE_TRAJECTORY = 5,
  ODRIVE_INPUT_MODE_TORQUE_RAMP = 6,
  ODRIVE_INPUT_MODE_MIRROR = 7,
  ODRIVE_INPUT_MODE_TUNING = 8,
};

/// Bits of the errors of 0.6: heartbeat, active errors, disarm reason.
enum odrive_error {
  ODRIVE_ERROR_INITIALIZING = 0x1,
  ODRIVE_ERROR_SYSTEM_LEVEL = 0x2,
  ODRIVE_ERROR_TIMING = 0x4,
  ODRIVE_ERROR_MISSING_ESTIMATE = 0x8,
  ODRIVE_ERROR_BAD_CONFIGURATION = 0x10,
  ODRIVE_ERROR_DRIVER = 0x20,
  ODRIVE_ERROR_MISSING_INPUT = 0x40,
  ODRIVE_ERROR_BUS_OVER_VOLTAGE = 0x100,
  ODRIVE_ERROR_BUS_UNDER_VOLTAGE = 0x200,
  ODRIVE_ERROR_BUS_OVER_CURRENT = 0x400,
  ODRIVE_ERROR_BUS_OVER_REGENERATION = 0x800,
  ODRIVE_ERROR_CURRENT_LIMIT = 0x1000,
  ODRIVE_ERROR_MOTOR_OVER_TEMPERATURE = 0x2000,
  ODRIVE_ERROR_INVERTER_OVER_TEMPERATURE = 0x4000,
  ODRIVE_ERROR_VELOCITY_LIMIT = 0x8000,
  ODRIVE_ERROR_POSITION_LIMIT = 0x10000,
  ODRIVE_ERROR_WATCHDOG = 0x1000000,
  ODRIVE_ERROR_ESTOP = 0x2000000,
  ODRIVE_ERROR_SPINOUT = 0x4000000,
  ODRIVE_ERROR_BRAKE_RESISTOR = 0x8000000,
  ODRIVE_ERROR_THERMISTOR = 0x10000000,
  ODRIVE_ERROR_CALIBRATION = 0x40000000,
};

/// Result of the last procedure, 0.6's heartbeat. Numbers above are failures of calibration, see the page.
enum odrive_procedure {
  ODRIVE_PROCEDURE_SUCCESS = 0,
  ODRIVE_PROCEDURE_BUSY = 1,
  ODRIVE_PROCEDURE_CANCELLED = 2,
  ODRIVE_PROCEDURE_DISARMED = 3,
};

/// Argument of a reboot, 0.6.
enum odrive_reboot {
  ODRIVE_REBOOT_PLAIN = 0,
  ODRIVE_REBOOT_SAVE = 1,
  ODRIVE_REBOOT_ERASE = 2,
  ODRIVE_REBOOT_DFU = 3,
};

/// First byte of an RxSdo.
enum odrive_sdo_operation {
  ODRIVE_SDO_READ = 0,
  ODRIVE_SDO_WRITE = 1,
};

/// The parts of an identifier.
struct odrive_address {
  uint32_t node;
  /// An `odrive_command`.
  uint8_t command;
};

/// Heartbeat of 0.6.
struct odrive_heartbeat {
  /// Bits of `odrive_error`.
  uint32_t errors;
  /// An `odrive_axis_state`.
  uint8_t state;
  /// An `odrive_procedure`.
  uint8_t procedure;
  bool trajectory_done;
};

/// Position with feed-forward.
struct odrive_input_position {
  /// [revolution], bit pattern.
  uint32_t position;
  /// [0.001 revolution/s] as delivered.
  int16_t velocity;
  /// [0.001 N.m] as delivered.
  int16_t torque;
};

/// Two words. Integers: controller mode (control, input), errors (active, disarm reason). Bit patterns:
/// estimates (position [revolution], velocity [revolution/s]), input velocity (velocity, torque [N.m]),
/// limits (velocity, current [A]), Iq (set-point, measured [A]), temperature (power stage, motor [degree
/// Celsius]), bus (voltage [V], current [A]), torques (target, estimate), powers (electrical, mechanical
/// [W]), acceleration limits (up, down), velocity gains (proportional, integral).
struct odrive_pair {
  uint32_t first;
  uint32_t second;
};

/// Arbitrary parameter, 0.6: request to the drive, and its reply, whose operation is 0.
struct odrive_sdo {
  /// An `odrive_sdo_operation`.
  uint8_t operation;
  /// Number of the endpoint; it changes with each firmware version.
  uint16_t endpoint;
  /// Integer or bit pattern; its width is the endpoint's.
  uint32_t value;
};

/// Versions, 0.6.
struct odrive_version {
  uint8_t protocol;
  uint8_t hardware_major;
  uint8_t hardware_minor;
  uint8_t hardware_variant;
  uint8_t firmware_major;
  uint8_t firmware_minor;
  uint8_t firmware_revision;
  uint8_t firmware_unreleased;
};

/// Node id and serial number, 0.6: from the drive, or to it to set the node id.
struct odrive_identity {
  uint8_t node;
  /// 48 bits.
  uint64_t serial;
  /// Byte 7; the DBC of 0.6.10 does not name it.
  uint8_t connection;
};

/// The identifier; a node above ODRIVE_NODE_MAX makes it one of 29 bits.
SERVO_WIRE_INLINE uint32_t odrive_encode_address(struct odrive_address address) {
  return (address.node & ODRIVE_NODE_MAX_EXTENDED) << 5 | (address.command & 0x1Fu);
}

/// The parts of an identifier.
SERVO_WIRE_INLINE struct odrive_address odrive_decode_address(uint32_t id) {
  struct odrive_address address = {id >> 5 & ODRIVE_NODE_MAX_EXTENDED, (uint8_t)(id & 0x1Fu)};
  return address;
}

/// Writes a heartbeat of 0.6, 8 bytes.
SERVO_WIRE_INLINE void odrive_encode_heartbeat(struct odrive_heartbeat heartbeat, uint8_t data[]) {
  servo_wire_store_le32(data, heartbeat.errors);
  data[4] = heartbeat.state;
  data[5] = heartbeat.procedure;
  data[6] = heartbeat.trajectory_done ? 1 : 0;
  data[7] = 0;
}

/// Reads a heartbeat of 0.6.
SERVO_WIRE_INLINE bool odrive_decode_heartbeat(
    const uint8_t data[], uint8_t length, struct odrive_heartbeat *heartbeat) {
  if (length != ODRIVE_LENGTH) {
    return false;
  }
  heartbeat->errors = servo_wire_load_le32(data);
  heartbeat->state = data[4];
  heartbeat->procedure = data[5];
  heartbeat->trajectory_done = (data[6] & 1u) != 0;
  return true;
}

/// Writes one word and four zeros, 8 bytes: axis state, input torque, position gain, absolute position,
/// inertia, trajectory velocity limit, node id of 0.5.
SERVO_WIRE_INLINE void odrive_encode_word(uint32_t word, uint8_t data[]) {
  servo_wire_store_le32(data, word);
  servo_wire_store_le32(data + 4, 0);
}

/// Reads the one word of a frame of 4 to 8 bytes.
SERVO_WIRE_INLINE bool odrive_decode_word(const uint8_t data[], uint8_t length, uint32_t *word) {
  if (length < 4 || length > ODRIVE_LENGTH) {
    return false;
  }
  *word = servo_wire_load_le32(data);
  return true;
}

/// Writes two words, 8 bytes.
SERVO_WIRE_INLINE void odrive_encode_pair(struct odrive_pair pair, uint8_t data[]) {
  servo_wire_store_le32(data, pair.first);
  servo_wire_store_le32(data + 4, pair.second);
}

/// Reads two words.
SERVO_WIRE_INLINE bool odrive_decode_pair(const uint8_t data[], uint8_t length, struct odrive_pair *pair) {
  if (length != ODRIVE_LENGTH) {
    return false;
  }
  pair->first = servo_wire_load_le32(data);
  pair->second = servo_wire_load_le32(data + 4);
  return true;
}

/// Writes a position with feed-forward, 8 bytes.
SERVO_WIRE_INLINE void odrive_encode_input_position(struct odrive_input_position input, uint8_t data[]) {
  servo_wire_store_le32(data, input.position);
  servo_wire_store_le16(data + 4, (uint16_t)input.velocity);
  servo_wire_store_le16(data + 6, (uint16_t)input.torque);
}

/// Reads a position with feed-forward.
SERVO_WIRE_INLINE bool odrive_decode_input_position(
    const uint8_t data[], uint8_t length, struct odrive_input_position *input) {
  if (length != ODRIVE_LENGTH) {
    return false;
  }
  input->position = servo_wire_load_le32(data);
  input->velocity = (int16_t)servo_wire_load_le16(data + 4);
  input->torque = (int16_t)servo_wire_load_le16(data + 6);
  return true;
}

/// Reads the argument of a reboot or of clear errors: 0 where 0.5 sends none.
SERVO_WIRE_INLINE bool odrive_decode_argument(const uint8_t data[], uint8_t length, uint8_t *argument) {
  if (length > ODRIVE_LENGTH) {
    return false;
  }
  *argument = length == 0 ? 0 : data[0];
  return true;
}

/// Writes a parameter request or reply, 8 bytes.
SERVO_WIRE_INLINE void odrive_encode_sdo(struct odrive_sdo sdo, uint8_t data[]) {
  data[0] = sdo.operation;
  servo_wire_store_le16(data + 1, sdo.endpoint);
  data[3] = 0;
  servo_wire_store_le32(data + 4, sdo.value);
}

/// Reads a parameter request or reply of 4 to 8 bytes; bytes of the value that are not there are 0.
SERVO_WIRE_INLINE bool odrive_decode_sdo(const uint8_t data[], uint8_t length, struct odrive_sdo *sdo) {
  if (length < 4 || length > ODRIVE_LENGTH) {
    return false;
  }
  sdo->operation = data[0];
  sdo->endpoint = servo_wire_load_le16(data + 1);
  uint32_t value = 0;
  for (uint8_t i = 4; i < length; ++i) {
    value |= (uint32_t)data[i] << 8u * (i - 4u);
  }
  sdo->value = value;
  return true;
}

/// Writes versions, 8 bytes.
SERVO_WIRE_INLINE void odrive_encode_version(struct odrive_version version, uint8_t data[]) {
  data[0] = version.protocol;
  data[1] = version.hardware_major;
  data[2] = version.hardware_minor;
  data[3] = version.hardware_variant;
  data[4] = version.firmware_major;
  data[5] = version.firmware_minor;
  data[6] = version.firmware_revision;
  data[7] = version.firmware_unreleased;
}

/// Reads versions.
SERVO_WIRE_INLINE bool odrive_decode_version(
    const uint8_t data[], uint8_t length, struct odrive_version *version) {
  if (length != ODRIVE_LENGTH) {
    return false;
  }
  struct odrive_version read = {data[0], data[1], data[2], data[3], data[4], data[5], data[6], data[7]};
  *version = read;
  return true;
}

/// Writes node id and serial number, 8 bytes.
SERVO_WIRE_INLINE void odrive_encode_identity(struct odrive_identity identity, uint8_t data[]) {
  data[0] = identity.node;
  for (uint8_t i = 0; i < 6; ++i) {
    data[1 + i] = (uint8_t)(identity.serial >> 8u * i);
  }
  data[7] = identity.connection;
}

/// Reads node id and serial number, 7 bytes or 8.
SERVO_WIRE_INLINE bool odrive_decode_identity(
    const uint8_t data[], uint8_t length, struct odrive_identity *identity) {
  if (length != 7 && length != ODRIVE_LENGTH) {
    return false;
  }
  identity->node = data[0];
  identity->serial = 0;
  for (uint8_t i = 0; i < 6; ++i) {
    identity->serial |= (uint64_t)data[1 + i] << 8u * i;
  }
  identity->connection = length == ODRIVE_LENGTH ? data[7] : 0;
  return true;
}
