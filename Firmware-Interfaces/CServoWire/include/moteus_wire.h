// mjbots moteus: registers in subframes on CAN FD 1/5 Mbit/s with bit rate switch, little-endian.
// Byte tables and sources: Firmware-Interfaces/Protocols/moteus.md. Writing never passes 64 bytes.
// Numbers of registers: moteus_registers_wire.h; reading: moteus_reader_wire.h.
#pragma once

#include "moteus_registers_wire.h"

/// How a register travels: the code of the wire plus one, so that a struct of zeros sends nothing.
enum moteus_resolution {
  /// Not sent, not asked for, not there.
  MOTEUS_RESOLUTION_NONE = 0,
  MOTEUS_RESOLUTION_INT8 = 1,
  MOTEUS_RESOLUTION_INT16 = 2,
  MOTEUS_RESOLUTION_INT32 = 3,
  MOTEUS_RESOLUTION_FLOAT = 4,
};

/// First byte of a subframe; bits 3..2 of the first three are the resolution, bits 1..0 the count or 0.
enum moteus_subframe {
  MOTEUS_SUBFRAME_WRITE = 0x00,
  MOTEUS_SUBFRAME_READ = 0x10,
  MOTEUS_SUBFRAME_REPLY = 0x20,
  MOTEUS_SUBFRAME_WRITE_ERROR = 0x30,
  MOTEUS_SUBFRAME_READ_ERROR = 0x31,
  MOTEUS_SUBFRAME_STREAM_TO_DRIVE = 0x40,
  MOTEUS_SUBFRAME_STREAM_FROM_DRIVE = 0x41,
  MOTEUS_SUBFRAME_STREAM_POLL = 0x42,
  MOTEUS_SUBFRAME_STREAM_FROM_DRIVE_FLOW = 0x43,
  MOTEUS_SUBFRAME_STREAM_POLL_FLOW = 0x44,
  MOTEUS_SUBFRAME_NOP = 0x50,
};

/// Bounds.
enum moteus_bound {
  MOTEUS_LENGTH_MAX = 64,
  MOTEUS_ID_MAX = 0x7F,
  /// More registers than one frame could answer are not asked for in one subframe.
  MOTEUS_COUNT_MAX = 63,
};

/// The parts of an identifier: 11 bits where they suffice, otherwise 29.
struct moteus_address {
  /// 13 bits.
  uint16_t prefix;
  /// 7 bits.
  uint8_t source;
  uint8_t destination;
  /// A drive sends nothing, not even what was asked for, without it.
  bool wants_reply;
};

/// A register's value: an integer in two's complement, or a single precision bit pattern.
struct moteus_field {
  uint32_t value;
  /// A `moteus_resolution`.
  uint8_t resolution;
};

/// A frame being written, beside its 64 bytes; all zero is an empty one.
struct moteus_writer {
  uint8_t length;
  /// Something did not fit and was left out whole: do not send the frame.
  bool is_full;
};

/// Position mode: registers 0x020..0x02D.
struct moteus_position_command {
  struct moteus_field position;
  struct moteus_field velocity;
  struct moteus_field torque;
  struct moteus_field kp_scale;
  struct moteus_field kd_scale;
  struct moteus_field maximum_torque;
  struct moteus_field stop_position;
  struct moteus_field watchdog_timeout;
  struct moteus_field velocity_limit;
  struct moteus_field acceleration_limit;
  struct moteus_field fixed_voltage;
  struct moteus_field ki_limit_scale;
  struct moteus_field fixed_current;
  struct moteus_field ignore_bounds;
};

/// State registers 0x000..0x00F: what is asked for (values unused), and what was answered.
struct moteus_state {
  struct moteus_field mode;
  struct moteus_field position;
  struct moteus_field velocity;
  struct moteus_field torque;
  struct moteus_field q_current;
  struct moteus_field d_current;
  struct moteus_field absolute_position;
  struct moteus_field power;
  struct moteus_field motor_temperature;
  struct moteus_field trajectory_complete;
  struct moteus_field home_state;
  struct moteus_field voltage;
  struct moteus_field temperature;
  struct moteus_field fault;
};

