// Xiaomi CyberGear speaks the private protocol of robstride_wire.h; what it has of its own stands here.
// Byte tables, ranges and sources: Firmware-Interfaces/Protocols/robstride.md.
//
// One number is dangerous: type 22 saves a RobStride's parameters and sets a CyberGear's bit rate, and the
// first byte of the save, 01, is the code for 1 Mbit/s. Know the model before sending it.
#pragma once

#include "robstride_wire.h"

/// Frame types that mean something else than RobStride's, or that RobStride does not have.
enum cybergear_type {
  /// Byte 0 is a `cybergear_bit_rate`; acts after the next power-up. RobStride: save.
  CYBERGEAR_TYPE_BIT_RATE = 22,
  /// RobStride's 23, 24 and 25 do not exist.
  CYBERGEAR_TYPE_MAX = 22,
};

/// Bits of a feedback identifier that mean something else than RobStride's.
enum cybergear_fault {
  /// RobStride: stall, overload.
  CYBERGEAR_FAULT_HALL_ENCODER = 1 << 4,
};

/// Values of the run_mode parameter; cyclic and profile position do not exist.
enum cybergear_run_mode {
  CYBERGEAR_RUN_MODE_OPERATION = 0,
  CYBERGEAR_RUN_MODE_POSITION = 1,
  CYBERGEAR_RUN_MODE_VELOCITY = 2,
  CYBERGEAR_RUN_MODE_CURRENT = 3,
};

/// Parameter indices that RobStride has not, or has elsewhere.
enum cybergear_parameter {
  /// i16, turns of the motor before the gear.
  CYBERGEAR_PARAMETER_ROTATION = 0x701D,
  /// u32, watchdog, in the table of stored parameters. A peer found that writing it has no effect.
  CYBERGEAR_PARAMETER_CAN_TIMEOUT = 0x200C,
};

/// Codes of a bit rate.
enum cybergear_bit_rate {
  CYBERGEAR_BIT_RATE_1M = 1,
  CYBERGEAR_BIT_RATE_500K = 2,
  CYBERGEAR_BIT_RATE_250K = 3,
  CYBERGEAR_BIT_RATE_125K = 4,
};

/// Writes a bit rate, 8 bytes; false, and nothing written, for a code that there is not.
SERVO_WIRE_INLINE bool cybergear_encode_bit_rate(uint8_t code, uint8_t data[]) {
  if (code < CYBERGEAR_BIT_RATE_1M || code > CYBERGEAR_BIT_RATE_125K) {
    return false;
  }
  data[0] = code;
  for (int i = 1; i < ROBSTRIDE_LENGTH; ++i) {
    data[i] = 0;
  }
  return true;
}

/// Reads a bit rate; false for a code that there is not. A RobStride's save reads as 1 Mbit/s.
SERVO_WIRE_INLINE bool cybergear_decode_bit_rate(const uint8_t data[], uint8_t length, uint8_t *code) {
  if (length != ROBSTRIDE_LENGTH || data[0] < CYBERGEAR_BIT_RATE_1M || data[0] > CYBERGEAR_BIT_RATE_125K) {
    return false;
  }
  *code = data[0];
  return true;
}
