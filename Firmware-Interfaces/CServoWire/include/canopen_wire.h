// CANopen, CiA 301 and LSS of CiA 305: 11-bit identifiers, classic CAN, 8 bytes at most, little-endian.
// Sources: Firmware-Interfaces/Protocols/canopen.md. SDO: canopen_sdo_wire.h; drives: cia402_wire.h.
// Every decoder takes any bytes and any length; false leaves what it would have written alone.
#pragma once

#include "servo_wire_bytes.h"

/// Arbitration identifiers of the predefined connection set: a function code, to which the node id is added.
enum canopen_id {
  CANOPEN_ID_NMT = 0x000,
  CANOPEN_ID_SYNC = 0x080,
  CANOPEN_ID_EMERGENCY = 0x080,
  CANOPEN_ID_TIME = 0x100,
  CANOPEN_ID_TPDO1 = 0x180,
  CANOPEN_ID_RPDO1 = 0x200,
  CANOPEN_ID_TPDO2 = 0x280,
  CANOPEN_ID_RPDO2 = 0x300,
  CANOPEN_ID_TPDO3 = 0x380,
  CANOPEN_ID_RPDO3 = 0x400,
  CANOPEN_ID_TPDO4 = 0x480,
  CANOPEN_ID_RPDO4 = 0x500,
  CANOPEN_ID_SDO_REPLY = 0x580,
  CANOPEN_ID_SDO_REQUEST = 0x600,
  CANOPEN_ID_HEARTBEAT = 0x700,
  CANOPEN_ID_LSS_REPLY = 0x7E4,
  CANOPEN_ID_LSS_REQUEST = 0x7E5,
  /// Highest node id; 0 addresses all nodes.
  CANOPEN_NODE_MAX = 127,
};

/// What an identifier of the predefined connection set carries.
enum canopen_service {
  /// None of the others.
  CANOPEN_SERVICE_NONE = 0,
  CANOPEN_SERVICE_NMT,
  CANOPEN_SERVICE_SYNC,
  CANOPEN_SERVICE_EMERGENCY,
  CANOPEN_SERVICE_TIME,
  CANOPEN_SERVICE_TPDO,
  CANOPEN_SERVICE_RPDO,
  CANOPEN_SERVICE_SDO_REPLY,
  CANOPEN_SERVICE_SDO_REQUEST,
  CANOPEN_SERVICE_HEARTBEAT,
  CANOPEN_SERVICE_LSS_REPLY,
  CANOPEN_SERVICE_LSS_REQUEST,
};

/// Payload lengths [byte].
enum canopen_length {
  CANOPEN_LENGTH_NMT = 2,
  CANOPEN_LENGTH_EMERGENCY = 8,
  CANOPEN_LENGTH_TIME = 6,
  CANOPEN_LENGTH_HEARTBEAT = 1,
  CANOPEN_LENGTH_LSS = 8,
};

/// First byte of an NMT command.
enum canopen_nmt_command {
  CANOPEN_NMT_COMMAND_START = 0x01,
  CANOPEN_NMT_COMMAND_STOP = 0x02,
  CANOPEN_NMT_COMMAND_PRE_OPERATIONAL = 0x80,
  CANOPEN_NMT_COMMAND_RESET_NODE = 0x81,
  CANOPEN_NMT_COMMAND_RESET_COMMUNICATION = 0x82,
};

/// State in a heartbeat.
enum canopen_nmt_state {
  CANOPEN_NMT_STATE_BOOT_UP = 0x00,
  CANOPEN_NMT_STATE_STOPPED = 0x04,
  CANOPEN_NMT_STATE_OPERATIONAL = 0x05,
  CANOPEN_NMT_STATE_PRE_OPERATIONAL = 0x7F,
};

