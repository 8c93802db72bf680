// Every decoder of the wire headers on arbitrary bytes of arbitrary length.
//
// Built with libFuzzer, AddressSanitizer and UndefinedBehaviorSanitizer by Tests/Wire/fuzz.sh. The input ends where its
// allocation ends, so a decoder that reads one byte too many is seen. What was decoded is encoded, decoded and encoded
// again: both encodings must be equal, and a decoder must accept what its encoder wrote.
#include <stddef.h>
#include <stdlib.h>
#include <string.h>

#include "servo_wire.h"

enum { ROOM = 64, GUARD = 0xA5 };

static void require(bool holds) {
  if (!holds) {
    abort();
  }
}

/// An output buffer whose end is watched.
struct output {
  uint8_t data[ROOM + 8];
};

static struct output blank(void) {
  struct output output;
  memset(output.data, 0, ROOM);
  memset(output.data + ROOM, GUARD, sizeof output.data - ROOM);
  return output;
}

static void require_same(const struct output *a, const struct output *b) {
  require(memcmp(a->data, b->data, sizeof a->data) == 0);
  for (size_t i = ROOM; i < sizeof a->data; ++i) {
    require(a->data[i] == GUARD);
  }
}

/// Decode, encode, decode, encode; `size` is the length the encoder writes, an expression of `first`.
#define ROUND_TRIP(type, decode, encode, size)          \
  do {                                                  \
    type first;                                         \
    if (decode(data, length, &first)) {                 \
      struct output once = blank();                     \
      struct output twice = blank();                    \
      type second;                                      \
      encode(first, once.data);                         \
      require(decode(once.data, (uint8_t)(size), &second)); \
      encode(second, twice.data);                       \
      require_same(&once, &twice);                      \
    }                                                   \
  } while (0)

/// The same for decoders of eight bytes that return what they read.
#define ROUND_TRIP_EIGHT(type, decode, encode) \
  do {                                         \
    struct output once = blank();              \
    struct output twice = blank();             \
    encode(decode(data), once.data);           \
    encode(decode(once.data), twice.data);     \
    require_same(&once, &twice);               \
  } while (0)

static void canopen(uint32_t id, const uint8_t data[], uint8_t length) {
  struct canopen_address address = canopen_decode_address(id);
  require(address.node <= CANOPEN_NODE_MAX && address.number <= 4);
  ROUND_TRIP(struct canopen_nmt, canopen_decode_nmt, canopen_encode_nmt, 2);
  ROUND_TRIP(struct canopen_heartbeat, canopen_decode_heartbeat, canopen_encode_heartbeat, 1);
  ROUND_TRIP(struct canopen_emergency, canopen_decode_emergency, canopen_encode_emergency, 8);
  ROUND_TRIP(struct canopen_time, canopen_decode_time, canopen_encode_time, 6);
  ROUND_TRIP(struct canopen_lss, canopen_decode_lss, canopen_encode_lss, 8);
  ROUND_TRIP(struct cia402_command_pdo, cia402_decode_command, cia402_encode_command, 8);
  ROUND_TRIP(struct cia402_feedback_pdo, cia402_decode_feedback, cia402_encode_feedback, 8);
  ROUND_TRIP(struct cia402_detail_pdo, cia402_decode_detail, cia402_encode_detail, 8);
  uint8_t counter;
  require(canopen_decode_sync(data, length, &counter) == (length <= 1));

  require(canopen_encode_mapping(canopen_decode_mapping(id)) == id);
  uint32_t pdo = canopen_encode_pdo_id(canopen_decode_pdo_id(id));
  require(canopen_encode_pdo_id(canopen_decode_pdo_id(pdo)) == pdo);
  uint32_t consumer = canopen_encode_heartbeat_consumer(canopen_decode_heartbeat_consumer(id));
  require(consumer == (id & 0x00FFFFFFu));
}

static bool same_sdo(struct canopen_sdo a, struct canopen_sdo b) {
  return a.kind == b.kind && a.is_expedited == b.is_expedited && a.has_size == b.has_size &&
         a.toggle == b.toggle && a.is_last == b.is_last && a.size == b.size && a.subindex == b.subindex &&
         a.index == b.index && a.value == b.value;
}

