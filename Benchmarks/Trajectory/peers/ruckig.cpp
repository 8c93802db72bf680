// Times Ruckig on the cases of a file; see TrajectoryBenchmark.swift for the file and what is printed.
#include <algorithm>
#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <limits>
#include <vector>

#include <ruckig/ruckig.hpp>

template <size_t joints>
int run(const std::vector<double> &numbers, int rounds) {
  ruckig::Ruckig<joints> generator;
  ruckig::InputParameter<joints> input;
  ruckig::Trajectory<joints> trajectory;
  input.min_velocity = std::array<double, joints>{};
  input.min_acceleration = std::array<double, joints>{};
  const size_t cases = numbers.size() / (11 * joints);
  std::vector<double> best(cases, std::numeric_limits<double>::infinity());
  double durations = 0;
  for (int round = 0; round < rounds; ++round) {
    for (size_t index = 0; index < cases; ++index) {
      for (size_t joint = 0; joint < joints; ++joint) {
        const double *n = &numbers[11 * (index * joints + joint)];
        input.current_position[joint] = n[0];
        input.current_velocity[joint] = n[1];
        input.current_acceleration[joint] = n[2];
        input.target_position[joint] = n[3];
        input.target_velocity[joint] = n[4];
        input.target_acceleration[joint] = n[5];
        (*input.min_velocity)[joint] = n[6];
        input.max_velocity[joint] = n[7];
        (*input.min_acceleration)[joint] = n[8];
        input.max_acceleration[joint] = n[9];
        input.max_jerk[joint] = n[10];
      }
      const auto start = std::chrono::steady_clock::now();
      const auto result = generator.calculate(input, trajectory);
      const auto end = std::chrono::steady_clock::now();
      best[index] = std::min(best[index], std::chrono::duration<double, std::nano>(end - start).count());
      if (round == 0 && result >= 0) durations += trajectory.get_duration();
    }
  }
  std::sort(best.begin(), best.end());
  double sum = 0;
  for (double time : best) sum += time;
  std::printf("mean %.1f\np999 %.1f\nworst %.1f\ndurations %.9f\n", sum / cases, best[cases - 1 - cases / 1000],
              best[cases - 1], durations);
  return 0;
}

int main(int count, char **words) {
  if (count != 4) return 2;
  std::vector<double> numbers;
  FILE *file = std::fopen(words[1], "rb");
  if (!file) return 3;
  double number;
  while (std::fread(&number, sizeof number, 1, file) == 1) numbers.push_back(number);
  std::fclose(file);
  const int rounds = std::atoi(words[3]);
  switch (std::atoi(words[2])) {
    case 1: return run<1>(numbers, rounds);
    case 3: return run<3>(numbers, rounds);
    case 7: return run<7>(numbers, rounds);
    default: return 2;
  }
}
