// The kernel's clock for a control loop; every failure is a negative errno.
#pragma once

#include <stdint.h>

#if defined(__clang__)
/// Importable into Swift functions marked `@_noLocks`.
#define SERVO_BUS_SAFE __attribute__((swift_attr("@_noLocks")))
#else
#define SERVO_BUS_SAFE
#endif

/// Present instant of CLOCK_MONOTONIC [ns].
SERVO_BUS_SAFE int64_t servo_clock_now(void);

/// Sleeps until an instant of CLOCK_MONOTONIC [ns]; an instant in the past returns at once.
/// Interrupted sleeps are resumed. Returns 0 or a negative errno.
SERVO_BUS_SAFE int servo_clock_sleep_until(int64_t instant_ns);

/// Like `servo_clock_sleep_until`, but awake for the last `spin_ns`: pays with processor time for a wake-up that the
/// scheduler has no part in. Returns 0 or a negative errno.
SERVO_BUS_SAFE int servo_clock_spin_until(int64_t instant_ns, int64_t spin_ns);
