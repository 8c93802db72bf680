// Terminals and sockets as descriptors that never wait; private to the shim.
#pragma once

#include <stdbool.h>
#include <stdint.h>
#include <sys/socket.h>

/// An address that a name and a port stand for.
struct servo_address {
  struct sockaddr_storage address;
  socklen_t length;
};

/// Looks a host up for a kind of socket; 0 or a negative errno, -EHOSTUNREACH where the name has no address.
int servo_address_find(const char *host, uint16_t port, int type, struct servo_address *found);

/// Opens a terminal of its own raw, with no modem lines; a descriptor or a negative errno.
int servo_terminal_open(const char *path);

/// Whether `path` is a terminal, or a link to one that is not what `servo_terminal_make` leaves when its program is killed.
bool servo_terminal_is_there(const char *path);

/// Makes a pseudo-terminal and `path` a symbolic link to it. The other side is kept open in `other`, so that it does not
/// hang up between two programs. A descriptor or a negative errno.
int servo_terminal_make(const char *path, int *other);

/// Connects to a host for at most `patience_ms`; a descriptor or a negative errno.
int servo_tcp_connect(const char *host, uint16_t port, int patience_ms);

/// Listens on a host's address; a descriptor or a negative errno.
int servo_tcp_listen(const char *host, uint16_t port);
