// A CAN interface as the kernel's routing socket knows it (rtnetlink): what it is, how it is set, how its controller does.
// For set-up and for people who look on, never for the loop: the calls wait for the kernel's answer.
// Every failure is a negative errno; nothing prints.
#pragma once

#include <stdint.h>

/// Control modes that Sinew knows (CAN_CTRLMODE_* of linux/can/netlink.h).
enum {
  SERVO_CAN_MODE_LOOPBACK = 0x01,
  SERVO_CAN_MODE_LISTEN_ONLY = 0x02,
  SERVO_CAN_MODE_ONE_SHOT = 0x08,
  SERVO_CAN_MODE_BUS_ERROR_REPORTING = 0x10,
  SERVO_CAN_MODE_FLEXIBLE_DATA_RATE = 0x20,
};

/// A CAN interface.
typedef struct {
  int32_t index, is_up, maximum_unit, queue_length;
  /// "can" for a controller, "vcan" and the like for what has none.
  char kind[16];
  /// Whether a controller has told its settings; without, what follows up to `control_modes` is 0, counters -1.
  int32_t has_controller;
  /// 0 error-active, 1 warning, 2 passive, 3 bus-off, 4 stopped, 5 sleeping (enum can_state).
  int32_t controller_state;
  uint32_t bit_rate, data_bit_rate;
  /// [0.1 %]
  uint32_t sample_point, data_sample_point;
  /// Time after which a controller that is bus-off starts again by itself [ms]; 0: it does not.
  uint32_t restart_ms;
  uint32_t control_modes;
  /// Transmit and receive error counters; -1 where the driver does not tell.
  int32_t transmit_errors, receive_errors;
  /// Since the interface was made.
  uint32_t bus_errors, warnings, passives, bus_offs, arbitration_losses, restarts;
  uint64_t received, sent, receive_drops, send_drops, receive_errors_total, send_errors_total;
} servo_can_link;

/// How a controller is to be set.
typedef struct {
  uint32_t bit_rate;
  /// 0 on a classic bus.
  uint32_t data_bit_rate;
  /// [0.1 %]; 0 leaves it to the kernel.
  uint32_t sample_point, data_sample_point;
} servo_can_rates;

/// Reads an interface. -ENODEV: there is none of this name; -EPROTOTYPE: it is not CAN.
int servo_can_link_read(const char *_Nonnull name, servo_can_link *_Nonnull link);

/// Sets the bit rates of an interface that is down, with CAN FD as they say, no automatic restart, and a queue of
/// `queue_length` frames where that is not 0. Needs CAP_NET_ADMIN. -EOPNOTSUPP: it has no controller to set.
int servo_can_link_set_rates(const char *_Nonnull name, const servo_can_rates *_Nonnull rates, uint32_t queue_length);

/// Takes an interface up or down. Down drops whatever waits in its queue. Needs CAP_NET_ADMIN.
int servo_can_link_set_up(const char *_Nonnull name, int is_up);

/// Starts a controller again that is bus-off. -EBUSY: it is not, or it starts by itself. Needs CAP_NET_ADMIN.
int servo_can_link_restart(const char *_Nonnull name);
