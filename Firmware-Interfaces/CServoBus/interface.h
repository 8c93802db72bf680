// What every kind of interface begins with; private to the shim.
#pragma once

#include "servo_interface.h"

#include <stdbool.h>
#include <stdint.h>

struct servo_receipt;

/// Frames that an interface holds for the next call, where a datagram or a terminal brought more than was asked for.
enum { SERVO_HELD_FRAMES = 256 };

/// An interface of some kind; each kind's own state follows in memory.
struct servo_interface {
  /// Takes what arrived into the frames of `receipt`; 0 or a negative errno that loses the interface.
  int (*receive)(servo_interface *, struct servo_receipt *);
  /// Sends a cycle's frames for this bus; 0 or a negative errno that loses the interface.
  int (*send)(servo_interface *, const servo_frame *, int);
  /// Closes what is open; the memory is freed by the caller.
  void (*close)(servo_interface *);
  servo_interface_counts counts;
  /// The errno it was lost with, or 0.
  int error;
  bool is_shut;
  uint8_t bus;
  /// Begin of the last call, or instant of the last frame: no new one is older [ns].
  int64_t floor_ns;
  /// What there was already at this instant, and comes now, was left in the kernel by the call before [ns].
  int64_t left_ns;
  /// What there was no room for, oldest first, from `held_first` on.
  uint32_t held_first, held_count;
  servo_frame held[SERVO_HELD_FRAMES];
};

/// Where received frames go.
struct servo_receipt {
  servo_frame *frames;
  int count, capacity;
  /// Present instant [ns].
  int64_t now_ns;
  /// Whether something may still wait in the kernel.
  bool is_cut;
};

/// Counts what a decoder found and keeps it when it is a frame, received at an instant [ns].
void servo_interface_note(servo_interface *, struct servo_receipt *, int found, servo_frame *frame, int64_t time_ns);
