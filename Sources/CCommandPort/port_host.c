// The host's side of the command port: one thread that answers hellos, grants leases and notices who is gone.
#define _GNU_SOURCE
#include "command_port_host.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <pthread.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/eventfd.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#include "port_memory.h"

enum {
  /// Connections at once: the owner, those who watch, those whose hello has not come.
  MOST_CLIENTS = 16,
  /// Leases kept because the loop may still look at them.
  MOST_LEASES = 8,
};

/// A connection.
typedef struct {
  int socket;
  int pid;
  /// Bytes of the hello that came.
  size_t length;
  command_port_hello hello;
  /// The lease it was granted; 0 for none.
  uint64_t lease;
} client_connection;

struct command_port_host {
  int listener;
  int wake;
  int states_descriptor;
  int is_serving;
  command_port_states *states;
  pthread_t thread;
  struct sockaddr_un address;
  /// The newest lease, with those before it behind it.
  command_port_lease *newest;
  /// Number of the lease that the loop got last.
  uint64_t seen;
  uint64_t granted;
  client_connection clients[MOST_CLIENTS];
};

int command_port_host_open(const char *path, command_port_host **out) {
  command_port_host *host = calloc(1, sizeof *host);
  if (host == NULL) return -ENOMEM;
  int result = 0;
  host->listener = host->wake = host->states_descriptor = -1;
  for (int index = 0; index < MOST_CLIENTS; index++) host->clients[index].socket = -1;
  host->address.sun_family = AF_UNIX;
  if (strlen(path) >= sizeof host->address.sun_path) result = -ENAMETOOLONG;
  if (result == 0) {
    strcpy(host->address.sun_path, path);
    result = port_listen(&host->address);
    if (result >= 0) host->listener = result;
  }
  if (result >= 0) {
    host->wake = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
    result = host->wake < 0 ? -errno : 0;
  }
  if (result >= 0) {
    result = port_memory("sinew-state", sizeof *host->states, 1, (void **)&host->states);
    if (result >= 0) host->states_descriptor = result;
  }
  if (result < 0) {
    command_port_host_close(host);
    return result;
  }
  host->states->magic = COMMAND_PORT_MAGIC;
  host->states->version = COMMAND_PORT_VERSION;
  host->states->size = sizeof *host->states;
  host->states->slot_count = COMMAND_PORT_SLOTS;
  host->states->slot_size = sizeof(command_port_state);
  host->states->slot_offset = (uint32_t)__builtin_offsetof(command_port_states, slots);
  *out = host;
  return 0;
}

command_port_states *command_port_host_states(command_port_host *host) { return host->states; }

const command_port_lease *command_port_host_lease(command_port_host *host) {
  const command_port_lease *lease = __atomic_load_n(&host->newest, __ATOMIC_ACQUIRE);
  if (lease != NULL) __atomic_store_n(&host->seen, lease->number, __ATOMIC_RELEASE);
  return lease;
}

static void free_lease(command_port_lease *lease) {
  munmap((void *)lease->memory, sizeof(command_port_setpoints));
  close(lease->descriptor);
  free(lease);
}

/// Frees leases that the loop cannot look at any more; how many are left.
static int free_leases(command_port_host *host) {
  uint64_t seen = __atomic_load_n(&host->seen, __ATOMIC_ACQUIRE);
  int count = 0;
  command_port_lease *lease = host->newest;
  while (lease != NULL) {
    count++;
    // The loop got this one or a newer one: what is behind it was let go in that cycle at the latest.
    if (lease->number <= seen) {
      command_port_lease *older = lease->older;
      lease->older = NULL;
      while (older != NULL) {
        command_port_lease *next = older->older;
        free_lease(older);
        older = next;
      }
    }
    lease = lease->older;
  }
  return count;
}

static void drop(client_connection *client) {
  close(client->socket);
  memset(client, 0, sizeof *client);
  client->socket = -1;
}

/// Notes that the owner of a lease is gone, unless that is known.
static void lose(command_port_host *host, uint64_t number, int32_t how) {
  for (command_port_lease *lease = host->newest; lease != NULL; lease = lease->older) {
    int32_t there = 0;
    if (lease->number == number) {
      __atomic_compare_exchange_n(&lease->gone, &there, how, 0, __ATOMIC_RELEASE, __ATOMIC_RELAXED);
    }
  }
}

