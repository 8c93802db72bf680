// slcan: CAN frames as lines of text, between a host and a serial adapter.
//
// Lines are those of the Lawicel CAN232 and CANUSB manuals (t, T, r, R, and requests), with the lines for CAN FD of the
// CANable 2 firmware (d, D, b, B), as python-can's slcan writes and reads them. Pure functions of their arguments.
#pragma once

#include "servo_frame.h"

/// Longest line with its end: kind, identifier, length, 64 bytes, an adapter's time stamp, carriage return.
enum { SERVO_SLCAN_ROOM = 1 + 8 + 1 + 128 + 4 + 1 };

/// Writes a data frame as a line; a frame of CAN FD is padded with zeros to a length it can have. Returns the number of
/// characters, or 0 when the frame's length or identifier fits no frame.
size_t servo_slcan_encode(const servo_frame *_Nonnull frame, uint8_t line[_Nonnull SERVO_SLCAN_ROOM]);

/// Lines as they come in, a character at a time. Zero to begin with.
typedef struct {
  uint8_t line[SERVO_SLCAN_ROOM];
  /// Characters of the line, its end not counted.
  uint8_t count;
  /// The line had no room, and ends somewhere.
  uint8_t is_too_long;
  /// The line was given out: the next character begins another.
  uint8_t is_whole;
} servo_slcan_reader;

/// Takes one character of any value. Returns one of SERVO_FOUND_*: NOTHING until a line is whole; `frame` is whole for
/// SERVO_FOUND_FRAME, its bus and instant left as they were; after SERVO_FOUND_REQUEST the line stands in the reader.
int servo_slcan_take(servo_slcan_reader *_Nonnull reader, uint8_t character, servo_frame *_Nonnull frame);

/// The request that sets a nominal bit rate, such as S8; NULL where there is none. 750 and 800 kbit/s are left out: S7 is
/// one in python-can and the other in Lawicel's manual.
const char *_Nullable servo_slcan_rate_request(int32_t bit_rate);

/// The request that sets a data bit rate, such as Y5; NULL where there is none.
const char *_Nullable servo_slcan_data_rate_request(int32_t bit_rate);
