// python-can's udp_multicast: one frame a datagram, as a MessagePack map of eleven entries.
//
// The map is that of python-can's `can.interfaces.udp_multicast.utils.pack_message`, the types those of the MessagePack
// specification (https://github.com/msgpack/msgpack/blob/master/spec.md). Pure functions of their arguments.
#pragma once

#include "servo_frame.h"

/// Longest datagram that `servo_multicast_encode` writes.
enum { SERVO_MULTICAST_ROOM = 256 };

/// Writes a data frame; a frame of CAN FD is padded with zeros to a length it can have. Returns the number of bytes, or 0
/// when the frame's length or identifier fits no frame.
size_t servo_multicast_encode(const servo_frame *_Nonnull frame, uint8_t bytes[_Nonnull SERVO_MULTICAST_ROOM]);

/// Reads one datagram of any bytes: entries in any order, unknown ones passed over, missing ones as in python-can's
/// `Message` (an extended identifier, everything else zero). Returns one of SERVO_FOUND_*; `frame` is whole for
/// SERVO_FOUND_FRAME and unspecified otherwise, its bus and instant left as they were.
int servo_multicast_decode(const uint8_t *_Nonnull bytes, size_t length, servo_frame *_Nonnull frame);
