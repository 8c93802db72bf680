// cannelloni: several CAN frames in one UDP datagram.
//
// The layout is that of cannelloni.h and parser.cpp of https://github.com/mguentner/cannelloni, version 2 of its format:
// version, operation, sequence number, number of frames (16 bits, most significant byte first), then a frame after the
// other: identifier with SocketCAN's flag bits (32 bits, most significant byte first), length, for CAN FD a byte of flags,
// data. Pure functions of their arguments.
#pragma once

#include "servo_frame.h"

/// What goes before the frames, and the longest frame.
enum { SERVO_CANNELLONI_HEAD = 5, SERVO_CANNELLONI_FRAME_ROOM = 4 + 1 + 1 + 64 };

/// Writes what goes before `count` frames.
void servo_cannelloni_encode_head(uint8_t bytes[_Nonnull SERVO_CANNELLONI_HEAD], uint8_t sequence, uint16_t count);

/// Writes a data frame; one of CAN FD is padded with zeros to a length it can have. Returns the number of bytes, or 0 when
/// the frame's length or identifier fits no frame.
size_t servo_cannelloni_encode(const servo_frame *_Nonnull frame, uint8_t bytes[_Nonnull SERVO_CANNELLONI_FRAME_ROOM]);

/// What is left to read of a datagram.
typedef struct {
  const uint8_t *_Nonnull bytes;
  size_t left;
  uint16_t frames;
  uint8_t sequence;
} servo_cannelloni_reader;

/// Reads what goes before the frames of a datagram of any bytes; SERVO_FOUND_FRAME when frames may follow, else
/// SERVO_FOUND_FOREIGN.
int servo_cannelloni_begin(servo_cannelloni_reader *_Nonnull reader, const uint8_t *_Nonnull bytes, size_t length);

/// Reads the next frame. Returns one of SERVO_FOUND_*: NOTHING behind the last one, FOREIGN where the datagram ends too
/// early or too late, after which nothing follows; `frame` is whole for SERVO_FOUND_FRAME, its bus and instant left as
/// they were.
int servo_cannelloni_next(servo_cannelloni_reader *_Nonnull reader, servo_frame *_Nonnull frame);
