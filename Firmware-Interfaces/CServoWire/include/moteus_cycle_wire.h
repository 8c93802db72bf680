// mjbots moteus: the two frames of a control cycle, laid out once and for all; to the byte what `moteus_append_position`
// and `moteus_append_state` write. A frame that is laid out differently goes through `moteus_reader_wire.h`.
#pragma once

#include "moteus_wire.h"

/// Lengths of both frames.
enum moteus_cycle_length {
  MOTEUS_CYCLE_LENGTH_COMMAND = 48,
  MOTEUS_CYCLE_LENGTH_ANSWER = 24,
};

/// Position mode without limits of velocity and acceleration, and the question for the state; single precision patterns.
struct moteus_cycle_command {
  uint32_t position;
  uint32_t velocity;
  uint32_t torque;
  uint32_t kp_scale;
  uint32_t kd_scale;
  uint32_t maximum_torque;
  uint32_t watchdog_timeout;
};

/// The state as the command asks for it: codes and temperatures in a byte, the rest single precision patterns.
struct moteus_cycle_answer {
  uint32_t position;
  uint32_t velocity;
  uint32_t torque;
  int8_t mode;
  int8_t motor_temperature;
  int8_t temperature;
  int8_t fault;
};

/// First byte of a subframe of up to three registers, or of more with a count of 0.
SERVO_WIRE_INLINE uint8_t moteus_cycle_head(uint8_t operation, uint8_t resolution, uint8_t count) {
  return (uint8_t)(operation | (uint32_t)(resolution - MOTEUS_RESOLUTION_INT8) << 2 | count);
}

/// Writes a command, 48 bytes.
SERVO_WIRE_INLINE void moteus_encode_cycle_command(struct moteus_cycle_command command, uint8_t data[]) {
  data[0] = moteus_cycle_head(MOTEUS_SUBFRAME_WRITE, MOTEUS_RESOLUTION_INT8, 1);
  data[1] = MOTEUS_REGISTER_MODE;
  data[2] = MOTEUS_MODE_POSITION;
  data[3] = moteus_cycle_head(MOTEUS_SUBFRAME_WRITE, MOTEUS_RESOLUTION_FLOAT, 0);
  data[4] = 6;
  data[5] = MOTEUS_REGISTER_COMMAND_POSITION;
  servo_wire_store_le32(data + 6, command.position);
  servo_wire_store_le32(data + 10, command.velocity);
  servo_wire_store_le32(data + 14, command.torque);
  servo_wire_store_le32(data + 18, command.kp_scale);
  servo_wire_store_le32(data + 22, command.kd_scale);
  servo_wire_store_le32(data + 26, command.maximum_torque);
  data[30] = moteus_cycle_head(MOTEUS_SUBFRAME_WRITE, MOTEUS_RESOLUTION_FLOAT, 1);
  data[31] = MOTEUS_REGISTER_WATCHDOG_TIMEOUT;
  servo_wire_store_le32(data + 32, command.watchdog_timeout);
  data[36] = moteus_cycle_head(MOTEUS_SUBFRAME_WRITE, MOTEUS_RESOLUTION_INT8, 2);
  data[37] = MOTEUS_REGISTER_VELOCITY_LIMIT;
  // Negative: no limit of velocity, none of acceleration.
  data[38] = 0xFF;
  data[39] = 0xFF;
  data[40] = moteus_cycle_head(MOTEUS_SUBFRAME_READ, MOTEUS_RESOLUTION_INT8, 1);
  data[41] = MOTEUS_REGISTER_MODE;
  data[42] = moteus_cycle_head(MOTEUS_SUBFRAME_READ, MOTEUS_RESOLUTION_FLOAT, 3);
  data[43] = MOTEUS_REGISTER_POSITION;
  data[44] = moteus_cycle_head(MOTEUS_SUBFRAME_READ, MOTEUS_RESOLUTION_INT8, 1);
  data[45] = MOTEUS_REGISTER_MOTOR_TEMPERATURE;
  data[46] = moteus_cycle_head(MOTEUS_SUBFRAME_READ, MOTEUS_RESOLUTION_INT8, 2);
  data[47] = MOTEUS_REGISTER_TEMPERATURE;
}

/// Writes an answer, 24 bytes.
SERVO_WIRE_INLINE void moteus_encode_cycle_answer(struct moteus_cycle_answer answer, uint8_t data[]) {
  data[0] = moteus_cycle_head(MOTEUS_SUBFRAME_REPLY, MOTEUS_RESOLUTION_INT8, 1);
  data[1] = MOTEUS_REGISTER_MODE;
  data[2] = (uint8_t)answer.mode;
  data[3] = moteus_cycle_head(MOTEUS_SUBFRAME_REPLY, MOTEUS_RESOLUTION_FLOAT, 3);
  data[4] = MOTEUS_REGISTER_POSITION;
  servo_wire_store_le32(data + 5, answer.position);
  servo_wire_store_le32(data + 9, answer.velocity);
  servo_wire_store_le32(data + 13, answer.torque);
  data[17] = moteus_cycle_head(MOTEUS_SUBFRAME_REPLY, MOTEUS_RESOLUTION_INT8, 1);
  data[18] = MOTEUS_REGISTER_MOTOR_TEMPERATURE;
  data[19] = (uint8_t)answer.motor_temperature;
  data[20] = moteus_cycle_head(MOTEUS_SUBFRAME_REPLY, MOTEUS_RESOLUTION_INT8, 2);
  data[21] = MOTEUS_REGISTER_TEMPERATURE;
  data[22] = (uint8_t)answer.temperature;
  data[23] = (uint8_t)answer.fault;
}

/// Reads an answer; false, and nothing written, for a frame that is laid out in any other way.
SERVO_WIRE_INLINE bool moteus_decode_cycle_answer(
    const uint8_t data[], uint8_t length, struct moteus_cycle_answer *answer) {
  if (length != MOTEUS_CYCLE_LENGTH_ANSWER ||
      data[0] != moteus_cycle_head(MOTEUS_SUBFRAME_REPLY, MOTEUS_RESOLUTION_INT8, 1) ||
      data[1] != MOTEUS_REGISTER_MODE ||
      data[3] != moteus_cycle_head(MOTEUS_SUBFRAME_REPLY, MOTEUS_RESOLUTION_FLOAT, 3) ||
      data[4] != MOTEUS_REGISTER_POSITION ||
      data[17] != moteus_cycle_head(MOTEUS_SUBFRAME_REPLY, MOTEUS_RESOLUTION_INT8, 1) ||
      data[18] != MOTEUS_REGISTER_MOTOR_TEMPERATURE ||
      data[20] != moteus_cycle_head(MOTEUS_SUBFRAME_REPLY, MOTEUS_RESOLUTION_INT8, 2) ||
      data[21] != MOTEUS_REGISTER_TEMPERATURE) {
    return false;
  }
  answer->mode = (int8_t)data[2];
  answer->position = servo_wire_load_le32(data + 5);
  answer->velocity = servo_wire_load_le32(data + 9);
  answer->torque = servo_wire_load_le32(data + 13);
  answer->motor_temperature = (int8_t)data[19];
  answer->temperature = (int8_t)data[22];
  answer->fault = (int8_t)data[23];
  return true;
}
