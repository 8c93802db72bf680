// Times what a control cycle spends on the frames of 34 moteus drives with mjbots' own C++ header: the same registers at
// the same resolutions as `codec-benchmark moteus`. Prints `codec NANOSECONDS`, and `check` with the command's bytes.
//
//     moteus BATCHES TURNS

#include <time.h>

#include <algorithm>
#include <cstdio>
#include <cstdlib>
#include <vector>

#include "mjbots/moteus/moteus_protocol.h"

using namespace mjbots::moteus;

static constexpr int kDrives = 34;
static constexpr double kTurn = 6.283185307179586;

static double nanoseconds() {
  timespec time;
  clock_gettime(CLOCK_MONOTONIC, &time);
  return 1e9 * static_cast<double>(time.tv_sec) + static_cast<double>(time.tv_nsec);
}

static void clear(CanData *frame) { frame->size = 0; }

static void encode(int drive, const PositionMode::Format &format, const Query::Format &asked, CanData *frame) {
  PositionMode::Command command;
  command.position = (0.2 + 0.01 * drive) / kTurn;
  command.velocity = 0.5 / kTurn;
  command.feedforward_torque = 0.3;
  command.kp_scale = 0.4 / (4 / kTurn);
  command.kd_scale = 0.007 / (0.05 / kTurn);
  command.maximum_torque = 100;
  command.watchdog_timeout = 0.02;
  // Negative is no limit in an integer register.
  command.velocity_limit = -0.1;
  command.accel_limit = -0.05;
  clear(frame);
  WriteCanData writer(frame);
  PositionMode::Make(&writer, command, format);
  Query::Make(&writer, asked);
}

/// The answer of a drive, as firmware lays it out.
static void answer(int drive, CanData *frame) {
  clear(frame);
  WriteCanData writer(frame);
  const float position = 0.01f * static_cast<float>(drive);
  writer.Write<int8_t>(0x21);
  writer.Write<int8_t>(0x00);
  writer.Write<int8_t>(10);
  writer.Write<int8_t>(0x2F);
  writer.Write<int8_t>(0x01);
  writer.Write<float>(position);
  writer.Write<float>(0.125f);
  writer.Write<float>(0.5f);
  writer.Write<int8_t>(0x21);
  writer.Write<int8_t>(0x0A);
  writer.Write<int8_t>(25);
  writer.Write<int8_t>(0x22);
  writer.Write<int8_t>(0x0E);
  writer.Write<int8_t>(25);
  writer.Write<int8_t>(0);
}

int main(int count, char **arguments) {
  if (count < 3) {
    std::puts("usage: moteus BATCHES TURNS");
    return 2;
  }
  const int batches = std::atoi(arguments[1]), turns = std::atoi(arguments[2]);
  PositionMode::Format format;
  format.feedforward_torque = format.kp_scale = format.kd_scale = kFloat;
  format.maximum_torque = format.watchdog_timeout = kFloat;
  format.velocity_limit = format.accel_limit = kInt8;
  Query::Format asked;
  asked.motor_temperature = kInt8;
  asked.voltage = kIgnore;
  std::vector<CanData> commands(kDrives), answers(kDrives);
  for (int drive = 0; drive < kDrives; ++drive) answer(drive, &answers[drive]);
  double sum = 0;
  auto turn = [&] {
    for (int drive = 0; drive < kDrives; ++drive) encode(drive, format, asked, &commands[drive]);
    for (const auto &frame : answers) {
      const auto state = Query::Parse(&frame);
      sum += state.position * kTurn + state.velocity * kTurn;
    }
  };
  for (int i = 0; i < turns; ++i) turn();
  std::vector<double> times(batches);
  for (auto &time : times) {
    const double start = nanoseconds();
    for (int i = 0; i < turns; ++i) turn();
    time = (nanoseconds() - start) / turns;
  }
  std::sort(times.begin(), times.end());
  std::printf("codec %f\nlength %d %d\n", times[times.size() / 2], commands[0].size, answers[0].size);
  return sum == sum ? 0 : 1;
}
