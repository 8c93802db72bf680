// A client of the command port. Every failure is a negative errno; nothing prints.
#pragma once

#include "command_port.h"

typedef struct {
  int socket;
  command_port_states *_Nullable states;
  /// Null for a client that only watches.
  command_port_setpoints *_Nullable setpoints;
  /// What the host said; read `message` where it refused.
  command_port_reply reply;
} command_port_client;

/// Connects and says hello. `wants` and `period_ns` are those of `command_port_hello`, `fingerprint` 0 takes any robot.
/// Waits up to two seconds for the answer. After a refusal `reply` says why.
int command_port_client_open(
    command_port_client *_Nonnull client, const char *_Nonnull path, const char *_Nonnull name, int64_t period_ns, uint32_t wants,
    uint64_t fingerprint);
/// Whether the lease still is the client's: 1, 0 when it was taken or the host is gone.
int command_port_client_is_owner(command_port_client *_Nonnull client);
/// Gives the lease back and frees everything.
void command_port_client_close(command_port_client *_Nonnull client);
