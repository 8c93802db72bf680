#include "servo_multicast.h"

#include <stdbool.h>
#include <string.h>

// MessagePack's first bytes that are used here.
enum {
  FIXMAP = 0x80,
  FIXSTR = 0xA0,
  NIL = 0xC0,
  FALSE_ = 0xC2,
  TRUE_ = 0xC3,
  BIN8 = 0xC4,
  BIN32 = 0xC6,
  FLOAT32 = 0xCA,
  FLOAT64 = 0xCB,
  UINT8 = 0xCC,
  UINT64 = 0xCF,
  INT8 = 0xD0,
  INT64 = 0xD3,
  STR8 = 0xD9,
  STR32 = 0xDB,
  MAP16 = 0xDE,
  MAP32 = 0xDF,
};

// Writing

struct writer {
  uint8_t *bytes;
  size_t count;
};

static void put(struct writer *writer, uint8_t byte) { writer->bytes[writer->count++] = byte; }

static void put_key(struct writer *writer, const char *key) {
  const size_t length = strlen(key);
  put(writer, (uint8_t)(FIXSTR | length));
  memcpy(writer->bytes + writer->count, key, length);
  writer->count += length;
}

static void put_flag(struct writer *writer, const char *key, bool value) {
  put_key(writer, key);
  put(writer, value ? TRUE_ : FALSE_);
}

// The shortest form, as msgpack for Python writes it.
static void put_unsigned(struct writer *writer, uint32_t value) {
  int bytes = 4;
  if (value < 0x80) {
    put(writer, (uint8_t)value);
    return;
  }
  if (value <= 0xFF) {
    bytes = 1;
    put(writer, UINT8);
  } else if (value <= 0xFFFF) {
    bytes = 2;
    put(writer, UINT8 + 1);
  } else {
    put(writer, UINT8 + 2);
  }
  while (bytes-- > 0) put(writer, (uint8_t)(value >> (8 * bytes)));
}

size_t servo_multicast_encode(const servo_frame *frame, uint8_t bytes[SERVO_MULTICAST_ROOM]) {
  const bool is_fd = (frame->flags & SERVO_FRAME_FD) != 0;
  if (!servo_frame_has_id(frame) || frame->length > (is_fd ? 64 : 8)) return 0;
  const uint8_t length = is_fd ? servo_frame_fd_length(frame->length) : frame->length;
  struct writer writer = {bytes, 0};
  put(&writer, FIXMAP | 11);
  put_key(&writer, "timestamp");
  // Receivers put the instant of arrival in its place.
  put(&writer, FLOAT64);
  for (int i = 0; i < 8; i++) put(&writer, 0);
  put_key(&writer, "arbitration_id");
  put_unsigned(&writer, frame->id);
  put_flag(&writer, "is_extended_id", (frame->flags & SERVO_FRAME_EXTENDED) != 0);
  put_flag(&writer, "is_remote_frame", false);
  put_flag(&writer, "is_error_frame", false);
  put_key(&writer, "channel");
  put(&writer, NIL);
  put_key(&writer, "dlc");
  put_unsigned(&writer, length);
  put_key(&writer, "data");
  put(&writer, BIN8);
  put(&writer, length);
  for (uint8_t i = 0; i < length; i++) put(&writer, i < frame->length ? frame->data[i] : 0);
  put_flag(&writer, "is_fd", is_fd);
  put_flag(&writer, "bitrate_switch", is_fd && (frame->flags & SERVO_FRAME_BIT_RATE_SWITCH) != 0);
  put_flag(&writer, "error_state_indicator", false);
  return writer.count;
}

// Reading

/// What is left of a datagram; `is_broken` once something did not fit, and then nothing is left.
struct reader {
  const uint8_t *bytes;
  size_t left;
  bool is_broken;
};

enum value_kind { VALUE_NIL, VALUE_BOOLEAN, VALUE_UNSIGNED, VALUE_BYTES, VALUE_OTHER };

/// A value that stands by itself; maps and arrays do not occur.
struct value {
  enum value_kind kind;
  uint64_t number;
  const uint8_t *bytes;
  size_t length;
};

static const uint8_t *take(struct reader *reader, size_t count) {
  if (reader->is_broken || count > reader->left) {
    reader->is_broken = true;
    reader->left = 0;
    return NULL;
  }
  const uint8_t *start = reader->bytes;
  reader->bytes += count;
  reader->left -= count;
  return start;
}

static uint64_t take_big_endian(struct reader *reader, size_t count) {
  const uint8_t *bytes = take(reader, count);
  uint64_t number = 0;
  for (size_t i = 0; bytes != NULL && i < count; i++) number = number << 8 | bytes[i];
  return number;
}

static struct value take_bytes(struct reader *reader, size_t count) {
  const uint8_t *bytes = take(reader, count);
  return (struct value){VALUE_BYTES, 0, bytes, bytes == NULL ? 0 : count};
}