static void sdo(const uint8_t data[], uint8_t length) {
  struct canopen_sdo first;
  struct canopen_sdo second;
  if (canopen_decode_sdo_request(data, length, &first)) {
    struct output once = blank();
    bool encoded = canopen_encode_sdo_request(first, data + 1, once.data);
    require(encoded == (first.kind != CANOPEN_SDO_BLOCK));
    require(!encoded || (canopen_decode_sdo_request(once.data, 8, &second) && same_sdo(first, second)));
  }
  if (canopen_decode_sdo_reply(data, length, &first)) {
    struct output once = blank();
    bool encoded = canopen_encode_sdo_reply(first, data + 1, once.data);
    require(encoded == (first.kind != CANOPEN_SDO_BLOCK));
    require(!encoded || (canopen_decode_sdo_reply(once.data, 8, &second) && same_sdo(first, second)));
  }
}

static void cia402(uint32_t id) {
  uint16_t word = (uint16_t)id;
  uint8_t state = cia402_decode_state(word);
  require(state <= CIA402_STATE_FAULT);
  if (state != CIA402_STATE_UNKNOWN) {
    require(cia402_decode_state(cia402_encode_state(state)) == state);
  }
  for (uint8_t from = 0; from <= CIA402_STATE_FAULT; ++from) {
    uint8_t to = cia402_next_state(from, (uint16_t)(id >> 16), word);
    require(to <= CIA402_STATE_FAULT);
    // From a fault nothing leads to operation at once, and nothing enables a drive that was not switched on.
    require(to != CIA402_STATE_OPERATION_ENABLED || from == CIA402_STATE_OPERATION_ENABLED ||
            from == CIA402_STATE_SWITCHED_ON || from == CIA402_STATE_QUICK_STOP);
  }
}

static void mit(const uint8_t data[], uint8_t length) {
  ROUND_TRIP(struct mit_command, mit_decode_command, mit_encode_command, 8);
  ROUND_TRIP(struct mit_feedback, mit_decode_feedback, mit_encode_feedback, first.length);
  ROUND_TRIP(struct cubemars_position_speed, cubemars_decode_position_speed, cubemars_encode_position_speed, 8);
  ROUND_TRIP(struct cubemars_status, cubemars_decode_status, cubemars_encode_status, 8);
  ROUND_TRIP(struct mit_command, cubemars_decode_force, cubemars_encode_force, 8);
  ROUND_TRIP(int32_t, cubemars_decode_set_point, cubemars_encode_set_point, 4);
  uint8_t origin;
  require(!cubemars_decode_origin(data, length, &origin) || origin <= CUBEMARS_ORIGIN_PERMANENT);
  if (length >= 10) {
    // Whatever the words, a command is never an action.
    struct mit_command command = {
        servo_wire_load_le16(data), servo_wire_load_le16(data + 2), servo_wire_load_le16(data + 4),
        servo_wire_load_le16(data + 6), servo_wire_load_le16(data + 8)};
    struct output output = blank();
    mit_encode_command(command, output.data);
    require(mit_decode_action(output.data, 8) == 0);
  }
}

static void robstride_mit(uint32_t id, const uint8_t data[], uint8_t length) {
  ROUND_TRIP(struct mit_command, robstride_mit_decode_command, robstride_mit_encode_command, 8);
  ROUND_TRIP(struct robstride_mit_pair, robstride_mit_decode_pair, robstride_mit_encode_pair, 8);
  ROUND_TRIP(struct robstride_mit_feedback, robstride_mit_decode_feedback, robstride_mit_encode_feedback, 8);
  struct robstride_mit_request request;
  if (robstride_mit_decode_action(data, length, &request)) {
    struct output output = blank();
    robstride_encode_mit_action(request.argument, request.action, output.data);
    require(memcmp(output.data, data, 8) == 0);
  }
  struct robstride_mit_address address;
  require(robstride_mit_decode_address(id, &address) == (id <= 0x7FF));
  require(id > 0x7FF || robstride_mit_encode_address(address) == id);
}

