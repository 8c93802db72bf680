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

static int set_filters(int descriptor, const servo_can_options *options) {
  if (options->filter_count == 0) return 0;
  if (options->filter_count > CAN_RAW_FILTER_MAX) return -E2BIG;
  struct can_filter filters[CAN_RAW_FILTER_MAX];
  for (size_t i = 0; i < options->filter_count; i++) {
    const servo_can_filter from = options->filters[i];
    const uint32_t format = from.is_extended ? CAN_EFF_FLAG : 0;
    // Both format bits in the mask: the other format and remote frames stay outside, and the kernel can hash the filter.
    filters[i].can_id = (from.id & from.mask) | format;
    filters[i].can_mask = from.mask | CAN_EFF_FLAG | CAN_RTR_FLAG;
  }
  const socklen_t bytes = (socklen_t)(options->filter_count * sizeof filters[0]);
  return setsockopt(descriptor, SOL_CAN_RAW, CAN_RAW_FILTER, filters, bytes) == 0 ? 0 : -errno;
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

static int configure(int descriptor, const char *name, const servo_can_options *options) {
  int index = 0;
  int error = check_interface(descriptor, name, options->is_flexible_data_rate, &index);
  if (error == 0) error = set_filters(descriptor, options);
  // A monitor takes FD frames wherever they come.
  const int flexible = options->is_flexible_data_rate || options->is_monitor;
  if (error == 0 && flexible) error = set(descriptor, SOL_CAN_RAW, CAN_RAW_FD_FRAMES, 1);
  if (error == 0) error = set(descriptor, SOL_CAN_RAW, CAN_RAW_ERR_FILTER, CAN_ERR_MASK);
  if (error == 0) error = set(descriptor, SOL_SOCKET, SO_TIMESTAMPNS, 1);
  if (error == 0) error = set(descriptor, SOL_SOCKET, SO_RXQ_OVFL, 1);
  if (error != 0) return error;
  set_buffers(descriptor, options);
  const struct sockaddr_can address = {.can_family = AF_CAN, .can_ifindex = index};
  return bind(descriptor, (const struct sockaddr *)&address, sizeof address) == 0 ? 0 : -errno;
}

int servo_can_open(const char *name, const servo_can_options *options, servo_can **bus) {
  *bus = NULL;
  const int descriptor = socket(AF_CAN, SOCK_RAW | SOCK_NONBLOCK | SOCK_CLOEXEC, CAN_RAW);
  if (descriptor < 0) return -errno;
  const int error = configure(descriptor, name, options);
  servo_can *opened = error == 0 ? calloc(1, sizeof *opened) : NULL;
  if (opened == NULL) {
    close(descriptor);
    return error != 0 ? error : -ENOMEM;
  }
  opened->descriptor = descriptor;
  opened->is_monitor = options->is_monitor;
  opened->health.transmit_errors = opened->health.receive_errors = -1;
  opened->floor = servo_clock_now();
  for (int i = 0; i < SERVO_CAN_BATCH; i++) {
    opened->vectors[i].iov_base = &opened->frames[i];
    opened->messages[i].msg_hdr.msg_iov = &opened->vectors[i];
    opened->messages[i].msg_hdr.msg_iovlen = 1;
  }
  *bus = opened;
  return 0;
}

void servo_can_close(servo_can *bus) {
  if (bus == NULL) return;
  close(bus->descriptor);
  free(bus);
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
