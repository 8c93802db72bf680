#include "servo_clock_filter.h"

// A controller's clock may stand anywhere: differences and sums wrap instead of being undefined.
static int64_t minus(int64_t left, int64_t right) { return (int64_t)((uint64_t)left - (uint64_t)right); }
static int64_t plus(int64_t left, int64_t right) { return (int64_t)((uint64_t)left + (uint64_t)right); }

static int64_t earlier(int64_t left, int64_t right) { return left < right ? left : right; }

SERVO_BUS_SAFE int64_t servo_clock_filter_take(servo_clock_filter *filter, int64_t hardware, int64_t kernel) {
  const int64_t difference = minus(kernel, hardware);
  if (!filter->is_set) {
    filter->is_set = 1;
    filter->offset_ns = difference;
    filter->newest_ns = filter->near_ns = kernel;
    return kernel;
  }
  const int64_t elapsed = kernel > filter->newest_ns ? kernel - filter->newest_ns : 0;
  filter->newest_ns = kernel;
  // Rounded up, so that many frames may drift as far as one.
  const int64_t drift = elapsed / SERVO_CLOCK_DRIFT_DIVISOR + (elapsed % SERVO_CLOCK_DRIFT_DIVISOR != 0);
  filter->offset_ns = earlier(plus(filter->offset_ns, drift), difference);
  const int64_t delay = minus(difference, filter->offset_ns);
  if (delay >= 0 && delay <= SERVO_CLOCK_NEAR) {
    filter->near_ns = kernel;
  } else if (delay < 0 || kernel - filter->near_ns > SERVO_CLOCK_PATIENCE) {
    filter->offset_ns = difference;
    filter->near_ns = kernel;
    filter->restarts++;
  }
  return earlier(plus(hardware, filter->offset_ns), kernel);
}

SERVO_BUS_SAFE int64_t servo_clock_filter_read(
    const servo_clock_filter *filter, int64_t hardware, int64_t kernel) {
  return filter->is_set ? earlier(plus(hardware, filter->offset_ns), kernel) : kernel;
}
