#include "servo_cannelloni.h"

#include <stdbool.h>
#include <string.h>

enum { VERSION = 2, OPERATION_DATA = 0, LENGTH_FD = 0x80, FLAG_SWITCH = 0x01 };
// SocketCAN's, of linux/can.h.
static const uint32_t id_extended = 0x80000000u, id_remote = 0x40000000u, id_error = 0x20000000u;

void servo_cannelloni_encode_head(uint8_t bytes[SERVO_CANNELLONI_HEAD], uint8_t sequence, uint16_t count) {
  bytes[0] = VERSION;
  bytes[1] = OPERATION_DATA;
  bytes[2] = sequence;
  bytes[3] = (uint8_t)(count >> 8);
  bytes[4] = (uint8_t)count;
}

size_t servo_cannelloni_encode(const servo_frame *frame, uint8_t bytes[SERVO_CANNELLONI_FRAME_ROOM]) {
  const bool is_fd = (frame->flags & SERVO_FRAME_FD) != 0;
  if (!servo_frame_has_id(frame) || frame->length > (is_fd ? 64 : 8)) return 0;
  const uint8_t length = is_fd ? servo_frame_fd_length(frame->length) : frame->length;
  const uint32_t id = frame->id | ((frame->flags & SERVO_FRAME_EXTENDED) != 0 ? id_extended : 0);
  size_t count = 0;
  for (int shift = 24; shift >= 0; shift -= 8) bytes[count++] = (uint8_t)(id >> shift);
  bytes[count++] = (uint8_t)(is_fd ? length | LENGTH_FD : length);
  if (is_fd) bytes[count++] = (frame->flags & SERVO_FRAME_BIT_RATE_SWITCH) != 0 ? FLAG_SWITCH : 0;
  for (uint8_t i = 0; i < length; i++) bytes[count++] = i < frame->length ? frame->data[i] : 0;
  return count;
}

int servo_cannelloni_begin(servo_cannelloni_reader *reader, const uint8_t *bytes, size_t length) {
  *reader = (servo_cannelloni_reader){bytes, 0, 0, 0};
  if (length < SERVO_CANNELLONI_HEAD || bytes[0] != VERSION || bytes[1] != OPERATION_DATA) return SERVO_FOUND_FOREIGN;
  reader->bytes = bytes + SERVO_CANNELLONI_HEAD;
  reader->left = length - SERVO_CANNELLONI_HEAD;
  reader->sequence = bytes[2];
  reader->frames = (uint16_t)((unsigned)bytes[3] << 8 | bytes[4]);
  return SERVO_FOUND_FRAME;
}

static int broken(servo_cannelloni_reader *reader) {
  reader->left = 0;
  reader->frames = 0;
  return SERVO_FOUND_FOREIGN;
}

int servo_cannelloni_next(servo_cannelloni_reader *reader, servo_frame *frame) {
  if (reader->frames == 0) return reader->left == 0 ? SERVO_FOUND_NOTHING : broken(reader);
  if (reader->left < 5) return broken(reader);
  const uint8_t *bytes = reader->bytes;
  uint32_t id = 0;
  for (int i = 0; i < 4; i++) id = id << 8 | bytes[i];
  const bool is_fd = (bytes[4] & LENGTH_FD) != 0, is_remote = (id & id_remote) != 0 && !is_fd;
  const uint8_t length = bytes[4] & (uint8_t)~LENGTH_FD;
  const size_t head = is_fd ? 6 : 5, data = is_remote ? 0 : length;
  if (reader->left < head + data) return broken(reader);
  reader->bytes += head + data;
  reader->left -= head + data;
  reader->frames--;
  if ((id & id_error) != 0) return SERVO_FOUND_ERROR_FRAME;
  if (is_remote) return SERVO_FOUND_REMOTE;
  if (length > (is_fd ? 64 : 8)) return SERVO_FOUND_OVERLONG;
  const bool is_extended = (id & id_extended) != 0;
  frame->id = id & 0x1FFFFFFFu;
  frame->length = length;
  frame->flags = (uint8_t)((is_extended ? SERVO_FRAME_EXTENDED : 0) | (is_fd ? SERVO_FRAME_FD : 0) |
                           (is_fd && (bytes[5] & FLAG_SWITCH) != 0 ? SERVO_FRAME_BIT_RATE_SWITCH : 0));
  memset(frame->data, 0, sizeof frame->data);
  if (length > 0) memcpy(frame->data, bytes + head, length);
  return servo_frame_has_id(frame) && servo_frame_has_length(frame) ? SERVO_FOUND_FRAME : SERVO_FOUND_FOREIGN;
}
