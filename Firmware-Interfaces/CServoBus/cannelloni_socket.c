#define _GNU_SOURCE
#include <errno.h>
#include <netinet/in.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "datagrams.h"
#include "servo_cannelloni.h"
#include "streams.h"

/// Payload of a datagram that one Ethernet frame carries: 1500 bytes less 40 of IPv6, which IPv4 stays below, and 8 of UDP.
/// Of datagrams so many are taken at once; a peer sends one a cycle.
enum { DATAGRAM = 1452, DATAGRAMS = 2 };

struct cannelloni {
  servo_interface base;
  int descriptor;
  /// Answers whoever spoke last, at `peer`; nobody yet where its length is 0.
  bool is_served;
  struct servo_address peer;
  uint8_t sequence, expected;
  bool has_heard;
  struct servo_datagrams incoming;
  uint8_t outgoing[DATAGRAM];
};

/// Counts the datagrams that a sequence number shows to be missing. A peer that starts again starts at 0. After a step back
/// a datagram was overtaken; how many are missing then, nobody knows.
static void follow(struct cannelloni *interface, uint8_t sequence) {
  const uint8_t gap = (uint8_t)(sequence - interface->expected);
  if (interface->has_heard && sequence != 0) interface->base.counts.missing += gap < 128 ? gap : 1;
  interface->has_heard = true;
  interface->expected = (uint8_t)(sequence + 1);
}

static void take(struct cannelloni *interface, struct servo_receipt *receipt, int index) {
  struct servo_datagrams *incoming = &interface->incoming;
  const int64_t instant = servo_datagrams_instant(incoming, index, &interface->base.counts.missing);
  servo_cannelloni_reader reader;
  servo_frame frame = {0};
  int found = servo_cannelloni_begin(&reader, incoming->bytes[index], incoming->headers[index].msg_len);
  if (found != SERVO_FOUND_FRAME) {
    servo_interface_note(&interface->base, receipt, found, &frame, instant);
    return;
  }
  follow(interface, reader.sequence);
  if (interface->is_served) {
    interface->peer.address = incoming->senders[index];
    interface->peer.length = incoming->headers[index].msg_hdr.msg_namelen;
  }
  while ((found = servo_cannelloni_next(&reader, &frame)) != SERVO_FOUND_NOTHING) {
    servo_interface_note(&interface->base, receipt, found, &frame, instant);
  }
}

static int cannelloni_receive(servo_interface *base, struct servo_receipt *receipt) {
  struct cannelloni *interface = (struct cannelloni *)base;
  // Frames beyond those wanted are held, and two datagrams of data frames of 8 bytes fit there; the others stay in the kernel.
  for (int taken = 0; taken < receipt->capacity && receipt->count < receipt->capacity;) {
    const int count = servo_datagrams_receive(&interface->incoming, interface->descriptor, DATAGRAMS);
    // A peer that is not there yet, or not any more, says so by ICMP; it may come.
    if (count == -ECONNREFUSED) return 0;
    if (count < 0) return count;
    for (int i = 0; i < count; i++) take(interface, receipt, i);
    if (count < DATAGRAMS) return 0;
    taken += count;
  }
  return 0;
}

/// Sends the gathered frames.
static int flush(struct cannelloni *interface, uint16_t frames, size_t length) {
  if (frames == 0) return 0;
  uint8_t *bytes = interface->outgoing;
  servo_cannelloni_encode_head(bytes, interface->sequence, frames);
  int sent = -EDESTADDRREQ;
  // The first try may only fetch what an earlier datagram met.
  for (int tries = 0; tries < 2 && sent < 0; tries++) {
    const bool has_peer = interface->is_served && interface->peer.length > 0;
    if (interface->is_served && !has_peer) break;
    const ssize_t count = sendto(
        interface->descriptor, bytes, length, MSG_DONTWAIT | MSG_NOSIGNAL,
        has_peer ? (const struct sockaddr *)&interface->peer.address : NULL, has_peer ? interface->peer.length : 0);
    sent = count < 0 ? -errno : 1;
    if (sent < 0 && sent != -ECONNREFUSED && sent != -EINTR) break;
  }
  if (sent > 0) {
    interface->sequence++;
    interface->base.counts.sent += frames;
    return 0;
  }
  interface->base.counts.unsent += frames;
  const bool may_pass = sent == -EAGAIN || sent == -ENOBUFS || sent == -ECONNREFUSED || sent == -EDESTADDRREQ ||
                        sent == -EINTR;
  return may_pass ? 0 : sent;
}

