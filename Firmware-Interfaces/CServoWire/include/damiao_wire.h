// Damiao DM series: 11-bit identifiers, classic CAN 1 Mbit/s or CAN FD 1/5 Mbit/s.
// Byte tables, ranges and sources: Firmware-Interfaces/Protocols/damiao.md.
#pragma once

#include "servo_wire_bytes.h"

/// Arbitration identifiers; the command of a mode goes to the mode's offset plus the drive's ESC_ID.
enum damiao_id {
  DAMIAO_ID_MIT = 0x000,
  DAMIAO_ID_POSITION_VELOCITY = 0x100,
  DAMIAO_ID_VELOCITY = 0x200,
  DAMIAO_ID_POSITION_FORCE = 0x300,
  /// Register access; the drive is named in the payload.
  DAMIAO_ID_REGISTERS = 0x7FF,
};

/// Payload lengths [byte].
enum damiao_length {
  DAMIAO_LENGTH = 8,
  /// The manual's length of the velocity command; some hosts pad it to 8.
  DAMIAO_LENGTH_VELOCITY = 4,
};

/// Last byte of a frame of seven 0xFF: what the drive shall do.
enum damiao_action {
  DAMIAO_ACTION_CLEAR_FAULT = 0xFB,
  DAMIAO_ACTION_ENABLE = 0xFC,
  DAMIAO_ACTION_DISABLE = 0xFD,
  DAMIAO_ACTION_SET_ZERO = 0xFE,
};

/// High nibble of a feedback frame's first byte: state, or the fault that ended it.
enum damiao_status {
  DAMIAO_STATUS_DISABLED = 0x0,
  DAMIAO_STATUS_ENABLED = 0x1,
  DAMIAO_STATUS_OVER_VOLTAGE = 0x8,
  DAMIAO_STATUS_UNDER_VOLTAGE = 0x9,
  DAMIAO_STATUS_OVER_CURRENT = 0xA,
  DAMIAO_STATUS_DRIVER_OVER_TEMPERATURE = 0xB,
  DAMIAO_STATUS_ROTOR_OVER_TEMPERATURE = 0xC,
  DAMIAO_STATUS_COMMUNICATION_LOST = 0xD,
  DAMIAO_STATUS_OVERLOAD = 0xE,
};

/// Third byte of a register frame: what is done with the register.
enum damiao_access {
  DAMIAO_ACCESS_READ = 0x33,
  DAMIAO_ACCESS_WRITE = 0x55,
  /// Save all registers to flash; only while disabled.
  DAMIAO_ACCESS_SAVE = 0xAA,
  /// Answer with a feedback frame.
  DAMIAO_ACCESS_REFRESH = 0xCC,
};

/// Register indices. 7-10, 13-16, 35 and 36 hold unsigned integers, the others IEEE 754 single precision.
enum damiao_register {
  DAMIAO_REGISTER_UNDER_VOLTAGE = 0,
  DAMIAO_REGISTER_TORQUE_CONSTANT = 1,
  DAMIAO_REGISTER_OVER_TEMPERATURE = 2,
  DAMIAO_REGISTER_OVER_CURRENT = 3,
  DAMIAO_REGISTER_ACCELERATION = 4,
  DAMIAO_REGISTER_DECELERATION = 5,
  DAMIAO_REGISTER_MAX_SPEED = 6,
  DAMIAO_REGISTER_MST_ID = 7,
  DAMIAO_REGISTER_ESC_ID = 8,
  /// Watchdog; one unit is 50 us, 0 is off.
  DAMIAO_REGISTER_TIMEOUT = 9,
  DAMIAO_REGISTER_CTRL_MODE = 10,
  DAMIAO_REGISTER_SW_VER = 14,
  DAMIAO_REGISTER_GEAR_RATIO = 20,
  DAMIAO_REGISTER_PMAX = 21,
  DAMIAO_REGISTER_VMAX = 22,
  DAMIAO_REGISTER_TMAX = 23,
  DAMIAO_REGISTER_CAN_BR = 35,
  DAMIAO_REGISTER_P_M = 80,
  DAMIAO_REGISTER_XOUT = 81,
  /// Number of register indices; no register has this index or a higher one.
  DAMIAO_REGISTER_COUNT = 82,
};

/// Values of the CTRL_MODE register.
enum damiao_control_mode {
  DAMIAO_CONTROL_MODE_MIT = 1,
  DAMIAO_CONTROL_MODE_POSITION_VELOCITY = 2,
  DAMIAO_CONTROL_MODE_VELOCITY = 3,
  DAMIAO_CONTROL_MODE_POSITION_FORCE = 4,
};

