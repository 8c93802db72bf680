// CANopen service data objects, CiA 301: 8 bytes each way, expedited and segmented, little-endian.
// Byte tables and sources: Firmware-Interfaces/Protocols/canopen.md. Block transfer is not decoded.
// Every decoder takes any bytes and any length; false leaves what it would have written alone.
#pragma once

#include "servo_wire_bytes.h"

/// Why an SDO transfer was aborted.
enum canopen_abort {
  CANOPEN_ABORT_TOGGLE = 0x05030000,
  CANOPEN_ABORT_TIMEOUT = 0x05040000,
  CANOPEN_ABORT_COMMAND = 0x05040001,
  CANOPEN_ABORT_BLOCK_SIZE = 0x05040002,
  CANOPEN_ABORT_BLOCK_SEQUENCE = 0x05040003,
  CANOPEN_ABORT_BLOCK_CRC = 0x05040004,
  CANOPEN_ABORT_OUT_OF_MEMORY = 0x05040005,
  CANOPEN_ABORT_UNSUPPORTED_ACCESS = 0x06010000,
  CANOPEN_ABORT_WRITE_ONLY = 0x06010001,
  CANOPEN_ABORT_READ_ONLY = 0x06010002,
  CANOPEN_ABORT_NO_OBJECT = 0x06020000,
  CANOPEN_ABORT_NOT_MAPPABLE = 0x06040041,
  CANOPEN_ABORT_PDO_LENGTH = 0x06040042,
  CANOPEN_ABORT_PARAMETER_INCOMPATIBLE = 0x06040043,
  CANOPEN_ABORT_DEVICE_INCOMPATIBLE = 0x06040047,
  CANOPEN_ABORT_HARDWARE = 0x06060000,
  CANOPEN_ABORT_TYPE_MISMATCH = 0x06070010,
  CANOPEN_ABORT_TOO_LONG = 0x06070012,
  CANOPEN_ABORT_TOO_SHORT = 0x06070013,
  CANOPEN_ABORT_NO_SUBINDEX = 0x06090011,
  CANOPEN_ABORT_INVALID_VALUE = 0x06090030,
  CANOPEN_ABORT_VALUE_TOO_HIGH = 0x06090031,
  CANOPEN_ABORT_VALUE_TOO_LOW = 0x06090032,
  CANOPEN_ABORT_MAXIMUM_BELOW_MINIMUM = 0x06090036,
  CANOPEN_ABORT_NO_RESOURCE = 0x060A0023,
  CANOPEN_ABORT_GENERAL = 0x08000000,
  CANOPEN_ABORT_CANNOT_STORE = 0x08000020,
  CANOPEN_ABORT_LOCAL_CONTROL = 0x08000021,
  CANOPEN_ABORT_DEVICE_STATE = 0x08000022,
  CANOPEN_ABORT_NO_DICTIONARY = 0x08000023,
  CANOPEN_ABORT_NO_DATA = 0x08000024,
};

/// What an SDO frame does. Request and reply share the kinds; the identifier tells the direction.
enum canopen_sdo_kind {
  /// Request: data up to 4 bytes, or the size of what follows in segments. Reply: taken.
  CANOPEN_SDO_DOWNLOAD = 1,
  /// Request: up to 7 bytes. Reply: taken, with the request's toggle bit.
  CANOPEN_SDO_DOWNLOAD_SEGMENT,
  /// Request: an object is asked for. Reply: data up to 4 bytes, or the size of what follows in segments.
  CANOPEN_SDO_UPLOAD,
  /// Request: the next segment. Reply: up to 7 bytes.
  CANOPEN_SDO_UPLOAD_SEGMENT,
  /// Either way: the transfer is over; value is a `canopen_abort`.
  CANOPEN_SDO_ABORT,
  /// Either way: block transfer, which is not decoded; answer with CANOPEN_ABORT_COMMAND.
  CANOPEN_SDO_BLOCK,
};

/// Lengths [byte].
enum canopen_sdo_length {
  CANOPEN_LENGTH_SDO = 8,
  /// Data bytes of one segment.
  CANOPEN_LENGTH_SEGMENT = 7,
};