static void encode_gains(struct myactuator_gains gains, uint8_t data[]) {
  myactuator_encode_gains(MYACTUATOR_COMMAND_READ_GAINS, gains, data);
}

static void myactuator(const uint8_t data[], uint8_t length) {
  ROUND_TRIP(struct myactuator_frame, myactuator_decode_frame, myactuator_encode_frame, 8);
  ROUND_TRIP(struct myactuator_feedback, myactuator_decode_feedback, myactuator_encode_feedback, 8);
  ROUND_TRIP(struct myactuator_status, myactuator_decode_status, myactuator_encode_status, 8);
  ROUND_TRIP(struct myactuator_gains, myactuator_decode_gains, encode_gains, 8);
  ROUND_TRIP(struct mit_command, myactuator_decode_motion, mit_encode_command, 8);
}

static void odrive(uint32_t id, const uint8_t data[], uint8_t length) {
  require(odrive_encode_address(odrive_decode_address(id)) == (id & 0x1FFFFFFFu));
  ROUND_TRIP(struct odrive_heartbeat, odrive_decode_heartbeat, odrive_encode_heartbeat, 8);
  ROUND_TRIP(struct odrive_heartbeat_05, odrive_decode_heartbeat_05, odrive_encode_heartbeat_05, 8);
  ROUND_TRIP(uint32_t, odrive_decode_word, odrive_encode_word, 8);
  ROUND_TRIP(struct odrive_pair, odrive_decode_pair, odrive_encode_pair, 8);
  ROUND_TRIP(struct odrive_input_position, odrive_decode_input_position, odrive_encode_input_position, 8);
  ROUND_TRIP(struct odrive_sdo, odrive_decode_sdo, odrive_encode_sdo, 8);
  ROUND_TRIP(struct odrive_version, odrive_decode_version, odrive_encode_version, 8);
  ROUND_TRIP(struct odrive_identity, odrive_decode_identity, odrive_encode_identity, 8);
  uint8_t argument;
  require(odrive_decode_argument(data, length, &argument) == (length <= 8));
}

/// Reads a frame, writes every register of it anew, and reads that: the same registers with the same values.
static void moteus_reading(const uint8_t data[], uint8_t length) {
  struct output output = blank();
  struct moteus_writer writer = {0};
  struct moteus_reader reader = moteus_read(length);
  struct moteus_item item;
  uint32_t items = 0;
  uint32_t written = 0;
  while (moteus_next(&reader, data, &item)) {
    require(++items <= ROOM * MOTEUS_COUNT_MAX);
    require((uint32_t)item.offset + item.size <= length);
    if (item.kind <= MOTEUS_SUBFRAME_REPLY && item.index < 0x4000) {
      struct moteus_field field = {item.value, item.resolution};
      moteus_append_register(&writer, output.data, item.kind, (uint16_t)item.index, field);
      written += writer.is_full ? 0 : 1;
    }
  }
  require(!moteus_next(&reader, data, &item));
  require(writer.length <= ROOM);
  moteus_pad(&writer, output.data);
  require(writer.length == moteus_padded_length(writer.length) && writer.length <= ROOM);

  struct moteus_reader again = moteus_read(writer.length);
  uint32_t found = 0;
  while (moteus_next(&again, output.data, &item)) {
    ++found;
  }
  require(!again.is_malformed && (writer.is_full || found == written));
  for (size_t i = ROOM; i < sizeof output.data; ++i) {
    require(output.data[i] == GUARD);
  }
}

