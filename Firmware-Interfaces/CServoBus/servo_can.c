#define _GNU_SOURCE
#include "servo_can_private.h"

#include <errno.h>
#include <linux/can/error.h>
#include <linux/can/raw.h>
#include <linux/sock_diag.h>
#include <net/if.h>
#include <net/if_arp.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <unistd.h>

static int set(int descriptor, int level, int option, int value) {
  return setsockopt(descriptor, level, option, &value, sizeof value) == 0 ? 0 : -errno;
}

/// Whether the interface may be used: there, CAN, up, and wide enough.
static int check_interface(int descriptor, const char *name, int is_flexible_data_rate, int *index) {
  struct ifreq request = {0};
  if (strlen(name) >= sizeof request.ifr_name) return -ENODEV;
  strcpy(request.ifr_name, name);
  if (ioctl(descriptor, SIOCGIFINDEX, &request) != 0) return -errno;
  *index = request.ifr_ifindex;
  if (ioctl(descriptor, SIOCGIFHWADDR, &request) != 0) return -errno;
  if (request.ifr_hwaddr.sa_family != ARPHRD_CAN) return -EPROTOTYPE;
  if (ioctl(descriptor, SIOCGIFFLAGS, &request) != 0) return -errno;
  if ((request.ifr_flags & IFF_UP) == 0) return -ENETDOWN;
  if (ioctl(descriptor, SIOCGIFMTU, &request) != 0) return -errno;
  return is_flexible_data_rate && request.ifr_mtu < (int)CANFD_MTU ? -EMSGSIZE : 0;
}

static int read_filters(servo_can *bus, const servo_can_options *options) {
  if (options->filter_count > CAN_RAW_FILTER_MAX) return -E2BIG;
  for (size_t i = 0; i < options->filter_count; i++) {
    const servo_can_filter from = options->filters[i];
    const uint32_t format = from.is_extended ? CAN_EFF_FLAG : 0;
    // Both format bits in the mask: the other format and remote frames stay outside, and the kernel can hash the filter.
    bus->filters[i].can_id = (from.id & from.mask) | format;
    bus->filters[i].can_mask = from.mask | CAN_EFF_FLAG | CAN_RTR_FLAG;
  }
  bus->filter_count = options->filter_count;
  return 0;
}

/// Has the kernel filter, or give our own frames back.
static int set_filters(servo_can *bus) {
  if (bus->confirmation != NULL) return set(bus->descriptor, SOL_CAN_RAW, CAN_RAW_RECV_OWN_MSGS, 1);
  if (bus->filter_count == 0) return 0;
  const socklen_t bytes = (socklen_t)(bus->filter_count * sizeof bus->filters[0]);
  return setsockopt(bus->descriptor, SOL_CAN_RAW, CAN_RAW_FILTER, bus->filters, bytes) == 0 ? 0 : -errno;
}

/// SO_RCVBUFFORCE passes net.core.rmem_max and needs CAP_NET_ADMIN; without it the kernel grants what it will. Both double.
static void set_buffers(int descriptor, const servo_can_options *options) {
  const int receive = options->receive_bytes / 2, send = options->send_bytes / 2;
  if (receive > 0 && set(descriptor, SOL_SOCKET, SO_RCVBUFFORCE, receive) != 0) {
    set(descriptor, SOL_SOCKET, SO_RCVBUF, receive);
  }
  if (send > 0 && set(descriptor, SOL_SOCKET, SO_SNDBUFFORCE, send) != 0) {
    set(descriptor, SOL_SOCKET, SO_SNDBUF, send);
  }
}

