#define _GNU_SOURCE
#include "slcan_link.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "streams.h"

// Either end

struct servo_slcan_link *servo_slcan_allocate(servo_bit_rates rates, uint8_t bus) {
  struct servo_slcan_link *link = calloc(1, sizeof *link);
  if (link == NULL) return NULL;
  link->base.bus = bus;
  link->rates = rates;
  link->descriptor = link->listener = link->other = -1;
  return link;
}

static bool is_frame_line(uint8_t first) { return strchr("tTdDbB", first) != NULL && first != 0; }

static void take_character(
    struct servo_slcan_link *link, struct servo_receipt *receipt, servo_slcan_listener *listener, uint8_t character) {
  servo_frame frame = {0};
  int found = servo_slcan_take(&link->reader, character, &frame);
  switch (found) {
    case SERVO_FOUND_NOTHING: return;
    case SERVO_FOUND_REQUEST: case SERVO_FOUND_DONE: case SERVO_FOUND_REFUSAL: listener(link, found); return;
    default: break;
  }
  // A client's frames are on no bus before it has opened the channel, and frames of CAN FD on no classic one.
  const bool is_shut = link->is_served && !link->is_channel_open;
  const bool is_unfit = found == SERVO_FOUND_FRAME && (frame.flags & SERVO_FRAME_FD) != 0 && link->rates.data == 0;
  if (is_shut || is_unfit) found = SERVO_FOUND_FOREIGN;
  servo_interface_note(&link->base, receipt, found, &frame, receipt->now_ns);
  if (link->is_served) listener(link, found);
}

int servo_slcan_read(
    struct servo_slcan_link *link, struct servo_receipt *receipt, servo_slcan_listener *listener) {
  uint8_t chunk[SERVO_SLCAN_CHUNK];
  // Sixteen chunks are more than a bus of 1 Mbit/s brings in 100 ms: a flood must not keep the loop.
  // What one chunk brings beyond the frames wanted is held.
  for (int turn = 0; turn < 16 && receipt->count < receipt->capacity; turn++) {
    const ssize_t count = read(link->descriptor, chunk, sizeof chunk);
    if (count < 0 && errno == EINTR) continue;
    if (count < 0) return errno == EAGAIN || errno == EWOULDBLOCK ? 0 : -errno;
    // The end of a connection, or of a terminal whose device is gone.
    if (count == 0) return -EPIPE;
    for (ssize_t i = 0; i < count; i++) take_character(link, receipt, listener, chunk[i]);
    if (count < (ssize_t)sizeof chunk) return 0;
  }
  return 0;
}

bool servo_slcan_put(struct servo_slcan_link *link, const void *characters, size_t count) {
  if (count > sizeof link->pending - link->pending_count) return false;
  memcpy(link->pending + link->pending_count, characters, count);
  link->pending_count += count;
  return true;
}

void servo_slcan_put_frames(struct servo_slcan_link *link, const servo_frame *frames, int count) {
  for (int i = 0; i < count; i++) {
    if (frames[i].bus != link->base.bus) continue;
    uint8_t line[SERVO_SLCAN_ROOM];
    const bool is_format_known = (frames[i].flags & SERVO_FRAME_FD) == 0 || link->rates.data != 0;
    const size_t length = is_format_known ? servo_slcan_encode(&frames[i], line) : 0;
    if (length > 0 && servo_slcan_put(link, line, length)) {
      link->base.counts.sent++;
    } else {
      link->base.counts.unsent++;
    }
  }
}

int servo_slcan_flush(struct servo_slcan_link *link) {
  size_t written = 0;
  int answer = 0;
  while (written < link->pending_count) {
    const uint8_t *start = link->pending + written;
    const size_t left = link->pending_count - written;
    const ssize_t count = link->is_socket ? send(link->descriptor, start, left, MSG_NOSIGNAL | MSG_DONTWAIT)
                                          : write(link->descriptor, start, left);
    if (count > 0) {
      written += (size_t)count;
    } else if (count < 0 && errno == EINTR) {
      continue;
    } else {
      answer = count == 0 || errno == EAGAIN || errno == EWOULDBLOCK ? 0 : -errno;
      break;
    }
  }
  if (written > 0) {
    link->is_cut = link->pending[written - 1] != '\r' && link->pending[written - 1] != '\a';
    memmove(link->pending, link->pending + written, link->pending_count - written);
    link->pending_count -= written;
  }
  return answer;
}

void servo_slcan_drop_waiting(struct servo_slcan_link *link) {
  size_t kept = 0;
  if (link->is_cut) {
    while (kept < link->pending_count && link->pending[kept] != '\r') kept++;
    if (kept < link->pending_count) kept++;
  }
  for (size_t i = kept; i < link->pending_count; i++) {
    const bool is_first = i == kept || link->pending[i - 1] == '\r' || link->pending[i - 1] == '\a';
    if (is_first && is_frame_line(link->pending[i])) {
      link->base.counts.sent--;
      link->base.counts.unsent++;
    }
  }
  link->pending_count = kept;
}
