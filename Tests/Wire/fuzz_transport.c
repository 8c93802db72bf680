// The codecs of the transports on arbitrary bytes: the first byte says which. Built and run by Tests/Wire/fuzz.sh.
//
// What a decoder calls a frame must be one, must be written, and must be read back as the same; the input ends where its
// allocation ends, so a decoder that reads one byte too many is seen.
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

#include "servo_cannelloni.h"
#include "servo_multicast.h"
#include "servo_slcan.h"

static void require(bool holds) {
  if (!holds) abort();
}

static void require_frame(const servo_frame *frame) {
  require(servo_frame_has_id(frame) && servo_frame_has_length(frame));
  require((frame->flags & SERVO_FRAME_FD) != 0 || (frame->flags & SERVO_FRAME_BIT_RATE_SWITCH) == 0);
  for (size_t i = frame->length; i < sizeof frame->data; i++) require(frame->data[i] == 0);
}

static void require_same(const servo_frame *a, const servo_frame *b) {
  require(a->id == b->id && a->flags == b->flags && a->length == b->length);
  require(memcmp(a->data, b->data, sizeof a->data) == 0);
}

static void multicast(const uint8_t *data, size_t size) {
  servo_frame frame = {0}, again = {0};
  if (servo_multicast_decode(data, size, &frame) != SERVO_FOUND_FRAME) return;
  require_frame(&frame);
  uint8_t bytes[SERVO_MULTICAST_ROOM];
  const size_t length = servo_multicast_encode(&frame, bytes);
  require(length > 0 && length <= sizeof bytes);
  require(servo_multicast_decode(bytes, length, &again) == SERVO_FOUND_FRAME);
  require_same(&frame, &again);
}

static int slcan_line(const uint8_t *line, size_t length, servo_frame *frame) {
  servo_slcan_reader reader = {0};
  int found = SERVO_FOUND_NOTHING;
  for (size_t i = 0; i < length; i++) found = servo_slcan_take(&reader, line[i], frame);
  return found;
}

static void slcan(const uint8_t *data, size_t size) {
  servo_slcan_reader reader = {0};
  for (size_t i = 0; i < size; i++) {
    servo_frame frame = {0}, again = {0};
    if (servo_slcan_take(&reader, data[i], &frame) != SERVO_FOUND_FRAME) continue;
    require_frame(&frame);
    uint8_t line[SERVO_SLCAN_ROOM];
    const size_t length = servo_slcan_encode(&frame, line);
    require(length > 0 && length <= sizeof line);
    require(slcan_line(line, length, &again) == SERVO_FOUND_FRAME);
    require_same(&frame, &again);
  }
}

static void cannelloni(const uint8_t *data, size_t size) {
  servo_cannelloni_reader reader;
  if (servo_cannelloni_begin(&reader, data, size) != SERVO_FOUND_FRAME) return;
  servo_frame frame = {0};
  int found;
  for (size_t frames = 0; (found = servo_cannelloni_next(&reader, &frame)) != SERVO_FOUND_NOTHING; frames++) {
    // Five bytes a frame at least, and one finding for what is broken.
    require(frames <= size / 5);
    if (found != SERVO_FOUND_FRAME) continue;
    require_frame(&frame);
    uint8_t bytes[SERVO_CANNELLONI_HEAD + SERVO_CANNELLONI_FRAME_ROOM];
    servo_cannelloni_encode_head(bytes, reader.sequence, 1);
    const size_t length = servo_cannelloni_encode(&frame, bytes + SERVO_CANNELLONI_HEAD);
    require(length > 0);
    servo_cannelloni_reader second;
    servo_frame again = {0};
    require(servo_cannelloni_begin(&second, bytes, SERVO_CANNELLONI_HEAD + length) == SERVO_FOUND_FRAME);
    require(servo_cannelloni_next(&second, &again) == SERVO_FOUND_FRAME);
    require_same(&frame, &again);
    require(servo_cannelloni_next(&second, &again) == SERVO_FOUND_NOTHING);
    memset(&frame, 0, sizeof frame);
  }
}

int LLVMFuzzerTestOneInput(const uint8_t *input, size_t size) {
  if (size == 0) return 0;
  // A copy of its own, so that an empty input has an end to run over as well.
  const size_t length = size - 1;
  uint8_t *data = malloc(length > 0 ? length : 1);
  require(data != NULL);
  if (length > 0) memcpy(data, input + 1, length);
  switch (input[0] % 3) {
    case 0: multicast(data, length); break;
    case 1: slcan(data, length); break;
    default: cannelloni(data, length); break;
  }
  free(data);
  return 0;
}

#ifdef SEEDED_LOOP
#include <stdio.h>

/// Where libFuzzer does not link: inputs of the corpus with some bytes changed, on a seeded sequence (xorshift64*).
int main(int count, char **arguments) {
  const unsigned long long runs = count > 1 ? strtoull(arguments[1], NULL, 10) : 1000000;
  uint64_t state = 0x9E3779B97F4A7C15u;
  for (unsigned long long run = 0; run < runs; ++run) {
    uint8_t input[512];
    size_t size = 0;
    FILE *file = count > 2 ? fopen(arguments[2 + run % (unsigned)(count - 2)], "rb") : NULL;
    if (file != NULL) {
      size = fread(input, 1, sizeof input, file);
      fclose(file);
    }
    state ^= state >> 12, state ^= state << 25, state ^= state >> 27;
    const size_t changes = state % 5;
    for (size_t i = 0; i < changes && size > 0; ++i) {
      state ^= state >> 12, state ^= state << 25, state ^= state >> 27;
      const uint64_t word = state * 0x2545F4914F6CDD1Du;
      input[word % size] = (uint8_t)(word >> 40);
      if (word >> 60 == 0) size = 1 + (word >> 32) % size;
    }
    LLVMFuzzerTestOneInput(input, size);
  }
  return 0;
}
#endif
