// RobStride RS and EL series, private protocol: 29-bit identifiers, classic CAN 1 Mbit/s, 8 bytes.
// Byte tables, ranges and sources: Firmware-Interfaces/Protocols/robstride.md.
#pragma once

#include "servo_wire_bytes.h"

/// Bits 28..24 of the identifier: what a frame is.
enum robstride_type {
  ROBSTRIDE_TYPE_DEVICE_ID = 0,
  ROBSTRIDE_TYPE_OPERATION = 1,
  ROBSTRIDE_TYPE_FEEDBACK = 2,
  ROBSTRIDE_TYPE_ENABLE = 3,
  ROBSTRIDE_TYPE_STOP = 4,
  ROBSTRIDE_TYPE_SET_ZERO = 6,
  ROBSTRIDE_TYPE_SET_ID = 7,
  ROBSTRIDE_TYPE_READ = 17,
  ROBSTRIDE_TYPE_WRITE = 18,
  ROBSTRIDE_TYPE_FAULT = 21,
  /// Save parameters. On a CyberGear the same type sets the bit rate: know the model before sending it.
  ROBSTRIDE_TYPE_SAVE = 22,
  ROBSTRIDE_TYPE_BIT_RATE = 23,
  ROBSTRIDE_TYPE_ACTIVE_REPORT = 24,
  ROBSTRIDE_TYPE_PROTOCOL = 25,
};

/// Special destinations and lengths.
enum robstride_id {
  /// Destination of the answer to a device id request.
  ROBSTRIDE_ID_DEVICE_REPLY = 0xFE,
  /// Payload length of every frame but the guarded ones [byte].
  ROBSTRIDE_LENGTH = 8,
  /// Payload length of types 23, 24 and 25: 01..06 and a code [byte].
  ROBSTRIDE_LENGTH_GUARDED = 7,
};

/// Bits 21..16 of a feedback identifier.
enum robstride_fault {
  ROBSTRIDE_FAULT_UNDER_VOLTAGE = 1 << 0,
  ROBSTRIDE_FAULT_OVER_CURRENT = 1 << 1,
  ROBSTRIDE_FAULT_OVER_TEMPERATURE = 1 << 2,
  ROBSTRIDE_FAULT_ENCODER = 1 << 3,
  ROBSTRIDE_FAULT_OVERLOAD = 1 << 4,
  ROBSTRIDE_FAULT_UNCALIBRATED = 1 << 5,
};

/// Bits of the fault word of a type 21 frame.
enum robstride_fault_word {
  ROBSTRIDE_FAULT_WORD_MOTOR_OVER_TEMPERATURE = 1 << 0,
  ROBSTRIDE_FAULT_WORD_DRIVER = 1 << 1,
  ROBSTRIDE_FAULT_WORD_UNDER_VOLTAGE = 1 << 2,
  ROBSTRIDE_FAULT_WORD_OVER_VOLTAGE = 1 << 3,
  ROBSTRIDE_FAULT_WORD_PHASE_B = 1 << 4,
  ROBSTRIDE_FAULT_WORD_PHASE_C = 1 << 5,
  ROBSTRIDE_FAULT_WORD_UNCALIBRATED = 1 << 7,
  ROBSTRIDE_FAULT_WORD_HARDWARE_ID = 1 << 8,
  ROBSTRIDE_FAULT_WORD_POSITION_INIT = 1 << 9,
  ROBSTRIDE_FAULT_WORD_OVERLOAD = 1 << 14,
  ROBSTRIDE_FAULT_WORD_PHASE_A = 1 << 16,
};

/// Bits 23..22 of a feedback identifier.
enum robstride_mode {
  ROBSTRIDE_MODE_RESET = 0,
  ROBSTRIDE_MODE_CALIBRATION = 1,
  ROBSTRIDE_MODE_RUN = 2,
};