/// Writes whatever the bytes say, sense or not: never past 64 bytes, and what is not full reads back.
static void moteus_writing(uint32_t id, const uint8_t data[], uint8_t length) {
  struct moteus_field fields[64];
  uint8_t count = 0;
  uint8_t sent = 0;
  for (uint8_t i = 0; i + 4 < length; i = (uint8_t)(i + 5)) {
    fields[count].resolution = data[i];
    fields[count].value = servo_wire_load_le32(data + i + 1);
    sent = (uint8_t)(sent + (moteus_size(data[i]) != 0 ? 1 : 0));
    ++count;
  }
  struct output output = blank();
  struct moteus_writer writer = {(uint8_t)(id >> 24), false};
  bool was_sound = writer.length <= ROOM;
  moteus_append(&writer, output.data, (uint8_t)(id >> 16), (uint16_t)id, fields, count);
  require(!was_sound || writer.length <= ROOM);
  require(was_sound || writer.is_full || sent == 0);
  writer = (struct moteus_writer){0};
  output = blank();
  moteus_append(&writer, output.data, MOTEUS_SUBFRAME_REPLY, id & 0x1FFu, fields, count);
  struct moteus_reader reader = moteus_read(writer.length);
  struct moteus_item item;
  uint8_t found = 0;
  while (moteus_next(&reader, output.data, &item)) {
    ++found;
  }
  require(!reader.is_malformed && (writer.is_full ? found < sent : found == sent));
  for (size_t i = ROOM; i < sizeof output.data; ++i) {
    require(output.data[i] == GUARD);
  }
}

/// Encodes an SDO of any fields, sense or not: eight bytes, or nothing.
static void sdo_writing(const uint8_t data[], uint8_t length) {
  if (length < 16) {
    return;
  }
  struct canopen_sdo sdo = {data[0] % 9u,        data[1] & 1u, data[1] & 2u,
                            data[1] & 4u,        data[1] & 8u, data[2],
                            data[3],             servo_wire_load_le16(data + 4),
                            servo_wire_load_le32(data + 6)};
  struct output output = blank();
  struct canopen_sdo back;
  if (canopen_encode_sdo_request(sdo, data + 9, output.data)) {
    require(canopen_decode_sdo_request(output.data, 8, &back) && back.kind == sdo.kind);
  }
  if (canopen_encode_sdo_reply(sdo, data + 9, output.data)) {
    require(canopen_decode_sdo_reply(output.data, 8, &back) && back.kind == sdo.kind);
  }
  for (size_t i = 8; i < sizeof output.data; ++i) {
    require(output.data[i] == (i < ROOM ? 0 : GUARD));
  }
}

static void moteus(uint32_t id, const uint8_t data[], uint8_t length) {
  require(moteus_encode_address(moteus_decode_address(id)) == (id & 0x1FFFFFFFu));
  moteus_reading(data, length);
  moteus_writing(id, data, length);
  const uint8_t operations[] = {MOTEUS_SUBFRAME_WRITE, MOTEUS_SUBFRAME_READ, MOTEUS_SUBFRAME_REPLY};
  for (size_t i = 0; i < sizeof operations; ++i) {
    struct moteus_state state;
    if (moteus_decode_state(data, length, operations[i], &state)) {
      struct output once = blank();
      struct output twice = blank();
      struct moteus_writer writer = {0};
      moteus_append_state(&writer, once.data, operations[i], state);
      require(!writer.is_full && writer.length > 0);
      require(moteus_decode_state(once.data, writer.length, operations[i], &state));
      writer = (struct moteus_writer){0};
      moteus_append_state(&writer, twice.data, operations[i], state);
      require_same(&once, &twice);
    }
  }
  // What the fixed layout takes, the reader for any layout takes too, and finds the same.
  struct moteus_cycle_answer answer;
  if (moteus_decode_cycle_answer(data, length, &answer)) {
    struct moteus_state state;
    require(moteus_decode_state(data, length, MOTEUS_SUBFRAME_REPLY, &state));
    require(state.position.value == answer.position && state.velocity.value == answer.velocity);
    require(state.torque.value == answer.torque && state.mode.value == (uint32_t)answer.mode);
    require(state.fault.value == (uint32_t)answer.fault);
    require(state.temperature.value == (uint32_t)answer.temperature);
    require(state.motor_temperature.value == (uint32_t)answer.motor_temperature);
    struct output once = blank();
    moteus_encode_cycle_answer(answer, once.data);
    require(memcmp(once.data, data, MOTEUS_CYCLE_LENGTH_ANSWER) == 0);
  }
}

