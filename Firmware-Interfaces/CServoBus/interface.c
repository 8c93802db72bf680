#include "interface.h"

#include <stdlib.h>

#include "servo_bus.h"

void servo_interface_close(servo_interface *interface) {
  if (interface == NULL) return;
  interface->close(interface);
  free(interface);
}

int servo_interface_receive(servo_interface *interface, servo_frame *frames, int capacity) {
  if (interface->error != 0) return -interface->error;
  struct servo_receipt receipt = {frames, 0, capacity, servo_clock_now()};
  const int64_t begun_ns = receipt.now_ns;
  const int answer = interface->receive(interface, &receipt);
  interface->floor_ns = begun_ns;
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
  if (receipt->count >= receipt->capacity) {
    counts->overrun++;
    return;
  }
  counts->received++;
  frame->bus = interface->bus;
  frame->time_ns = time_ns < interface->floor_ns ? interface->floor_ns : time_ns;
  receipt->frames[receipt->count++] = *frame;
}