/// The identifier of an address; excess bits are dropped.
SERVO_WIRE_INLINE uint32_t moteus_encode_address(struct moteus_address address) {
  return (uint32_t)(address.prefix & 0x1FFFu) << 16 | (address.wants_reply ? 0x8000u : 0u) |
         (uint32_t)(address.source & 0x7Fu) << 8 | address.destination;
}

/// The parts of an identifier.
SERVO_WIRE_INLINE struct moteus_address moteus_decode_address(uint32_t id) {
  struct moteus_address address;
  address.prefix = (uint16_t)(id >> 16 & 0x1FFFu);
  address.wants_reply = (id >> 15 & 1u) != 0;
  address.source = (uint8_t)(id >> 8 & 0x7Fu);
  address.destination = (uint8_t)id;
  return address;
}

/// Whether an identifier needs a frame of 29 bits.
SERVO_WIRE_INLINE bool moteus_is_extended(uint32_t id) { return id > 0x7FF; }

/// Bytes of a value; 0 for MOTEUS_RESOLUTION_NONE.
SERVO_WIRE_INLINE uint8_t moteus_size(uint8_t resolution) {
  switch (resolution) {
  case MOTEUS_RESOLUTION_INT8: return 1;
  case MOTEUS_RESOLUTION_INT16: return 2;
  case MOTEUS_RESOLUTION_INT32:
  case MOTEUS_RESOLUTION_FLOAT: return 4;
  default: return 0;
  }
}

/// The value that stands for "not set": the most negative integer, sign-extended, or a quiet NaN.
SERVO_WIRE_INLINE uint32_t moteus_unset(uint8_t resolution) {
  switch (resolution) {
  case MOTEUS_RESOLUTION_INT8: return 0xFFFFFF80u;
  case MOTEUS_RESOLUTION_INT16: return 0xFFFF8000u;
  case MOTEUS_RESOLUTION_INT32: return 0x80000000u;
  default: return 0x7FC00000u;
  }
}

/// Whether a value stands for "not set"; every NaN does.
SERVO_WIRE_INLINE bool moteus_is_unset(struct moteus_field field) {
  if (field.resolution == MOTEUS_RESOLUTION_FLOAT) {
    return (field.value & 0x7FFFFFFFu) > 0x7F800000u;
  }
  return field.resolution == MOTEUS_RESOLUTION_NONE || field.value == moteus_unset(field.resolution);
}

/// The next payload length that a CAN FD frame can have; 64 beyond it.
SERVO_WIRE_INLINE uint8_t moteus_padded_length(uint8_t length) {
  if (length <= 8) {
    return length;
  }
  if (length <= 24) {
    return (uint8_t)((length + 3u) & ~3u);
  }
  return length <= 32 ? 32 : length <= 48 ? 48 : 64;
}

/// Bytes of a number below 2^14 as a varuint.
SERVO_WIRE_INLINE uint8_t moteus_varuint_size(uint16_t value) { return value < 0x80 ? 1 : 2; }

/// Writes a number below 2^14 as a varuint; returns the position after it.
SERVO_WIRE_INLINE uint8_t moteus_store_varuint(uint8_t data[], uint8_t position, uint16_t value) {
  if (value >= 0x80) {
    data[position++] = (uint8_t)(value | 0x80u);
    value = (uint16_t)(value >> 7);
  }
  data[position++] = (uint8_t)(value & 0x7Fu);
  return position;
}

/// Writes the lowest 1, 2 or 4 bytes of a value.
SERVO_WIRE_INLINE void moteus_store_value(uint8_t data[], uint8_t size, uint32_t value) {
  switch (size) {
  case 1: data[0] = (uint8_t)value; break;
  case 2: servo_wire_store_le16(data, (uint16_t)value); break;
  default: servo_wire_store_le32(data, value); break;
  }
}

