// Reading what mjbots moteus sends and is sent: an iterator over registers that cannot leave its frame.
// Byte tables and sources: Firmware-Interfaces/Protocols/moteus.md. Any bytes, any length.
#pragma once

#include "moteus_wire.h"

/// A frame being read, beside its bytes.
struct moteus_reader {
  uint8_t position;
  uint8_t length;
  /// The frame ended within a subframe, or holds one that is not known: nothing follows.
  bool is_malformed;
  /// Of the subframe that is being read.
  uint8_t kind;
  uint8_t resolution;
  uint8_t remaining;
  uint32_t index;
};

/// One register of a subframe, or one subframe of another kind.
struct moteus_item {
  /// A `moteus_subframe`, never MOTEUS_SUBFRAME_NOP.
  uint8_t kind;
  /// A `moteus_resolution` of a write, a read, a reply.
  uint8_t resolution;
  /// Streams: where the data begins in the frame, how long it is, and with flow control the packet's number.
  uint8_t offset;
  uint8_t size;
  uint8_t packet;
  /// Register, or channel of a stream.
  uint32_t index;
  /// Write, reply: integer, sign-extended, or bit pattern. Errors: the error. Polls: most bytes to send.
  uint32_t value;
};

/// A reader at the start of a frame; a length above 64 is read as 64.
SERVO_WIRE_INLINE struct moteus_reader moteus_read(uint8_t length) {
  struct moteus_reader reader = {0};
  reader.length = length < MOTEUS_LENGTH_MAX ? length : MOTEUS_LENGTH_MAX;
  return reader;
}

/// Takes a varuint of up to 32 bits; false, and the reader malformed, where there is none.
SERVO_WIRE_INLINE bool moteus_take_varuint(
    struct moteus_reader *reader, const uint8_t data[], uint32_t *value) {
  uint64_t number = 0;
  for (uint8_t shift = 0; shift < 35; shift = (uint8_t)(shift + 7)) {
    if (reader->position >= reader->length) {
      break;
    }
    uint8_t byte = data[reader->position++];
    number |= (uint64_t)(byte & 0x7Fu) << shift;
    if ((byte & 0x80u) == 0) {
      if (number > 0xFFFFFFFFu) {
        break;
      }
      *value = (uint32_t)number;
      return true;
    }
  }
  reader->is_malformed = true;
  return false;
}

/// Takes 1, 2 or 4 bytes as an integer, sign-extended.
SERVO_WIRE_INLINE bool moteus_take_value(
    struct moteus_reader *reader, const uint8_t data[], uint8_t size, uint32_t *value) {
  if (reader->length - reader->position < size) {
    reader->is_malformed = true;
    return false;
  }
  const uint8_t *bytes = data + reader->position;
  switch (size) {
  case 1: *value = (uint32_t)(int8_t)bytes[0]; break;
  case 2: *value = (uint32_t)(int16_t)servo_wire_load_le16(bytes); break;
  default: *value = servo_wire_load_le32(bytes); break;
  }
  reader->position = (uint8_t)(reader->position + size);
  return true;
}

/// Takes the head of an error or stream subframe and, of a stream, its bytes.
SERVO_WIRE_INLINE bool moteus_take_other(
    struct moteus_reader *reader, const uint8_t data[], struct moteus_item *item) {
  bool has_packet = item->kind == MOTEUS_SUBFRAME_STREAM_FROM_DRIVE_FLOW ||
                    item->kind == MOTEUS_SUBFRAME_STREAM_POLL_FLOW;
  uint32_t packet = 0;
  if (!moteus_take_varuint(reader, data, &item->index) ||
      (has_packet && !moteus_take_value(reader, data, 1, &packet)) ||
      !moteus_take_varuint(reader, data, &item->value)) {
    return false;
  }
  item->packet = (uint8_t)packet;
  if (item->kind == MOTEUS_SUBFRAME_STREAM_TO_DRIVE || item->kind == MOTEUS_SUBFRAME_STREAM_FROM_DRIVE ||
      item->kind == MOTEUS_SUBFRAME_STREAM_FROM_DRIVE_FLOW) {
    if (item->value > (uint32_t)(reader->length - reader->position)) {
      reader->is_malformed = true;
      return false;
    }
    item->offset = reader->position;
    item->size = (uint8_t)item->value;
    reader->position = (uint8_t)(reader->position + item->size);
  }
  return true;
}

