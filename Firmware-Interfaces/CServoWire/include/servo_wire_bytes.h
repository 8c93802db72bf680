// Byte order for the wire layouts: explicit shifts, so that any processor writes the same bytes.
#pragma once

#include <stdbool.h>
#include <stdint.h>

#if defined(__clang__)
#if __has_attribute(nonblocking)
#define SERVO_WIRE_NONBLOCKING __attribute__((nonblocking))
#else
#define SERVO_WIRE_NONBLOCKING
#endif
/// Importable into Swift functions marked `@_noLocks`; `clang -Wfunction-effects` checks that the body neither
/// allocates nor locks.
#define SERVO_WIRE_SAFE __attribute__((swift_attr("@_noLocks"))) SERVO_WIRE_NONBLOCKING
#else
#define SERVO_WIRE_SAFE
#endif

/// How every function of the wire layouts is declared.
#define SERVO_WIRE_INLINE SERVO_WIRE_SAFE static inline

/// Reads 16 bits, most significant byte first.
SERVO_WIRE_INLINE uint16_t servo_wire_load_be16(const uint8_t data[]) {
  return (uint16_t)((unsigned)data[0] << 8 | data[1]);
}

/// Writes 16 bits, most significant byte first.
SERVO_WIRE_INLINE void servo_wire_store_be16(uint8_t data[], uint16_t value) {
  data[0] = (uint8_t)(value >> 8);
  data[1] = (uint8_t)value;
}

/// Reads 32 bits, most significant byte first.
SERVO_WIRE_INLINE uint32_t servo_wire_load_be32(const uint8_t data[]) {
  return (uint32_t)data[0] << 24 | (uint32_t)data[1] << 16 | (uint32_t)data[2] << 8 | (uint32_t)data[3];
}

/// Writes 32 bits, most significant byte first.
SERVO_WIRE_INLINE void servo_wire_store_be32(uint8_t data[], uint32_t value) {
  data[0] = (uint8_t)(value >> 24);
  data[1] = (uint8_t)(value >> 16);
  data[2] = (uint8_t)(value >> 8);
  data[3] = (uint8_t)value;
}

/// Reads 16 bits, least significant byte first.
SERVO_WIRE_INLINE uint16_t servo_wire_load_le16(const uint8_t data[]) {
  return (uint16_t)(data[0] | (unsigned)data[1] << 8);
}

/// Writes 16 bits, least significant byte first.
SERVO_WIRE_INLINE void servo_wire_store_le16(uint8_t data[], uint16_t value) {
  data[0] = (uint8_t)value;
  data[1] = (uint8_t)(value >> 8);
}

/// Reads 32 bits, least significant byte first.
SERVO_WIRE_INLINE uint32_t servo_wire_load_le32(const uint8_t data[]) {
  return (uint32_t)data[0] | (uint32_t)data[1] << 8 | (uint32_t)data[2] << 16 | (uint32_t)data[3] << 24;
}

/// Writes 32 bits, least significant byte first.
SERVO_WIRE_INLINE void servo_wire_store_le32(uint8_t data[], uint32_t value) {
  data[0] = (uint8_t)value;
  data[1] = (uint8_t)(value >> 8);
  data[2] = (uint8_t)(value >> 16);
  data[3] = (uint8_t)(value >> 24);
}

/// Reads 64 bits, least significant byte first.
SERVO_WIRE_INLINE uint64_t servo_wire_load_le64(const uint8_t data[]) {
  return (uint64_t)servo_wire_load_le32(data) | (uint64_t)servo_wire_load_le32(data + 4) << 32;
}

/// Writes 64 bits, least significant byte first.
SERVO_WIRE_INLINE void servo_wire_store_le64(uint8_t data[], uint64_t value) {
  servo_wire_store_le32(data, (uint32_t)value);
  servo_wire_store_le32(data + 4, (uint32_t)(value >> 32));
}