/// Parameter indices of types 17 and 18.
enum robstride_parameter {
  /// u8, a `robstride_run_mode`; written while stopped.
  ROBSTRIDE_PARAMETER_RUN_MODE = 0x7005,
  ROBSTRIDE_PARAMETER_IQ_REF = 0x7006,
  ROBSTRIDE_PARAMETER_SPD_REF = 0x700A,
  ROBSTRIDE_PARAMETER_LIMIT_TORQUE = 0x700B,
  ROBSTRIDE_PARAMETER_CUR_KP = 0x7010,
  ROBSTRIDE_PARAMETER_CUR_KI = 0x7011,
  ROBSTRIDE_PARAMETER_CUR_FILT = 0x7014,
  ROBSTRIDE_PARAMETER_LOC_REF = 0x7016,
  ROBSTRIDE_PARAMETER_LIMIT_SPD = 0x7017,
  ROBSTRIDE_PARAMETER_LIMIT_CUR = 0x7018,
  ROBSTRIDE_PARAMETER_MECH_POS = 0x7019,
  ROBSTRIDE_PARAMETER_IQF = 0x701A,
  ROBSTRIDE_PARAMETER_MECH_VEL = 0x701B,
  ROBSTRIDE_PARAMETER_VBUS = 0x701C,
  ROBSTRIDE_PARAMETER_LOC_KP = 0x701E,
  ROBSTRIDE_PARAMETER_SPD_KP = 0x701F,
  ROBSTRIDE_PARAMETER_SPD_KI = 0x7020,
  ROBSTRIDE_PARAMETER_SPD_FILT = 0x7021,
  ROBSTRIDE_PARAMETER_ACC_RAD = 0x7022,
  ROBSTRIDE_PARAMETER_VEL_MAX = 0x7024,
  ROBSTRIDE_PARAMETER_ACC_SET = 0x7025,
  /// u16, period of active reports: 1 is 10 ms, each further step 5 ms more.
  ROBSTRIDE_PARAMETER_EPSCAN_TIME = 0x7026,
  /// u32, watchdog: 20000 is 1 s, 0 is off and the value as delivered.
  ROBSTRIDE_PARAMETER_CAN_TIMEOUT = 0x7028,
  /// u8, position at power-up: 0 counts 0..2 pi, 1 counts -pi..pi.
  ROBSTRIDE_PARAMETER_ZERO_STA = 0x7029,
};

/// Values of the run_mode parameter.
enum robstride_run_mode {
  ROBSTRIDE_RUN_MODE_OPERATION = 0,
  ROBSTRIDE_RUN_MODE_PROFILE_POSITION = 1,
  ROBSTRIDE_RUN_MODE_VELOCITY = 2,
  ROBSTRIDE_RUN_MODE_CURRENT = 3,
  ROBSTRIDE_RUN_MODE_CYCLIC_POSITION = 5,
};

/// Last byte of a frame of the drive's MIT firmware (11-bit identifiers): six 0xFF, an argument, this code.
enum robstride_mit_action {
  ROBSTRIDE_MIT_ACTION_SET_HOST_ID = 0x01,
  ROBSTRIDE_MIT_ACTION_SAVE = 0xF8,
  ROBSTRIDE_MIT_ACTION_ACTIVE_REPORT = 0xF9,
  ROBSTRIDE_MIT_ACTION_SET_ID = 0xFA,
  /// Argument 0xFF clears faults, any other reads them.
  ROBSTRIDE_MIT_ACTION_FAULT = 0xFB,
  /// Argument 0xFF enables; 0, 1 and 2 choose impedance, position and velocity.
  ROBSTRIDE_MIT_ACTION_ENABLE_OR_MODE = 0xFC,
  /// Argument 0xFF stops; any other chooses a protocol.
  ROBSTRIDE_MIT_ACTION_STOP_OR_PROTOCOL = 0xFD,
  ROBSTRIDE_MIT_ACTION_SET_ZERO = 0xFE,
};

/// The three parts of a 29-bit identifier.
struct robstride_address {
  /// A `robstride_type`, bits 28..24.
  uint8_t type;
  /// Bits 23..8; what it means depends on the type.
  uint16_t data;
  /// Bits 7..0.
  uint8_t destination;
};

/// Impedance command: fixed-point words. The torque travels in the identifier.
struct robstride_operation {
  uint16_t position;
  uint16_t velocity;
  uint16_t stiffness;
  uint16_t damping;
};

/// Bits 23..8 of a feedback identifier.
struct robstride_status {
  uint8_t id;
  /// Bits of `robstride_fault`.
  uint8_t faults;
  /// A `robstride_mode`.
  uint8_t mode;
};

/// Body of a feedback frame: fixed-point words.
struct robstride_feedback {
  uint16_t position;
  uint16_t velocity;
  uint16_t torque;
  /// [0.1 degree Celsius].
  uint16_t temperature;
};

/// Body of a parameter request or reply.
struct robstride_parameter_frame {
  /// A `robstride_parameter`.
  uint16_t index;
  /// Little-endian word: an integer or a single precision bit pattern.
  uint32_t value;
};

/// Body of a fault frame.
struct robstride_fault_report {
  /// Bits of `robstride_fault_word`.
  uint32_t faults;
  /// Bit 0: motor over-temperature.
  uint32_t warnings;
};

/// The 29-bit identifier of an address; excess bits are dropped.
SERVO_WIRE_INLINE uint32_t robstride_encode_address(struct robstride_address address) {
  return (uint32_t)(address.type & 0x1Fu) << 24 | (uint32_t)address.data << 8 | address.destination;
}

/// The parts of a 29-bit identifier.
SERVO_WIRE_INLINE struct robstride_address robstride_decode_address(uint32_t id) {
  struct robstride_address address;
  address.type = (uint8_t)(id >> 24 & 0x1Fu);
  address.data = (uint16_t)(id >> 8);
  address.destination = (uint8_t)id;
  return address;
}

