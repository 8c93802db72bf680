// A CAN interface of the kernel as one of the loop's buses.
#include <errno.h>
#include <stdlib.h>

#include "interface.h"
#include "servo_can.h"

// Commands of one cycle on one bus; a robot has at most 64 joints.
enum { most_sent = 256 };

struct can_interface {
  servo_interface base;
  servo_can *can;
  servo_frame outgoing[most_sent];
};

/// The errno that stands for what a bus was lost with, or 0.
static int loss(const servo_can_health *health) {
  switch (health->lost) {
    case SERVO_CAN_STATE_BUS_OFF: return ECOMM;
    case SERVO_CAN_STATE_DOWN: return ENETDOWN;
    case SERVO_CAN_STATE_GONE: return ENODEV;
    default: return 0;
  }
}

/// Brings the counts up to date; 0 or what the bus was lost with.
static int note(struct can_interface *interface) {
  const servo_can_health health = servo_can_get_health(interface->can);
  servo_interface_counts *counts = &interface->base.counts;
  counts->received = (uint64_t)health.received;
  counts->sent = (uint64_t)health.sent;
  counts->unsent = (uint64_t)(health.refused + health.withheld);
  counts->remote = (uint64_t)health.ignored;
  counts->error_frames = (uint64_t)health.error_frames;
  counts->missing = (uint64_t)health.overflowed;
  counts->overrun = (uint64_t)servo_can_get_stamps(interface->can).overrun;
  return -loss(&health);
}

static int can_receive(servo_interface *base, struct servo_receipt *receipt) {
  struct can_interface *interface = (struct can_interface *)base;
  servo_frame *frames = receipt->frames + receipt->count;
  const int count = servo_can_receive(interface->can, frames, receipt->capacity - receipt->count, receipt->now_ns);
  for (int i = 0; i < count; i++) frames[i].bus = base->bus;
  receipt->count += count;
  return note(interface);
}

static int can_send(servo_interface *base, const servo_frame *frames, int count) {
  struct can_interface *interface = (struct can_interface *)base;
  int gathered = 0;
  for (int i = 0; i < count; i++) {
    if (frames[i].bus != base->bus) continue;
    if (gathered == most_sent) {
      (void)servo_can_send(interface->can, interface->outgoing, gathered);
      gathered = 0;
    }
    interface->outgoing[gathered++] = frames[i];
  }
  if (gathered > 0) (void)servo_can_send(interface->can, interface->outgoing, gathered);
  return note(interface);
}

static void can_close(servo_interface *base) { servo_can_close(((struct can_interface *)base)->can); }

int servo_can_interface_open(
    const char *name, const servo_can_options *options, uint8_t bus, servo_interface **opened) {
  struct can_interface *interface = calloc(1, sizeof *interface);
  if (interface == NULL) return -ENOMEM;
  interface->base = (servo_interface){.receive = can_receive, .send = can_send, .close = can_close, .bus = bus};
  const int answer = servo_can_open(name, options, &interface->can);
  if (answer != 0) {
    free(interface);
    return answer;
  }
  *opened = &interface->base;
  return 0;
}

int servo_interface_get_health(const servo_interface *interface, servo_can_health *health) {
  if (interface->receive != can_receive) return -ENOTSUP;
  *health = servo_can_get_health(((const struct can_interface *)interface)->can);
  return 0;
}

int servo_interface_waiting(const servo_interface *interface) {
  if (interface->receive != can_receive) return -ENOTSUP;
  return servo_can_waiting(((const struct can_interface *)interface)->can);
}

int servo_interface_get_stamps(const servo_interface *interface, servo_can_stamps *stamps) {
  if (interface->receive != can_receive) return -ENOTSUP;
  *stamps = servo_can_get_stamps(((const struct can_interface *)interface)->can);
  return 0;
}

int servo_interface_get_confirmation(const servo_interface *interface, servo_confirmation_counts *counts) {
  if (interface->receive != can_receive) return -ENOTSUP;
  return servo_can_get_confirmation(((const struct can_interface *)interface)->can, counts);
}
