// Memory that two processes share, and the socket that hands it over. Every failure is a negative errno.
#pragma once

#include <stddef.h>
#include <sys/un.h>

/// Zeroed memory, mapped, locked where the kernel allows, and sealed so that nobody can make it smaller under its reader,
/// or write to it when `is_read_only`, but through `memory`. The descriptor.
int port_memory(const char *name, size_t size, int is_read_only, void **memory);
/// A socket that listens at an address; one that nobody listens at any more is replaced. -EADDRINUSE where somebody does.
int port_listen(const struct sockaddr_un *address);
/// Sends a message with descriptors, without waiting.
int port_send(int socket, const void *message, size_t size, const int *descriptors, int count);
