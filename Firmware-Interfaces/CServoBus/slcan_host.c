// The host's end of an slcan line.
#define _GNU_SOURCE
#include <errno.h>
#include <poll.h>
#include <string.h>
#include <unistd.h>

#include "servo_bus.h"
#include "slcan_link.h"
#include "streams.h"

static void listen_as_host(struct servo_slcan_link *link, int found) {
  switch (found) {
    case SERVO_FOUND_REFUSAL: link->base.counts.refused++; return;
    case SERVO_FOUND_REQUEST:
      // Answers: to frames sent (z, Z), versions, serial number, status.
      if (strchr("zZVvNF", link->reader.line[0]) == NULL) link->base.counts.foreign++;
      return;
    default: return;
  }
}

static int host_receive(servo_interface *base, struct servo_receipt *receipt) {
  return servo_slcan_read((struct servo_slcan_link *)base, receipt, listen_as_host);
}

static int host_send(servo_interface *base, const servo_frame *frames, int count) {
  struct servo_slcan_link *link = (struct servo_slcan_link *)base;
  // An old command is worse than none.
  servo_slcan_drop_waiting(link);
  servo_slcan_put_frames(link, frames, count);
  return servo_slcan_flush(link);
}

static void host_close(servo_interface *base) {
  struct servo_slcan_link *link = (struct servo_slcan_link *)base;
  if (link->descriptor < 0) return;
  if (base->error == 0) {
    servo_slcan_drop_waiting(link);
    servo_slcan_put(link, "C\r", 2);
    (void)servo_slcan_flush(link);
  }
  close(link->descriptor);
}

/// Reads answers for at most `patience_ms`, until `wanted` have come; how many were refusals, or a negative errno.
static int answers(struct servo_slcan_link *link, int wanted, int64_t patience_ms) {
  const int64_t end = servo_clock_now() + patience_ms * 1000000;
  int refusals = 0;
  while (wanted > 0) {
    const int64_t left = end - servo_clock_now();
    struct pollfd waiting = {.fd = link->descriptor, .events = POLLIN};
    if (left <= 0 || poll(&waiting, 1, (int)(left / 1000000) + 1) <= 0) break;
    uint8_t character;
    const ssize_t count = read(link->descriptor, &character, 1);
    if (count == 0) return -EPIPE;
    if (count < 0) {
      if (errno == EAGAIN || errno == EINTR) continue;
      return -errno;
    }
    servo_frame frame;
    const int found = servo_slcan_take(&link->reader, character, &frame);
    refusals += found == SERVO_FOUND_REFUSAL;
    wanted -= found == SERVO_FOUND_REFUSAL || found == SERVO_FOUND_DONE;
  }
  return refusals;
}

static int request(struct servo_slcan_link *link, const char *text) {
  return servo_slcan_put(link, text, strlen(text)) && servo_slcan_put(link, "\r", 1) ? 0 : -ENOBUFS;
}

/// Closes the channel, which an adapter that has it closed may refuse; then bit rates, then opens it.
static int open_channel(struct servo_slcan_link *link, const char *rate, const char *data_rate) {
  int answer = request(link, "C");
  if (answer == 0) answer = servo_slcan_flush(link);
  if (answer == 0) answer = answers(link, 1, 100);
  if (answer < 0) return answer;
  answer = request(link, rate);
  if (answer == 0 && data_rate != NULL) answer = request(link, data_rate);
  if (answer == 0) answer = request(link, "O");
  if (answer == 0) answer = servo_slcan_flush(link);
  if (answer < 0) return answer;
  const int refusals = answers(link, data_rate != NULL ? 3 : 2, 300);
  return refusals > 0 ? -EPROTO : refusals;
}

static int open_on(int descriptor, bool is_socket, servo_bit_rates rates, uint8_t bus, servo_interface **opened) {
  if (descriptor < 0) return descriptor;
  const char *rate = servo_slcan_rate_request(rates.nominal);
  const char *data_rate = rates.data != 0 ? servo_slcan_data_rate_request(rates.data) : NULL;
  struct servo_slcan_link *link = servo_slcan_allocate(rates, bus);
  if (link == NULL) {
    close(descriptor);
    return -ENOMEM;
  }
  link->base.receive = host_receive;
  link->base.send = host_send;
  link->base.close = host_close;
  link->descriptor = descriptor;
  link->is_socket = is_socket;
  const bool is_rate_known = rate != NULL && (rates.data == 0 || data_rate != NULL);
  const int answer = is_rate_known ? open_channel(link, rate, data_rate) : -EDOM;
  if (answer != 0) {
    servo_interface_close(&link->base);
    return answer;
  }
  *opened = &link->base;
  return 0;
}

int servo_slcan_open_terminal(const char *path, servo_bit_rates rates, uint8_t bus, servo_interface **opened) {
  return open_on(servo_terminal_open(path), false, rates, bus, opened);
}

int servo_slcan_open_tcp(
    const char *host, uint16_t port, servo_bit_rates rates, uint8_t bus, servo_interface **opened) {
  return open_on(servo_tcp_connect(host, port, 3000), true, rates, bus, opened);
}