static struct value take_value(struct reader *reader) {
  const uint8_t *first = take(reader, 1);
  const struct value other = {VALUE_OTHER, 0, NULL, 0};
  if (first == NULL) return other;
  const uint8_t byte = *first;
  if (byte < FIXMAP) return (struct value){VALUE_UNSIGNED, byte, NULL, 0};
  if (byte >= FIXSTR && byte < NIL) return take_bytes(reader, byte & 0x1Fu);
  if (byte == NIL) return (struct value){VALUE_NIL, 0, NULL, 0};
  if (byte == FALSE_ || byte == TRUE_) return (struct value){VALUE_BOOLEAN, byte == TRUE_, NULL, 0};
  if (byte >= BIN8 && byte <= BIN32) {
    return take_bytes(reader, (size_t)take_big_endian(reader, (size_t)1 << (byte - BIN8)));
  }
  if (byte >= STR8 && byte <= STR32) {
    return take_bytes(reader, (size_t)take_big_endian(reader, (size_t)1 << (byte - STR8)));
  }
  if (byte >= UINT8 && byte <= UINT64) {
    return (struct value){VALUE_UNSIGNED, take_big_endian(reader, (size_t)1 << (byte - UINT8)), NULL, 0};
  }
  if (byte >= INT8 && byte <= INT64) {
    take(reader, (size_t)1 << (byte - INT8));
    return other;
  }
  if (byte == FLOAT32 || byte == FLOAT64) {
    take(reader, byte == FLOAT32 ? 4 : 8);
    return other;
  }
  if (byte >= 0xE0) return other;  // a small negative number
  // Maps, arrays and extensions: nothing of python-can's.
  reader->is_broken = true;
  reader->left = 0;
  return other;
}

static bool is_key(struct value key, const char *name) {
  return key.kind == VALUE_BYTES && key.length == strlen(name) && memcmp(key.bytes, name, key.length) == 0;
}

static bool take_flag(struct value value, bool *flag) {
  *flag = value.number != 0;
  return value.kind == VALUE_BOOLEAN;
}

/// The entries that matter, as python-can's `Message` has them where they are missing.
struct message {
  uint64_t id, dlc;
  bool is_extended, is_remote, is_error, is_fd, has_switch, has_dlc;
  const uint8_t *data;
  size_t length;
};

/// False when a known entry has a value of another kind.
static bool take_entry(struct value key, struct value value, struct message *message) {
  if (is_key(key, "arbitration_id")) {
    message->id = value.number;
    return value.kind == VALUE_UNSIGNED;
  }
  if (is_key(key, "dlc")) {
    message->dlc = value.number;
    message->has_dlc = value.kind == VALUE_UNSIGNED;
    return value.kind == VALUE_UNSIGNED || value.kind == VALUE_NIL;
  }
  if (is_key(key, "data")) {
    message->data = value.bytes;
    message->length = value.length;
    return value.kind == VALUE_BYTES || value.kind == VALUE_NIL;
  }
  if (is_key(key, "is_extended_id")) return take_flag(value, &message->is_extended);
  if (is_key(key, "is_remote_frame")) return take_flag(value, &message->is_remote);
  if (is_key(key, "is_error_frame")) return take_flag(value, &message->is_error);
  if (is_key(key, "is_fd")) return take_flag(value, &message->is_fd);
  if (is_key(key, "bitrate_switch")) return take_flag(value, &message->has_switch);
  return true;
}

static size_t take_map(struct reader *reader) {
  const uint8_t *first = take(reader, 1);
  if (first == NULL) return 0;
  if ((*first & 0xF0) == FIXMAP) return *first & 0x0Fu;
  if (*first == MAP16) return (size_t)take_big_endian(reader, 2);
  if (*first == MAP32) return (size_t)take_big_endian(reader, 4);
  reader->is_broken = true;
  return 0;
}

static int judge(const struct message *message, servo_frame *frame) {
  if (message->is_error) return SERVO_FOUND_ERROR_FRAME;
  if (message->id > (message->is_extended ? 0x1FFFFFFFu : 0x7FFu)) return SERVO_FOUND_FOREIGN;
  if (message->is_remote) return SERVO_FOUND_REMOTE;
  if (message->length > (message->is_fd ? 64u : 8u)) return SERVO_FOUND_OVERLONG;
  if (message->has_dlc && message->dlc != message->length) return SERVO_FOUND_FOREIGN;
  frame->id = (uint32_t)message->id;
  frame->length = (uint8_t)message->length;
  frame->flags = (uint8_t)((message->is_extended ? SERVO_FRAME_EXTENDED : 0) | (message->is_fd ? SERVO_FRAME_FD : 0) |
                           (message->is_fd && message->has_switch ? SERVO_FRAME_BIT_RATE_SWITCH : 0));
  memset(frame->data, 0, sizeof frame->data);
  if (message->length > 0) memcpy(frame->data, message->data, message->length);
  return servo_frame_has_length(frame) ? SERVO_FOUND_FRAME : SERVO_FOUND_FOREIGN;
}

int servo_multicast_decode(const uint8_t *bytes, size_t length, servo_frame *frame) {
  struct reader reader = {bytes, length, false};
  struct message message = {.is_extended = true};
  // Each entry takes two bytes at least, so a count beyond what is there ends with the bytes.
  for (size_t entries = take_map(&reader); entries > 0 && !reader.is_broken; entries--) {
    const struct value key = take_value(&reader);
    const struct value value = take_value(&reader);
    if (reader.is_broken || key.kind != VALUE_BYTES || !take_entry(key, value, &message)) return SERVO_FOUND_FOREIGN;
  }
  if (reader.is_broken || reader.left != 0 || length == 0) return SERVO_FOUND_FOREIGN;
  return judge(&message, frame);
}
