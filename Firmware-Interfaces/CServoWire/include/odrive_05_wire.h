// What ODrive CANSimple of firmware 0.5.x has of its own: heartbeat and its error bits.
// Byte tables and sources: Firmware-Interfaces/Protocols/odrive.md. All else: odrive_wire.h.
#pragma once

#include "odrive_wire.h"

/// Bits of the axis error of 0.5's heartbeat.
enum odrive_axis_error {
  ODRIVE_AXIS_ERROR_INVALID_STATE = 0x1,
  ODRIVE_AXIS_ERROR_MOTOR = 0x40,
  ODRIVE_AXIS_ERROR_SENSORLESS_ESTIMATOR = 0x80,
  ODRIVE_AXIS_ERROR_ENCODER = 0x100,
  ODRIVE_AXIS_ERROR_CONTROLLER = 0x200,
  ODRIVE_AXIS_ERROR_WATCHDOG = 0x800,
  ODRIVE_AXIS_ERROR_MINIMUM_ENDSTOP = 0x1000,
  ODRIVE_AXIS_ERROR_MAXIMUM_ENDSTOP = 0x2000,
  ODRIVE_AXIS_ERROR_ESTOP = 0x4000,
  ODRIVE_AXIS_ERROR_HOMING_WITHOUT_ENDSTOP = 0x20000,
  ODRIVE_AXIS_ERROR_OVER_TEMPERATURE = 0x40000,
  ODRIVE_AXIS_ERROR_UNKNOWN_POSITION = 0x80000,
};

/// Heartbeat of 0.5.
struct odrive_heartbeat_05 {
  /// Bits of `odrive_axis_error`.
  uint32_t errors;
  /// An `odrive_axis_state`.
  uint8_t state;
  bool motor_error;
  bool encoder_error;
  bool controller_error;
  bool trajectory_done;
};

/// Writes a heartbeat of 0.5, 8 bytes.
SERVO_WIRE_INLINE void odrive_encode_heartbeat_05(struct odrive_heartbeat_05 heartbeat, uint8_t data[]) {
  servo_wire_store_le32(data, heartbeat.errors);
  data[4] = heartbeat.state;
  data[5] = heartbeat.motor_error ? 1 : 0;
  data[6] = heartbeat.encoder_error ? 1 : 0;
  data[7] = (uint8_t)((heartbeat.controller_error ? 1u : 0u) | (heartbeat.trajectory_done ? 0x80u : 0u));
}

/// Reads a heartbeat of 0.5.
SERVO_WIRE_INLINE bool odrive_decode_heartbeat_05(
    const uint8_t data[], uint8_t length, struct odrive_heartbeat_05 *heartbeat) {
  if (length != ODRIVE_LENGTH) {
    return false;
  }
  heartbeat->errors = servo_wire_load_le32(data);
  heartbeat->state = data[4];
  heartbeat->motor_error = (data[5] & 1u) != 0;
  heartbeat->encoder_error = (data[6] & 1u) != 0;
  heartbeat->controller_error = (data[7] & 1u) != 0;
  heartbeat->trajectory_done = (data[7] & 0x80u) != 0;
  return true;
}