/// Bits of the error register, object 0x1001.
enum canopen_error_register {
  CANOPEN_ERROR_REGISTER_GENERIC = 1 << 0,
  CANOPEN_ERROR_REGISTER_CURRENT = 1 << 1,
  CANOPEN_ERROR_REGISTER_VOLTAGE = 1 << 2,
  CANOPEN_ERROR_REGISTER_TEMPERATURE = 1 << 3,
  CANOPEN_ERROR_REGISTER_COMMUNICATION = 1 << 4,
  CANOPEN_ERROR_REGISTER_PROFILE = 1 << 5,
  CANOPEN_ERROR_REGISTER_MANUFACTURER = 1 << 7,
};

/// Indices of the communication objects.
enum canopen_object {
  CANOPEN_OBJECT_DEVICE_TYPE = 0x1000,
  CANOPEN_OBJECT_ERROR_REGISTER = 0x1001,
  CANOPEN_OBJECT_SYNC_ID = 0x1005,
  /// u32 [us].
  CANOPEN_OBJECT_SYNC_PERIOD = 0x1006,
  CANOPEN_OBJECT_DEVICE_NAME = 0x1008,
  CANOPEN_OBJECT_HARDWARE_VERSION = 0x1009,
  CANOPEN_OBJECT_SOFTWARE_VERSION = 0x100A,
  /// Written with CANOPEN_SIGNATURE_SAVE.
  CANOPEN_OBJECT_STORE = 0x1010,
  /// Written with CANOPEN_SIGNATURE_LOAD.
  CANOPEN_OBJECT_RESTORE = 0x1011,
  CANOPEN_OBJECT_EMERGENCY_ID = 0x1014,
  /// u32 entries of `canopen_heartbeat_consumer`.
  CANOPEN_OBJECT_HEARTBEAT_CONSUMER = 0x1016,
  /// u16 [ms], 0 is off.
  CANOPEN_OBJECT_HEARTBEAT_PRODUCER = 0x1017,
  /// Sub-indices: 1 vendor, 2 product, 3 revision, 4 serial number.
  CANOPEN_OBJECT_IDENTITY = 0x1018,
  CANOPEN_OBJECT_SYNC_COUNTER = 0x1019,
  /// Sub-index 1: what a lost heartbeat does; 0 pre-operational, 1 nothing, 2 stopped.
  CANOPEN_OBJECT_ERROR_BEHAVIOUR = 0x1029,
  /// Sub-indices: 1 identifier, 2 transmission type, 3 inhibit time [100 us], 5 event timer [ms].
  CANOPEN_OBJECT_RPDO1 = 0x1400,
  CANOPEN_OBJECT_RPDO1_MAPPING = 0x1600,
  CANOPEN_OBJECT_TPDO1 = 0x1800,
  CANOPEN_OBJECT_TPDO1_MAPPING = 0x1A00,
};

/// Words written to the store and restore objects, ASCII.
enum canopen_signature {
  CANOPEN_SIGNATURE_SAVE = 0x65766173,
  CANOPEN_SIGNATURE_LOAD = 0x64616F6C,
};

/// PDO transmission types.
enum canopen_transmission {
  CANOPEN_TRANSMISSION_SYNC_ACYCLIC = 0,
  /// Every SYNC; n up to 240 is every n-th.
  CANOPEN_TRANSMISSION_SYNC = 1,
  CANOPEN_TRANSMISSION_SYNC_MAX = 240,
  CANOPEN_TRANSMISSION_EVENT_MANUFACTURER = 254,
  CANOPEN_TRANSMISSION_EVENT_PROFILE = 255,
};