/// Tells the connection that has a lease that it was taken, and ends it.
static void end_lease(command_port_host *host, uint64_t number) {
  const char word = COMMAND_PORT_REVOKED;
  for (int index = 0; index < MOST_CLIENTS; index++) {
    client_connection *client = &host->clients[index];
    if (client->socket >= 0 && client->lease == number) {
      (void)!send(client->socket, &word, 1, MSG_NOSIGNAL | MSG_DONTWAIT);
      drop(client);
    }
  }
}

static void refuse(command_port_reply *reply, int error, const char *message) {
  reply->result = -error;
  snprintf(reply->message, sizeof reply->message, "%s", message);
}

/// A lease with fresh memory, as the old owner can still write to the old; a negative errno in the reply else.
static command_port_lease *make_lease(command_port_host *host, client_connection *client, command_port_reply *reply) {
  if (free_leases(host) >= MOST_LEASES) {
    refuse(reply, EAGAIN, "the loop has not noticed the last owners yet; try again when it runs");
    return NULL;
  }
  command_port_lease *lease = calloc(1, sizeof *lease);
  command_port_setpoints *memory = NULL;
  int descriptor = lease == NULL ? -ENOMEM : port_memory("sinew-setpoints", sizeof *memory, 0, (void **)&memory);
  if (descriptor < 0) {
    free(lease);
    refuse(reply, -descriptor, "no memory for setpoints");
    return NULL;
  }
  memory->magic = COMMAND_PORT_MAGIC;
  memory->version = COMMAND_PORT_VERSION;
  memory->size = sizeof *memory;
  memory->lease = lease->number = ++host->granted;
  lease->memory = memory;
  lease->descriptor = descriptor;
  lease->period_ns = client->hello.period_ns;
  lease->pid = client->pid;
  memcpy(lease->name, client->hello.name, sizeof lease->name - 1);
  return lease;
}

/// Judges a hello; the lease that it was granted, or null.
static command_port_lease *judge(command_port_host *host, client_connection *client, command_port_reply *reply) {
  const command_port_hello *hello = &client->hello;
  const command_port_lease *holder = host->newest;
  if (holder != NULL && holder->gone == 0) {
    reply->holder_pid = holder->pid;
    memcpy(reply->holder, holder->name, sizeof reply->holder);
  }
  if (hello->magic != COMMAND_PORT_MAGIC || hello->version != COMMAND_PORT_VERSION) {
    refuse(reply, EPROTO, "the client speaks another version of the port; take the client of this release");
  } else if (hello->fingerprint != 0 && hello->fingerprint != host->states->fingerprint) {
    refuse(reply, ESTALE, "the robot is another one than the client was made for: joints, limits or period differ");
  } else if (hello->wants & COMMAND_PORT_WATCH) {
    return NULL;
  } else if (hello->period_ns < host->states->period_ns || hello->period_ns > host->states->command_timeout_ns) {
    refuse(reply, EINVAL, "the client's period is below the loop's or above command_timeout of robot.yaml");
  } else if (reply->holder_pid != 0 && !(hello->wants & COMMAND_PORT_TAKE)) {
    snprintf(
        reply->message, sizeof reply->message, "%s (process %d) has the lease; end it, or ask to take the lease",
        reply->holder, reply->holder_pid);
    reply->result = -EBUSY;
  } else {
    return make_lease(host, client, reply);
  }
  return NULL;
}

static void answer(command_port_host *host, client_connection *client) {
  command_port_reply reply = {
      .magic = COMMAND_PORT_MAGIC,
      .version = COMMAND_PORT_VERSION,
      .fingerprint = host->states->fingerprint,
      .period_ns = host->states->period_ns,
      .command_timeout_ns = host->states->command_timeout_ns};
  // What is no text of its own would be printed by others.
  client->hello.name[sizeof client->hello.name - 1] = 0;
  for (char *c = client->hello.name; *c != 0; c++) {
    if (*c < 0x20 || *c > 0x7e) *c = '?';
  }
  command_port_lease *lease = judge(host, client, &reply);
  int descriptors[2] = {host->states_descriptor, lease == NULL ? -1 : lease->descriptor};
  reply.lease = lease == NULL ? 0 : lease->number;
  int count = reply.result < 0 ? 0 : (lease == NULL ? 1 : 2);
  if (port_send(client->socket, &reply, sizeof reply, descriptors, count) < 0) {
    if (lease != NULL) free_lease(lease);
    return drop(client);
  }
  if (reply.result < 0) return drop(client);
  if (lease == NULL) return;
  if (host->newest != NULL) {
    lose(host, host->newest->number, 1);
    end_lease(host, host->newest->number);
  }
  client->lease = lease->number;
  lease->older = host->newest;
  __atomic_store_n(&host->newest, lease, __ATOMIC_RELEASE);
}

