#define _POSIX_C_SOURCE 200809L

#include "servo_bus.h"

#include <errno.h>
#include <time.h>

#if defined(__clang__) && __has_attribute(nonblocking)
// Read from memory that the kernel shares (vDSO), or a system call that does not wait.
int clock_gettime(clockid_t clock, struct timespec *time) __attribute__((nonblocking));
#endif

static const int64_t nanoseconds_per_second = 1000000000;

SERVO_BUS_SAFE int64_t servo_clock_now(void) {
  struct timespec now;
  // CLOCK_MONOTONIC with a valid pointer cannot fail on Linux.
  clock_gettime(CLOCK_MONOTONIC, &now);
  return (int64_t)now.tv_sec * nanoseconds_per_second + now.tv_nsec;
}

int servo_clock_sleep_until(int64_t instant_ns) {
  if (instant_ns < 0) return 0;
  struct timespec until;
  until.tv_sec = (time_t)(instant_ns / nanoseconds_per_second);
  until.tv_nsec = (long)(instant_ns % nanoseconds_per_second);
  int error;
  // Absolute time, so that a signal costs no drift: clock_nanosleep returns the error, it does not set errno.
  do {
    error = clock_nanosleep(CLOCK_MONOTONIC, TIMER_ABSTIME, &until, NULL);
  } while (error == EINTR);
  return -error;
}

static void spin_hint(void) {
#if defined(__x86_64__)
  __builtin_ia32_pause();
#elif defined(__aarch64__)
  __asm__ volatile("yield");
#endif
}

int servo_clock_spin_until(int64_t instant_ns, int64_t spin_ns) {
  const int error = servo_clock_sleep_until(spin_ns > 0 ? instant_ns - spin_ns : instant_ns);
  if (error != 0) return error;
  while (servo_clock_now() < instant_ns) spin_hint();
  return 0;
}
