// One CAN frame between an interface and the loop, and what else an interface meets and counts.
#pragma once

#include <stddef.h>
#include <stdint.h>

/// Format of a frame, as bits.
enum {
  SERVO_FRAME_EXTENDED = 1,
  SERVO_FRAME_FD = 2,
  SERVO_FRAME_BIT_RATE_SWITCH = 4,
};

/// One CAN data frame. Laid out as the loop's own frame, so that it is copied and never converted.
typedef struct {
  /// 11 bits, or 29 with SERVO_FRAME_EXTENDED.
  uint32_t id;
  /// The robot's number for the bus.
  uint8_t bus;
  /// Bytes of `data` in use: up to 8, with SERVO_FRAME_FD up to 64.
  uint8_t length;
  uint8_t flags;
  uint8_t unused;
  /// When it was received, an instant of CLOCK_MONOTONIC [ns]; not looked at in frames to be sent.
  int64_t time_ns;
  /// Zero from `length` on.
  uint8_t data[64];
} servo_frame;

/// What a decoder found.
enum {
  /// A data frame.
  SERVO_FOUND_FRAME,
  /// A remote request: it has no data, and no drive sends one.
  SERVO_FOUND_REMOTE,
  /// A report of the controller or adapter.
  SERVO_FOUND_ERROR_FRAME,
  /// More data than its format can carry.
  SERVO_FOUND_OVERLONG,
  /// Not of this transport, or broken.
  SERVO_FOUND_FOREIGN,
  /// Nothing yet, or nothing more.
  SERVO_FOUND_NOTHING,
  /// slcan: a request to the adapter, or its answer to one.
  SERVO_FOUND_REQUEST,
  /// slcan: the adapter did what it was asked.
  SERVO_FOUND_DONE,
  /// slcan: the adapter could not do what it was asked.
  SERVO_FOUND_REFUSAL,
};

/// What an interface carried, and what it met and did not hand on.
typedef struct {
  uint64_t received, sent;
  /// Given to `send` and not sent: no room in the kernel or the adapter, or the format is not for this transport.
  uint64_t unsent;
  /// Datagrams of our own that came back.
  uint64_t own;
  uint64_t remote, error_frames, overlong, foreign;
  /// Known to be missing: gaps in the sequence, or no room in the kernel's queue or in what is held for a later call.
  uint64_t missing;
  /// The adapter said that it could not do what it was asked.
  uint64_t refused;
  /// Beyond what one call takes: handed on by a later one.
  uint64_t overrun;
} servo_interface_counts;

/// The shortest length with a data length code that holds `length` bytes in a frame of CAN FD; 0 above 64.
static inline uint8_t servo_frame_fd_length(uint8_t length) {
  static const uint8_t lengths[] = {12, 16, 20, 24, 32, 48, 64};
  if (length <= 8) return length;
  for (size_t i = 0; i < sizeof lengths; i++) {
    if (length <= lengths[i]) return lengths[i];
  }
  return 0;
}

/// Whether a frame of this format can have this length.
static inline int servo_frame_has_length(const servo_frame *_Nonnull frame) {
  if ((frame->flags & SERVO_FRAME_FD) == 0) return frame->length <= 8;
  return frame->length == 0 || servo_frame_fd_length(frame->length) == frame->length;
}

/// Whether an identifier fits its format.
static inline int servo_frame_has_id(const servo_frame *_Nonnull frame) {
  return frame->id <= ((frame->flags & SERVO_FRAME_EXTENDED) != 0 ? 0x1FFFFFFFu : 0x7FFu);
}