/// Values of the can_br register; from 5M's class upwards the drive answers in CAN FD.
enum damiao_can_rate {
  DAMIAO_CAN_RATE_125K = 0,
  DAMIAO_CAN_RATE_200K = 1,
  DAMIAO_CAN_RATE_250K = 2,
  DAMIAO_CAN_RATE_500K = 3,
  DAMIAO_CAN_RATE_1M = 4,
  DAMIAO_CAN_RATE_2M = 5,
  DAMIAO_CAN_RATE_2M5 = 6,
  DAMIAO_CAN_RATE_3M2 = 7,
  DAMIAO_CAN_RATE_4M = 8,
  DAMIAO_CAN_RATE_5M = 9,
};

/// Impedance command: fixed-point words.
struct damiao_mit_command {
  /// 16 bits.
  uint16_t position;
  /// 12 bits.
  uint16_t velocity;
  /// 12 bits.
  uint16_t stiffness;
  /// 12 bits.
  uint16_t damping;
  /// 12 bits.
  uint16_t torque;
};

/// Position with a speed limit, or velocity alone: IEEE 754 single precision bit patterns.
struct damiao_float_command {
  uint32_t first;
  uint32_t second;
};

/// Position with speed and current limits.
struct damiao_force_command {
  /// Position [rad], single precision bit pattern.
  uint32_t position;
  /// Speed limit [0.01 rad/s], at most 10000.
  uint16_t velocity;
  /// Current limit [1/10000 of the largest phase current], at most 10000.
  uint16_t current;
};

/// What a drive answers to every control frame.
struct damiao_feedback {
  /// Low four bits of ESC_ID.
  uint8_t id;
  /// A `damiao_status`.
  uint8_t status;
  /// 16 bits.
  uint16_t position;
  /// 12 bits.
  uint16_t velocity;
  /// 12 bits.
  uint16_t torque;
  /// Power stage [degree Celsius].
  uint8_t driver_temperature;
  /// Winding [degree Celsius].
  uint8_t rotor_temperature;
};

/// A register request or its reply.
struct damiao_register_frame {
  /// ESC_ID of the drive that is asked or answers.
  uint16_t id;
  /// A `damiao_access`.
  uint8_t access;
  /// A `damiao_register`.
  uint8_t index;
  /// Little-endian word: an integer or a single precision bit pattern.
  uint32_t value;
};

/// Writes an impedance command, 8 bytes; bits above a field's width are dropped.
///
/// With position, velocity and both gains at the top of their range, four torque words are byte for byte an
/// action. Such a command goes out with the damping one step lower, and moves on.
SERVO_WIRE_INLINE void damiao_encode_mit_command(struct damiao_mit_command command, uint8_t data[]) {
  bool is_full = command.position == 0xFFFF &&
                 (command.velocity & command.stiffness & command.damping & 0xFFFu) == 0xFFF;
  uint32_t torque = command.torque & 0xFFFu;
  if (is_full && torque >= 0xF00u + DAMIAO_ACTION_CLEAR_FAULT && torque <= 0xF00u + DAMIAO_ACTION_SET_ZERO) {
    --command.damping;
  }
  servo_wire_store_be16(data, command.position);
  data[2] = (uint8_t)(command.velocity >> 4);
  data[3] = (uint8_t)((command.velocity & 0xFu) << 4 | (command.stiffness >> 8 & 0xFu));
  data[4] = (uint8_t)command.stiffness;
  data[5] = (uint8_t)(command.damping >> 4);
  data[6] = (uint8_t)((command.damping & 0xFu) << 4 | (command.torque >> 8 & 0xFu));
  data[7] = (uint8_t)command.torque;
}

/// Reads an impedance command, 8 bytes.
SERVO_WIRE_INLINE struct damiao_mit_command damiao_decode_mit_command(const uint8_t data[]) {
  struct damiao_mit_command command;
  command.position = servo_wire_load_be16(data);
  command.velocity = (uint16_t)((unsigned)data[2] << 4 | data[3] >> 4);
  command.stiffness = (uint16_t)((data[3] & 0xFu) << 8 | data[4]);
  command.damping = (uint16_t)((unsigned)data[5] << 4 | data[6] >> 4);
  command.torque = (uint16_t)((data[6] & 0xFu) << 8 | data[7]);
  return command;
}

/// Writes an action frame, 8 bytes.
SERVO_WIRE_INLINE void damiao_encode_action(uint8_t action, uint8_t data[]) {
  for (int i = 0; i < 7; ++i) {
    data[i] = 0xFF;
  }
  data[7] = action;
}