/// The next register or subframe; false at the end and, with `is_malformed`, where the frame makes no sense.
///
/// `data` holds the length the reader was made with. What was handed out before a malformed end was
/// well-formed, but a frame that ends malformed must not be acted upon.
SERVO_WIRE_INLINE bool moteus_next(
    struct moteus_reader *reader, const uint8_t data[], struct moteus_item *item) {
  struct moteus_item read = {0};
  while (reader->remaining == 0) {
    if (reader->is_malformed || reader->position >= reader->length) {
      return false;
    }
    uint8_t head = data[reader->position++];
    read.kind = head;
    switch (head & 0xF0u) {
    case MOTEUS_SUBFRAME_WRITE:
    case MOTEUS_SUBFRAME_READ:
    case MOTEUS_SUBFRAME_REPLY: {
      uint32_t count = head & 3u;
      if ((count == 0 && !moteus_take_varuint(reader, data, &count)) ||
          !moteus_take_varuint(reader, data, &reader->index)) {
        return false;
      }
      if (count == 0 || count > MOTEUS_COUNT_MAX) {
        reader->is_malformed = true;
        return false;
      }
      reader->kind = head & 0xF0u;
      reader->resolution = (uint8_t)((head >> 2 & 3u) + MOTEUS_RESOLUTION_INT8);
      reader->remaining = (uint8_t)count;
      break;
    }
    default:
      if (head == MOTEUS_SUBFRAME_NOP) {
        break;
      }
      if (head != MOTEUS_SUBFRAME_WRITE_ERROR && head != MOTEUS_SUBFRAME_READ_ERROR &&
          (head < MOTEUS_SUBFRAME_STREAM_TO_DRIVE || head > MOTEUS_SUBFRAME_STREAM_POLL_FLOW)) {
        reader->is_malformed = true;
        return false;
      }
      if (!moteus_take_other(reader, data, &read)) {
        return false;
      }
      *item = read;
      return true;
    }
  }
  read.kind = reader->kind;
  read.resolution = reader->resolution;
  read.index = reader->index;
  if (read.kind != MOTEUS_SUBFRAME_READ &&
      !moteus_take_value(reader, data, moteus_size(read.resolution), &read.value)) {
    reader->remaining = 0;
    return false;
  }
  ++reader->index;
  --reader->remaining;
  *item = read;
  return true;
}

/// Reads a whole frame, and of it the state registers of one operation, MOTEUS_SUBFRAME_REPLY or _READ.
///
/// Others are passed over. False, and nothing written, for a frame that is malformed or has none of them.
SERVO_WIRE_INLINE bool moteus_decode_state(
    const uint8_t data[], uint8_t length, uint8_t operation, struct moteus_state *state) {
  struct moteus_field fields[16] = {{0, MOTEUS_RESOLUTION_NONE}};
  struct moteus_reader reader = moteus_read(length);
  struct moteus_item item;
  bool any = false;
  while (moteus_next(&reader, data, &item)) {
    // 0x008 and 0x009 are no state registers.
    if (item.kind == operation && item.index < 16 && (item.index & ~1u) != 8) {
      fields[item.index].value = item.value;
      fields[item.index].resolution = item.resolution;
      any = true;
    }
  }
  if (reader.is_malformed || !any) {
    return false;
  }
  const struct moteus_state read = {fields[0],  fields[1],  fields[2],  fields[3],  fields[4],
                                    fields[5],  fields[6],  fields[7],  fields[10], fields[11],
                                    fields[12], fields[13], fields[14], fields[15]};
  *state = read;
  return true;
}