/// An SDO request or reply, of a segment all but its data.
struct canopen_sdo {
  /// A `canopen_sdo_kind`.
  uint8_t kind;
  /// Download and upload: `value` is the data itself and not the size of what follows.
  bool is_expedited;
  /// Download and upload: `size` or, not expedited, `value` is meant.
  bool has_size;
  /// Segments: alternates, first false.
  bool toggle;
  /// Segments that carry data: nothing follows.
  bool is_last;
  /// Bytes of data, 1..4 expedited, 0..7 in a segment, where they begin at `data + 1`.
  uint8_t size;
  uint8_t subindex;
  uint16_t index;
  /// Little-endian data, bytes beyond `size` zero; or size in segments; or abort code.
  uint32_t value;
};

/// Writes the segment `sdo` describes; `bytes` holds `sdo.size` of them. Called by the encoders below.
SERVO_WIRE_INLINE void canopen_store_segment(
    uint8_t specifier, struct canopen_sdo sdo, const uint8_t bytes[], uint8_t data[]) {
  uint8_t size = sdo.size < CANOPEN_LENGTH_SEGMENT ? sdo.size : CANOPEN_LENGTH_SEGMENT;
  data[0] = (uint8_t)((uint32_t)specifier << 5 | (sdo.toggle ? 0x10u : 0u) |
                      (uint32_t)(CANOPEN_LENGTH_SEGMENT - size) << 1 | (sdo.is_last ? 1u : 0u));
  for (uint8_t i = 0; i < CANOPEN_LENGTH_SEGMENT; ++i) {
    data[1 + i] = i < size ? bytes[i] : 0;
  }
}

/// Reads a segment's header.
SERVO_WIRE_INLINE void canopen_load_segment(const uint8_t data[], struct canopen_sdo *sdo) {
  sdo->toggle = (data[0] & 0x10u) != 0;
  sdo->is_last = (data[0] & 1u) != 0;
  sdo->size = (uint8_t)(CANOPEN_LENGTH_SEGMENT - (data[0] >> 1 & 7u));
}

/// Writes the object, and data or a size, of a frame that starts a transfer.
SERVO_WIRE_INLINE void canopen_store_object(
    uint8_t specifier, bool carries_value, struct canopen_sdo sdo, uint8_t data[]) {
  uint8_t size = sdo.size >= 1 && sdo.size <= 4 ? sdo.size : 4;
  uint32_t bits = 0;
  uint32_t value = 0;
  if (carries_value) {
    bits = (sdo.is_expedited ? 2u : 0u) | (sdo.has_size ? 1u : 0u);
    if (sdo.is_expedited && sdo.has_size) {
      bits |= (4u - size) << 2;
      value = sdo.value & 0xFFFFFFFFu >> 8u * (4u - size);
    } else {
      value = sdo.value;
    }
  }
  data[0] = (uint8_t)((uint32_t)specifier << 5 | bits);
  servo_wire_store_le16(data + 1, sdo.index);
  data[3] = sdo.subindex;
  servo_wire_store_le32(data + 4, value);
}

/// Reads the object, and data or a size, of a frame that starts a transfer.
SERVO_WIRE_INLINE void canopen_load_object(
    const uint8_t data[], bool carries_value, struct canopen_sdo *sdo) {
  sdo->index = servo_wire_load_le16(data + 1);
  sdo->subindex = data[3];
  if (!carries_value) {
    return;
  }
  sdo->is_expedited = (data[0] & 2u) != 0;
  sdo->has_size = (data[0] & 1u) != 0;
  sdo->value = servo_wire_load_le32(data + 4);
  if (sdo->is_expedited) {
    sdo->size = sdo->has_size ? (uint8_t)(4u - (data[0] >> 2 & 3u)) : 4;
    sdo->value &= 0xFFFFFFFFu >> 8u * (4u - sdo->size);
  } else if (!sdo->has_size) {
    sdo->value = 0;
  }
}

/// Writes the object and the code of an abort.
SERVO_WIRE_INLINE void canopen_store_abort(struct canopen_sdo sdo, uint8_t data[]) {
  data[0] = 0x80;
  servo_wire_store_le16(data + 1, sdo.index);
  data[3] = sdo.subindex;
  servo_wire_store_le32(data + 4, sdo.value);
}

