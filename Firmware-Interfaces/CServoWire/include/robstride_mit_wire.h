// RobStride's MIT firmware: 11-bit identifiers, classic CAN 1 Mbit/s, 8 bytes. A drive speaks this or the
// private protocol, as type 25 of the latter chose.
// Byte tables and sources: Firmware-Interfaces/Protocols/robstride.md. Actions: robstride_encode_mit_action.
// Every decoder takes any bytes and any length; false leaves what it would have written alone.
#pragma once

#include "mit_wire.h"
#include "robstride_wire.h"

/// Bits 10..8 of the identifier; the motor id is in bits 7..0.
enum robstride_mit_frame {
  /// The words of `mit_command`; actions too.
  ROBSTRIDE_MIT_FRAME_IMPEDANCE = 0,
  /// Position and speed, bit patterns.
  ROBSTRIDE_MIT_FRAME_POSITION = 1,
  /// Speed and current limit, bit patterns.
  ROBSTRIDE_MIT_FRAME_VELOCITY = 2,
  /// Newer firmware.
  ROBSTRIDE_MIT_FRAME_READ = 3,
  /// Newer firmware.
  ROBSTRIDE_MIT_FRAME_WRITE = 4,
};

/// The parts of an identifier.
struct robstride_mit_address {
  /// A `robstride_mit_frame`.
  uint8_t frame;
  uint8_t id;
};

/// Answer to every command, sent to the host's id: fixed-point words.
struct robstride_mit_feedback {
  uint8_t id;
  /// 16 bits.
  uint16_t position;
  /// 12 bits.
  uint16_t velocity;
  /// 12 bits.
  uint16_t torque;
  /// [0.1 degree Celsius].
  uint16_t temperature;
};

/// Position with speed, or speed with current limit: single precision bit patterns.
struct robstride_mit_pair {
  uint32_t first;
  uint32_t second;
};

/// What a frame of six 0xFF asks for.
struct robstride_mit_request {
  /// A `robstride_mit_action`.
  uint8_t action;
  /// Byte 6: 0xFF where the action has no argument.
  uint8_t argument;
};

/// The identifier of an address; excess bits are dropped.
SERVO_WIRE_INLINE uint32_t robstride_mit_encode_address(struct robstride_mit_address address) {
  return (uint32_t)(address.frame & 7u) << 8 | address.id;
}

/// The parts of an identifier; false for one of more than 11 bits.
SERVO_WIRE_INLINE bool robstride_mit_decode_address(uint32_t id, struct robstride_mit_address *address) {
  if (id > 0x7FF) {
    return false;
  }
  address->frame = (uint8_t)(id >> 8);
  address->id = (uint8_t)id;
  return true;
}

/// Reads an action; false for a frame that is a command.
SERVO_WIRE_INLINE bool robstride_mit_decode_action(
    const uint8_t data[], uint8_t length, struct robstride_mit_request *request) {
  if (length != ROBSTRIDE_LENGTH) {
    return false;
  }
  for (int i = 0; i < 6; ++i) {
    if (data[i] != 0xFF) {
      return false;
    }
  }
  if (data[7] != ROBSTRIDE_MIT_ACTION_SET_HOST_ID &&
      (data[7] < ROBSTRIDE_MIT_ACTION_SAVE || data[7] > ROBSTRIDE_MIT_ACTION_SET_ZERO)) {
    return false;
  }
  request->argument = data[6];
  request->action = data[7];
  return true;
}

/// Writes an impedance command, 8 bytes; bits above a field's width are dropped.
///
/// An action is told by six bytes, not seven: with position, velocity, stiffness and the upper byte of the
/// damping at the top of their range a command may be one. It goes out with the stiffness one step lower.
SERVO_WIRE_INLINE void robstride_mit_encode_command(struct mit_command command, uint8_t data[]) {
  struct robstride_mit_request request;
  mit_encode_command(command, data);
  if (robstride_mit_decode_action(data, ROBSTRIDE_LENGTH, &request)) {
    --data[4];
  }
}

/// Reads an impedance command; false for a wrong length and for an action.
SERVO_WIRE_INLINE bool robstride_mit_decode_command(
    const uint8_t data[], uint8_t length, struct mit_command *command) {
  struct robstride_mit_request request;
  if (length != ROBSTRIDE_LENGTH || robstride_mit_decode_action(data, length, &request)) {
    return false;
  }
  *command = mit_load_command(data);
  return true;
}

/// Writes position with speed, or speed with current limit, 8 bytes.
SERVO_WIRE_INLINE void robstride_mit_encode_pair(struct robstride_mit_pair pair, uint8_t data[]) {
  servo_wire_store_le32(data, pair.first);
  servo_wire_store_le32(data + 4, pair.second);
}

/// Reads position with speed, or speed with current limit.
SERVO_WIRE_INLINE bool robstride_mit_decode_pair(
    const uint8_t data[], uint8_t length, struct robstride_mit_pair *pair) {
  if (length != ROBSTRIDE_LENGTH) {
    return false;
  }
  pair->first = servo_wire_load_le32(data);
  pair->second = servo_wire_load_le32(data + 4);
  return true;
}

/// Writes feedback, 8 bytes; bits above a field's width are dropped.
SERVO_WIRE_INLINE void robstride_mit_encode_feedback(struct robstride_mit_feedback feedback, uint8_t data[]) {
  data[0] = feedback.id;
  servo_wire_store_be16(data + 1, feedback.position);
  data[3] = (uint8_t)(feedback.velocity >> 4);
  data[4] = (uint8_t)((feedback.velocity & 0xFu) << 4 | (feedback.torque >> 8 & 0xFu));
  data[5] = (uint8_t)feedback.torque;
  servo_wire_store_be16(data + 6, feedback.temperature);
}

/// Reads feedback.
SERVO_WIRE_INLINE bool robstride_mit_decode_feedback(
    const uint8_t data[], uint8_t length, struct robstride_mit_feedback *feedback) {
  if (length != ROBSTRIDE_LENGTH) {
    return false;
  }
  feedback->id = data[0];
  feedback->position = servo_wire_load_be16(data + 1);
  feedback->velocity = (uint16_t)((unsigned)data[3] << 4 | data[4] >> 4);
  feedback->torque = (uint16_t)((data[4] & 0xFu) << 8 | data[5]);
  feedback->temperature = servo_wire_load_be16(data + 6);
  return true;
}
