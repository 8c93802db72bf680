// A bus of the kernel's own CAN (SocketCAN): opened once, then one call a direction and cycle.
// Every failure is a negative errno; nothing prints, nothing waits, nothing allocates after `servo_can_open`.
#pragma once

#include "servo_bus.h"
#include "servo_confirmation.h"
#include "servo_interface.h"

/// Format of a frame, as bits, beside those of servo_frame.h; in frames of a monitor.
enum {
  SERVO_CAN_ERROR_STATE_INDICATOR = 8,
  SERVO_CAN_REMOTE = 16,
  /// Not from the wire: what the controller has to tell. Identifier and data in the kernel's coding (linux/can/error.h).
  SERVO_CAN_ERROR = 32,
};

/// What the kernel lets through: frames whose bits under `mask` are those of `id`, of one format.
typedef struct {
  uint32_t id, mask;
  int32_t is_extended;
} servo_can_filter;

/// Health of a bus, best first.
enum {
  SERVO_CAN_STATE_ACTIVE = 0,
  SERVO_CAN_STATE_WARNING = 1,
  SERVO_CAN_STATE_PASSIVE = 2,
  /// The controller took itself off the bus.
  SERVO_CAN_STATE_BUS_OFF = 3,
  /// The interface was taken down.
  SERVO_CAN_STATE_DOWN = 4,
  /// The interface is no more.
  SERVO_CAN_STATE_GONE = 5,
};

/// What is known of a bus since it was opened.
typedef struct {
  int32_t state;
  /// The worst state so far.
  int32_t worst;
  /// The state at which the bus was lost, or 0: from then on nothing is sent on it and nothing it brings is passed on.
  int32_t lost;
  /// The controller's transmit and receive error counters; -1 while it has told none.
  int32_t transmit_errors, receive_errors;
  /// The errno that last kept a frame from being sent, or 0.
  int32_t send_error;
  /// Data frames taken from the kernel, and handed to it.
  int64_t received, sent;
  /// Frames to be sent that found the queue full (ENOBUFS, EAGAIN) or that the kernel refused: dropped, never sent later.
  int64_t refused;
  /// Frames to be sent on a bus that is lost: dropped.
  int64_t withheld;
  /// Frames that arrived and found the socket's buffer full.
  int64_t overflowed;
  /// Error frames, among them bus-offs and restarts.
  int64_t error_frames, bus_offs, restarts;
  /// Remote frames, and frames on a bus that is lost.
  int64_t ignored;
} servo_can_health;

/// Who stamped the data frames that were passed on.
typedef struct {
  /// Whether the interface offers a controller's stamps.
  int32_t is_hardware_offered;
  /// Frames with a controller's stamp, with the kernel's, and with none, whose instant is that of the call.
  int64_t hardware, kernel, neither;
  /// How much later the kernel's stamp was than what the controller's told, at most [ns].
  int64_t latest_ns;
  /// How often the controller's clock was set or lost on the way.
  int64_t restarts;
  /// Frames of any kind that had come when the last call took as many as it might, and were left to a later one.
  int64_t overrun;
} servo_can_stamps;

/// How to open a bus.
typedef struct {
  /// What to let through; with `filter_count` 0 everything.
  const servo_can_filter *_Nullable filters;
  size_t filter_count;
  /// Bytes the kernel may hold for us and of us, 0 for its defaults. What it counts for a frame is a good deal more than
  /// the frame: `SERVO_CAN_FRAME_COST`. The second bounds how many old commands can wait in the interface's queue.
  int32_t receive_bytes, send_bytes;
  /// CAN FD frames as well.
  int32_t is_flexible_data_rate;
  /// Time after which a frame that was sent and has not come back from the wire counts as unconfirmed [ns]; 0: none comes
  /// back. The kernel then passes on every frame of the bus, so that own ones are among them, and `filters` are looked at here.
  int64_t confirm_within_ns;
  /// For one who looks on: nothing latches, remote and error frames are passed on, times are those of CLOCK_REALTIME.
  int32_t is_monitor;
} servo_can_options;

