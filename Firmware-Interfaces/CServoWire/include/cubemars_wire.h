// CubeMars AK drives in servo mode and in the force control of V3: 29-bit identifiers, classic CAN 1 Mbit/s.
// Byte tables, ranges and sources: Firmware-Interfaces/Protocols/cubemars.md. 11-bit AK drives: mit_wire.h.
// Big-endian. Every decoder takes any bytes and any length; false leaves what it would have written alone.
#pragma once

#include "mit_wire.h"

/// Bits 15..8 of the identifier: what a frame is.
enum cubemars_mode {
  CUBEMARS_MODE_DUTY = 0,
  CUBEMARS_MODE_CURRENT = 1,
  CUBEMARS_MODE_BRAKE = 2,
  CUBEMARS_MODE_SPEED = 3,
  CUBEMARS_MODE_POSITION = 4,
  CUBEMARS_MODE_SET_ORIGIN = 5,
  CUBEMARS_MODE_POSITION_SPEED = 6,
  /// Impedance command of V3 firmware.
  CUBEMARS_MODE_FORCE = 8,
  /// From the drive; motor-python has this number, the manual prints none.
  CUBEMARS_MODE_STATUS = 0x29,
};

/// Payload lengths [byte].
enum cubemars_length {
  CUBEMARS_LENGTH_SET_POINT = 4,
  CUBEMARS_LENGTH_ORIGIN = 1,
  CUBEMARS_LENGTH = 8,
};

/// What a new origin outlives.
enum cubemars_origin {
  CUBEMARS_ORIGIN_TEMPORARY = 0,
  /// Written to flash.
  CUBEMARS_ORIGIN_PERMANENT = 1,
};

/// Set-point units and bounds of the servo mode, as the manual prints them.
enum cubemars_bound {
  /// [1/100000].
  CUBEMARS_BOUND_DUTY = 100000,
  /// [mA]; a brake current is positive.
  CUBEMARS_BOUND_CURRENT = 60000,
  /// [electrical revolutions per minute].
  CUBEMARS_BOUND_SPEED = 100000,
  /// [0.0001 degree].
  CUBEMARS_BOUND_POSITION = 360000000,
};

/// The parts of a 29-bit identifier.
struct cubemars_address {
  /// A `cubemars_mode`.
  uint8_t mode;
  uint8_t id;
};

/// Position with speed and acceleration.
struct cubemars_position_speed {
  /// [0.0001 degree].
  int32_t position;
  /// [10 electrical revolutions per minute].
  int16_t speed;
  /// [10 electrical revolutions per minute per second].
  int16_t acceleration;
};

/// What a drive sends in servo mode and in force control.
struct cubemars_status {
  /// [0.1 degree].
  int16_t position;
  /// [10 electrical revolutions per minute].
  int16_t speed;
  /// [0.01 A].
  int16_t current;
  /// [degree Celsius].
  int8_t temperature;
  /// A `mit_error`.
  uint8_t error;
};

/// The 29-bit identifier of a frame.
SERVO_WIRE_INLINE uint32_t cubemars_encode_address(struct cubemars_address address) {
  return (uint32_t)address.mode << 8 | address.id;
}

/// The parts of a 29-bit identifier; false when more than mode and id is in it.
SERVO_WIRE_INLINE bool cubemars_decode_address(uint32_t id, struct cubemars_address *address) {
  if (id > 0xFFFF) {
    return false;
  }
  address->mode = (uint8_t)(id >> 8);
  address->id = (uint8_t)id;
  return true;
}

/// Writes a duty, current, brake current, speed or position, 4 bytes.
SERVO_WIRE_INLINE void cubemars_encode_set_point(int32_t value, uint8_t data[]) {
  servo_wire_store_be32(data, (uint32_t)value);
}

/// Reads a duty, current, brake current, speed or position.
SERVO_WIRE_INLINE bool cubemars_decode_set_point(const uint8_t data[], uint8_t length, int32_t *value) {
  if (length != CUBEMARS_LENGTH_SET_POINT) {
    return false;
  }
  *value = (int32_t)servo_wire_load_be32(data);
  return true;
}