/// First byte of an LSS frame.
enum canopen_lss_command {
  /// Argument 0 waiting, 1 configuration; to all nodes, not answered.
  CANOPEN_LSS_COMMAND_SWITCH_GLOBAL = 0x04,
  CANOPEN_LSS_COMMAND_SET_NODE_ID = 0x11,
  /// Argument: table in bits 7..0, index in bits 15..8.
  CANOPEN_LSS_COMMAND_SET_BIT_TIMING = 0x13,
  /// Argument: delay [ms].
  CANOPEN_LSS_COMMAND_ACTIVATE_BIT_TIMING = 0x15,
  CANOPEN_LSS_COMMAND_STORE = 0x17,
  CANOPEN_LSS_COMMAND_SELECT_VENDOR = 0x40,
  CANOPEN_LSS_COMMAND_SELECT_PRODUCT = 0x41,
  CANOPEN_LSS_COMMAND_SELECT_REVISION = 0x42,
  CANOPEN_LSS_COMMAND_SELECT_SERIAL = 0x43,
  CANOPEN_LSS_COMMAND_SELECTED = 0x44,
  CANOPEN_LSS_COMMAND_INQUIRE_VENDOR = 0x5A,
  CANOPEN_LSS_COMMAND_INQUIRE_PRODUCT = 0x5B,
  CANOPEN_LSS_COMMAND_INQUIRE_REVISION = 0x5C,
  CANOPEN_LSS_COMMAND_INQUIRE_SERIAL = 0x5D,
  CANOPEN_LSS_COMMAND_INQUIRE_NODE_ID = 0x5E,
};

/// What an identifier says.
struct canopen_address {
  /// A `canopen_service`.
  uint8_t service;
  /// 1..127; 0 for a service that names no node.
  uint8_t node;
  /// 1..4 for a PDO, otherwise 0.
  uint8_t number;
};

/// NMT command.
struct canopen_nmt {
  /// A `canopen_nmt_command`.
  uint8_t command;
  /// 0 is all nodes.
  uint8_t node;
};

/// Heartbeat, boot-up or node guarding reply.
struct canopen_heartbeat {
  /// A `canopen_nmt_state`.
  uint8_t state;
  /// Bit 7: alternates in node guarding, 0 in a heartbeat.
  bool toggle;
};

/// Emergency.
struct canopen_emergency {
  /// 0 is "no error left".
  uint16_t code;
  /// Bits of `canopen_error_register`.
  uint8_t error_register;
  /// Five bytes, the first lowest.
  uint64_t manufacturer;
};

/// Time stamp.
struct canopen_time {
  /// [ms] after midnight, 28 bits.
  uint32_t milliseconds;
  /// Days since 1984-01-01.
  uint16_t days;
};

/// Word of a PDO's identifier object, sub-index 1.
struct canopen_pdo_id {
  /// 11 bits, or 29 when extended.
  uint32_t id;
  bool is_extended;
  bool is_valid;
  bool allows_remote;
};

/// Word of a PDO mapping entry.
struct canopen_mapping {
  uint16_t index;
  uint8_t subindex;
  /// Length [bit].
  uint8_t bits;
};

/// Word of a consumer heartbeat entry.
struct canopen_heartbeat_consumer {
  uint8_t node;
  /// [ms], 0 is off.
  uint16_t period;
};

/// LSS request or reply.
struct canopen_lss {
  /// A `canopen_lss_command`.
  uint8_t command;
  /// Bytes 1..4, little-endian: an argument, an error code in bits 7..0 of a reply, or a number.
  uint32_t value;
};

