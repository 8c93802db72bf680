#include "interface.h"

#include <errno.h>
#include <stdlib.h>

#include "servo_bus.h"

void servo_interface_close(servo_interface *interface) {
  if (interface == NULL) return;
  if (!interface->is_shut) interface->close(interface);
  free(interface);
}

void servo_interface_shut(servo_interface *interface) {
  if (interface->is_shut) return;
  interface->close(interface);
  interface->is_shut = true;
  if (interface->error == 0) interface->error = ENOTCONN;
}

/// Keeps a frame.
static void hand_on(servo_interface *interface, struct servo_receipt *receipt, const servo_frame *frame) {
  interface->counts.received++;
  receipt->frames[receipt->count++] = *frame;
}

/// Hands on what an earlier call had no room for.
static void hand_on_held(servo_interface *interface, struct servo_receipt *receipt) {
  while (interface->held_count > 0 && receipt->count < receipt->capacity) {
    hand_on(interface, receipt, &interface->held[interface->held_first]);
    interface->held_first = (interface->held_first + 1) % SERVO_HELD_FRAMES;
    interface->held_count--;
  }
}

int servo_interface_receive(servo_interface *interface, servo_frame *frames, int capacity) {
  struct servo_receipt receipt = {frames, 0, capacity, servo_clock_now(), false};
  hand_on_held(interface, &receipt);
  if (receipt.count == capacity && capacity > 0) return receipt.count;
  if (interface->error != 0) return receipt.count > 0 ? receipt.count : -interface->error;
  const int64_t begun_ns = receipt.now_ns;
  const int answer = interface->receive(interface, &receipt);
  const bool is_cut = receipt.is_cut || receipt.count == capacity;
  // What was left is older than this call, and keeps its instant.
  if (!is_cut && interface->floor_ns < begun_ns) interface->floor_ns = begun_ns;
  interface->left_ns = is_cut ? begun_ns : INT64_MIN;
  if (answer < 0) interface->error = -answer;
  // What came before the end is handed on; the next call says that the interface is lost.
  return receipt.count > 0 ? receipt.count : answer;
}

int servo_interface_send(servo_interface *interface, const servo_frame *frames, int count) {
  const uint64_t before = interface->counts.unsent;
  if (interface->error != 0) {
    for (int i = 0; i < count; i++) interface->counts.unsent += frames[i].bus == interface->bus;
    return -interface->error;
  }
  const int answer = interface->send(interface, frames, count);
  if (answer < 0) {
    interface->error = -answer;
    return answer;
  }
  return (int)(interface->counts.unsent - before);
}

int servo_interface_error(const servo_interface *interface) { return interface->error; }

servo_interface_counts servo_interface_get_counts(const servo_interface *interface) { return interface->counts; }

void servo_interface_note(
    servo_interface *interface, struct servo_receipt *receipt, int found, servo_frame *frame, int64_t time_ns) {
  servo_interface_counts *counts = &interface->counts;
  switch (found) {
    case SERVO_FOUND_FRAME: break;
    case SERVO_FOUND_REMOTE: counts->remote++; return;
    case SERVO_FOUND_ERROR_FRAME: counts->error_frames++; return;
    case SERVO_FOUND_OVERLONG: counts->overlong++; return;
    default: counts->foreign++; return;
  }
  frame->bus = interface->bus;
  // In their order, however long this thread was kept from running between its looks at two clocks.
  frame->time_ns = time_ns < interface->floor_ns ? interface->floor_ns : time_ns;
  interface->floor_ns = frame->time_ns;
  if (receipt->count < receipt->capacity) {
    if (time_ns < interface->left_ns) counts->overrun++;
    hand_on(interface, receipt, frame);
  } else if (interface->held_count < SERVO_HELD_FRAMES) {
    counts->overrun++;
    interface->held[(interface->held_first + interface->held_count++) % SERVO_HELD_FRAMES] = *frame;
  } else {
    counts->missing++;
  }
}