/// Bytes the kernel counts against a socket's buffer for one frame, at most; three quarters of it at least.
enum { SERVO_CAN_FRAME_COST = 1024 };

/// A bus that is open.
typedef struct servo_can servo_can;

/// Opens the interface `name`, which must be up.
///
/// -EAFNOSUPPORT: the kernel has no CAN; -ENODEV: no such interface; -EPROTOTYPE: not a CAN interface; -ENETDOWN: it is
/// down; -EMSGSIZE: CAN FD on an interface set up without; others as socket, setsockopt and bind.
int servo_can_open(const char *_Nonnull name, const servo_can_options *_Nonnull options,
                   servo_can *_Nullable *_Nonnull bus);

/// Closes it.
void servo_can_close(servo_can *_Nullable bus);

/// Takes what has arrived, oldest first, and returns how many data frames that is: at most `capacity` frames of any kind are
/// taken, and the rest stays in the kernel for the next call.
///
/// `now_ns` is an instant of CLOCK_MONOTONIC just before the call: what the next call brings is not older, but for what was
/// left. One system call, and another as often as one brings as many frames as it can carry, which are 64.
SERVO_BUS_SAFE int servo_can_receive(servo_can *_Nonnull bus, servo_frame *_Nonnull frames, int capacity,
                                     int64_t now_ns);

/// Hands frames to the interface's queue in their order and returns how many it took; the rest is dropped and counted.
///
/// One system call; another where the first stopped short, to learn why.
SERVO_BUS_SAFE int servo_can_send(servo_can *_Nonnull bus, const servo_frame *_Nonnull frames, int count);

/// What is known of the bus.
SERVO_BUS_SAFE servo_can_health servo_can_get_health(const servo_can *_Nonnull bus);

/// Who stamped the frames so far.
SERVO_BUS_SAFE servo_can_stamps servo_can_get_stamps(const servo_can *_Nonnull bus);

/// What became of the frames that were sent; returns 0, or -ENODATA where none comes back. Not for the loop.
int servo_can_get_confirmation(const servo_can *_Nonnull bus, servo_confirmation_counts *_Nonnull counts);

/// Whether the controller of an interface stamps frames: 1 or 0, or a negative errno.
int servo_can_offers_hardware_stamps(const char *_Nonnull name);

/// The socket, to wait on.
SERVO_BUS_SAFE int servo_can_descriptor(const servo_can *_Nonnull bus);

/// Bytes of frames that were handed to the interface's queue and have not left it, by the kernel's count; or a negative
/// errno. Not for the loop.
int servo_can_waiting(const servo_can *_Nonnull bus);

/// Bytes that the kernel granted for receiving and for sending.
void servo_can_get_buffers(const servo_can *_Nonnull bus, int32_t *_Nonnull receive_bytes,
                           int32_t *_Nonnull send_bytes);

/// Opens the interface `name` as a bus of the loop, as `servo_can_open` does. What makes it lost, by its errno: ENODEV it is
/// no more, ENETDOWN it was taken down, ECOMM its controller is bus-off.
int servo_can_interface_open(const char *_Nonnull name, const servo_can_options *_Nonnull options, uint8_t bus,
                             servo_interface *_Nullable *_Nonnull opened);

/// What is known of an open interface's bus; returns 0, or -ENOTSUP where no CAN interface of the kernel is behind it.
int servo_interface_get_health(const servo_interface *_Nonnull interface, servo_can_health *_Nonnull health);

/// `servo_can_waiting` of an open interface; -ENOTSUP where no CAN interface of the kernel is behind it.
int servo_interface_waiting(const servo_interface *_Nonnull interface);

/// `servo_can_get_stamps` of an open interface; -ENOTSUP where no CAN interface of the kernel is behind it.
int servo_interface_get_stamps(const servo_interface *_Nonnull interface, servo_can_stamps *_Nonnull stamps);

/// `servo_can_get_confirmation` of an open interface; -ENOTSUP where no CAN interface of the kernel is behind it.
int servo_interface_get_confirmation(
    const servo_interface *_Nonnull interface, servo_confirmation_counts *_Nonnull counts);
