// What the two files of a CAN bus share.
#pragma once

#include "servo_can.h"

#include <linux/can.h>
#include <sys/socket.h>

// Frames of one system call. A bus of 1 Mbit/s carries 18 of 8 bytes in a millisecond, and twice that with CAN FD.
enum { SERVO_CAN_BATCH = 64, SERVO_CAN_CONTROL_BYTES = 64 };

struct servo_can {
  int descriptor;
  int is_monitor;
  servo_can_health health;
  /// Start of the last receive call, or instant of the last frame [ns]: no new frame is older.
  int64_t floor;
  struct canfd_frame frames[SERVO_CAN_BATCH];
  struct iovec vectors[SERVO_CAN_BATCH];
  struct mmsghdr messages[SERVO_CAN_BATCH];
  char control[SERVO_CAN_BATCH][SERVO_CAN_CONTROL_BYTES] __attribute__((aligned(8)));
};
