// The least a program can do to read and write CAN interfaces, as candump and cansend do, and a meter of its system calls.
#pragma once

#include <stdint.h>

/// Calls that were made, and how long they took [ticks].
typedef struct {
  uint64_t calls, ticks;
} socketcan_meter;

/// Calls of recvmmsg, sendmmsg and clock_gettime in this program so far, whoever makes them.
socketcan_meter socketcan_meter_read(void);

/// A counter of the processor.
uint64_t socketcan_ticks(void);

/// Ticks in a second, measured against the clock for 50 ms.
double socketcan_ticks_per_second(void);

/// A raw socket on an interface that stamps what it receives; or a negative errno.
int socketcan_peer_open(const char *_Nonnull name);

/// Closes it.
void socketcan_peer_close(int descriptor);

/// Takes what has arrived in one call, up to 64 frames; returns how many, and adds their data and stamps to a sum.
int socketcan_peer_receive(int descriptor, uint64_t *_Nonnull sum);

/// Sends frames of 8 bytes with these identifiers in one call; returns how many went.
int socketcan_peer_send(int descriptor, const uint32_t *_Nonnull ids, int count);
