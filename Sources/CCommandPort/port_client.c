// A client of the command port.
#define _GNU_SOURCE
#include "command_port_client.h"

#include <errno.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <sys/time.h>
#include <sys/un.h>
#include <unistd.h>

static int map(command_port_client *client, const int *descriptors, int count) {
  if (count < 1) return -EPROTO;
  void *states = mmap(NULL, sizeof(command_port_states), PROT_READ, MAP_SHARED, descriptors[0], 0);
  if (states == MAP_FAILED) return -errno;
  client->states = states;
  if (client->states->magic != COMMAND_PORT_MAGIC || client->states->size != sizeof(command_port_states)) return -EPROTO;
  if (count < 2) return 0;
  void *setpoints = mmap(
      NULL, sizeof(command_port_setpoints), PROT_READ | PROT_WRITE, MAP_SHARED, descriptors[1], 0);
  if (setpoints == MAP_FAILED) return -errno;
  client->setpoints = setpoints;
  return 0;
}

static int take_reply(command_port_client *client) {
  struct iovec part = {&client->reply, sizeof client->reply};
  union {
    struct cmsghdr head;
    char bytes[CMSG_SPACE(2 * sizeof(int))];
  } control;
  struct msghdr message = {
      .msg_iov = &part, .msg_iovlen = 1, .msg_control = &control, .msg_controllen = sizeof control};
  ssize_t length = recvmsg(client->socket, &message, MSG_CMSG_CLOEXEC | MSG_WAITALL);
  if (length < 0) return errno == EAGAIN ? -ETIMEDOUT : -errno;
  int descriptors[2];
  int count = 0;
  struct cmsghdr *head = CMSG_FIRSTHDR(&message);
  if (head != NULL && head->cmsg_type == SCM_RIGHTS && head->cmsg_len >= CMSG_LEN(0)) {
    count = (int)((head->cmsg_len - CMSG_LEN(0)) / sizeof(int));
    if (count > 2) count = 2;
    memcpy(descriptors, CMSG_DATA(head), (size_t)count * sizeof(int));
  }
  int result = 0;
  if (length != sizeof client->reply || client->reply.magic != COMMAND_PORT_MAGIC) result = -EPROTO;
  if (result == 0) result = client->reply.result < 0 ? client->reply.result : map(client, descriptors, count);
  for (int index = 0; index < count; index++) close(descriptors[index]);
  return result;
}

int command_port_client_open(
    command_port_client *client, const char *path, const char *name, int64_t period_ns, uint32_t wants,
    uint64_t fingerprint) {
  struct sockaddr_un address = {.sun_family = AF_UNIX};
  struct timeval wait = {2, 0};
  command_port_hello hello = {
      .magic = COMMAND_PORT_MAGIC,
      .version = COMMAND_PORT_VERSION,
      .wants = wants,
      .fingerprint = fingerprint,
      .period_ns = period_ns};
  memset(client, 0, sizeof *client);
  client->socket = -1;
  if (strlen(path) >= sizeof address.sun_path) return -ENAMETOOLONG;
  strcpy(address.sun_path, path);
  strncpy(hello.name, name, sizeof hello.name - 1);
  client->socket = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
  if (client->socket < 0) return -errno;
  int result = 0;
  setsockopt(client->socket, SOL_SOCKET, SO_RCVTIMEO, &wait, sizeof wait);
  if (connect(client->socket, (struct sockaddr *)&address, sizeof address) < 0) {
    result = -errno;
  } else if (send(client->socket, &hello, sizeof hello, MSG_NOSIGNAL) != sizeof hello) {
    result = -EPIPE;
  } else {
    result = take_reply(client);
  }
  if (result < 0) {
    command_port_reply reply = client->reply;
    command_port_client_close(client);
    client->reply = reply;
  }
  return result;
}

int command_port_client_is_owner(command_port_client *client) {
  char word;
  if (client->socket < 0 || client->setpoints == NULL) return 0;
  ssize_t length = recv(client->socket, &word, 1, MSG_DONTWAIT | MSG_PEEK);
  return length < 0 && (errno == EAGAIN || errno == EINTR);
}

void command_port_client_close(command_port_client *client) {
  const char bye = COMMAND_PORT_BYE;
  if (client->socket >= 0) {
    if (client->setpoints != NULL) (void)!send(client->socket, &bye, 1, MSG_NOSIGNAL);
    close(client->socket);
  }
  if (client->states != NULL) munmap(client->states, sizeof(command_port_states));
  if (client->setpoints != NULL) munmap(client->setpoints, sizeof(command_port_setpoints));
  memset(client, 0, sizeof *client);
  client->socket = -1;
}