/// Service, node and PDO number of an 11-bit identifier.
SERVO_WIRE_INLINE struct canopen_address canopen_decode_address(uint32_t id) {
  struct canopen_address address = {CANOPEN_SERVICE_NONE, 0, 0};
  switch (id) {
  case CANOPEN_ID_NMT: address.service = CANOPEN_SERVICE_NMT; return address;
  case CANOPEN_ID_SYNC: address.service = CANOPEN_SERVICE_SYNC; return address;
  case CANOPEN_ID_TIME: address.service = CANOPEN_SERVICE_TIME; return address;
  case CANOPEN_ID_LSS_REPLY: address.service = CANOPEN_SERVICE_LSS_REPLY; return address;
  case CANOPEN_ID_LSS_REQUEST: address.service = CANOPEN_SERVICE_LSS_REQUEST; return address;
  default: break;
  }
  uint32_t function = id >> 7;
  switch (id & CANOPEN_NODE_MAX ? function : 0) {
  case CANOPEN_ID_EMERGENCY >> 7: address.service = CANOPEN_SERVICE_EMERGENCY; break;
  case CANOPEN_ID_TPDO1 >> 7:
  case CANOPEN_ID_TPDO2 >> 7:
  case CANOPEN_ID_TPDO3 >> 7:
  case CANOPEN_ID_TPDO4 >> 7:
    address.service = CANOPEN_SERVICE_TPDO;
    address.number = (uint8_t)((function - 1u) / 2u);
    break;
  case CANOPEN_ID_RPDO1 >> 7:
  case CANOPEN_ID_RPDO2 >> 7:
  case CANOPEN_ID_RPDO3 >> 7:
  case CANOPEN_ID_RPDO4 >> 7:
    address.service = CANOPEN_SERVICE_RPDO;
    address.number = (uint8_t)((function - 2u) / 2u);
    break;
  case CANOPEN_ID_SDO_REPLY >> 7: address.service = CANOPEN_SERVICE_SDO_REPLY; break;
  case CANOPEN_ID_SDO_REQUEST >> 7: address.service = CANOPEN_SERVICE_SDO_REQUEST; break;
  case CANOPEN_ID_HEARTBEAT >> 7: address.service = CANOPEN_SERVICE_HEARTBEAT; break;
  default: return address;
  }
  address.node = (uint8_t)(id & CANOPEN_NODE_MAX);
  return address;
}

/// Writes an NMT command, 2 bytes.
SERVO_WIRE_INLINE void canopen_encode_nmt(struct canopen_nmt command, uint8_t data[]) {
  data[0] = command.command;
  data[1] = command.node;
}

/// Reads an NMT command.
SERVO_WIRE_INLINE bool canopen_decode_nmt(
    const uint8_t data[], uint8_t length, struct canopen_nmt *command) {
  if (length != CANOPEN_LENGTH_NMT || data[1] > CANOPEN_NODE_MAX) {
    return false;
  }
  command->command = data[0];
  command->node = data[1];
  return true;
}

/// Writes a heartbeat, 1 byte.
SERVO_WIRE_INLINE void canopen_encode_heartbeat(struct canopen_heartbeat heartbeat, uint8_t data[]) {
  data[0] = (uint8_t)((heartbeat.state & 0x7Fu) | (heartbeat.toggle ? 0x80u : 0u));
}

/// Reads a heartbeat; a state that CiA 301 does not name is passed on as it is.
SERVO_WIRE_INLINE bool canopen_decode_heartbeat(
    const uint8_t data[], uint8_t length, struct canopen_heartbeat *heartbeat) {
  if (length != CANOPEN_LENGTH_HEARTBEAT) {
    return false;
  }
  heartbeat->state = data[0] & 0x7Fu;
  heartbeat->toggle = (data[0] & 0x80u) != 0;
  return true;
}

/// Reads the counter of a SYNC: 0 when it carries none.
SERVO_WIRE_INLINE bool canopen_decode_sync(const uint8_t data[], uint8_t length, uint8_t *counter) {
  if (length > 1) {
    return false;
  }
  *counter = length == 1 ? data[0] : 0;
  return true;
}

/// Writes an emergency, 8 bytes.
SERVO_WIRE_INLINE void canopen_encode_emergency(struct canopen_emergency emergency, uint8_t data[]) {
  servo_wire_store_le16(data, emergency.code);
  data[2] = emergency.error_register;
  data[3] = (uint8_t)emergency.manufacturer;
  servo_wire_store_le32(data + 4, (uint32_t)(emergency.manufacturer >> 8));
}

