// The MIT mini-cheetah protocol, and CubeMars AK drives that speak it: 11-bit identifiers, CAN 1 Mbit/s.
// Byte tables, ranges and sources: Firmware-Interfaces/Protocols/mit.md. 29-bit CubeMars: cubemars_wire.h.
// Every decoder takes any bytes and any length; false leaves what it would have written alone.
#pragma once

#include "servo_wire_bytes.h"

/// Arbitration identifiers. A command goes to the drive's own.
enum mit_id {
  /// Every drive answers to this one as delivered.
  MIT_ID_HOST = 0x000,
  MIT_ID_MAX = 0x7FF,
};

/// Payload lengths [byte].
enum mit_length {
  MIT_LENGTH_COMMAND = 8,
  /// Mini-cheetah and AK firmware of the first generation.
  MIT_LENGTH_FEEDBACK = 6,
  /// Mini-cheetah firmware of today: and the bus voltage.
  MIT_LENGTH_FEEDBACK_VOLTAGE = 7,
  /// AK firmware of the second generation: and temperature and error.
  MIT_LENGTH_FEEDBACK_ERROR = 8,
};

/// Last byte of a frame of seven 0xFF: what the drive shall do.
enum mit_action {
  /// Named by the relatives of this protocol alone; see the page.
  MIT_ACTION_CLEAR_FAULT = 0xFB,
  /// Enables; an AK drive that is off answers with its state.
  MIT_ACTION_ENTER = 0xFC,
  MIT_ACTION_EXIT = 0xFD,
  MIT_ACTION_SET_ZERO = 0xFE,
};

/// Last byte of an AK feedback frame, and of a CubeMars status upload.
enum mit_error {
  MIT_ERROR_NONE = 0,
  MIT_ERROR_MOTOR_OVER_TEMPERATURE = 1,
  MIT_ERROR_OVER_CURRENT = 2,
  MIT_ERROR_OVER_VOLTAGE = 3,
  MIT_ERROR_UNDER_VOLTAGE = 4,
  MIT_ERROR_ENCODER = 5,
  /// Older texts: unbalanced phase currents.
  MIT_ERROR_DRIVER_OVER_TEMPERATURE = 6,
  MIT_ERROR_LOCKED = 7,
};