/// Writes a position with speed and acceleration, 8 bytes.
SERVO_WIRE_INLINE void cubemars_encode_position_speed(
    struct cubemars_position_speed command, uint8_t data[]) {
  servo_wire_store_be32(data, (uint32_t)command.position);
  servo_wire_store_be16(data + 4, (uint16_t)command.speed);
  servo_wire_store_be16(data + 6, (uint16_t)command.acceleration);
}

/// Reads a position with speed and acceleration.
SERVO_WIRE_INLINE bool cubemars_decode_position_speed(
    const uint8_t data[], uint8_t length, struct cubemars_position_speed *command) {
  if (length != CUBEMARS_LENGTH) {
    return false;
  }
  command->position = (int32_t)servo_wire_load_be32(data);
  command->speed = (int16_t)servo_wire_load_be16(data + 4);
  command->acceleration = (int16_t)servo_wire_load_be16(data + 6);
  return true;
}

/// Reads a `cubemars_origin`; false for any other byte.
SERVO_WIRE_INLINE bool cubemars_decode_origin(const uint8_t data[], uint8_t length, uint8_t *origin) {
  if (length != CUBEMARS_LENGTH_ORIGIN || data[0] > CUBEMARS_ORIGIN_PERMANENT) {
    return false;
  }
  *origin = data[0];
  return true;
}

/// Writes an impedance command of V3 firmware, 8 bytes: the words of `mit_command` in another order.
SERVO_WIRE_INLINE void cubemars_encode_force(struct mit_command command, uint8_t data[]) {
  data[0] = (uint8_t)(command.stiffness >> 4);
  data[1] = (uint8_t)((command.stiffness & 0xFu) << 4 | (command.damping >> 8 & 0xFu));
  data[2] = (uint8_t)command.damping;
  servo_wire_store_be16(data + 3, command.position);
  data[5] = (uint8_t)(command.velocity >> 4);
  data[6] = (uint8_t)((command.velocity & 0xFu) << 4 | (command.torque >> 8 & 0xFu));
  data[7] = (uint8_t)command.torque;
}

/// Reads an impedance command of V3 firmware.
SERVO_WIRE_INLINE bool cubemars_decode_force(
    const uint8_t data[], uint8_t length, struct mit_command *command) {
  if (length != CUBEMARS_LENGTH) {
    return false;
  }
  command->stiffness = (uint16_t)((unsigned)data[0] << 4 | data[1] >> 4);
  command->damping = (uint16_t)((data[1] & 0xFu) << 8 | data[2]);
  command->position = servo_wire_load_be16(data + 3);
  command->velocity = (uint16_t)((unsigned)data[5] << 4 | data[6] >> 4);
  command->torque = (uint16_t)((data[6] & 0xFu) << 8 | data[7]);
  return true;
}

/// Writes a status upload, 8 bytes.
SERVO_WIRE_INLINE void cubemars_encode_status(struct cubemars_status status, uint8_t data[]) {
  servo_wire_store_be16(data, (uint16_t)status.position);
  servo_wire_store_be16(data + 2, (uint16_t)status.speed);
  servo_wire_store_be16(data + 4, (uint16_t)status.current);
  data[6] = (uint8_t)status.temperature;
  data[7] = status.error;
}

/// Reads a status upload.
SERVO_WIRE_INLINE bool cubemars_decode_status(
    const uint8_t data[], uint8_t length, struct cubemars_status *status) {
  if (length != CUBEMARS_LENGTH) {
    return false;
  }
  status->position = (int16_t)servo_wire_load_be16(data);
  status->speed = (int16_t)servo_wire_load_be16(data + 2);
  status->current = (int16_t)servo_wire_load_be16(data + 4);
  status->temperature = (int8_t)data[6];
  status->error = data[7];
  return true;
}
