// The adapter's end of an slcan line, for programs that expect one.
#define _GNU_SOURCE
#include <errno.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <string.h>
#include <termios.h>
#include <unistd.h>

#include "slcan_link.h"
#include "streams.h"

static void reply(struct servo_slcan_link *link, const char *text) {
  if (!servo_slcan_put(link, text, strlen(text))) link->base.counts.unsent++;
}

/// Whether the client asked for the bit rate that the bus has; the request is all of the line.
static bool is_rate(const struct servo_slcan_link *link, const char *wanted) {
  return wanted != NULL && link->reader.count == strlen(wanted) &&
         memcmp(link->reader.line, wanted, link->reader.count) == 0;
}

static void shut_channel(struct servo_slcan_link *link) {
  link->is_channel_open = false;
  // What a client did not read is not for the next one.
  servo_slcan_drop_waiting(link);
  if (link->other >= 0) (void)tcflush(link->other, TCIFLUSH);
}

static void obey(struct servo_slcan_link *link) {
  const uint8_t *line = link->reader.line;
  const bool is_short = link->reader.count == 1;
  switch (line[0]) {
    case 'C':
      shut_channel(link);
      reply(link, "\r");
      return;
    case 'O': case 'L':
      link->is_channel_open = is_short;
      reply(link, is_short ? "\r" : "\a");
      return;
    case 'S': reply(link, is_rate(link, servo_slcan_rate_request(link->rates.nominal)) ? "\r" : "\a"); return;
    case 'Y':
      reply(link, link->rates.data != 0 && is_rate(link, servo_slcan_data_rate_request(link->rates.data)) ? "\r" : "\a");
      return;
    case 'V': case 'v': reply(link, "V0101\r"); return;
    case 'N': reply(link, "N0000\r"); return;
    case 'F': reply(link, "F00\r"); return;
    // Filters and time stamps: taken, and without effect. Z0 keeps stamps off; Z1 would ask for them.
    case 'M': case 'm': case 'W': case 'X': reply(link, "\r"); return;
    case 'Z': reply(link, link->reader.count == 2 && line[1] == '0' ? "\r" : "\a"); return;
    default:
      link->base.counts.refused++;
      reply(link, "\a");
      return;
  }
}

static void listen_as_adapter(struct servo_slcan_link *link, int found) {
  switch (found) {
    case SERVO_FOUND_REQUEST: obey(link); return;
    // An empty line: python-can sends one for a bus without a data bit rate.
    case SERVO_FOUND_DONE: case SERVO_FOUND_REFUSAL: return;
    case SERVO_FOUND_FRAME: case SERVO_FOUND_REMOTE:
      reply(link, strchr("TRDB", link->reader.line[0]) != NULL ? "Z\r" : "z\r");
      return;
    default: reply(link, "\a"); return;
  }
}

static void forget_client(struct servo_slcan_link *link) {
  close(link->descriptor);
  link->descriptor = -1;
  link->is_channel_open = link->is_cut = false;
  link->pending_count = 0;
  link->reader = (servo_slcan_reader){.is_whole = 1};
}

/// Takes the next client of a listener, if one waits.
static void accept_client(struct servo_slcan_link *link) {
  const int descriptor = accept4(link->listener, NULL, NULL, SOCK_NONBLOCK | SOCK_CLOEXEC);
  if (descriptor < 0) return;
  const int on = 1;
  (void)setsockopt(descriptor, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
  link->descriptor = descriptor;
}

static int adapter_receive(servo_interface *base, struct servo_receipt *receipt) {
  struct servo_slcan_link *link = (struct servo_slcan_link *)base;
  if (link->listener >= 0 && link->descriptor < 0) accept_client(link);
  if (link->descriptor < 0) return 0;
  int answer = servo_slcan_read(link, receipt, listen_as_adapter);
  if (answer == 0) answer = servo_slcan_flush(link);
  if (answer < 0 && link->listener >= 0) {
    forget_client(link);
    return 0;
  }
  return answer;
}

static int adapter_send(servo_interface *base, const servo_frame *frames, int count) {
  struct servo_slcan_link *link = (struct servo_slcan_link *)base;
  if (!link->is_channel_open || link->descriptor < 0) {
    for (int i = 0; i < count; i++) base->counts.unsent += frames[i].bus == base->bus;
    return 0;
  }
  servo_slcan_drop_waiting(link);
  servo_slcan_put_frames(link, frames, count);
  const int answer = servo_slcan_flush(link);
  if (answer < 0 && link->listener >= 0) {
    forget_client(link);
    return 0;
  }
  return answer;
}

static void adapter_close(servo_interface *base) {
  struct servo_slcan_link *link = (struct servo_slcan_link *)base;
  if (link->path[0] != 0) unlink(link->path);
  if (link->descriptor >= 0) close(link->descriptor);
  if (link->other >= 0) close(link->other);
  if (link->listener >= 0) close(link->listener);
}

static struct servo_slcan_link *allocate(servo_bit_rates rates, uint8_t bus) {
  struct servo_slcan_link *link = servo_slcan_allocate(rates, bus);
  if (link == NULL) return NULL;
  link->is_served = true;
  link->base.receive = adapter_receive;
  link->base.send = adapter_send;
  link->base.close = adapter_close;
  return link;
}

int servo_slcan_serve_terminal(const char *path, servo_bit_rates rates, uint8_t bus, servo_interface **opened) {
  struct servo_slcan_link *link = allocate(rates, bus);
  if (link == NULL) return -ENOMEM;
  // The other end of a cable, or of a pair that somebody made.
  if (servo_terminal_is_there(path)) {
    link->descriptor = servo_terminal_open(path);
  } else if (strlen(path) < sizeof link->path) {
    link->descriptor = servo_terminal_make(path, &link->other);
    if (link->descriptor >= 0) strcpy(link->path, path);
  } else {
    link->descriptor = -ENAMETOOLONG;
  }
  if (link->descriptor < 0) {
    const int answer = link->descriptor;
    servo_interface_close(&link->base);
    return answer;
  }
  *opened = &link->base;
  return 0;
}

int servo_slcan_serve_tcp(
    const char *host, uint16_t port, servo_bit_rates rates, uint8_t bus, servo_interface **opened) {
  struct servo_slcan_link *link = allocate(rates, bus);
  if (link == NULL) return -ENOMEM;
  link->is_socket = true;
  link->listener = servo_tcp_listen(host, port);
  if (link->listener < 0) {
    const int answer = link->listener;
    servo_interface_close(&link->base);
    return answer;
  }
  *opened = &link->base;
  return 0;
}