/// Impedance command: fixed-point words.
struct mit_command {
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

/// What a drive answers to a command: fixed-point words.
struct mit_feedback {
  uint8_t id;
  /// One of the lengths of feedback in `mit_length`: it tells which of the last three are there.
  uint8_t length;
  /// 16 bits.
  uint16_t position;
  /// 12 bits.
  uint16_t velocity;
  /// 12 bits.
  uint16_t torque;
  /// Length 7: 0..255 are 0..40 V.
  uint8_t voltage;
  /// Length 8: degree Celsius, raw or plus 40; sources disagree.
  uint8_t temperature;
  /// Length 8: a `mit_error`.
  uint8_t error;
};

/// Writes a command, 8 bytes; bits above a field's width are dropped.
///
/// With position, velocity and both gains at the top of their range, four torque words are byte for byte an
/// action. Such a command goes out with the damping one step lower, and moves on.
SERVO_WIRE_INLINE void mit_encode_command(struct mit_command command, uint8_t data[]) {
  uint32_t velocity = command.velocity & 0xFFFu;
  uint32_t stiffness = command.stiffness & 0xFFFu;
  uint32_t damping = command.damping & 0xFFFu;
  uint32_t torque = command.torque & 0xFFFu;
  bool is_full = command.position == 0xFFFF && (velocity & stiffness & damping) == 0xFFF;
  if (is_full && torque >= 0xF00u + MIT_ACTION_CLEAR_FAULT && torque <= 0xF00u + MIT_ACTION_SET_ZERO) {
    --damping;
  }
  servo_wire_store_be16(data, command.position);
  data[2] = (uint8_t)(velocity >> 4);
  data[3] = (uint8_t)((velocity & 0xFu) << 4 | stiffness >> 8);
  data[4] = (uint8_t)stiffness;
  data[5] = (uint8_t)(damping >> 4);
  data[6] = (uint8_t)((damping & 0xFu) << 4 | torque >> 8);
  data[7] = (uint8_t)torque;
}

/// The words of 8 bytes that are known to be a command.
SERVO_WIRE_INLINE struct mit_command mit_load_command(const uint8_t data[]) {
  struct mit_command command;
  command.position = servo_wire_load_be16(data);
  command.velocity = (uint16_t)((unsigned)data[2] << 4 | data[3] >> 4);
  command.stiffness = (uint16_t)((data[3] & 0xFu) << 8 | data[4]);
  command.damping = (uint16_t)((unsigned)data[5] << 4 | data[6] >> 4);
  command.torque = (uint16_t)((data[6] & 0xFu) << 8 | data[7]);
  return command;
}

/// Writes an action, 8 bytes.
SERVO_WIRE_INLINE void mit_encode_action(uint8_t action, uint8_t data[]) {
  for (int i = 0; i < 7; ++i) {
    data[i] = 0xFF;
  }
  data[7] = action;
}

/// The action of a frame sent to a drive's identifier, or 0 when it is none.
SERVO_WIRE_INLINE uint8_t mit_decode_action(const uint8_t data[], uint8_t length) {
  if (length != MIT_LENGTH_COMMAND) {
    return 0;
  }
  for (int i = 0; i < 7; ++i) {
    if (data[i] != 0xFF) {
      return 0;
    }
  }
  return data[7] >= MIT_ACTION_CLEAR_FAULT && data[7] <= MIT_ACTION_SET_ZERO ? data[7] : 0;
}

/// Reads a command; false for a wrong length and for an action.
SERVO_WIRE_INLINE bool mit_decode_command(
    const uint8_t data[], uint8_t length, struct mit_command *command) {
  if (length != MIT_LENGTH_COMMAND || mit_decode_action(data, length) != 0) {
    return false;
  }
  *command = mit_load_command(data);
  return true;
}

/// Writes feedback of `feedback.length` bytes; false, and nothing written, for a length that it has not.
SERVO_WIRE_INLINE bool mit_encode_feedback(struct mit_feedback feedback, uint8_t data[]) {
  if (feedback.length < MIT_LENGTH_FEEDBACK || feedback.length > MIT_LENGTH_FEEDBACK_ERROR) {
    return false;
  }
  data[0] = feedback.id;
  servo_wire_store_be16(data + 1, feedback.position);
  data[3] = (uint8_t)(feedback.velocity >> 4);
  data[4] = (uint8_t)((feedback.velocity & 0xFu) << 4 | (feedback.torque >> 8 & 0xFu));
  data[5] = (uint8_t)feedback.torque;
  if (feedback.length == MIT_LENGTH_FEEDBACK_VOLTAGE) {
    data[6] = feedback.voltage;
  } else if (feedback.length == MIT_LENGTH_FEEDBACK_ERROR) {
    data[6] = feedback.temperature;
    data[7] = feedback.error;
  }
  return true;
}

/// Reads feedback of 6, 7 or 8 bytes; what a length does not carry is 0.
SERVO_WIRE_INLINE bool mit_decode_feedback(
    const uint8_t data[], uint8_t length, struct mit_feedback *feedback) {
  if (length < MIT_LENGTH_FEEDBACK || length > MIT_LENGTH_FEEDBACK_ERROR) {
    return false;
  }
  feedback->id = data[0];
  feedback->length = length;
  feedback->position = servo_wire_load_be16(data + 1);
  feedback->velocity = (uint16_t)((unsigned)data[3] << 4 | data[4] >> 4);
  feedback->torque = (uint16_t)((data[4] & 0xFu) << 8 | data[5]);
  feedback->voltage = length == MIT_LENGTH_FEEDBACK_VOLTAGE ? data[6] : 0;
  feedback->temperature = length == MIT_LENGTH_FEEDBACK_ERROR ? data[6] : 0;
  feedback->error = length == MIT_LENGTH_FEEDBACK_ERROR ? data[7] : 0;
  return true;
}
