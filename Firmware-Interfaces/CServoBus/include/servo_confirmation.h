// Which of the frames that were handed to the kernel have been on the wire: it gives them back once the controller has sent
// them. All in memory that is there when the bus is opened.
#pragma once

#include "servo_bus.h"
#include "servo_frame.h"

/// Frames that may be on their way at once, and buckets of the histogram of latencies: eight an octave.
enum { SERVO_CONFIRMATION_ROOM = 256, SERVO_CONFIRMATION_BUCKETS = 512 };

/// What is known of the frames that were sent.
typedef struct {
  /// Frames that came back.
  int64_t confirmed;
  /// Frames that had not come back in time; some of them may have come later.
  int64_t unconfirmed;
  /// The most of them in one call of `servo_confirmation_settle`.
  int64_t most_unconfirmed;
  /// Frames that have not come back so far.
  int64_t outstanding;
  /// Frames that came back and were not among those sent.
  int64_t strange;
  /// From the call that sent a frame to its instant on the wire: half of all, 99 of 100, and all took no longer [ns].
  int64_t latency_p50_ns, latency_p99_ns, latency_max_ns;
} servo_confirmation_counts;

/// A frame on its way.
typedef struct {
  servo_frame frame;
  int32_t is_open, is_late;
} servo_sent_frame;

/// The frames on their way, oldest first from `first` on, and what became of the others. All zero but `within_ns`: none.
typedef struct {
  /// Time after which a frame that has not come back counts as unconfirmed [ns].
  int64_t within_ns;
  servo_confirmation_counts counts;
  uint32_t first, count;
  servo_sent_frame frames[SERVO_CONFIRMATION_ROOM];
  uint32_t latencies[SERVO_CONFIRMATION_BUCKETS];
} servo_confirmation;

/// Notes frames that were sent at an instant [ns].
SERVO_BUS_SAFE void servo_confirmation_note_sent(
    servo_confirmation *_Nonnull confirmation, const servo_frame *_Nonnull frames, int count, int64_t sent_ns);

/// Notes a frame that came back, on the wire at an instant [ns]; returns whether it was on its way. Controllers with several
/// mailboxes send by identifier: what comes back is looked for and need not be the oldest.
SERVO_BUS_SAFE int servo_confirmation_note_back(
    servo_confirmation *_Nonnull confirmation, const servo_frame *_Nonnull frame, int64_t wire_ns);

/// Counts the frames that were to have come back by now [ns].
SERVO_BUS_SAFE void servo_confirmation_settle(servo_confirmation *_Nonnull confirmation, int64_t now_ns);

/// What became of the frames so far. Looks through the histogram; not for the loop.
servo_confirmation_counts servo_confirmation_get(const servo_confirmation *_Nonnull confirmation);
