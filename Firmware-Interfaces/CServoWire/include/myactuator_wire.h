// MyActuator RMD-X, protocol V3 and V4: 11-bit identifiers, classic CAN 1 Mbit/s, 8 bytes, little-endian.
// Byte tables and sources: Firmware-Interfaces/Protocols/myactuator.md. V4's motion mode is big-endian.
// Every decoder takes any bytes and any length; false leaves what it would have written alone.
#pragma once

#include "mit_wire.h"

/// Arbitration identifiers; the drive's id, 1..32, is added to all but the one for all drives.
enum myactuator_id {
  MYACTUATOR_ID_REQUEST = 0x140,
  MYACTUATOR_ID_REPLY = 0x240,
  MYACTUATOR_ID_ALL = 0x280,
  /// V4: impedance command, the words of `mit_command`.
  MYACTUATOR_ID_MOTION = 0x400,
  MYACTUATOR_ID_MOTION_REPLY = 0x500,
  MYACTUATOR_ID_MAX = 32,
  /// Payload length of every frame [byte].
  MYACTUATOR_LENGTH = 8,
};

/// First byte of a request, and of its reply.
enum myactuator_command {
  /// Argument: a `myactuator_function`.
  MYACTUATOR_COMMAND_FUNCTION = 0x20,
  MYACTUATOR_COMMAND_READ_GAINS = 0x30,
  MYACTUATOR_COMMAND_WRITE_GAINS = 0x31,
  /// Persistent.
  MYACTUATOR_COMMAND_STORE_GAINS = 0x32,
  MYACTUATOR_COMMAND_READ_ACCELERATION = 0x42,
  /// Argument 0, 1 position up, down; 2, 3 speed up, down. Value [degree/s^2]. Persistent.
  MYACTUATOR_COMMAND_WRITE_ACCELERATION = 0x43,
  MYACTUATOR_COMMAND_READ_ENCODER = 0x60,
  MYACTUATOR_COMMAND_READ_RAW_ENCODER = 0x61,
  MYACTUATOR_COMMAND_READ_ZERO_OFFSET = 0x62,
  /// Persistent; acts after a reset.
  MYACTUATOR_COMMAND_STORE_ZERO_OFFSET = 0x63,
  /// Persistent; acts after a reset.
  MYACTUATOR_COMMAND_STORE_POSITION_AS_ZERO = 0x64,
  MYACTUATOR_COMMAND_READ_MODE = 0x70,
  MYACTUATOR_COMMAND_READ_POWER = 0x71,
  /// Not answered.
  MYACTUATOR_COMMAND_RESET = 0x76,
  MYACTUATOR_COMMAND_RELEASE_BRAKE = 0x77,
  MYACTUATOR_COMMAND_LOCK_BRAKE = 0x78,
  /// Byte 2: 0 writes the id, 1 reads it; where the id stands, sources disagree.
  MYACTUATOR_COMMAND_ID = 0x79,
  MYACTUATOR_COMMAND_SHUTDOWN = 0x80,
  MYACTUATOR_COMMAND_STOP = 0x81,
  MYACTUATOR_COMMAND_READ_SINGLE_TURN_ENCODER = 0x90,
  /// Value i32 [0.01 degree].
  MYACTUATOR_COMMAND_READ_ANGLE = 0x92,
  MYACTUATOR_COMMAND_READ_SINGLE_TURN_ANGLE = 0x94,
  MYACTUATOR_COMMAND_READ_STATUS_1 = 0x9A,
  MYACTUATOR_COMMAND_READ_STATUS_2 = 0x9C,
  MYACTUATOR_COMMAND_READ_STATUS_3 = 0x9D,
  MYACTUATOR_COMMAND_CURRENT = 0xA1,
  MYACTUATOR_COMMAND_SPEED = 0xA2,
  MYACTUATOR_COMMAND_POSITION = 0xA4,
  MYACTUATOR_COMMAND_READ_RUNTIME = 0xB1,
  /// Value u32, decimal YYYYMMDD.
  MYACTUATOR_COMMAND_READ_VERSION = 0xB2,
  /// Value u32 [ms]: the watchdog. Persistent.
  MYACTUATOR_COMMAND_TIMEOUT = 0xB3,
  /// Byte 7: 0 500 kbit/s, 1 1 Mbit/s. Not answered.
  MYACTUATOR_COMMAND_BIT_RATE = 0xB4,
  /// Bytes 1..7 ASCII.
  MYACTUATOR_COMMAND_READ_MODEL = 0xB5,
};

