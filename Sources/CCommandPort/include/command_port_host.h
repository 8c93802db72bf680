// The host's side of the command port: socket, leases, memory. Every failure is a negative errno; nothing prints.
#pragma once

#include "command_port.h"

/// Who may write setpoints. Made and freed by the port's thread; the loop reads it.
typedef struct command_port_lease {
  uint64_t number;
  const command_port_setpoints *_Nonnull memory;
  int64_t period_ns;
  /// 0 while the owner is there, 1 when it gave the lease back, 2 when its socket closed without a word.
  int32_t gone;
  int32_t pid;
  char name[COMMAND_PORT_NAME];
  int descriptor;
  struct command_port_lease *_Nullable older;
} command_port_lease;

typedef struct command_port_host command_port_host;

/// Opens a port at a path for a Unix socket, which must not be in use; a socket that nobody listens at any more is
/// replaced. The memory of the state is all zeros, but for magic, version and sizes: fill it in, then call
/// `command_port_host_serve`. Only processes of the same user (or root) can connect.
int command_port_host_open(const char *_Nonnull path, command_port_host *_Nullable *_Nonnull host);
/// Where states are put.
command_port_states *_Nonnull command_port_host_states(command_port_host *_Nonnull host);
/// Starts the port's thread.
int command_port_host_serve(command_port_host *_Nonnull host);
/// Ends the thread, removes the socket, frees everything. The loop must not run any more.
void command_port_host_close(command_port_host *_Nonnull host);

/// The newest lease, or null before the first: for the loop, once a cycle. What it got in the cycle before may be freed
/// from then on. Never waits.
const command_port_lease *_Nullable command_port_host_lease(command_port_host *_Nonnull host);

/// Whether the owner of a lease is gone, as in `command_port_lease`.
COMMAND_PORT_INLINE int command_port_lease_gone(const command_port_lease *_Nonnull lease) {
  return __atomic_load_n(&lease->gone, __ATOMIC_ACQUIRE);
}
