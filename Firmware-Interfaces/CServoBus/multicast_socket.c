#define _GNU_SOURCE
#include <arpa/inet.h>
#include <errno.h>
#include <net/if.h>
#include <netinet/in.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "datagrams.h"
#include "servo_multicast.h"

#ifndef IPV6_MULTICAST_ALL
#define IPV6_MULTICAST_ALL 29
#endif

struct multicast {
  servo_interface base;
  int receiver, sender;
  /// What the sender is bound to, which marks our own datagrams.
  struct sockaddr_storage own;
  struct servo_datagrams incoming, outgoing;
};

/// Where a group is, and over which network interface; 0 leaves that to the routes.
struct destination {
  struct sockaddr_storage address;
  socklen_t length;
  unsigned network;
  uint8_t hops;
};

static int set(int descriptor, int level, int option, int value) {
  return setsockopt(descriptor, level, option, &value, sizeof value) == 0 ? 0 : -errno;
}

static int parse(const char *group, uint16_t port, const char *network, struct destination *to) {
  if (network != NULL) {
    to->network = if_nametoindex(network);
    if (to->network == 0) return -ENODEV;
  }
  struct sockaddr_in *four = (struct sockaddr_in *)&to->address;
  struct sockaddr_in6 *six = (struct sockaddr_in6 *)&to->address;
  if (inet_pton(AF_INET, group, &four->sin_addr) == 1) {
    four->sin_family = AF_INET;
    four->sin_port = htons(port);
    to->length = sizeof *four;
    return IN_MULTICAST(ntohl(four->sin_addr.s_addr)) ? 0 : -EINVAL;
  }
  if (inet_pton(AF_INET6, group, &six->sin6_addr) == 1) {
    six->sin6_family = AF_INET6;
    six->sin6_port = htons(port);
    six->sin6_scope_id = to->network;
    to->length = sizeof *six;
    return IN6_IS_ADDR_MULTICAST(&six->sin6_addr) ? 0 : -EINVAL;
  }
  return -EINVAL;
}

static int join(int descriptor, const struct destination *to) {
  if (to->address.ss_family == AF_INET) {
    const struct ip_mreqn request = {
        .imr_multiaddr = ((const struct sockaddr_in *)&to->address)->sin_addr, .imr_ifindex = (int)to->network};
    if (setsockopt(descriptor, IPPROTO_IP, IP_ADD_MEMBERSHIP, &request, sizeof request) != 0) return -errno;
    // Not what other sockets of this host have joined.
    return set(descriptor, IPPROTO_IP, IP_MULTICAST_ALL, 0);
  }
  const struct ipv6_mreq request = {
      .ipv6mr_multiaddr = ((const struct sockaddr_in6 *)&to->address)->sin6_addr, .ipv6mr_interface = to->network};
  if (setsockopt(descriptor, IPPROTO_IPV6, IPV6_JOIN_GROUP, &request, sizeof request) != 0) return -errno;
  (void)set(descriptor, IPPROTO_IPV6, IPV6_MULTICAST_ALL, 0);
  return 0;
}