/// Argument of MYACTUATOR_COMMAND_FUNCTION, V4.
enum myactuator_function {
  MYACTUATOR_FUNCTION_CLEAR_TURNS = 1,
  MYACTUATOR_FUNCTION_FILTER_IDS = 2,
  /// The drive sends its errors unasked.
  MYACTUATOR_FUNCTION_REPORT_ERRORS = 3,
  MYACTUATOR_FUNCTION_STORE_TURNS = 4,
  MYACTUATOR_FUNCTION_SET_ID = 5,
  MYACTUATOR_FUNCTION_MAXIMUM_POSITION = 6,
  MYACTUATOR_FUNCTION_MINIMUM_POSITION = 7,
};

/// Bits of the errors in status 1.
enum myactuator_error {
  MYACTUATOR_ERROR_STALL = 0x0002,
  MYACTUATOR_ERROR_UNDER_VOLTAGE = 0x0004,
  MYACTUATOR_ERROR_OVER_VOLTAGE = 0x0008,
  MYACTUATOR_ERROR_OVER_CURRENT = 0x0010,
  MYACTUATOR_ERROR_POWER = 0x0040,
  /// Calibration parameters were not written.
  MYACTUATOR_ERROR_PARAMETERS = 0x0080,
  MYACTUATOR_ERROR_SPEED = 0x0100,
  MYACTUATOR_ERROR_OVER_TEMPERATURE = 0x1000,
  MYACTUATOR_ERROR_ENCODER_CALIBRATION = 0x2000,
};

/// A request or reply in its general form.
struct myactuator_frame {
  /// A `myactuator_command`.
  uint8_t command;
  /// Byte 1.
  uint8_t argument;
  /// Bytes 2, 3.
  uint16_t word;
  /// Bytes 4..7.
  uint32_t value;
};

/// Answer to a current, speed or position command, and to a request for status 2.
struct myactuator_feedback {
  uint8_t command;
  /// [degree Celsius].
  int8_t temperature;
  /// [0.01 A].
  int16_t current;
  /// [degree/s].
  int16_t speed;
  /// [degree]: far coarser than MYACTUATOR_COMMAND_READ_ANGLE.
  int16_t angle;
};

/// Status 1.
struct myactuator_status {
  /// [degree Celsius].
  int8_t temperature;
  bool is_brake_released;
  /// [0.1 V].
  uint16_t voltage;
  /// Bits of `myactuator_error`.
  uint16_t errors;
};

/// Gains of the three loops, V3.
struct myactuator_gains {
  uint8_t current_kp;
  uint8_t current_ki;
  uint8_t speed_kp;
  uint8_t speed_ki;
  uint8_t position_kp;
  uint8_t position_ki;
};

/// Writes a frame in its general form, 8 bytes.
SERVO_WIRE_INLINE void myactuator_encode_frame(struct myactuator_frame frame, uint8_t data[]) {
  data[0] = frame.command;
  data[1] = frame.argument;
  servo_wire_store_le16(data + 2, frame.word);
  servo_wire_store_le32(data + 4, frame.value);
}

/// Reads a frame in its general form.
SERVO_WIRE_INLINE bool myactuator_decode_frame(
    const uint8_t data[], uint8_t length, struct myactuator_frame *frame) {
  if (length != MYACTUATOR_LENGTH) {
    return false;
  }
  frame->command = data[0];
  frame->argument = data[1];
  frame->word = servo_wire_load_le16(data + 2);
  frame->value = servo_wire_load_le32(data + 4);
  return true;
}

/// Writes a current command [0.01 A], 8 bytes.
SERVO_WIRE_INLINE void myactuator_encode_current(int16_t current, uint8_t data[]) {
  struct myactuator_frame frame = {MYACTUATOR_COMMAND_CURRENT, 0, 0, (uint16_t)current};
  myactuator_encode_frame(frame, data);
}

/// Writes a speed command [0.01 degree/s], 8 bytes.
SERVO_WIRE_INLINE void myactuator_encode_speed(int32_t speed, uint8_t data[]) {
  struct myactuator_frame frame = {MYACTUATOR_COMMAND_SPEED, 0, 0, (uint32_t)speed};
  myactuator_encode_frame(frame, data);
}

