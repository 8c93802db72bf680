// What the two files of a CAN bus share.
#pragma once

#include "servo_can.h"
#include "servo_clock_filter.h"

#include <linux/can.h>
#include <linux/can/raw.h>
#include <sys/socket.h>

// Frames of one system call. A bus of 1 Mbit/s carries 18 of 8 bytes in a millisecond, and twice that with CAN FD.
// A message's control data are three stamps and a count, each with its head.
enum { SERVO_CAN_BATCH = 64, SERVO_CAN_CONTROL_BYTES = 128 };

struct servo_can {
  int descriptor;
  int is_monitor;
  servo_can_health health;
  /// Start of the last receive call, or instant of the last frame [ns]: no new frame is older.
  int64_t floor;
  /// What was there at this instant, and comes now, was left by the call before [ns].
  int64_t left;
  servo_can_stamps stamps;
  servo_clock_filter clock;
  /// NULL where no frame comes back.
  servo_confirmation *confirmation;
  /// What is let through where the kernel passes everything on.
  struct can_filter filters[CAN_RAW_FILTER_MAX];
  size_t filter_count;
  struct canfd_frame frames[SERVO_CAN_BATCH];
  struct iovec vectors[SERVO_CAN_BATCH];
  struct mmsghdr messages[SERVO_CAN_BATCH];
  char control[SERVO_CAN_BATCH][SERVO_CAN_CONTROL_BYTES] __attribute__((aligned(8)));
};

/// Has frames stamped by the controller, where it offers that, and by the kernel. 0 or a negative errno.
int servo_can_prepare_stamps(int descriptor, const char *name, int32_t *is_hardware);