/// Bits 23..8 of a feedback identifier.
SERVO_WIRE_INLINE uint16_t robstride_encode_status(struct robstride_status status) {
  return (uint16_t)(status.id | (status.faults & 0x3Fu) << 8 | (status.mode & 0x3u) << 14);
}

/// Motor id, faults and mode of bits 23..8 of a feedback identifier.
SERVO_WIRE_INLINE struct robstride_status robstride_decode_status(uint16_t data) {
  struct robstride_status status;
  status.id = (uint8_t)data;
  status.faults = (uint8_t)(data >> 8 & 0x3Fu);
  status.mode = (uint8_t)(data >> 14);
  return status;
}

/// Writes the body of an impedance command, 8 bytes.
SERVO_WIRE_INLINE void robstride_encode_operation(struct robstride_operation operation, uint8_t data[]) {
  servo_wire_store_be16(data, operation.position);
  servo_wire_store_be16(data + 2, operation.velocity);
  servo_wire_store_be16(data + 4, operation.stiffness);
  servo_wire_store_be16(data + 6, operation.damping);
}

/// Reads the body of an impedance command, 8 bytes.
SERVO_WIRE_INLINE struct robstride_operation robstride_decode_operation(const uint8_t data[]) {
  struct robstride_operation operation;
  operation.position = servo_wire_load_be16(data);
  operation.velocity = servo_wire_load_be16(data + 2);
  operation.stiffness = servo_wire_load_be16(data + 4);
  operation.damping = servo_wire_load_be16(data + 6);
  return operation;
}

/// Writes the body of a feedback frame, 8 bytes.
SERVO_WIRE_INLINE void robstride_encode_feedback(struct robstride_feedback feedback, uint8_t data[]) {
  servo_wire_store_be16(data, feedback.position);
  servo_wire_store_be16(data + 2, feedback.velocity);
  servo_wire_store_be16(data + 4, feedback.torque);
  servo_wire_store_be16(data + 6, feedback.temperature);
}

/// Reads the body of a feedback frame, 8 bytes.
SERVO_WIRE_INLINE struct robstride_feedback robstride_decode_feedback(const uint8_t data[]) {
  struct robstride_feedback feedback;
  feedback.position = servo_wire_load_be16(data);
  feedback.velocity = servo_wire_load_be16(data + 2);
  feedback.torque = servo_wire_load_be16(data + 4);
  feedback.temperature = servo_wire_load_be16(data + 6);
  return feedback;
}

/// Writes the body of a parameter request or reply, 8 bytes.
SERVO_WIRE_INLINE void robstride_encode_parameter(struct robstride_parameter_frame frame, uint8_t data[]) {
  servo_wire_store_le16(data, frame.index);
  data[2] = 0;
  data[3] = 0;
  servo_wire_store_le32(data + 4, frame.value);
}

/// Reads the body of a parameter request or reply, 8 bytes.
SERVO_WIRE_INLINE struct robstride_parameter_frame robstride_decode_parameter(const uint8_t data[]) {
  struct robstride_parameter_frame frame;
  frame.index = servo_wire_load_le16(data);
  frame.value = servo_wire_load_le32(data + 4);
  return frame;
}

/// Writes the body of a fault frame, 8 bytes.
SERVO_WIRE_INLINE void robstride_encode_fault_report(struct robstride_fault_report report, uint8_t data[]) {
  servo_wire_store_le32(data, report.faults);
  servo_wire_store_le32(data + 4, report.warnings);
}

/// Reads the body of a fault frame, 8 bytes.
SERVO_WIRE_INLINE struct robstride_fault_report robstride_decode_fault_report(const uint8_t data[]) {
  struct robstride_fault_report report;
  report.faults = servo_wire_load_le32(data);
  report.warnings = servo_wire_load_le32(data + 4);
  return report;
}

/// Writes the guard bytes 01..06 and a code, 7 bytes: types 23, 24 and 25.
SERVO_WIRE_INLINE void robstride_encode_guarded(uint8_t code, uint8_t data[]) {
  for (uint8_t i = 0; i < 6; ++i) {
    data[i] = (uint8_t)(i + 1u);
  }
  data[6] = code;
}

/// Whether the guard bytes are right; the code is then `data[6]`.
SERVO_WIRE_INLINE bool robstride_is_guarded(const uint8_t data[]) {
  for (uint8_t i = 0; i < 6; ++i) {
    if (data[i] != i + 1) {
      return false;
    }
  }
  return true;
}

/// Writes the guard bytes 01..08, 8 bytes: type 22.
SERVO_WIRE_INLINE void robstride_encode_save(uint8_t data[]) {
  for (uint8_t i = 0; i < 8; ++i) {
    data[i] = (uint8_t)(i + 1u);
  }
}

/// Writes an action of the MIT firmware, 8 bytes.
SERVO_WIRE_INLINE void robstride_encode_mit_action(uint8_t argument, uint8_t action, uint8_t data[]) {
  for (int i = 0; i < 6; ++i) {
    data[i] = 0xFF;
  }
  data[6] = argument;
  data[7] = action;
}
