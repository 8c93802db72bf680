// What a control loop asks of the kernel. Every call does one thing and returns 0 or a negative errno; nothing prints.
#pragma once

#include <stddef.h>
#include <stdint.h>

/// Requests to the kernel, as bits, so that a test can have any of them refused.
enum {
  SERVO_REALTIME_LOCK_MEMORY = 1 << 0,
  SERVO_REALTIME_KEEP_HEAP = 1 << 1,
  SERVO_REALTIME_HUGE_PAGES_OFF = 1 << 2,
  SERVO_REALTIME_HOLD_LATENCY = 1 << 3,
  SERVO_REALTIME_BACKTRACER_OFF = 1 << 4,
  SERVO_REALTIME_TIMER_SLACK = 1 << 5,
  SERVO_REALTIME_AFFINITY = 1 << 6,
  SERVO_REALTIME_SCHEDULE = 1 << 7,
  SERVO_REALTIME_THREAD = 1 << 8,
};

/// For tests: from now on these requests fail with `error` (an errno) and ask nothing, in the calling thread and in
/// the threads it starts with `servo_thread_run`; 0 ends it.
void servo_realtime_refuse(uint32_t requests, int error);

// The process

/// Locks every page there is and will be into memory. Where RLIMIT_MEMLOCK is finite and the process may not pass it,
/// refuses with -EPERM: an allocation would fail later, in the middle of a run.
int servo_realtime_lock_memory(void);
/// Ends `servo_realtime_lock_memory`.
int servo_realtime_unlock_memory(void);
/// Keeps freed memory in the process and takes none by mmap, so that a later allocation meets pages that are there.
int servo_realtime_keep_heap(void);
/// Transparent huge pages off for this process: compaction and collapse stall it.
int servo_realtime_disable_huge_pages(void);
/// Asks the processor to wake from idle within `microseconds`, until the descriptor is closed.
/// Returns the descriptor or a negative errno.
int servo_realtime_hold_cpu_latency(int32_t microseconds);
/// Ends what `servo_realtime_hold_cpu_latency` gave.
void servo_realtime_release_cpu_latency(int descriptor);
/// Gives SIGILL, SIGSEGV and the other crash signals back to the kernel: the Swift runtime's backtracer, on unless
/// SWIFT_BACKTRACE said no, keeps a dying process alive for tens of milliseconds, and the drives with it.
int servo_realtime_disable_backtracer(void);

// The calling thread

/// Most a sleep may be stretched to share a wake-up [ns]; the kernel's default is 50000.
int servo_realtime_set_timer_slack(uint64_t nanoseconds);
/// Runs on this processor only.
int servo_realtime_set_affinity(int cpu);
/// The highest-numbered processor the thread may run on, or a negative errno.
int servo_realtime_last_cpu(void);
/// SCHED_FIFO at a priority of 1...99.
int servo_realtime_set_fifo(int priority);
/// SCHED_DEADLINE: `runtime` [ns] in each `period` [ns], by `deadline` [ns]; the affinity must be full.
int servo_realtime_set_deadline(uint64_t runtime, uint64_t deadline, uint64_t period);
/// Touches `bytes` of stack below the caller, up to 1 MiB.
void servo_realtime_prefault_stack(size_t bytes);

/// What a thread met so far that a real-time thread should not meet.
typedef struct {
  int64_t minor_faults, major_faults, involuntary_switches;
} servo_thread_usage;
/// The calling thread's.
servo_thread_usage servo_realtime_usage(void);

/// Runs `body(context)` on a thread of its own with a stack of `stack_bytes`, and waits for its end.
int servo_thread_run(size_t stack_bytes, void (*_Nonnull body)(void *_Nullable), void *_Nullable context);

// What the process may ask for

/// RLIMIT_RTPRIO and RLIMIT_MEMLOCK [bytes]; -1 stands for no limit.
typedef struct {
  int64_t priority, locked_memory;
} servo_realtime_limits;
/// The soft limits of the process.
servo_realtime_limits servo_realtime_get_limits(void);
/// Opens and closes a raw CAN socket.
int servo_realtime_try_can(void);
