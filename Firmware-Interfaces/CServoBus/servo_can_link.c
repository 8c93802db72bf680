#define _GNU_SOURCE
#include "servo_can_link.h"

#include <errno.h>
#include <linux/can/netlink.h>
#include <linux/if_link.h>
#include <linux/rtnetlink.h>
#include <net/if.h>
#include <net/if_arp.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/time.h>
#include <unistd.h>

// One request and the kernel's answer to it.
typedef struct {
  struct nlmsghdr header;
  struct ifinfomsg info;
  char attributes[512];
} link_request;

enum { answer_bytes = 32768 };

static int start(link_request *request, uint16_t type, uint16_t flags, const char *name) {
  *request = (link_request){0};
  request->header.nlmsg_len = NLMSG_LENGTH(sizeof request->info);
  request->header.nlmsg_type = type;
  request->header.nlmsg_flags = (uint16_t)(NLM_F_REQUEST | flags);
  if (strlen(name) >= IFNAMSIZ) return -ENODEV;
  request->info.ifi_index = (int)if_nametoindex(name);
  return request->info.ifi_index == 0 ? -ENODEV : 0;
}

/// Appends an attribute; all that is ever appended fits.
static struct rtattr *add(link_request *request, unsigned short type, const void *data, size_t bytes) {
  struct rtattr *attribute = (struct rtattr *)((char *)request + NLMSG_ALIGN(request->header.nlmsg_len));
  attribute->rta_type = type;
  attribute->rta_len = (unsigned short)RTA_LENGTH(bytes);
  if (bytes > 0) memcpy(RTA_DATA(attribute), data, bytes);
  request->header.nlmsg_len = NLMSG_ALIGN(request->header.nlmsg_len) + (uint32_t)RTA_ALIGN(attribute->rta_len);
  return attribute;
}

static void end(link_request *request, struct rtattr *nest) {
  nest->rta_len = (unsigned short)((char *)request + NLMSG_ALIGN(request->header.nlmsg_len) - (char *)nest);
}

/// Sends a request and reads one answer into `answer`; returns its length or a negative errno.
static ssize_t ask(const link_request *request, char *answer) {
  const int descriptor = socket(AF_NETLINK, SOCK_RAW | SOCK_CLOEXEC, NETLINK_ROUTE);
  if (descriptor < 0) return -errno;
  // The kernel answers at once; a limit all the same, so that nobody ever waits for good.
  const struct timeval limit = {.tv_sec = 5};
  setsockopt(descriptor, SOL_SOCKET, SO_RCVTIMEO, &limit, sizeof limit);
  ssize_t bytes = send(descriptor, request, request->header.nlmsg_len, 0);
  if (bytes >= 0) bytes = recv(descriptor, answer, answer_bytes, 0);
  if (bytes < 0) bytes = -errno;
  close(descriptor);
  if (bytes < 0) return bytes;
  const struct nlmsghdr *header = (const struct nlmsghdr *)answer;
  if (!NLMSG_OK(header, (size_t)bytes)) return -EBADMSG;
  if (header->nlmsg_type != NLMSG_ERROR) return bytes;
  const struct nlmsgerr *error = NLMSG_DATA(header);
  if (header->nlmsg_len < NLMSG_LENGTH(sizeof *error)) return -EBADMSG;
  return error->error;
}

/// Sends a request that is answered by nothing but success or failure.
static int tell(link_request *request) {
  char answer[answer_bytes] __attribute__((aligned(8)));
  request->header.nlmsg_flags |= NLM_F_ACK;
  const ssize_t result = ask(request, answer);
  return result < 0 ? (int)result : 0;
}

// Reading

/// Copies an attribute's value; a shorter one, as of an older kernel, leaves zeros.
static void copy(const struct rtattr *attribute, void *to, size_t bytes) {
  const size_t there = RTA_PAYLOAD(attribute);
  memset(to, 0, bytes);
  memcpy(to, RTA_DATA(attribute), there < bytes ? there : bytes);
}

static void read_controller(const struct rtattr *data, servo_can_link *link) {
  int rest = (int)RTA_PAYLOAD(data);
  for (const struct rtattr *part = RTA_DATA(data); RTA_OK(part, rest); part = RTA_NEXT(part, rest)) {
    uint32_t number;
    struct can_bittiming timing;
    struct can_ctrlmode modes;
    struct can_berr_counter counters;
    switch (part->rta_type & NLA_TYPE_MASK) {
    case IFLA_CAN_STATE:
      copy(part, &number, sizeof number);
      link->controller_state = (int32_t)number;
      link->has_controller = 1;
      break;
    case IFLA_CAN_BITTIMING:
      copy(part, &timing, sizeof timing);
      link->bit_rate = timing.bitrate;
      link->sample_point = timing.sample_point;
      break;
    case IFLA_CAN_DATA_BITTIMING:
      copy(part, &timing, sizeof timing);
      link->data_bit_rate = timing.bitrate;
      link->data_sample_point = timing.sample_point;
      break;
    case IFLA_CAN_CTRLMODE:
      copy(part, &modes, sizeof modes);
      link->control_modes = modes.flags;
      break;
    case IFLA_CAN_RESTART_MS: copy(part, &link->restart_ms, sizeof link->restart_ms); break;
    case IFLA_CAN_BERR_COUNTER:
      copy(part, &counters, sizeof counters);
      link->transmit_errors = counters.txerr;
      link->receive_errors = counters.rxerr;
      break;
    default: break;
    }
  }
}