/// Writes a position command [0.01 degree] with a speed limit [degree/s], 8 bytes.
SERVO_WIRE_INLINE void myactuator_encode_position(int32_t position, uint16_t limit, uint8_t data[]) {
  struct myactuator_frame frame = {MYACTUATOR_COMMAND_POSITION, 0, limit, (uint32_t)position};
  myactuator_encode_frame(frame, data);
}

/// Writes feedback, 8 bytes.
SERVO_WIRE_INLINE void myactuator_encode_feedback(struct myactuator_feedback feedback, uint8_t data[]) {
  data[0] = feedback.command;
  data[1] = (uint8_t)feedback.temperature;
  servo_wire_store_le16(data + 2, (uint16_t)feedback.current);
  servo_wire_store_le16(data + 4, (uint16_t)feedback.speed);
  servo_wire_store_le16(data + 6, (uint16_t)feedback.angle);
}

/// Reads feedback; false for a frame that is none.
SERVO_WIRE_INLINE bool myactuator_decode_feedback(
    const uint8_t data[], uint8_t length, struct myactuator_feedback *feedback) {
  if (length != MYACTUATOR_LENGTH ||
      (data[0] != MYACTUATOR_COMMAND_READ_STATUS_2 && data[0] != MYACTUATOR_COMMAND_CURRENT &&
       data[0] != MYACTUATOR_COMMAND_SPEED && data[0] != MYACTUATOR_COMMAND_POSITION)) {
    return false;
  }
  feedback->command = data[0];
  feedback->temperature = (int8_t)data[1];
  feedback->current = (int16_t)servo_wire_load_le16(data + 2);
  feedback->speed = (int16_t)servo_wire_load_le16(data + 4);
  feedback->angle = (int16_t)servo_wire_load_le16(data + 6);
  return true;
}

/// Writes status 1, 8 bytes.
SERVO_WIRE_INLINE void myactuator_encode_status(struct myactuator_status status, uint8_t data[]) {
  data[0] = MYACTUATOR_COMMAND_READ_STATUS_1;
  data[1] = (uint8_t)status.temperature;
  data[2] = 0;
  data[3] = status.is_brake_released ? 1 : 0;
  servo_wire_store_le16(data + 4, status.voltage);
  servo_wire_store_le16(data + 6, status.errors);
}

/// Reads status 1; false for a frame that is none.
SERVO_WIRE_INLINE bool myactuator_decode_status(
    const uint8_t data[], uint8_t length, struct myactuator_status *status) {
  if (length != MYACTUATOR_LENGTH || data[0] != MYACTUATOR_COMMAND_READ_STATUS_1) {
    return false;
  }
  status->temperature = (int8_t)data[1];
  status->is_brake_released = data[3] != 0;
  status->voltage = servo_wire_load_le16(data + 4);
  status->errors = servo_wire_load_le16(data + 6);
  return true;
}

/// Writes gains, 8 bytes; `command` is MYACTUATOR_COMMAND_READ_GAINS, _WRITE_GAINS or _STORE_GAINS.
SERVO_WIRE_INLINE void myactuator_encode_gains(
    uint8_t command, struct myactuator_gains gains, uint8_t data[]) {
  data[0] = command;
  data[1] = 0;
  data[2] = gains.current_kp;
  data[3] = gains.current_ki;
  data[4] = gains.speed_kp;
  data[5] = gains.speed_ki;
  data[6] = gains.position_kp;
  data[7] = gains.position_ki;
}

/// Reads gains; false for a frame that carries none.
SERVO_WIRE_INLINE bool myactuator_decode_gains(
    const uint8_t data[], uint8_t length, struct myactuator_gains *gains) {
  if (length != MYACTUATOR_LENGTH || data[0] < MYACTUATOR_COMMAND_READ_GAINS ||
      data[0] > MYACTUATOR_COMMAND_STORE_GAINS) {
    return false;
  }
  struct myactuator_gains read = {data[2], data[3], data[4], data[5], data[6], data[7]};
  *gains = read;
  return true;
}

/// Reads an impedance command of V4; `mit_encode_command` writes it.
SERVO_WIRE_INLINE bool myactuator_decode_motion(
    const uint8_t data[], uint8_t length, struct mit_command *command) {
  if (length != MYACTUATOR_LENGTH) {
    return false;
  }
  *command = mit_load_command(data);
  return true;
}
