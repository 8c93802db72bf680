// What happens on a bus every cycle: frames in, frames out, and what the controller tells on the way.
#define _GNU_SOURCE
#include "servo_can_private.h"

#include <errno.h>
#include <linux/can/error.h>
#include <string.h>
#include <time.h>

// Calls that empty a queue which fills as fast as it is emptied.
enum { most_batches = 8 };

#if defined(__clang__) && __has_attribute(nonblocking)
// With MSG_DONTWAIT these return at once; the vDSO or a system call that does not wait reads the clock.
int recvmmsg(int, struct mmsghdr *, unsigned, int, struct timespec *) __attribute__((nonblocking));
int sendmmsg(int, struct mmsghdr *, unsigned, int) __attribute__((nonblocking));
int clock_gettime(clockid_t, struct timespec *) __attribute__((nonblocking));
int *__errno_location(void) __attribute__((nonblocking));
struct cmsghdr *__cmsg_nxthdr(struct msghdr *, struct cmsghdr *) __attribute__((nonblocking));
#endif

// Health

static void enter(servo_can *bus, int state) {
  bus->health.state = state;
  if (state > bus->health.worst) bus->health.worst = state;
  if (state >= SERVO_CAN_STATE_BUS_OFF && !bus->is_monitor && bus->health.lost == 0) bus->health.lost = state;
}

/// What an error of the socket says of the interface.
static void note_failure(servo_can *bus, int error) {
  if (error == ENODEV || error == ENXIO || error == EBADF) enter(bus, SERVO_CAN_STATE_GONE);
  if (error == ENETDOWN && bus->health.state < SERVO_CAN_STATE_DOWN) enter(bus, SERVO_CAN_STATE_DOWN);
}

static void note_error_frame(servo_can *bus, const struct canfd_frame *frame) {
  bus->health.error_frames++;
  if (frame->can_id & CAN_ERR_CNT) {
    bus->health.transmit_errors = frame->data[6];
    bus->health.receive_errors = frame->data[7];
  }
  if (frame->can_id & CAN_ERR_CRTL) {
    const uint8_t told = frame->data[1];
    if (told & (CAN_ERR_CRTL_RX_PASSIVE | CAN_ERR_CRTL_TX_PASSIVE)) enter(bus, SERVO_CAN_STATE_PASSIVE);
    else if (told & (CAN_ERR_CRTL_RX_WARNING | CAN_ERR_CRTL_TX_WARNING)) enter(bus, SERVO_CAN_STATE_WARNING);
    else if (told & CAN_ERR_CRTL_ACTIVE) enter(bus, SERVO_CAN_STATE_ACTIVE);
  }
  if (frame->can_id & CAN_ERR_RESTARTED) {
    bus->health.restarts++;
    enter(bus, SERVO_CAN_STATE_ACTIVE);
  }
  if (frame->can_id & CAN_ERR_BUSOFF) {
    bus->health.bus_offs++;
    enter(bus, SERVO_CAN_STATE_BUS_OFF);
  }
}

// Receiving

static int64_t nanoseconds(struct timespec time) { return (int64_t)time.tv_sec * 1000000000 + time.tv_nsec; }

/// What turns an instant of CLOCK_REALTIME into one of CLOCK_MONOTONIC, and the latter's present instant.
///
/// The thread may be preempted between the two clocks: the closest of at most three looks counts. Where the kernel shares
/// its clocks a look takes a tenth of a microsecond, where each is a system call one is enough.
static int64_t read_clocks(int64_t *now) {
  int64_t shift = 0, closest = INT64_MAX;
  for (int look = 0; look < 3 && closest > 50000; look++) {
    const int64_t before = servo_clock_now();
    struct timespec wall;
    clock_gettime(CLOCK_REALTIME, &wall);
    *now = servo_clock_now();
    if (*now - before >= closest) continue;
    closest = *now - before;
    shift = before + closest / 2 - nanoseconds(wall);
  }
  return shift;
}

/// A message's stamps: the kernel's of CLOCK_REALTIME, and the controller's of its own clock [ns]; 0 where there is none.
typedef struct {
  int64_t kernel, hardware;
} stamp_pair;

/// Reads a message's stamps; notes how many frames were dropped before it.
static stamp_pair read_control(servo_can *bus, struct msghdr *header) {
  stamp_pair stamps = {0, 0};
  for (struct cmsghdr *part = CMSG_FIRSTHDR(header); part != NULL; part = CMSG_NXTHDR(header, part)) {
    if (part->cmsg_level != SOL_SOCKET) continue;
    if (part->cmsg_type == SCM_TIMESTAMPNS) {
      struct timespec time;
      memcpy(&time, CMSG_DATA(part), sizeof time);
      stamps.kernel = nanoseconds(time);
    }
    if (part->cmsg_type == SCM_TIMESTAMPING) {
      // The kernel's, one that is no longer used, the controller's.
      struct timespec times[3];
      memcpy(times, CMSG_DATA(part), sizeof times);
      stamps.kernel = nanoseconds(times[0]);
      stamps.hardware = nanoseconds(times[2]);
    }
    if (part->cmsg_type == SO_RXQ_OVFL) {
      // The socket's count since it was opened, modulo 2^32.
      uint32_t drops;
      memcpy(&drops, CMSG_DATA(part), sizeof drops);
      bus->health.overflowed += (uint32_t)(drops - (uint32_t)bus->health.overflowed);
    }
  }
  return stamps;
}

