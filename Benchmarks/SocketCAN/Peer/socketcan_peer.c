#define _GNU_SOURCE
#include "socketcan_peer.h"

#include <dlfcn.h>
#include <errno.h>
#include <linux/can.h>
#include <linux/can/raw.h>
#include <net/if.h>
#include <string.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

// The meter: the program's own definitions stand before those of the C library.

static int (*next_recvmmsg)(int, struct mmsghdr *, unsigned, int, struct timespec *);
static int (*next_sendmmsg)(int, struct mmsghdr *, unsigned, int);
static int (*next_clock_gettime)(clockid_t, struct timespec *);
static socketcan_meter meter;

uint64_t socketcan_ticks(void) {
#if defined(__x86_64__)
  return __builtin_ia32_rdtsc();
#elif defined(__aarch64__)
  uint64_t ticks;
  __asm__ volatile("mrs %0, cntvct_el0" : "=r"(ticks));
  return ticks;
#else
#error "no counter of the processor is known here"
#endif
}

socketcan_meter socketcan_meter_read(void) { return meter; }

__attribute__((constructor)) static void find_next(void) {
  *(void **)&next_recvmmsg = dlsym(RTLD_NEXT, "recvmmsg");
  *(void **)&next_sendmmsg = dlsym(RTLD_NEXT, "sendmmsg");
  *(void **)&next_clock_gettime = dlsym(RTLD_NEXT, "clock_gettime");
}

static void note(uint64_t begin) {
  meter.ticks += socketcan_ticks() - begin;
  meter.calls++;
}

int recvmmsg(int descriptor, struct mmsghdr *messages, unsigned count, int flags, struct timespec *timeout) {
  const uint64_t begin = socketcan_ticks();
  const int answer = next_recvmmsg(descriptor, messages, count, flags, timeout);
  note(begin);
  return answer;
}

int sendmmsg(int descriptor, struct mmsghdr *messages, unsigned count, int flags) {
  const uint64_t begin = socketcan_ticks();
  const int answer = next_sendmmsg(descriptor, messages, count, flags);
  note(begin);
  return answer;
}

int clock_gettime(clockid_t clock, struct timespec *time) {
  const uint64_t begin = socketcan_ticks();
  const int answer = next_clock_gettime(clock, time);
  note(begin);
  return answer;
}

static double seconds_now(void) {
  struct timespec now;
  next_clock_gettime(CLOCK_MONOTONIC, &now);
  return (double)now.tv_sec + 1e-9 * (double)now.tv_nsec;
}

double socketcan_ticks_per_second(void) {
  const double begin = seconds_now();
  const uint64_t first = socketcan_ticks();
  while (seconds_now() - begin < 0.05) {
  }
  return (double)(socketcan_ticks() - first) / (seconds_now() - begin);
}

// The peer

int socketcan_peer_open(const char *name) {
  const int descriptor = socket(AF_CAN, SOCK_RAW | SOCK_NONBLOCK | SOCK_CLOEXEC, CAN_RAW);
  if (descriptor < 0) return -errno;
  const int on = 1;
  const struct sockaddr_can address = {.can_family = AF_CAN, .can_ifindex = (int)if_nametoindex(name)};
  if (address.can_ifindex == 0 || setsockopt(descriptor, SOL_SOCKET, SO_TIMESTAMPNS, &on, sizeof on) != 0 ||
      bind(descriptor, (const struct sockaddr *)&address, sizeof address) != 0) {
    const int error = errno;
    close(descriptor);
    return -error;
  }
  return descriptor;
}

void socketcan_peer_close(int descriptor) { close(descriptor); }

enum { batch = 64, control_bytes = 64 };

static struct can_frame frames[batch];
static struct iovec vectors[batch];
static struct mmsghdr messages[batch];
static char control[batch][control_bytes] __attribute__((aligned(8)));

int socketcan_peer_receive(int descriptor, uint64_t *sum) {
  for (int i = 0; i < batch; i++) {
    vectors[i] = (struct iovec){&frames[i], sizeof frames[i]};
    messages[i].msg_hdr = (struct msghdr){.msg_iov = &vectors[i], .msg_iovlen = 1, .msg_control = control[i],
                                          .msg_controllen = control_bytes};
  }
  const int count = recvmmsg(descriptor, messages, batch, MSG_DONTWAIT, NULL);
  for (int i = 0; i < count; i++) {
    uint64_t data;
    memcpy(&data, frames[i].data, sizeof data);
    *sum += data + frames[i].can_id;
    const struct cmsghdr *part = CMSG_FIRSTHDR(&messages[i].msg_hdr);
    if (part == NULL || part->cmsg_type != SCM_TIMESTAMPNS) continue;
    struct timespec time;
    memcpy(&time, CMSG_DATA(part), sizeof time);
    *sum += (uint64_t)time.tv_nsec;
  }
  return count < 0 ? 0 : count;
}

int socketcan_peer_send(int descriptor, const uint32_t *ids, int count) {
  if (count > batch) count = batch;
  for (int i = 0; i < count; i++) {
    frames[i] = (struct can_frame){.can_id = ids[i], .can_dlc = 8};
    vectors[i] = (struct iovec){&frames[i], sizeof frames[i]};
    messages[i].msg_hdr = (struct msghdr){.msg_iov = &vectors[i], .msg_iovlen = 1};
  }
  const int sent = sendmmsg(descriptor, messages, (unsigned)count, MSG_DONTWAIT);
  return sent < 0 ? 0 : sent;
}