static int configure(servo_can *bus, const char *name, const servo_can_options *options) {
  const int descriptor = bus->descriptor;
  int index = 0;
  int error = check_interface(descriptor, name, options->is_flexible_data_rate, &index);
  if (error == 0) error = read_filters(bus, options);
  if (error == 0) error = set_filters(bus);
  // A monitor takes FD frames wherever they come.
  const int flexible = options->is_flexible_data_rate || options->is_monitor;
  if (error == 0 && flexible) error = set(descriptor, SOL_CAN_RAW, CAN_RAW_FD_FRAMES, 1);
  if (error == 0) error = set(descriptor, SOL_CAN_RAW, CAN_RAW_ERR_FILTER, CAN_ERR_MASK);
  if (error == 0) error = servo_can_prepare_stamps(descriptor, name, &bus->stamps.is_hardware_offered);
  if (error == 0) error = set(descriptor, SOL_SOCKET, SO_RXQ_OVFL, 1);
  if (error != 0) return error;
  set_buffers(descriptor, options);
  const struct sockaddr_can address = {.can_family = AF_CAN, .can_ifindex = index};
  return bind(descriptor, (const struct sockaddr *)&address, sizeof address) == 0 ? 0 : -errno;
}

/// Everything that is ever allocated; NULL where there is no memory.
static servo_can *allocate(const servo_can_options *options) {
  servo_can *bus = calloc(1, sizeof *bus);
  if (bus == NULL) return NULL;
  bus->descriptor = -1;
  bus->is_monitor = options->is_monitor;
  bus->health.transmit_errors = bus->health.receive_errors = -1;
  bus->floor = servo_clock_now();
  bus->left = INT64_MIN;
  for (int i = 0; i < SERVO_CAN_BATCH; i++) {
    bus->vectors[i].iov_base = &bus->frames[i];
    bus->messages[i].msg_hdr.msg_iov = &bus->vectors[i];
    bus->messages[i].msg_hdr.msg_iovlen = 1;
  }
  if (options->confirm_within_ns <= 0 || options->is_monitor) return bus;
  bus->confirmation = calloc(1, sizeof *bus->confirmation);
  if (bus->confirmation == NULL) {
    free(bus);
    return NULL;
  }
  bus->confirmation->within_ns = options->confirm_within_ns;
  return bus;
}

int servo_can_open(const char *name, const servo_can_options *options, servo_can **bus) {
  *bus = NULL;
  servo_can *opened = allocate(options);
  if (opened == NULL) return -ENOMEM;
  opened->descriptor = socket(AF_CAN, SOCK_RAW | SOCK_NONBLOCK | SOCK_CLOEXEC, CAN_RAW);
  const int error = opened->descriptor < 0 ? -errno : configure(opened, name, options);
  if (error != 0) {
    servo_can_close(opened);
    return error;
  }
  *bus = opened;
  return 0;
}

void servo_can_close(servo_can *bus) {
  if (bus == NULL) return;
  if (bus->descriptor >= 0) close(bus->descriptor);
  free(bus->confirmation);
  free(bus);
}

SERVO_BUS_SAFE servo_can_stamps servo_can_get_stamps(const servo_can *bus) {
  servo_can_stamps stamps = bus->stamps;
  stamps.restarts = bus->clock.restarts;
  return stamps;
}

int servo_can_get_confirmation(const servo_can *bus, servo_confirmation_counts *counts) {
  if (bus->confirmation == NULL) return -ENODATA;
  *counts = servo_confirmation_get(bus->confirmation);
  return 0;
}

SERVO_BUS_SAFE servo_can_health servo_can_get_health(const servo_can *bus) { return bus->health; }

SERVO_BUS_SAFE int servo_can_descriptor(const servo_can *bus) { return bus->descriptor; }

void servo_can_get_buffers(const servo_can *bus, int32_t *receive_bytes, int32_t *send_bytes) {
  socklen_t size = sizeof *receive_bytes;
  *receive_bytes = *send_bytes = 0;
  getsockopt(bus->descriptor, SOL_SOCKET, SO_RCVBUF, receive_bytes, &size);
  size = sizeof *send_bytes;
  getsockopt(bus->descriptor, SOL_SOCKET, SO_SNDBUF, send_bytes, &size);
}

int servo_can_waiting(const servo_can *bus) {
  uint32_t memory[SK_MEMINFO_VARS] = {0};
  socklen_t size = sizeof memory;
  if (getsockopt(bus->descriptor, SOL_SOCKET, SO_MEMINFO, memory, &size) != 0) return -errno;
  return (int)memory[SK_MEMINFO_WMEM_ALLOC];
}