/// Bound to the group, so that datagrams of other groups on the port stay out; shared with every other program on it.
static int open_receiver(struct multicast *interface, const struct destination *to) {
  const int descriptor = socket(to->address.ss_family, SOCK_DGRAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
  if (descriptor < 0) return -errno;
  interface->receiver = descriptor;
  int answer = set(descriptor, SOL_SOCKET, SO_REUSEADDR, 1);
  if (answer == 0) answer = set(descriptor, SOL_SOCKET, SO_REUSEPORT, 1);
  if (answer == 0) answer = servo_datagrams_prepare(descriptor);
  if (answer == 0 && bind(descriptor, (const struct sockaddr *)&to->address, to->length) != 0) answer = -errno;
  return answer == 0 ? join(descriptor, to) : answer;
}

static int open_sender(struct multicast *interface, const struct destination *to) {
  const int descriptor = socket(to->address.ss_family, SOCK_DGRAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
  if (descriptor < 0) return -errno;
  interface->sender = descriptor;
  int answer;
  if (to->address.ss_family == AF_INET) {
    const struct ip_mreqn network = {.imr_ifindex = (int)to->network};
    answer = set(descriptor, IPPROTO_IP, IP_MULTICAST_TTL, to->hops);
    if (answer == 0 && to->network != 0 &&
        setsockopt(descriptor, IPPROTO_IP, IP_MULTICAST_IF, &network, sizeof network) != 0) {
      answer = -errno;
    }
  } else {
    answer = set(descriptor, IPPROTO_IPV6, IPV6_MULTICAST_HOPS, to->hops);
    if (answer == 0 && to->network != 0) answer = set(descriptor, IPPROTO_IPV6, IPV6_MULTICAST_IF, (int)to->network);
  }
  if (answer != 0) return answer;
  // Fixes the address that we send from, and with it what our own datagrams look like.
  if (connect(descriptor, (const struct sockaddr *)&to->address, to->length) != 0) return -errno;
  socklen_t length = sizeof interface->own;
  if (getsockname(descriptor, (struct sockaddr *)&interface->own, &length) != 0) return -errno;
  // The port was nobody else's when the kernel chose it, and may be the one that a later receiver needs: python-can's
  // default is among those that the kernel chooses from.
  return set(descriptor, SOL_SOCKET, SO_REUSEADDR, 1);
}

static bool is_own(const struct multicast *interface, const struct sockaddr_storage *sender) {
  if (sender->ss_family != interface->own.ss_family) return false;
  if (sender->ss_family == AF_INET) {
    const struct sockaddr_in *a = (const struct sockaddr_in *)sender, *b = (const struct sockaddr_in *)&interface->own;
    return a->sin_port == b->sin_port && a->sin_addr.s_addr == b->sin_addr.s_addr;
  }
  const struct sockaddr_in6 *a = (const struct sockaddr_in6 *)sender, *b = (const struct sockaddr_in6 *)&interface->own;
  return a->sin6_port == b->sin6_port && memcmp(&a->sin6_addr, &b->sin6_addr, sizeof a->sin6_addr) == 0;
}

static int multicast_receive(servo_interface *base, struct servo_receipt *receipt) {
  struct multicast *interface = (struct multicast *)base;
  struct servo_datagrams *incoming = &interface->incoming;
  // As many datagrams as frames are wanted, own ones among them: a flood must not keep the loop.
  for (int left = receipt->capacity - receipt->count; left > 0;) {
    const int most = left < SERVO_DATAGRAM_BATCH ? left : SERVO_DATAGRAM_BATCH;
    const int count = servo_datagrams_receive(incoming, interface->receiver, most);
    if (count < 0) return count;
    for (int i = 0; i < count; i++) {
      const int64_t instant = servo_datagrams_instant(incoming, i, &base->counts.missing);
      if (is_own(interface, &incoming->senders[i])) {
        base->counts.own++;
        continue;
      }
      servo_frame frame = {0};
      const int found = servo_multicast_decode(incoming->bytes[i], incoming->headers[i].msg_len, &frame);
      servo_interface_note(base, receipt, found, &frame, instant);
    }
    if (count < most) return 0;
    left -= count;
  }
  receipt->is_cut = true;
  return 0;
}

/// Sends what was gathered; what the kernel has no room for is given up, as an old command is worse than none.
static int flush(struct multicast *interface, int count) {
  if (count == 0) return 0;
  const int sent = servo_datagrams_send(&interface->outgoing, interface->sender, count);
  if (sent < 0 && sent != -EAGAIN && sent != -ENOBUFS) {
    interface->base.counts.unsent += (uint64_t)count;
    return sent;
  }
  const int taken = sent < 0 ? 0 : sent;
  interface->base.counts.sent += (uint64_t)taken;
  interface->base.counts.unsent += (uint64_t)(count - taken);
  return 0;
}

static int multicast_send(servo_interface *base, const servo_frame *frames, int count) {
  struct multicast *interface = (struct multicast *)base;
  int gathered = 0;
  for (int i = 0; i < count; i++) {
    if (frames[i].bus != base->bus) continue;
    uint8_t *bytes = interface->outgoing.bytes[gathered];
    const size_t length = servo_multicast_encode(&frames[i], bytes);
    if (length == 0) {
      base->counts.unsent++;
      continue;
    }
    interface->outgoing.parts[gathered] = (struct iovec){bytes, length};
    gathered++;
    if (gathered == SERVO_DATAGRAM_BATCH) {
      const int answer = flush(interface, gathered);
      if (answer < 0) return answer;
      gathered = 0;
    }
  }
  return flush(interface, gathered);
}

static void multicast_close(servo_interface *base) {
  struct multicast *interface = (struct multicast *)base;
  if (interface->receiver >= 0) close(interface->receiver);
  if (interface->sender >= 0) close(interface->sender);
}

int servo_multicast_open(
    const char *group, uint16_t port, const char *network, uint8_t hops, uint8_t bus, servo_interface **opened) {
  struct destination to = {.hops = hops};
  int answer = parse(group, port, network, &to);
  if (answer != 0) return answer;
  struct multicast *interface = calloc(1, sizeof *interface);
  if (interface == NULL) return -ENOMEM;
  interface->base = (servo_interface){
      .receive = multicast_receive, .send = multicast_send, .close = multicast_close, .bus = bus};
  interface->receiver = interface->sender = -1;
  answer = open_receiver(interface, &to);
  if (answer == 0) answer = open_sender(interface, &to);
  if (answer != 0) {
    servo_interface_close(&interface->base);
    return answer;
  }
  *opened = &interface->base;
  return 0;
}