/// Appends `count` registers from `start` on, each run of one resolution in a subframe of its own.
///
/// `operation` is MOTEUS_SUBFRAME_WRITE, _READ or _REPLY; a read looks at resolutions alone. Fields of
/// resolution NONE are passed over. `data` has 64 bytes.
SERVO_WIRE_INLINE void moteus_append(
    struct moteus_writer *writer, uint8_t data[], uint8_t operation, uint16_t start,
    const struct moteus_field fields[], uint8_t count) {
  uint8_t first = 0;
  while (first < count) {
    uint8_t size = moteus_size(fields[first].resolution);
    if (size == 0) {
      ++first;
      continue;
    }
    uint8_t run = 1;
    while (run < MOTEUS_COUNT_MAX && first + run < count &&
           fields[first + run].resolution == fields[first].resolution) {
      ++run;
    }
    uint16_t index = (uint16_t)((start + first) & 0x3FFFu);
    uint32_t bytes = 1u + (run > 3 ? 1u : 0u) + moteus_varuint_size(index) +
                     (operation == MOTEUS_SUBFRAME_READ ? 0u : (uint32_t)run * size);
    if (writer->length > MOTEUS_LENGTH_MAX || bytes > (uint32_t)(MOTEUS_LENGTH_MAX - writer->length)) {
      writer->is_full = true;
      return;
    }
    uint8_t position = writer->length;
    uint32_t code = (uint32_t)(fields[first].resolution - MOTEUS_RESOLUTION_INT8) << 2;
    data[position++] = (uint8_t)((operation & 0x30u) | code | (run > 3 ? 0u : run));
    if (run > 3) {
      data[position++] = run;
    }
    position = moteus_store_varuint(data, position, index);
    for (uint8_t i = 0; operation != MOTEUS_SUBFRAME_READ && i < run; ++i) {
      moteus_store_value(data + position, size, fields[first + i].value);
      position = (uint8_t)(position + size);
    }
    writer->length = position;
    first = (uint8_t)(first + run);
  }
}

/// Appends one register.
SERVO_WIRE_INLINE void moteus_append_register(
    struct moteus_writer *writer, uint8_t data[], uint8_t operation, uint16_t index,
    struct moteus_field field) {
  moteus_append(writer, data, operation, index, &field, 1);
}

/// Appends a write of the mode, which must come before any other write of the frame.
SERVO_WIRE_INLINE void moteus_append_mode(struct moteus_writer *writer, uint8_t data[], uint8_t mode) {
  struct moteus_field field = {mode, MOTEUS_RESOLUTION_INT8};
  moteus_append(writer, data, MOTEUS_SUBFRAME_WRITE, MOTEUS_REGISTER_MODE, &field, 1);
}

/// Appends the position mode and its registers.
SERVO_WIRE_INLINE void moteus_append_position(
    struct moteus_writer *writer, uint8_t data[], struct moteus_position_command command) {
  const struct moteus_field fields[] = {
      command.position,       command.velocity,           command.torque,        command.kp_scale,
      command.kd_scale,       command.maximum_torque,     command.stop_position, command.watchdog_timeout,
      command.velocity_limit, command.acceleration_limit, command.fixed_voltage, command.ki_limit_scale,
      command.fixed_current,  command.ignore_bounds};
  moteus_append_mode(writer, data, MOTEUS_MODE_POSITION);
  moteus_append(writer, data, MOTEUS_SUBFRAME_WRITE, MOTEUS_REGISTER_COMMAND_POSITION, fields, 14);
}

/// Appends state registers: a read of those with a resolution, or a reply or write with their values.
SERVO_WIRE_INLINE void moteus_append_state(
    struct moteus_writer *writer, uint8_t data[], uint8_t operation, struct moteus_state state) {
  const struct moteus_field none = {0, MOTEUS_RESOLUTION_NONE};
  const struct moteus_field fields[] = {
      state.mode,       state.position,  state.velocity,          state.torque,
      state.q_current,  state.d_current, state.absolute_position, state.power,
      none,             none,            state.motor_temperature, state.trajectory_complete,
      state.home_state, state.voltage,   state.temperature,       state.fault};
  moteus_append(writer, data, operation, MOTEUS_REGISTER_MODE, fields, 16);
}

/// Fills up to the next length of a CAN FD frame with MOTEUS_SUBFRAME_NOP.
SERVO_WIRE_INLINE void moteus_pad(struct moteus_writer *writer, uint8_t data[]) {
  uint8_t length = moteus_padded_length(writer->length);
  while (writer->length < length) {
    data[writer->length++] = MOTEUS_SUBFRAME_NOP;
  }
}
