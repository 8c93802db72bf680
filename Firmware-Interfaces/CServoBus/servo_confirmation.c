#include "servo_confirmation.h"

static servo_sent_frame *place(servo_confirmation *confirmation, uint32_t index) {
  return &confirmation->frames[(confirmation->first + index) % SERVO_CONFIRMATION_ROOM];
}

/// Gives up the places of the oldest frames that are done with.
static void forget(servo_confirmation *confirmation) {
  while (confirmation->count > 0 && !place(confirmation, 0)->is_open) {
    confirmation->first = (confirmation->first + 1) % SERVO_CONFIRMATION_ROOM;
    confirmation->count--;
  }
}

static void count_late(servo_confirmation *confirmation, servo_sent_frame *sent) {
  if (sent->is_late) return;
  sent->is_late = 1;
  confirmation->counts.unconfirmed++;
}

/// What makes a frame: identifier, format and data. A controller may set the error state indicator.
static int is_same(const servo_frame *left, const servo_frame *right) {
  const uint8_t format = SERVO_FRAME_EXTENDED | SERVO_FRAME_FD | SERVO_FRAME_BIT_RATE_SWITCH;
  if (left->id != right->id || left->length != right->length) return 0;
  if (((left->flags ^ right->flags) & format) != 0) return 0;
  for (uint8_t byte = 0; byte < left->length && byte < sizeof left->data; byte++) {
    if (left->data[byte] != right->data[byte]) return 0;
  }
  return 1;
}

// Buckets of constant relative width, as those of LatencyHistogram with a precision of three bits.
enum { precision = 3, width = 1 << precision };

static uint32_t bucket_of(uint64_t value) {
  if (value < width) return (uint32_t)value;
  const uint32_t shift = (uint32_t)(63 - __builtin_clzll(value) - precision);
  return (shift + 1) * width + (uint32_t)(value >> shift) - width;
}

static int64_t upper_bound(uint32_t bucket) {
  if (bucket < width) return (int64_t)bucket;
  const uint32_t shift = bucket / width - 1;
  return (int64_t)((((uint64_t)(bucket % width + width) + 1) << shift) - 1);
}

SERVO_BUS_SAFE void servo_confirmation_note_sent(
    servo_confirmation *confirmation, const servo_frame *frames, int count, int64_t sent_ns) {
  for (int i = 0; i < count; i++) {
    forget(confirmation);
    if (confirmation->count == SERVO_CONFIRMATION_ROOM) {
      servo_sent_frame *oldest = place(confirmation, 0);
      count_late(confirmation, oldest);
      oldest->is_open = 0;
      confirmation->counts.outstanding--;
      forget(confirmation);
    }
    servo_sent_frame *sent = place(confirmation, confirmation->count);
    sent->frame = frames[i];
    sent->frame.time_ns = sent_ns;
    sent->is_open = 1;
    sent->is_late = 0;
    confirmation->count++;
    confirmation->counts.outstanding++;
  }
}

SERVO_BUS_SAFE int servo_confirmation_note_back(
    servo_confirmation *confirmation, const servo_frame *frame, int64_t wire_ns) {
  for (uint32_t i = 0; i < confirmation->count; i++) {
    servo_sent_frame *sent = place(confirmation, i);
    if (!sent->is_open || !is_same(&sent->frame, frame)) continue;
    sent->is_open = 0;
    servo_confirmation_counts *counts = &confirmation->counts;
    counts->outstanding--;
    counts->confirmed++;
    const int64_t latency = wire_ns > sent->frame.time_ns ? wire_ns - sent->frame.time_ns : 0;
    if (latency > counts->latency_max_ns) counts->latency_max_ns = latency;
    confirmation->latencies[bucket_of((uint64_t)latency)]++;
    forget(confirmation);
    return 1;
  }
  confirmation->counts.strange++;
  return 0;
}

SERVO_BUS_SAFE void servo_confirmation_settle(servo_confirmation *confirmation, int64_t now_ns) {
  const int64_t before = confirmation->counts.unconfirmed;
  for (uint32_t i = 0; i < confirmation->count; i++) {
    servo_sent_frame *sent = place(confirmation, i);
    if (sent->is_open && now_ns - sent->frame.time_ns >= confirmation->within_ns) count_late(confirmation, sent);
  }
  const int64_t more = confirmation->counts.unconfirmed - before;
  if (more > confirmation->counts.most_unconfirmed) confirmation->counts.most_unconfirmed = more;
}

static int64_t percentile(const servo_confirmation *confirmation, int64_t part, int64_t of) {
  const int64_t rank = (confirmation->counts.confirmed * part + of - 1) / of;
  int64_t seen = 0;
  for (uint32_t bucket = 0; bucket < SERVO_CONFIRMATION_BUCKETS && rank > 0; bucket++) {
    seen += confirmation->latencies[bucket];
    if (seen < rank) continue;
    const int64_t bound = upper_bound(bucket);
    return bound < confirmation->counts.latency_max_ns ? bound : confirmation->counts.latency_max_ns;
  }
  return 0;
}

servo_confirmation_counts servo_confirmation_get(const servo_confirmation *confirmation) {
  servo_confirmation_counts counts = confirmation->counts;
  counts.latency_p50_ns = percentile(confirmation, 1, 2);
  counts.latency_p99_ns = percentile(confirmation, 99, 100);
  return counts;
}
