// From the clock of a CAN controller to the kernel's: what one stamp of each for every frame tells of the two.
#pragma once

#include "servo_bus.h"

/// Numbers of the filter: the drift it bears [part of 5000 is 200 ppm; crystals of controllers stay within 100], how near
/// the two instants of a frame are now and then [ns], and how long none may be until the clock counts as set anew [ns].
enum {
  SERVO_CLOCK_DRIFT_DIVISOR = 5000,
  SERVO_CLOCK_NEAR = 1000000,
  SERVO_CLOCK_PATIENCE = 1000000000,
};

/// What is known of a controller's clock. All zero: nothing yet.
typedef struct {
  /// What added to its time gives the kernel's, no less than the truth and no more than any frame has shown [ns].
  int64_t offset_ns;
  /// Kernel's instants of the newest frame, and of the last one that was near [ns].
  int64_t newest_ns, near_ns;
  /// How often the clock was set, or lost.
  int64_t restarts;
  int32_t is_set;
} servo_clock_filter;

/// Instant of a frame on CLOCK_MONOTONIC [ns], from the controller's stamp and the kernel's, which is the later one.
///
/// A frame's delay from the one stamp to the other is never negative, so of all differences seen the least is closest to
/// the truth. It may grow by the drift that is borne, and falls at once. While the clocks drift apart by less than that,
/// the instant returned lies between the true one and the kernel's stamp, whatever the delays are.
SERVO_BUS_SAFE int64_t servo_clock_filter_take(
    servo_clock_filter *_Nonnull filter, int64_t hardware_ns, int64_t kernel_ns);

/// As `servo_clock_filter_take`, of a frame whose delay tells nothing; the filter stays as it is.
SERVO_BUS_SAFE int64_t servo_clock_filter_read(
    const servo_clock_filter *_Nonnull filter, int64_t hardware_ns, int64_t kernel_ns);