/// Writes a request, 8 bytes. Only a download segment looks at `bytes`, and takes `sdo.size` of them.
/// False, and nothing written: a kind that is not encoded.
SERVO_WIRE_INLINE bool canopen_encode_sdo_request(
    struct canopen_sdo sdo, const uint8_t bytes[], uint8_t data[]) {
  switch (sdo.kind) {
  case CANOPEN_SDO_DOWNLOAD_SEGMENT: canopen_store_segment(0, sdo, bytes, data); return true;
  case CANOPEN_SDO_DOWNLOAD: canopen_store_object(1, true, sdo, data); return true;
  case CANOPEN_SDO_UPLOAD: canopen_store_object(2, false, sdo, data); return true;
  case CANOPEN_SDO_UPLOAD_SEGMENT:
    data[0] = sdo.toggle ? 0x70 : 0x60;
    for (uint8_t i = 1; i < CANOPEN_LENGTH_SDO; ++i) {
      data[i] = 0;
    }
    return true;
  case CANOPEN_SDO_ABORT: canopen_store_abort(sdo, data); return true;
  default: return false;
  }
}

/// Writes a reply, 8 bytes. Only an upload segment looks at `bytes`, and takes `sdo.size` of them.
/// False, and nothing written: a kind that is not encoded.
SERVO_WIRE_INLINE bool canopen_encode_sdo_reply(
    struct canopen_sdo sdo, const uint8_t bytes[], uint8_t data[]) {
  switch (sdo.kind) {
  case CANOPEN_SDO_UPLOAD_SEGMENT: canopen_store_segment(0, sdo, bytes, data); return true;
  case CANOPEN_SDO_UPLOAD: canopen_store_object(2, true, sdo, data); return true;
  case CANOPEN_SDO_DOWNLOAD: canopen_store_object(3, false, sdo, data); return true;
  case CANOPEN_SDO_DOWNLOAD_SEGMENT:
    data[0] = sdo.toggle ? 0x30 : 0x20;
    for (uint8_t i = 1; i < CANOPEN_LENGTH_SDO; ++i) {
      data[i] = 0;
    }
    return true;
  case CANOPEN_SDO_ABORT: canopen_store_abort(sdo, data); return true;
  default: return false;
  }
}

/// Reads a request; false for a wrong length or a command specifier that no request has.
SERVO_WIRE_INLINE bool canopen_decode_sdo_request(
    const uint8_t data[], uint8_t length, struct canopen_sdo *sdo) {
  if (length != CANOPEN_LENGTH_SDO || data[0] >> 5 == 7) {
    return false;
  }
  struct canopen_sdo read = {0};
  switch (data[0] >> 5) {
  case 0:
    read.kind = CANOPEN_SDO_DOWNLOAD_SEGMENT;
    canopen_load_segment(data, &read);
    break;
  case 1:
    read.kind = CANOPEN_SDO_DOWNLOAD;
    canopen_load_object(data, true, &read);
    break;
  case 2:
    read.kind = CANOPEN_SDO_UPLOAD;
    canopen_load_object(data, false, &read);
    break;
  case 3:
    read.kind = CANOPEN_SDO_UPLOAD_SEGMENT;
    read.toggle = (data[0] & 0x10u) != 0;
    break;
  case 4:
    read.kind = CANOPEN_SDO_ABORT;
    canopen_load_object(data, false, &read);
    read.value = servo_wire_load_le32(data + 4);
    break;
  default: read.kind = CANOPEN_SDO_BLOCK; break;
  }
  *sdo = read;
  return true;
}

/// Reads a reply; false for a wrong length or a command specifier that no reply has.
SERVO_WIRE_INLINE bool canopen_decode_sdo_reply(
    const uint8_t data[], uint8_t length, struct canopen_sdo *sdo) {
  if (length != CANOPEN_LENGTH_SDO || data[0] >> 5 == 7) {
    return false;
  }
  struct canopen_sdo read = {0};
  switch (data[0] >> 5) {
  case 0:
    read.kind = CANOPEN_SDO_UPLOAD_SEGMENT;
    canopen_load_segment(data, &read);
    break;
  case 1:
    read.kind = CANOPEN_SDO_DOWNLOAD_SEGMENT;
    read.toggle = (data[0] & 0x10u) != 0;
    break;
  case 2:
    read.kind = CANOPEN_SDO_UPLOAD;
    canopen_load_object(data, true, &read);
    break;
  case 3:
    read.kind = CANOPEN_SDO_DOWNLOAD;
    canopen_load_object(data, false, &read);
    break;
  case 4:
    read.kind = CANOPEN_SDO_ABORT;
    canopen_load_object(data, false, &read);
    read.value = servo_wire_load_le32(data + 4);
    break;
  default: read.kind = CANOPEN_SDO_BLOCK; break;
  }
  *sdo = read;
  return true;
}
