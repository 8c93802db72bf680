// Batches of UDP datagrams, one system call each; private to the shim.
#pragma once

#include "interface.h"

#include <sys/socket.h>

enum { SERVO_DATAGRAM_BATCH = 64, SERVO_DATAGRAM_ROOM = 1536 };

/// Room for one batch in one direction, its headers pointing into it.
struct servo_datagrams {
  struct mmsghdr headers[SERVO_DATAGRAM_BATCH];
  struct iovec parts[SERVO_DATAGRAM_BATCH];
  struct sockaddr_storage senders[SERVO_DATAGRAM_BATCH];
  union {
    struct cmsghdr header;
    char room[96];
  } controls[SERVO_DATAGRAM_BATCH];
  uint8_t bytes[SERVO_DATAGRAM_BATCH][SERVO_DATAGRAM_ROOM];
  /// Datagrams the kernel had no room for, as it counts them itself.
  uint32_t overflow;
};

/// Has the kernel stamp what it receives and count what it drops, and gives its queue room. Returns 0 or -errno.
int servo_datagrams_prepare(int descriptor);

/// Takes one batch, of `most` datagrams at most; returns their number, 0 when there is none, or a negative errno.
int servo_datagrams_receive(struct servo_datagrams *, int descriptor, int most);

/// When datagram `index` of the last batch arrived [ns, CLOCK_MONOTONIC], at most now; adds what was lost before it.
int64_t servo_datagrams_instant(struct servo_datagrams *, int index, uint64_t *missing);

/// Sends `count` datagrams of `parts`; returns how many the kernel took, or a negative errno.
int servo_datagrams_send(struct servo_datagrams *, int descriptor, int count);