static void read_information(const struct rtattr *information, servo_can_link *link) {
  int rest = (int)RTA_PAYLOAD(information);
  for (const struct rtattr *part = RTA_DATA(information); RTA_OK(part, rest); part = RTA_NEXT(part, rest)) {
    const int type = part->rta_type & NLA_TYPE_MASK;
    if (type == IFLA_INFO_KIND) copy(part, link->kind, sizeof link->kind - 1);
    if (type == IFLA_INFO_DATA) read_controller(part, link);
    if (type == IFLA_INFO_XSTATS && strcmp(link->kind, "can") == 0) {
      struct can_device_stats told;
      copy(part, &told, sizeof told);
      link->bus_errors = told.bus_error;
      link->warnings = told.error_warning;
      link->passives = told.error_passive;
      link->bus_offs = told.bus_off;
      link->arbitration_losses = told.arbitration_lost;
      link->restarts = told.restarts;
    }
  }
}

static void read_statistics(const struct rtattr *attribute, servo_can_link *link) {
  struct rtnl_link_stats64 told;
  copy(attribute, &told, sizeof told);
  link->received = told.rx_packets;
  link->sent = told.tx_packets;
  link->receive_drops = told.rx_dropped;
  link->send_drops = told.tx_dropped;
  link->receive_errors_total = told.rx_errors;
  link->send_errors_total = told.tx_errors;
}

int servo_can_link_read(const char *name, servo_can_link *link) {
  *link = (servo_can_link){.transmit_errors = -1, .receive_errors = -1};
  link_request request;
  int error = start(&request, RTM_GETLINK, 0, name);
  if (error != 0) return error;
  char answer[answer_bytes] __attribute__((aligned(8)));
  const ssize_t bytes = ask(&request, answer);
  if (bytes <= 0) return bytes < 0 ? (int)bytes : -EBADMSG;
  const struct nlmsghdr *header = (const struct nlmsghdr *)answer;
  const struct ifinfomsg *info = NLMSG_DATA(header);
  if (header->nlmsg_type != RTM_NEWLINK || header->nlmsg_len < NLMSG_LENGTH(sizeof *info)) return -EBADMSG;
  if (info->ifi_type != ARPHRD_CAN) return -EPROTOTYPE;
  link->index = info->ifi_index;
  link->is_up = (info->ifi_flags & IFF_UP) != 0;
  int rest = (int)(header->nlmsg_len - NLMSG_LENGTH(sizeof *info));
  for (const struct rtattr *part = IFLA_RTA(info); RTA_OK(part, rest); part = RTA_NEXT(part, rest)) {
    switch (part->rta_type & NLA_TYPE_MASK) {
    case IFLA_MTU: copy(part, &link->maximum_unit, sizeof link->maximum_unit); break;
    case IFLA_TXQLEN: copy(part, &link->queue_length, sizeof link->queue_length); break;
    case IFLA_LINKINFO: read_information(part, link); break;
    case IFLA_STATS64: read_statistics(part, link); break;
    default: break;
    }
  }
  return 0;
}

// Setting

int servo_can_link_set_rates(const char *name, const servo_can_rates *rates, uint32_t queue_length) {
  servo_can_link link;
  int error = servo_can_link_read(name, &link);
  if (error != 0) return error;
  if (!link.has_controller) return -EOPNOTSUPP;
  link_request request;
  error = start(&request, RTM_NEWLINK, 0, name);
  if (error != 0) return error;
  if (queue_length != 0) add(&request, IFLA_TXQLEN, &queue_length, sizeof queue_length);
  struct rtattr *information = add(&request, IFLA_LINKINFO, NULL, 0);
  add(&request, IFLA_INFO_KIND, "can", 3);
  struct rtattr *data = add(&request, IFLA_INFO_DATA, NULL, 0);
  const struct can_bittiming timing = {.bitrate = rates->bit_rate, .sample_point = rates->sample_point};
  add(&request, IFLA_CAN_BITTIMING, &timing, sizeof timing);
  const int is_flexible = rates->data_bit_rate != 0;
  if (is_flexible || (link.control_modes & CAN_CTRLMODE_FD) != 0) {
    // With the rates in one message: the kernel takes neither alone.
    const struct can_ctrlmode modes = {.mask = CAN_CTRLMODE_FD, .flags = is_flexible ? CAN_CTRLMODE_FD : 0};
    add(&request, IFLA_CAN_CTRLMODE, &modes, sizeof modes);
  }
  if (is_flexible) {
    const struct can_bittiming fast = {.bitrate = rates->data_bit_rate, .sample_point = rates->data_sample_point};
    add(&request, IFLA_CAN_DATA_BITTIMING, &fast, sizeof fast);
  }
  if (link.restart_ms != 0) {
    const uint32_t never = 0;
    add(&request, IFLA_CAN_RESTART_MS, &never, sizeof never);
  }
  end(&request, data);
  end(&request, information);
  return tell(&request);
}

int servo_can_link_set_up(const char *name, int is_up) {
  link_request request;
  const int error = start(&request, RTM_NEWLINK, 0, name);
  if (error != 0) return error;
  request.info.ifi_change = IFF_UP;
  request.info.ifi_flags = is_up ? IFF_UP : 0;
  return tell(&request);
}

int servo_can_link_restart(const char *name) {
  link_request request;
  const int error = start(&request, RTM_NEWLINK, 0, name);
  if (error != 0) return error;
  struct rtattr *information = add(&request, IFLA_LINKINFO, NULL, 0);
  add(&request, IFLA_INFO_KIND, "can", 3);
  struct rtattr *data = add(&request, IFLA_INFO_DATA, NULL, 0);
  const uint32_t now = 1;
  add(&request, IFLA_CAN_RESTART, &now, sizeof now);
  end(&request, data);
  end(&request, information);
  return tell(&request);
}
