// The clock of the kernel for a control loop; every failure is a negative errno.
#pragma once

#include <stdint.h>

#if defined(__clang__)
/// Importable into Swift functions marked `@_noLocks`, which the loop's wait is.
#define SERVO_BUS_WAIT __attribute__((swift_attr("@_noLocks")))
#if __has_attribute(nonblocking)
/// As `SERVO_BUS_WAIT`, and returns at once: `clang -Wfunction-effects` checks the body.
#define SERVO_BUS_SAFE SERVO_BUS_WAIT __attribute__((nonblocking))
#else
#define SERVO_BUS_SAFE SERVO_BUS_WAIT
#endif
#else
#define SERVO_BUS_WAIT
#define SERVO_BUS_SAFE
#endif

/// Present instant of CLOCK_MONOTONIC [ns].
SERVO_BUS_SAFE int64_t servo_clock_now(void);

/// Sleeps until an instant of CLOCK_MONOTONIC [ns]; an instant in the past returns at once.
/// Interrupted sleeps are resumed. Returns 0 or a negative errno.
SERVO_BUS_WAIT int servo_clock_sleep_until(int64_t instant_ns);

/// Like `servo_clock_sleep_until`, but awake for the last `spin_ns`: pays with processor time for a wake-up that the
/// scheduler has no part in. Returns 0 or a negative errno.
SERVO_BUS_WAIT int servo_clock_spin_until(int64_t instant_ns, int64_t spin_ns);