/// What a connection said: the rest of its hello, that it leaves, or nothing any more.
static void listen_to(command_port_host *host, client_connection *client) {
  if (client->length == sizeof client->hello) {
    char word = 0;
    ssize_t length = recv(client->socket, &word, 1, MSG_DONTWAIT);
    if (length < 0 && (errno == EAGAIN || errno == EINTR)) return;
    if (client->lease != 0) lose(host, client->lease, length == 1 && word == COMMAND_PORT_BYE ? 1 : 2);
    return drop(client);
  }
  ssize_t length = recv(
      client->socket, (char *)&client->hello + client->length, sizeof client->hello - client->length, MSG_DONTWAIT);
  if (length < 0 && (errno == EAGAIN || errno == EINTR)) return;
  if (length <= 0) return drop(client);
  client->length += (size_t)length;
  if (client->length == sizeof client->hello) answer(host, client);
}

static void welcome(command_port_host *host) {
  int socket = accept4(host->listener, NULL, NULL, SOCK_CLOEXEC | SOCK_NONBLOCK);
  if (socket < 0) return;
  struct ucred peer = {0};
  socklen_t size = sizeof peer;
  getsockopt(socket, SOL_SOCKET, SO_PEERCRED, &peer, &size);
  if (peer.uid == geteuid() || peer.uid == 0) {
    for (int index = 0; index < MOST_CLIENTS; index++) {
      client_connection *client = &host->clients[index];
      if (client->socket >= 0) continue;
      client->socket = socket;
      client->pid = peer.pid;
      return;
    }
  }
  close(socket);
}

static void *serve(void *context) {
  command_port_host *host = context;
  struct pollfd polls[2 + MOST_CLIENTS];
  for (;;) {
    polls[0] = (struct pollfd){host->wake, POLLIN, 0};
    polls[1] = (struct pollfd){host->listener, POLLIN, 0};
    for (int index = 0; index < MOST_CLIENTS; index++) {
      polls[2 + index] = (struct pollfd){host->clients[index].socket, POLLIN, 0};
    }
    if (poll(polls, 2 + MOST_CLIENTS, -1) < 0 && errno != EINTR) return NULL;
    if (polls[0].revents != 0) return NULL;
    for (int index = 0; index < MOST_CLIENTS; index++) {
      // One that was revoked on the way is no longer there.
      if (polls[2 + index].revents != 0 && host->clients[index].socket == polls[2 + index].fd) {
        listen_to(host, &host->clients[index]);
      }
    }
    if (polls[1].revents != 0) welcome(host);
  }
}

int command_port_host_serve(command_port_host *host) {
  sigset_t all, before;
  // Signals are for the threads that expect them.
  sigfillset(&all);
  pthread_sigmask(SIG_SETMASK, &all, &before);
  int result = -pthread_create(&host->thread, NULL, serve, host);
  pthread_sigmask(SIG_SETMASK, &before, NULL);
  host->is_serving = result == 0;
  return result;
}

void command_port_host_close(command_port_host *host) {
  if (host->is_serving) {
    uint64_t one = 1;
    (void)!write(host->wake, &one, sizeof one);
    pthread_join(host->thread, NULL);
  }
  for (int index = 0; index < MOST_CLIENTS; index++) {
    if (host->clients[index].socket >= 0) drop(&host->clients[index]);
  }
  if (host->listener >= 0) {
    unlink(host->address.sun_path);
    close(host->listener);
  }
  if (host->wake >= 0) close(host->wake);
  while (host->newest != NULL) {
    command_port_lease *older = host->newest->older;
    free_lease(host->newest);
    host->newest = older;
  }
  if (host->states != NULL) munmap(host->states, sizeof *host->states);
  if (host->states_descriptor >= 0) close(host->states_descriptor);
  free(host);
}