/// The kernel's frame as ours; 0 where it is no frame.
static int read_frame(const struct canfd_frame *from, unsigned bytes, servo_frame *frame) {
  if (bytes != CAN_MTU && bytes != CANFD_MTU) return 0;
  const int flexible = bytes == CANFD_MTU;
  const int is_error = (from->can_id & CAN_ERR_FLAG) != 0;
  const int is_extended = (from->can_id & CAN_EFF_FLAG) != 0;
  const int is_remote = !is_error && (from->can_id & CAN_RTR_FLAG) != 0;
  *frame = (servo_frame){0};
  frame->id = from->can_id & (is_error || is_extended ? CAN_EFF_MASK : CAN_SFF_MASK);
  frame->length = from->len > (flexible ? 64 : 8) ? (flexible ? 64 : 8) : from->len;
  frame->flags = (uint8_t)((is_error ? SERVO_CAN_ERROR : is_extended ? SERVO_FRAME_EXTENDED : 0) |
                           (is_remote ? SERVO_CAN_REMOTE : 0));
  if (flexible) {
    frame->flags = (uint8_t)(frame->flags | SERVO_FRAME_FD |
                             (from->flags & CANFD_BRS ? SERVO_FRAME_BIT_RATE_SWITCH : 0) |
                             (from->flags & CANFD_ESI ? SERVO_CAN_ERROR_STATE_INDICATOR : 0));
  }
  if (!is_remote) memcpy(frame->data, from->data, frame->length);
  return 1;
}

/// Takes at most `most` messages; returns how many, or a negative errno.
static int receive_batch(servo_can *bus, int most) {
  for (int i = 0; i < most; i++) {
    bus->vectors[i].iov_len = CANFD_MTU;
    bus->messages[i].msg_hdr.msg_control = bus->control[i];
    bus->messages[i].msg_hdr.msg_controllen = SERVO_CAN_CONTROL_BYTES;
  }
  const int count = recvmmsg(bus->descriptor, bus->messages, (unsigned)most, MSG_DONTWAIT, NULL);
  return count >= 0 ? count : -errno;
}

/// Instant of CLOCK_MONOTONIC at which the kernel took a frame: not after now, not before the one before it or the last call,
/// however the wall clock was set in between.
static int64_t kernel_instant(const servo_can *bus, int64_t stamp, int64_t now, int64_t shift) {
  const int64_t instant = stamp == 0 || stamp + shift > now ? now : stamp + shift;
  return instant < bus->floor ? bus->floor : instant;
}

/// Instant of a data frame, of the controller's stamp where there is one; counts who stamped it.
static int64_t frame_instant(servo_can *bus, stamp_pair stamps, int64_t kernel) {
  int64_t instant = kernel;
  if (stamps.hardware != 0 && stamps.kernel != 0) {
    bus->stamps.hardware++;
    instant = servo_clock_filter_take(&bus->clock, stamps.hardware, kernel);
    if (kernel - instant > bus->stamps.latest_ns) bus->stamps.latest_ns = kernel - instant;
  } else if (stamps.kernel != 0) {
    bus->stamps.kernel++;
  } else {
    bus->stamps.neither++;
  }
  return instant < bus->floor ? bus->floor : instant;
}

static int passes(const servo_can *bus, canid_t id) {
  if (bus->confirmation == NULL || bus->filter_count == 0) return 1;
  for (size_t i = 0; i < bus->filter_count; i++) {
    if ((id & bus->filters[i].can_mask) == bus->filters[i].can_id) return 1;
  }
  return 0;
}

/// Whether a data frame is passed on: another's, wanted, on a bus that is not lost. Own ones are confirmed, never passed on.
static int is_wanted(servo_can *bus, int message, const servo_frame *frame, stamp_pair stamps, int64_t kernel) {
  if ((bus->messages[message].msg_hdr.msg_flags & MSG_CONFIRM) != 0) {
    const int64_t wire =
        stamps.hardware == 0 ? kernel : servo_clock_filter_read(&bus->clock, stamps.hardware, kernel);
    if (bus->confirmation != NULL) (void)servo_confirmation_note_back(bus->confirmation, frame, wire);
    return 0;
  }
  if (!passes(bus, bus->frames[message].can_id)) return 0;
  if (bus->health.lost == 0) return 1;
  bus->health.ignored++;
  return 0;
}

