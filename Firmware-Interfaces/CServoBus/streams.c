#define _GNU_SOURCE
#include "streams.h"

#include <errno.h>
#include <fcntl.h>
#include <netdb.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/stat.h>
#include <termios.h>
#include <unistd.h>

static int closing(int descriptor, int error) {
  close(descriptor);
  return -error;
}

int servo_address_find(const char *host, uint16_t port, int type, struct servo_address *found) {
  char service[8];
  snprintf(service, sizeof service, "%u", (unsigned)port);
  const struct addrinfo hints = {.ai_family = AF_UNSPEC, .ai_socktype = type, .ai_flags = AI_NUMERICSERV};
  struct addrinfo *list = NULL;
  const int error = getaddrinfo(host, service, &hints, &list);
  if (error == EAI_SYSTEM) return -errno;
  if (error != 0 || list == NULL) return -EHOSTUNREACH;
  memcpy(&found->address, list->ai_addr, list->ai_addrlen);
  found->length = list->ai_addrlen;
  freeaddrinfo(list);
  return 0;
}

/// No echo, no translation, no signals: bytes as they are. The speed does not matter to USB; 115200 is what adapters with
/// a real serial line are delivered with.
static int make_raw(int descriptor) {
  struct termios settings;
  if (tcgetattr(descriptor, &settings) != 0) return -errno;
  cfmakeraw(&settings);
  settings.c_cflag |= CLOCAL | CREAD;
  settings.c_cc[VMIN] = 1;
  settings.c_cc[VTIME] = 0;
  cfsetispeed(&settings, B115200);
  cfsetospeed(&settings, B115200);
  if (tcsetattr(descriptor, TCSANOW, &settings) != 0) return -errno;
  return tcflush(descriptor, TCIOFLUSH) == 0 ? 0 : -errno;
}

int servo_terminal_open(const char *path) {
  const int descriptor = open(path, O_RDWR | O_NOCTTY | O_NONBLOCK | O_CLOEXEC);
  if (descriptor < 0) return -errno;
  // Nobody else may write commands to drives through it.
  if (ioctl(descriptor, TIOCEXCL) != 0) return closing(descriptor, errno);
  const int answer = make_raw(descriptor);
  return answer == 0 ? descriptor : closing(descriptor, -answer);
}

/// Whether `path` is a link to a pseudo-terminal.
static bool is_left_over(const char *path) {
  static const char place[] = "/dev/pts/";
  char target[64] = {0};
  return readlink(path, target, sizeof target - 1) > 0 && strncmp(target, place, sizeof place - 1) == 0;
}

bool servo_terminal_is_there(const char *path) {
  struct stat status;
  return !is_left_over(path) && stat(path, &status) == 0 && S_ISCHR(status.st_mode);
}

int servo_terminal_make(const char *path, int *other) {
  if (is_left_over(path) && unlink(path) != 0) return -errno;
  const int descriptor = posix_openpt(O_RDWR | O_NOCTTY | O_CLOEXEC);
  if (descriptor < 0) return -errno;
  char name[64];
  if (grantpt(descriptor) != 0 || unlockpt(descriptor) != 0) return closing(descriptor, errno);
  // ptsname_r returns the error, it does not always set errno.
  const int error = ptsname_r(descriptor, name, sizeof name);
  if (error != 0) return closing(descriptor, error);
  if (fcntl(descriptor, F_SETFL, O_NONBLOCK) != 0) return closing(descriptor, errno);
  *other = open(name, O_RDWR | O_NOCTTY | O_NONBLOCK | O_CLOEXEC);
  if (*other < 0) return closing(descriptor, errno);
  int answer = make_raw(*other);
  if (answer == 0 && symlink(name, path) != 0) answer = -errno;
  if (answer == 0) return descriptor;
  close(*other);
  *other = -1;
  return closing(descriptor, -answer);
}

static int without_delay(int descriptor) {
  const int on = 1;
  // A cycle's frames leave at once, not when an earlier packet was acknowledged.
  return setsockopt(descriptor, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on) == 0 ? 0 : -errno;
}

int servo_tcp_connect(const char *host, uint16_t port, int patience_ms) {
  struct servo_address to;
  int answer = servo_address_find(host, port, SOCK_STREAM, &to);
  if (answer != 0) return answer;
  const int descriptor = socket(to.address.ss_family, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
  if (descriptor < 0) return -errno;
  if (connect(descriptor, (const struct sockaddr *)&to.address, to.length) != 0) {
    if (errno != EINPROGRESS) return closing(descriptor, errno);
    struct pollfd waiting = {.fd = descriptor, .events = POLLOUT};
    const int ready = poll(&waiting, 1, patience_ms);
    if (ready <= 0) return closing(descriptor, ready == 0 ? ETIMEDOUT : errno);
    int error = 0;
    socklen_t length = sizeof error;
    if (getsockopt(descriptor, SOL_SOCKET, SO_ERROR, &error, &length) != 0) return closing(descriptor, errno);
    if (error != 0) return closing(descriptor, error);
  }
  answer = without_delay(descriptor);
  return answer == 0 ? descriptor : closing(descriptor, -answer);
}

int servo_tcp_listen(const char *host, uint16_t port) {
  struct servo_address at;
  const int answer = servo_address_find(host, port, SOCK_STREAM, &at);
  if (answer != 0) return answer;
  const int descriptor = socket(at.address.ss_family, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
  if (descriptor < 0) return -errno;
  const int on = 1;
  if (setsockopt(descriptor, SOL_SOCKET, SO_REUSEADDR, &on, sizeof on) != 0 ||
      bind(descriptor, (const struct sockaddr *)&at.address, at.length) != 0 || listen(descriptor, 1) != 0) {
    return closing(descriptor, errno);
  }
  return descriptor;
}
