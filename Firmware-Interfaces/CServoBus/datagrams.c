#define _GNU_SOURCE
#include "datagrams.h"

#include <errno.h>
#include <string.h>
#include <time.h>

static const int64_t nanoseconds_per_second = 1000000000;

int servo_datagrams_prepare(int descriptor) {
  const int on = 1, room = 1 << 20;
  if (setsockopt(descriptor, SOL_SOCKET, SO_TIMESTAMPNS, &on, sizeof on) != 0) return -errno;
  if (setsockopt(descriptor, SOL_SOCKET, SO_RXQ_OVFL, &on, sizeof on) != 0) return -errno;
  // The kernel takes what its limit allows; the default would do for a robot as well.
  (void)setsockopt(descriptor, SOL_SOCKET, SO_RCVBUF, &room, sizeof room);
  return 0;
}

int servo_datagrams_receive(struct servo_datagrams *batch, int descriptor, int most) {
  if (most > SERVO_DATAGRAM_BATCH) most = SERVO_DATAGRAM_BATCH;
  for (int i = 0; i < most; i++) {
    batch->parts[i] = (struct iovec){batch->bytes[i], SERVO_DATAGRAM_ROOM};
    batch->headers[i].msg_hdr = (struct msghdr){
        .msg_name = &batch->senders[i],
        .msg_namelen = sizeof batch->senders[i],
        .msg_iov = &batch->parts[i],
        .msg_iovlen = 1,
        .msg_control = batch->controls[i].room,
        .msg_controllen = sizeof batch->controls[i].room,
    };
    batch->headers[i].msg_len = 0;
  }
  int count;
  do {
    count = recvmmsg(descriptor, batch->headers, (unsigned)most, MSG_DONTWAIT, NULL);
  } while (count < 0 && errno == EINTR);
  if (count >= 0) return count;
  return errno == EAGAIN || errno == EWOULDBLOCK ? 0 : -errno;
}

static int64_t instant_of(clockid_t clock) {
  struct timespec now;
  clock_gettime(clock, &now);
  return (int64_t)now.tv_sec * nanoseconds_per_second + now.tv_nsec;
}

int64_t servo_datagrams_instant(struct servo_datagrams *batch, int index, uint64_t *missing) {
  const int64_t now = instant_of(CLOCK_MONOTONIC);
  int64_t instant = now;
  struct msghdr *header = &batch->headers[index].msg_hdr;
  for (struct cmsghdr *part = CMSG_FIRSTHDR(header); part != NULL; part = CMSG_NXTHDR(header, part)) {
    if (part->cmsg_level != SOL_SOCKET) continue;
    if (part->cmsg_type == SCM_TIMESTAMPNS) {
      struct timespec stamp;
      memcpy(&stamp, CMSG_DATA(part), sizeof stamp);
      // The kernel stamps with CLOCK_REALTIME. How long ago that is stays right unless the clock is set in between.
      const int64_t received = (int64_t)stamp.tv_sec * nanoseconds_per_second + stamp.tv_nsec;
      const int64_t age = instant_of(CLOCK_REALTIME) - received;
      if (age > 0) instant = now - age;
    } else if (part->cmsg_type == SO_RXQ_OVFL) {
      uint32_t overflow;
      memcpy(&overflow, CMSG_DATA(part), sizeof overflow);
      *missing += overflow - batch->overflow;
      batch->overflow = overflow;
    }
  }
  return instant;
}

int servo_datagrams_send(struct servo_datagrams *batch, int descriptor, int count) {
  for (int i = 0; i < count; i++) {
    batch->headers[i].msg_hdr = (struct msghdr){.msg_iov = &batch->parts[i], .msg_iovlen = 1};
  }
  int sent;
  do {
    sent = sendmmsg(descriptor, batch->headers, (unsigned)count, MSG_DONTWAIT | MSG_NOSIGNAL);
  } while (sent < 0 && errno == EINTR);
  return sent >= 0 ? sent : -errno;
}
