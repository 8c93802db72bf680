// The least a client in C does: holds every joint where it stands, at 100 Hz, for COUNT sets, then ends the run.
//
//   cc -I Sources/CCommandPort/include Clients/C/hold.c Sources/CCommandPort/port_client.c -o hold && ./hold PATH COUNT
#define _GNU_SOURCE
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "command_port_client.h"

enum { RATE = 100 };

/// Waits until the loop follows this client, or a set is due to it; 0 when the lease is lost.
static int wait_for(command_port_client *client, int64_t due, command_port_state *state) {
  const struct timespec pause = {0, 200000};
  while (command_port_client_is_owner(client)) {
    if (command_port_get_state(client->states, state) && state->lease == client->reply.lease &&
        state->phase != COMMAND_PORT_CLOSED && state->cycle >= due) {
      return 1;
    }
    nanosleep(&pause, NULL);
  }
  return 0;
}

int main(int count, char **words) {
  if (count != 3) {
    fprintf(stderr, "usage: hold PATH COUNT\n");
    return 2;
  }
  command_port_client client;
  int result = command_port_client_open(&client, words[1], "hold", 1000000000 / RATE, 0, 0);
  if (result < 0) {
    fprintf(stderr, "%s: %s\n", words[1], client.reply.message[0] ? client.reply.message : strerror(-result));
    return 3;
  }
  int64_t steps = 1000000000 / RATE / client.states->period_ns;
  command_port_state state;
  command_port_set set = {.flags = 0, .joint_count = client.states->joint_count};
  int64_t due = 0;
  for (int left = atoi(words[2]); left > 0 && wait_for(&client, due, &state); left--) {
    if (due == 0) {
      for (uint32_t joint = 0; joint < set.joint_count; joint++) {
        set.joints[joint].position_rad = state.joints[joint].commanded_position_rad;
      }
    }
    if (left == 1) set.flags |= COMMAND_PORT_ENDS;
    set.answers_cycle = state.cycle;
    command_port_put_set(client.setpoints, &set);
    due = state.cycle + steps;
  }
  // Not before the loop took the last one.
  wait_for(&client, due, &state);
  printf("%s, %u joints: %llu sets followed\n", client.states->robot, client.states->joint_count,
         (unsigned long long)state.accepted);
  command_port_client_close(&client);
  return 0;
}