/// The action of 8 bytes sent to a drive's own identifier, or 0 when they are a command.
SERVO_WIRE_INLINE uint8_t damiao_decode_action(const uint8_t data[]) {
  for (int i = 0; i < 7; ++i) {
    if (data[i] != 0xFF) {
      return 0;
    }
  }
  return data[7] >= DAMIAO_ACTION_CLEAR_FAULT && data[7] <= DAMIAO_ACTION_SET_ZERO ? data[7] : 0;
}

/// Writes a position-velocity command, 8 bytes, of which a velocity command is the first 4.
SERVO_WIRE_INLINE void damiao_encode_float_command(struct damiao_float_command command, uint8_t data[]) {
  servo_wire_store_le32(data, command.first);
  servo_wire_store_le32(data + 4, command.second);
}

/// Reads a position-velocity command, 8 bytes.
SERVO_WIRE_INLINE struct damiao_float_command damiao_decode_float_command(const uint8_t data[]) {
  struct damiao_float_command command;
  command.first = servo_wire_load_le32(data);
  command.second = servo_wire_load_le32(data + 4);
  return command;
}

/// Writes a position-force command, 8 bytes.
SERVO_WIRE_INLINE void damiao_encode_force_command(struct damiao_force_command command, uint8_t data[]) {
  servo_wire_store_le32(data, command.position);
  servo_wire_store_le16(data + 4, command.velocity);
  servo_wire_store_le16(data + 6, command.current);
}

/// Reads a position-force command, 8 bytes.
SERVO_WIRE_INLINE struct damiao_force_command damiao_decode_force_command(const uint8_t data[]) {
  struct damiao_force_command command;
  command.position = servo_wire_load_le32(data);
  command.velocity = servo_wire_load_le16(data + 4);
  command.current = servo_wire_load_le16(data + 6);
  return command;
}

/// Writes a feedback frame, 8 bytes; bits above a field's width are dropped.
SERVO_WIRE_INLINE void damiao_encode_feedback(struct damiao_feedback feedback, uint8_t data[]) {
  data[0] = (uint8_t)((feedback.id & 0xFu) | (feedback.status & 0xFu) << 4);
  servo_wire_store_be16(data + 1, feedback.position);
  data[3] = (uint8_t)(feedback.velocity >> 4);
  data[4] = (uint8_t)((feedback.velocity & 0xFu) << 4 | (feedback.torque >> 8 & 0xFu));
  data[5] = (uint8_t)feedback.torque;
  data[6] = feedback.driver_temperature;
  data[7] = feedback.rotor_temperature;
}

/// Reads a feedback frame, 8 bytes.
SERVO_WIRE_INLINE struct damiao_feedback damiao_decode_feedback(const uint8_t data[]) {
  struct damiao_feedback feedback;
  feedback.id = data[0] & 0xFu;
  feedback.status = data[0] >> 4;
  feedback.position = servo_wire_load_be16(data + 1);
  feedback.velocity = (uint16_t)((unsigned)data[3] << 4 | data[4] >> 4);
  feedback.torque = (uint16_t)((data[4] & 0xFu) << 8 | data[5]);
  feedback.driver_temperature = data[6];
  feedback.rotor_temperature = data[7];
  return feedback;
}

/// Writes a register request or reply, 8 bytes.
SERVO_WIRE_INLINE void damiao_encode_register(struct damiao_register_frame frame, uint8_t data[]) {
  servo_wire_store_le16(data, frame.id);
  data[2] = frame.access;
  data[3] = frame.index;
  servo_wire_store_le32(data + 4, frame.value);
}

/// Reads a register request or reply, 8 bytes.
SERVO_WIRE_INLINE struct damiao_register_frame damiao_decode_register(const uint8_t data[]) {
  struct damiao_register_frame frame;
  frame.id = servo_wire_load_le16(data);
  frame.access = data[2];
  frame.index = data[3];
  frame.value = servo_wire_load_le32(data + 4);
  return frame;
}

/// Whether 8 bytes from the drive `id` are a register reply and not feedback.
///
/// Both kinds share one identifier; only the content tells them apart. Feedback passes this test only while
/// the position lies in one of three raw steps near the negative end and the velocity word is below 0x520.
SERVO_WIRE_INLINE bool damiao_is_register_reply(uint16_t id, const uint8_t data[]) {
  return servo_wire_load_le16(data) == id && data[3] < DAMIAO_REGISTER_COUNT &&
         (data[2] == DAMIAO_ACCESS_READ || data[2] == DAMIAO_ACCESS_WRITE || data[2] == DAMIAO_ACCESS_SAVE);
}
