#define _GNU_SOURCE
#include "servo_realtime.h"

#include <alloca.h>
#include <errno.h>
#include <fcntl.h>
#include <linux/capability.h>
#include <malloc.h>
#include <pthread.h>
#include <sched.h>
#include <signal.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "servo_terminal.h"

static _Thread_local uint32_t refused_requests = 0;
static _Thread_local int refused_error = 0;

void servo_realtime_refuse(uint32_t requests, int error) {
  refused_requests = requests;
  refused_error = error;
}

#define FAIL_WHERE_A_TEST_SAYS_SO(request) \
  do {                                     \
    if ((refused_requests & (uint32_t)(request)) != 0) return -refused_error; \
  } while (0)

static int may_lock_without_limit(void) {
  struct rlimit limit;
  if (getrlimit(RLIMIT_MEMLOCK, &limit) == 0 && limit.rlim_cur == RLIM_INFINITY) return 1;
  struct __user_cap_header_struct header = {.version = _LINUX_CAPABILITY_VERSION_3, .pid = 0};
  struct __user_cap_data_struct data[_LINUX_CAPABILITY_U32S_3];
  if (syscall(SYS_capget, &header, data) != 0) return 0;
  return (data[CAP_TO_INDEX(CAP_IPC_LOCK)].effective & CAP_TO_MASK(CAP_IPC_LOCK)) != 0;
}

int servo_realtime_lock_memory(void) {
  FAIL_WHERE_A_TEST_SAYS_SO(SERVO_REALTIME_LOCK_MEMORY);
  if (!may_lock_without_limit()) return -EPERM;
  return mlockall(MCL_CURRENT | MCL_FUTURE) == 0 ? 0 : -errno;
}

int servo_realtime_unlock_memory(void) { return munlockall() == 0 ? 0 : -errno; }

int servo_realtime_keep_heap(void) {
  FAIL_WHERE_A_TEST_SAYS_SO(SERVO_REALTIME_KEEP_HEAP);
#if defined(__GLIBC__)
  // One arena: those of other threads grow by mprotect, which locked memory does not fill in beforehand.
  // mallopt returns 1 for success and sets no errno.
  if (mallopt(M_TRIM_THRESHOLD, -1) != 1 || mallopt(M_MMAP_MAX, 0) != 1) return -EINVAL;
  if (mallopt(M_ARENA_MAX, 1) != 1) return -EINVAL;
  return 0;
#else
  return -ENOSYS;
#endif
}

int servo_realtime_disable_huge_pages(void) {
  FAIL_WHERE_A_TEST_SAYS_SO(SERVO_REALTIME_HUGE_PAGES_OFF);
  return prctl(PR_SET_THP_DISABLE, 1UL, 0UL, 0UL, 0UL) == 0 ? 0 : -errno;
}

int servo_realtime_hold_cpu_latency(int32_t microseconds) {
  FAIL_WHERE_A_TEST_SAYS_SO(SERVO_REALTIME_HOLD_LATENCY);
  const int descriptor = open("/dev/cpu_dma_latency", O_WRONLY | O_CLOEXEC);
  if (descriptor < 0) return -errno;
  if (write(descriptor, &microseconds, sizeof microseconds) != (ssize_t)sizeof microseconds) {
    const int error = errno;
    close(descriptor);
    return -error;
  }
  return descriptor;
}

void servo_realtime_release_cpu_latency(int descriptor) {
  if (descriptor >= 0) close(descriptor);
}

int servo_realtime_disable_backtracer(void) {
  FAIL_WHERE_A_TEST_SAYS_SO(SERVO_REALTIME_BACKTRACER_OFF);
  const int numbers[] = {SIGQUIT, SIGABRT, SIGBUS, SIGFPE, SIGILL, SIGSEGV, SIGTRAP};
  struct sigaction action = {.sa_handler = SIG_DFL};
  sigemptyset(&action.sa_mask);
  for (size_t i = 0; i < sizeof numbers / sizeof numbers[0]; i++) {
    // What gives a terminal back does that alone, and then lets the kernel end the process.
    if (servo_terminal_keep_default(numbers[i])) continue;
    if (sigaction(numbers[i], &action, NULL) != 0) return -errno;
  }
  return 0;
}

int servo_realtime_set_timer_slack(uint64_t nanoseconds) {
  FAIL_WHERE_A_TEST_SAYS_SO(SERVO_REALTIME_TIMER_SLACK);
  return prctl(PR_SET_TIMERSLACK, (unsigned long)nanoseconds, 0UL, 0UL, 0UL) == 0 ? 0 : -errno;
}