/// Whether the frame of a message is passed on, with its instant; notes what it tells.
static int take(servo_can *bus, int message, int64_t now, int64_t shift, servo_frame *frame) {
  const stamp_pair stamps = read_control(bus, &bus->messages[message].msg_hdr);
  if (!read_frame(&bus->frames[message], bus->messages[message].msg_len, frame)) return 0;
  const int is_error = (frame->flags & SERVO_CAN_ERROR) != 0;
  const int is_data = !is_error && (frame->flags & SERVO_CAN_REMOTE) == 0;
  if (is_error) note_error_frame(bus, &bus->frames[message]);
  if (bus->is_monitor) {
    if (is_data) bus->health.received++;
    frame->time_ns = stamps.kernel;
    return 1;
  }
  if (stamps.kernel != 0 && stamps.kernel + shift < bus->left) bus->stamps.overrun++;
  const int64_t kernel = kernel_instant(bus, stamps.kernel, now, shift);
  if (!is_data) {
    if (!is_error && passes(bus, bus->frames[message].can_id)) bus->health.ignored++;
    return 0;
  }
  if (!is_wanted(bus, message, frame, stamps, kernel)) return 0;
  bus->health.received++;
  frame->time_ns = frame_instant(bus, stamps, kernel);
  bus->floor = frame->time_ns;
  return 1;
}

SERVO_BUS_SAFE int servo_can_receive(servo_can *bus, servo_frame *frames, int capacity, int64_t before) {
  if (bus->health.state == SERVO_CAN_STATE_GONE) return 0;
  int taken = 0, left = capacity;
  int64_t now = before;
  for (int call = 0; call < most_batches && left > 0; call++) {
    const int most = left < SERVO_CAN_BATCH ? left : SERVO_CAN_BATCH;
    const int count = receive_batch(bus, most);
    if (count < 0) {
      note_failure(bus, -count);
      break;
    }
    const int64_t shift = read_clocks(&now);
    for (int i = 0; i < count; i++) taken += take(bus, i, now, shift, &frames[taken]);
    left -= count;
    if (count < most) break;
  }
  const int is_all = left > 0;
  // Own frames may be among what was left in the kernel.
  if (is_all && bus->confirmation != NULL) servo_confirmation_settle(bus->confirmation, now);
  // What was left is older than this call, and is told with its own instant.
  bus->left = is_all ? INT64_MIN : before;
  if (is_all && bus->floor < before) bus->floor = before;
  return taken;
}

// Sending

static void write_frame(const servo_frame *from, struct canfd_frame *frame) {
  *frame = (struct canfd_frame){0};
  frame->can_id = from->flags & SERVO_FRAME_EXTENDED ? (from->id & CAN_EFF_MASK) | CAN_EFF_FLAG : from->id & CAN_SFF_MASK;
  if (from->flags & SERVO_CAN_REMOTE) frame->can_id |= CAN_RTR_FLAG;
  const uint8_t most = from->flags & SERVO_FRAME_FD ? 64 : 8;
  frame->len = from->length < most ? from->length : most;
  if (from->flags & SERVO_FRAME_FD) {
    frame->flags = (uint8_t)((from->flags & SERVO_FRAME_BIT_RATE_SWITCH ? CANFD_BRS : 0) |
                             (from->flags & SERVO_CAN_ERROR_STATE_INDICATOR ? CANFD_ESI : 0));
  }
  if (!(from->flags & SERVO_CAN_REMOTE)) memcpy(frame->data, from->data, frame->len);
}

/// Hands the first `count` of the frames that are written to the kernel; returns how many it took.
static int send_batch(servo_can *bus, int count) {
  int sent = sendmmsg(bus->descriptor, bus->messages, (unsigned)count, MSG_DONTWAIT);
  int error = sent < 0 ? errno : 0;
  if (sent >= 0 && sent < count) {
    // The kernel says only how far it came. The frame it stopped at is of this cycle still.
    const int more = sendmmsg(bus->descriptor, bus->messages + sent, (unsigned)(count - sent), MSG_DONTWAIT);
    error = more < 0 ? errno : EAGAIN;
    if (more > 0) sent += more;
  }
  if (sent < 0) sent = 0;
  if (sent < count) {
    bus->health.send_error = error;
    note_failure(bus, error);
  }
  return sent;
}

SERVO_BUS_SAFE int servo_can_send(servo_can *bus, const servo_frame *frames, int count) {
  int handed = 0;
  for (int first = 0; first < count; first += SERVO_CAN_BATCH) {
    const int most = count - first < SERVO_CAN_BATCH ? count - first : SERVO_CAN_BATCH;
    if (bus->health.lost != 0 || bus->health.state == SERVO_CAN_STATE_GONE) {
      bus->health.withheld += count - first;
      break;
    }
    for (int i = 0; i < most; i++) {
      write_frame(&frames[first + i], &bus->frames[i]);
      bus->vectors[i].iov_len = frames[first + i].flags & SERVO_FRAME_FD ? CANFD_MTU : CAN_MTU;
      bus->messages[i].msg_hdr.msg_control = NULL;
      bus->messages[i].msg_hdr.msg_controllen = 0;
    }
    const int64_t handed_ns = bus->confirmation == NULL ? 0 : servo_clock_now();
    const int sent = send_batch(bus, most);
    if (bus->confirmation != NULL) {
      servo_confirmation_note_sent(bus->confirmation, &frames[first], sent, handed_ns);
    }
    bus->health.sent += sent;
    bus->health.refused += most - sent;
    handed += sent;
    if (sent < most) {
      bus->health.refused += count - first - most;
      break;
    }
  }
  return handed;
}
