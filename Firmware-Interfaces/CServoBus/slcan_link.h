// The two ends of an slcan line have this in common; private to the shim.
#pragma once

#include <sys/types.h>

#include "interface.h"
#include "servo_slcan.h"

enum { SERVO_SLCAN_PENDING = 16384, SERVO_SLCAN_CHUNK = 4096 };

struct servo_slcan_link {
  servo_interface base;
  /// A terminal or a connection; -1 while an adapter that is played has no client.
  int descriptor;
  bool is_socket;
  /// What is played as an adapter: where clients come from, the pseudo-terminal's other side and its link, or -1 and "".
  bool is_served;
  int listener, other;
  char path[128];
  servo_bit_rates rates;
  /// Whether the client has opened the channel of an adapter that is played.
  bool is_channel_open;
  servo_slcan_reader reader;
  /// Characters that the kernel has not taken yet.
  uint8_t pending[SERVO_SLCAN_PENDING];
  size_t pending_count;
  /// Whether the first of them are the rest of a line whose beginning was sent.
  bool is_cut;
};

/// A link with nothing open, or NULL.
struct servo_slcan_link *servo_slcan_allocate(servo_bit_rates rates, uint8_t bus);

/// Takes a whole line that is no data frame.
typedef void servo_slcan_listener(struct servo_slcan_link *, int found);

/// Reads what has come; lines that are no data frames go to `listener`. 0 or a negative errno of a lost line.
int servo_slcan_read(struct servo_slcan_link *, struct servo_receipt *, servo_slcan_listener *listener);

/// Puts characters behind those that wait; false where there is no room.
bool servo_slcan_put(struct servo_slcan_link *, const void *characters, size_t count);

/// Puts the lines of a cycle's frames behind what waits.
void servo_slcan_put_frames(struct servo_slcan_link *, const servo_frame *frames, int count);

/// Gives the kernel what it takes. 0 or a negative errno of a lost line.
int servo_slcan_flush(struct servo_slcan_link *);

/// Gives up lines that an earlier cycle put and the kernel had no room for, but the rest of one it has the beginning of.
void servo_slcan_drop_waiting(struct servo_slcan_link *);
