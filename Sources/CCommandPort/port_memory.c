// Memory that two processes share, and the socket that hands it over.
#define _GNU_SOURCE
#include "port_memory.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <unistd.h>

#ifndef F_SEAL_FUTURE_WRITE
#define F_SEAL_FUTURE_WRITE 0x0010
#endif

int port_memory(const char *name, size_t size, int is_read_only, void **memory) {
  int descriptor = memfd_create(name, MFD_CLOEXEC | MFD_ALLOW_SEALING);
  if (descriptor < 0) return -errno;
  int seals = F_SEAL_SHRINK | F_SEAL_GROW | F_SEAL_SEAL;
  // Populated before the loop sees it: its first look must not fault.
  void *mapped = MAP_FAILED;
  if (ftruncate(descriptor, (off_t)size) == 0) {
    mapped = mmap(NULL, size, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_POPULATE, descriptor, 0);
  }
  if (mapped == MAP_FAILED ||
      fcntl(descriptor, F_ADD_SEALS, seals | (is_read_only ? F_SEAL_FUTURE_WRITE : 0)) < 0) {
    int error = errno;
    if (mapped != MAP_FAILED) munmap(mapped, size);
    close(descriptor);
    return -error;
  }
  // Refused without the right to it, as for all memory of a loop that may not.
  (void)!mlock(mapped, size);
  *memory = mapped;
  return descriptor;
}

/// Removes a socket that nobody listens at; -EADDRINUSE where somebody does, or where it is no socket.
static int clear(const struct sockaddr_un *address) {
  struct stat found;
  if (lstat(address->sun_path, &found) < 0) return errno == ENOENT ? 0 : -errno;
  if (!S_ISSOCK(found.st_mode)) return -EADDRINUSE;
  int probe = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
  if (probe < 0) return -errno;
  int is_dead = connect(probe, (const struct sockaddr *)address, sizeof *address) < 0 && errno == ECONNREFUSED;
  close(probe);
  if (!is_dead) return -EADDRINUSE;
  return unlink(address->sun_path) < 0 ? -errno : 0;
}

int port_listen(const struct sockaddr_un *address) {
  int result = clear(address);
  if (result < 0) return result;
  int listener = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
  if (listener < 0) return -errno;
  if (bind(listener, (const struct sockaddr *)address, sizeof *address) < 0 ||
      chmod(address->sun_path, S_IRUSR | S_IWUSR) < 0 || listen(listener, 8) < 0) {
    int error = errno;
    close(listener);
    return -error;
  }
  return listener;
}

int port_send(int socket, const void *message, size_t size, const int *descriptors, int count) {
  struct iovec part = {(void *)message, size};
  union {
    struct cmsghdr head;
    char bytes[CMSG_SPACE(2 * sizeof(int))];
  } control;
  struct msghdr header = {.msg_iov = &part, .msg_iovlen = 1};
  memset(&control, 0, sizeof control);
  if (count > 0) {
    header.msg_control = &control;
    header.msg_controllen = CMSG_SPACE((size_t)count * sizeof(int));
    control.head.cmsg_level = SOL_SOCKET;
    control.head.cmsg_type = SCM_RIGHTS;
    control.head.cmsg_len = CMSG_LEN((size_t)count * sizeof(int));
    memcpy(CMSG_DATA(&control.head), descriptors, (size_t)count * sizeof(int));
  }
  ssize_t sent = sendmsg(socket, &header, MSG_NOSIGNAL | MSG_DONTWAIT);
  return sent < 0 ? -errno : ((size_t)sent == size ? 0 : -EMSGSIZE);
}