static void eight(const uint8_t data[]) {
  ROUND_TRIP_EIGHT(struct damiao_mit_command, damiao_decode_mit_command, damiao_encode_mit_command);
  ROUND_TRIP_EIGHT(struct damiao_float_command, damiao_decode_float_command, damiao_encode_float_command);
  ROUND_TRIP_EIGHT(struct damiao_force_command, damiao_decode_force_command, damiao_encode_force_command);
  ROUND_TRIP_EIGHT(struct damiao_feedback, damiao_decode_feedback, damiao_encode_feedback);
  ROUND_TRIP_EIGHT(struct damiao_register_frame, damiao_decode_register, damiao_encode_register);
  ROUND_TRIP_EIGHT(struct robstride_operation, robstride_decode_operation, robstride_encode_operation);
  ROUND_TRIP_EIGHT(struct robstride_feedback, robstride_decode_feedback, robstride_encode_feedback);
  ROUND_TRIP_EIGHT(struct robstride_parameter_frame, robstride_decode_parameter, robstride_encode_parameter);
  ROUND_TRIP_EIGHT(struct robstride_fault_report, robstride_decode_fault_report, robstride_encode_fault_report);
}

static void eight_flags(uint32_t id, const uint8_t data[]) {
  uint8_t action = damiao_decode_action(data);
  require(action == 0 || (action >= DAMIAO_ACTION_CLEAR_FAULT && action <= DAMIAO_ACTION_SET_ZERO));
  if (damiao_is_register_reply((uint16_t)id, data)) {
    require(damiao_decode_register(data).id == (uint16_t)id);
  }
  uint8_t rate;
  require(!cybergear_decode_bit_rate(data, 8, &rate) || rate == data[0]);
  struct output output = blank();
  robstride_encode_guarded(data[6], output.data);
  require(robstride_is_guarded(output.data));
  require(!robstride_is_guarded(data) || memcmp(data, output.data, 7) == 0);
  require(robstride_encode_address(robstride_decode_address(id)) == (id & 0x1FFFFFFFu));
  require(robstride_encode_status(robstride_decode_status((uint16_t)id)) == (uint16_t)id);
}

int LLVMFuzzerTestOneInput(const uint8_t *input, size_t size) {
  if (size < 4) {
    return 0;
  }
  uint32_t id = servo_wire_load_le32(input);
  const uint8_t *data = input + 4;
  uint8_t length = size - 4 > 255 ? 255 : (uint8_t)(size - 4);
  canopen(id, data, length);
  sdo(data, length);
  sdo_writing(data, length);
  cia402(id);
  mit(data, length);
  robstride_mit(id, data, length);
  myactuator(data, length);
  odrive(id, data, length);
  moteus(id, data, length);
  if (length >= 8) {
    eight(data);
    eight_flags(id, data);
  }
  struct cubemars_address address;
  if (cubemars_decode_address(id, &address)) {
    require(cubemars_encode_address(address) == id);
  }
  return 0;
}

#ifdef SEEDED_LOOP
/// Where libFuzzer does not link: the same, on a seeded sequence (xorshift64*) of inputs of 4 to 80 bytes.
int main(int count, char **arguments) {
  unsigned long long runs = count > 1 ? strtoull(arguments[1], NULL, 10) : 1000000;
  uint64_t state = 0x9E3779B97F4A7C15u;
  for (unsigned long long run = 0; run < runs; ++run) {
    state ^= state >> 12, state ^= state << 25, state ^= state >> 27;
    uint64_t word = state * 0x2545F4914F6CDD1Du;
    size_t size = 4 + word % 77;
    uint8_t *input = malloc(size);
    require(input != NULL);
    for (size_t i = 0; i < size; ++i) {
      state ^= state >> 12, state ^= state << 25, state ^= state >> 27;
      word = state * 0x2545F4914F6CDD1Du;
      // Small numbers are more often subframes, counts, lengths, specifiers.
      input[i] = word >> 60 < 6 ? (uint8_t)(word >> 32 & 0x53) : (uint8_t)(word >> 40);
    }
    LLVMFuzzerTestOneInput(input, size);
    free(input);
  }
  return 0;
}
#endif