int servo_realtime_set_affinity(int cpu) {
  FAIL_WHERE_A_TEST_SAYS_SO(SERVO_REALTIME_AFFINITY);
  if (cpu < 0 || cpu >= CPU_SETSIZE) return -EINVAL;
  cpu_set_t set;
  CPU_ZERO(&set);
  CPU_SET((size_t)cpu, &set);
  return sched_setaffinity(0, sizeof set, &set) == 0 ? 0 : -errno;
}

int servo_realtime_last_cpu(void) {
  cpu_set_t set;
  if (sched_getaffinity(0, sizeof set, &set) != 0) return -errno;
  for (int cpu = CPU_SETSIZE - 1; cpu >= 0; cpu--) {
    if (CPU_ISSET((size_t)cpu, &set)) return cpu;
  }
  return -ENOENT;
}

int servo_realtime_set_fifo(int priority) {
  FAIL_WHERE_A_TEST_SAYS_SO(SERVO_REALTIME_SCHEDULE);
  const struct sched_param parameters = {.sched_priority = priority};
  // pthread_setschedparam returns the error, it does not set errno.
  return -pthread_setschedparam(pthread_self(), SCHED_FIFO, &parameters);
}

int servo_realtime_set_deadline(uint64_t runtime, uint64_t deadline, uint64_t period) {
  FAIL_WHERE_A_TEST_SAYS_SO(SERVO_REALTIME_SCHEDULE);
  // The kernel's struct sched_attr, first version; glibc has it from 2.41 on.
  struct {
    uint32_t size, policy;
    uint64_t flags;
    int32_t nice;
    uint32_t priority;
    uint64_t runtime, deadline, period;
  } attributes = {
      .size = 48, .policy = 6 /* SCHED_DEADLINE */, .runtime = runtime, .deadline = deadline, .period = period};
  return syscall(SYS_sched_setattr, 0, &attributes, 0) == 0 ? 0 : -errno;
}

void servo_realtime_prefault_stack(size_t bytes) {
  const size_t most = 1 << 20, page = 4096;
  if (bytes > most) bytes = most;
  if (bytes == 0) return;
  volatile char *stack = alloca(bytes);
  for (size_t i = 0; i < bytes; i += page) stack[i] = 0;
}

servo_thread_usage servo_realtime_usage(void) {
  struct rusage usage = {0};
  getrusage(RUSAGE_THREAD, &usage);
  return (servo_thread_usage){usage.ru_minflt, usage.ru_majflt, usage.ru_nivcsw};
}

struct launch {
  void (*body)(void *);
  void *context;
  uint32_t refused_requests;
  int refused_error;
};

static void *launch_main(void *raw) {
  struct launch *launch = raw;
  servo_realtime_refuse(launch->refused_requests, launch->refused_error);
  launch->body(launch->context);
  return NULL;
}

int servo_thread_run(size_t stack_bytes, void (*body)(void *), void *context) {
  FAIL_WHERE_A_TEST_SAYS_SO(SERVO_REALTIME_THREAD);
  struct launch launch = {body, context, refused_requests, refused_error};
  pthread_attr_t attributes;
  int error = pthread_attr_init(&attributes);
  if (error != 0) return -error;
  error = pthread_attr_setstacksize(&attributes, stack_bytes);
  pthread_t thread;
  if (error == 0) error = pthread_create(&thread, &attributes, launch_main, &launch);
  pthread_attr_destroy(&attributes);
  if (error != 0) return -error;
  return -pthread_join(thread, NULL);
}

static int64_t limit_of(int resource) {
  struct rlimit limit;
  if (getrlimit((__rlimit_resource_t)resource, &limit) != 0) return 0;
  return limit.rlim_cur == RLIM_INFINITY ? -1 : (int64_t)limit.rlim_cur;
}

servo_realtime_limits servo_realtime_get_limits(void) {
  return (servo_realtime_limits){limit_of(RLIMIT_RTPRIO), limit_of(RLIMIT_MEMLOCK)};
}

int servo_realtime_try_can(void) {
  const int protocol_raw = 1;  // CAN_RAW of linux/can.h
  const int descriptor = socket(AF_CAN, SOCK_RAW | SOCK_CLOEXEC, protocol_raw);
  if (descriptor < 0) return -errno;
  close(descriptor);
  return 0;
}