static int cannelloni_send(servo_interface *base, const servo_frame *frames, int count) {
  struct cannelloni *interface = (struct cannelloni *)base;
  uint8_t *bytes = interface->outgoing;
  size_t length = SERVO_CANNELLONI_HEAD;
  uint16_t gathered = 0;
  for (int i = 0; i < count; i++) {
    if (frames[i].bus != base->bus) continue;
    if (length + SERVO_CANNELLONI_FRAME_ROOM > DATAGRAM) {
      const int answer = flush(interface, gathered, length);
      if (answer < 0) return answer;
      gathered = 0;
      length = SERVO_CANNELLONI_HEAD;
    }
    const size_t added = servo_cannelloni_encode(&frames[i], bytes + length);
    if (added == 0) {
      base->counts.unsent++;
      continue;
    }
    length += added;
    gathered++;
  }
  return flush(interface, gathered, length);
}

static void cannelloni_close(servo_interface *base) {
  struct cannelloni *interface = (struct cannelloni *)base;
  if (interface->descriptor >= 0) close(interface->descriptor);
}

/// A socket bound to an address.
static int open_socket(struct cannelloni *interface, const struct servo_address *at) {
  interface->descriptor = socket(at->address.ss_family, SOCK_DGRAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
  if (interface->descriptor < 0) return -errno;
  if (bind(interface->descriptor, (const struct sockaddr *)&at->address, at->length) != 0) return -errno;
  return servo_datagrams_prepare(interface->descriptor);
}

static int finish(struct cannelloni *interface, int answer, servo_interface **opened) {
  if (answer != 0) {
    servo_interface_close(&interface->base);
    return answer;
  }
  *opened = &interface->base;
  return 0;
}

static struct cannelloni *allocate(uint8_t bus, bool is_served) {
  struct cannelloni *interface = calloc(1, sizeof *interface);
  if (interface == NULL) return NULL;
  interface->base = (servo_interface){
      .receive = cannelloni_receive, .send = cannelloni_send, .close = cannelloni_close, .bus = bus};
  interface->descriptor = -1;
  interface->is_served = is_served;
  return interface;
}

int servo_cannelloni_open(
    const char *host, uint16_t port, uint16_t local, uint8_t bus, servo_interface **opened) {
  struct servo_address to, from = {0};
  int answer = servo_address_find(host, port, SOCK_DGRAM, &to);
  if (answer != 0) return answer;
  struct cannelloni *interface = allocate(bus, false);
  if (interface == NULL) return -ENOMEM;
  // Any address of this host, of the family that leads there.
  from.length = to.length;
  from.address.ss_family = to.address.ss_family;
  if (to.address.ss_family == AF_INET) {
    ((struct sockaddr_in *)&from.address)->sin_port = htons(local);
  } else {
    ((struct sockaddr_in6 *)&from.address)->sin6_port = htons(local);
  }
  answer = open_socket(interface, &from);
  // Only that host's datagrams reach us from then on.
  if (answer == 0 && connect(interface->descriptor, (const struct sockaddr *)&to.address, to.length) != 0) {
    answer = -errno;
  }
  return finish(interface, answer, opened);
}

int servo_cannelloni_serve(const char *host, uint16_t port, uint8_t bus, servo_interface **opened) {
  struct servo_address at;
  const int answer = servo_address_find(host, port, SOCK_DGRAM, &at);
  if (answer != 0) return answer;
  struct cannelloni *interface = allocate(bus, true);
  if (interface == NULL) return -ENOMEM;
  return finish(interface, open_socket(interface, &at), opened);
}
