#include "servo_slcan.h"

#include <stdbool.h>
#include <string.h>

static const char digits[] = "0123456789ABCDEF";

/// Payload bytes by data length code.
static const uint8_t fd_lengths[16] = {0, 1, 2, 3, 4, 5, 6, 7, 8, 12, 16, 20, 24, 32, 48, 64};

static uint8_t fd_code(uint8_t length) {
  uint8_t code = 0;
  while (fd_lengths[code] != length) code++;
  return code;
}

static char kind_of(const servo_frame *frame) {
  const bool is_extended = (frame->flags & SERVO_FRAME_EXTENDED) != 0;
  if ((frame->flags & SERVO_FRAME_FD) == 0) return is_extended ? 'T' : 't';
  if ((frame->flags & SERVO_FRAME_BIT_RATE_SWITCH) != 0) return is_extended ? 'B' : 'b';
  return is_extended ? 'D' : 'd';
}

size_t servo_slcan_encode(const servo_frame *frame, uint8_t line[SERVO_SLCAN_ROOM]) {
  const bool is_fd = (frame->flags & SERVO_FRAME_FD) != 0;
  if (!servo_frame_has_id(frame) || frame->length > (is_fd ? 64 : 8)) return 0;
  const uint8_t length = is_fd ? servo_frame_fd_length(frame->length) : frame->length;
  size_t count = 0;
  line[count++] = (uint8_t)kind_of(frame);
  for (int shift = (frame->flags & SERVO_FRAME_EXTENDED) != 0 ? 28 : 8; shift >= 0; shift -= 4) {
    line[count++] = (uint8_t)digits[frame->id >> shift & 0xF];
  }
  line[count++] = (uint8_t)digits[is_fd ? fd_code(length) : length];
  for (uint8_t i = 0; i < length; i++) {
    const uint8_t byte = i < frame->length ? frame->data[i] : 0;
    line[count++] = (uint8_t)digits[byte >> 4];
    line[count++] = (uint8_t)digits[byte & 0xF];
  }
  line[count++] = '\r';
  return count;
}

static int digit(uint8_t character) {
  if (character >= '0' && character <= '9') return character - '0';
  if (character >= 'A' && character <= 'F') return character - 'A' + 10;
  if (character >= 'a' && character <= 'f') return character - 'a' + 10;
  return -1;
}

/// The number that `count` digits stand for; false where one is none.
static bool number(const uint8_t *text, size_t count, uint32_t *value) {
  *value = 0;
  for (size_t i = 0; i < count; i++) {
    const int next = digit(text[i]);
    if (next < 0) return false;
    *value = *value << 4 | (uint32_t)next;
  }
  return true;
}

/// The line of a frame whose kind says format and width of the identifier.
static int decode(const uint8_t *line, size_t count, servo_frame *frame) {
  const uint8_t kind = line[0];
  const bool is_extended = kind == 'T' || kind == 'R' || kind == 'D' || kind == 'B';
  const bool is_switched = kind == 'b' || kind == 'B', is_fd = is_switched || kind == 'd' || kind == 'D';
  const size_t id_digits = is_extended ? 8 : 3, head = 1 + id_digits + 1;
  uint32_t id, code;
  if (count < head || !number(line + 1, id_digits, &id) || !number(line + 1 + id_digits, 1, &code)) {
    return SERVO_FOUND_FOREIGN;
  }
  frame->id = id;
  frame->flags = (uint8_t)((is_extended ? SERVO_FRAME_EXTENDED : 0) | (is_fd ? SERVO_FRAME_FD : 0) |
                           (is_switched ? SERVO_FRAME_BIT_RATE_SWITCH : 0));
  if (!servo_frame_has_id(frame)) return SERVO_FOUND_FOREIGN;
  if (kind == 'r' || kind == 'R') return count == head ? SERVO_FOUND_REMOTE : SERVO_FOUND_FOREIGN;
  if (!is_fd && code > 8) return SERVO_FOUND_OVERLONG;
  const uint8_t length = is_fd ? fd_lengths[code] : (uint8_t)code;
  // Four more digits are an adapter's time stamp.
  const size_t whole = head + 2 * (size_t)length;
  if (count != whole && count != whole + 4) return SERVO_FOUND_FOREIGN;
  memset(frame->data, 0, sizeof frame->data);
  for (uint8_t i = 0; i < length; i++) {
    uint32_t byte;
    if (!number(line + head + 2 * (size_t)i, 2, &byte)) return SERVO_FOUND_FOREIGN;
    frame->data[i] = (uint8_t)byte;
  }
  uint32_t stamp;
  if (!number(line + whole, count - whole, &stamp)) return SERVO_FOUND_FOREIGN;
  frame->length = length;
  return SERVO_FOUND_FRAME;
}

int servo_slcan_take(servo_slcan_reader *reader, uint8_t character, servo_frame *frame) {
  if (reader->is_whole) {
    reader->count = 0;
    reader->is_too_long = reader->is_whole = 0;
  }
  if (character == '\a') {
    reader->is_whole = 1;
    return SERVO_FOUND_REFUSAL;
  }
  if (character != '\r') {
    // Some adapters end their lines with both.
    if (character == '\n' && reader->count == 0) return SERVO_FOUND_NOTHING;
    if (reader->count == SERVO_SLCAN_ROOM - 1) {
      reader->is_too_long = 1;
    } else {
      reader->line[reader->count++] = character;
    }
    return SERVO_FOUND_NOTHING;
  }
  reader->is_whole = 1;
  if (reader->is_too_long) return SERVO_FOUND_FOREIGN;
  if (reader->count == 0) return SERVO_FOUND_DONE;
  switch (reader->line[0]) {
    case 't': case 'T': case 'r': case 'R': case 'd': case 'D': case 'b': case 'B':
      return decode(reader->line, reader->count, frame);
    // Opening, closing, bit rates, filters, versions, status, and the answers to a frame sent.
    case 'C': case 'O': case 'L': case 'S': case 's': case 'Y': case 'M': case 'm': case 'V': case 'v': case 'N':
    case 'F': case 'X': case 'Z': case 'z': case 'W':
      return SERVO_FOUND_REQUEST;
    default: return SERVO_FOUND_FOREIGN;
  }
}

const char *servo_slcan_rate_request(int32_t bit_rate) {
  switch (bit_rate) {
    case 10000: return "S0";
    case 20000: return "S1";
    case 50000: return "S2";
    case 100000: return "S3";
    case 125000: return "S4";
    case 250000: return "S5";
    case 500000: return "S6";
    case 1000000: return "S8";
    default: return NULL;
  }
}

const char *servo_slcan_data_rate_request(int32_t bit_rate) {
  switch (bit_rate) {
    case 2000000: return "Y2";
    case 5000000: return "Y5";
    default: return NULL;
  }
}