/// Reads an emergency.
SERVO_WIRE_INLINE bool canopen_decode_emergency(
    const uint8_t data[], uint8_t length, struct canopen_emergency *emergency) {
  if (length != CANOPEN_LENGTH_EMERGENCY) {
    return false;
  }
  emergency->code = servo_wire_load_le16(data);
  emergency->error_register = data[2];
  emergency->manufacturer = (uint64_t)servo_wire_load_le32(data + 4) << 8 | data[3];
  return true;
}

/// Writes a time stamp, 6 bytes; bits above a field's width are dropped.
SERVO_WIRE_INLINE void canopen_encode_time(struct canopen_time time, uint8_t data[]) {
  servo_wire_store_le32(data, time.milliseconds & 0x0FFFFFFFu);
  servo_wire_store_le16(data + 4, time.days);
}

/// Reads a time stamp.
SERVO_WIRE_INLINE bool canopen_decode_time(const uint8_t data[], uint8_t length, struct canopen_time *time) {
  if (length != CANOPEN_LENGTH_TIME) {
    return false;
  }
  time->milliseconds = servo_wire_load_le32(data) & 0x0FFFFFFFu;
  time->days = servo_wire_load_le16(data + 4);
  return true;
}

/// The word of a PDO's identifier object.
SERVO_WIRE_INLINE uint32_t canopen_encode_pdo_id(struct canopen_pdo_id pdo) {
  return (pdo.id & (pdo.is_extended ? 0x1FFFFFFFu : 0x7FFu)) | (pdo.is_extended ? 1u << 29 : 0u) |
         (pdo.allows_remote ? 0u : 1u << 30) | (pdo.is_valid ? 0u : 1u << 31);
}

/// The parts of a PDO's identifier object.
SERVO_WIRE_INLINE struct canopen_pdo_id canopen_decode_pdo_id(uint32_t word) {
  struct canopen_pdo_id pdo;
  pdo.is_extended = (word >> 29 & 1u) != 0;
  pdo.allows_remote = (word >> 30 & 1u) == 0;
  pdo.is_valid = (word >> 31 & 1u) == 0;
  pdo.id = word & (pdo.is_extended ? 0x1FFFFFFFu : 0x7FFu);
  return pdo;
}

/// The word of a mapping entry.
SERVO_WIRE_INLINE uint32_t canopen_encode_mapping(struct canopen_mapping mapping) {
  return (uint32_t)mapping.index << 16 | (uint32_t)mapping.subindex << 8 | mapping.bits;
}

/// The parts of a mapping entry.
SERVO_WIRE_INLINE struct canopen_mapping canopen_decode_mapping(uint32_t word) {
  struct canopen_mapping mapping = {(uint16_t)(word >> 16), (uint8_t)(word >> 8), (uint8_t)word};
  return mapping;
}

/// The word of a consumer heartbeat entry.
SERVO_WIRE_INLINE uint32_t canopen_encode_heartbeat_consumer(struct canopen_heartbeat_consumer consumer) {
  return (uint32_t)consumer.node << 16 | consumer.period;
}

/// The parts of a consumer heartbeat entry.
SERVO_WIRE_INLINE struct canopen_heartbeat_consumer canopen_decode_heartbeat_consumer(uint32_t word) {
  struct canopen_heartbeat_consumer consumer = {(uint8_t)(word >> 16), (uint16_t)word};
  return consumer;
}

/// Writes an LSS frame, 8 bytes.
SERVO_WIRE_INLINE void canopen_encode_lss(struct canopen_lss frame, uint8_t data[]) {
  data[0] = frame.command;
  servo_wire_store_le32(data + 1, frame.value);
  data[5] = 0;
  data[6] = 0;
  data[7] = 0;
}

/// Reads an LSS frame.
SERVO_WIRE_INLINE bool canopen_decode_lss(const uint8_t data[], uint8_t length, struct canopen_lss *frame) {
  if (length != CANOPEN_LENGTH_LSS) {
    return false;
  }
  frame->command = data[0];
  frame->value = servo_wire_load_le32(data + 1);
  return true;
}
