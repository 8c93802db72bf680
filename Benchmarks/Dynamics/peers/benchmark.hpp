// What the peers' benchmarks share: trees, states, and the clock. A program is called as
//
//     PROGRAM TREE BATCHES COLD_CALLS NEAR_MB FAR_MB
//
// and prints a line `hot QUANTITY NANOSECONDS`, `cool ...`, `cold ...` or `check QUANTITY NUMBER` a figure: the same
// protocol, the same states and the same clock as DynamicsBenchmark.swift. `check` is the sum of squares of a result at
// the first state, which does not depend on the order of coordinates: run.py compares it between the programs.
#pragma once

#include <algorithm>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <ctime>
#include <fstream>
#include <sstream>
#include <string>
#include <vector>

/// A line of a tree file; see export_models.py.
struct Body {
  int parent;
  std::string kind;
  double axis[3], rotation[9], translation[3], mass, centre[3], inertia[6];
};

inline std::vector<Body> read_tree(const char *path) {
  std::ifstream file(path);
  std::vector<Body> bodies;
  std::string text;
  while (std::getline(file, text)) {
    std::istringstream line(text);
    Body b;
    line >> b.parent >> b.kind;
    for (double &x : b.axis) line >> x;
    for (double &x : b.rotation) line >> x;
    for (double &x : b.translation) line >> x;
    line >> b.mass;
    for (double &x : b.centre) line >> x;
    for (double &x : b.inertia) line >> x;
    bodies.push_back(b);
  }
  return bodies;
}

/// Marsaglia 2003, as in DynamicsBenchmark.swift.
struct Xorshift {
  uint64_t state = 88172645463325252ull;
  std::vector<double> reals(size_t count, double bound) {
    std::vector<double> values(count);
    for (double &value : values) {
      state ^= state << 13;
      state ^= state >> 7;
      state ^= state << 17;
      value = bound * (2 * double(state >> 11) / 9007199254740992.0 - 1);
    }
    return values;
  }
};

/// As ours: base position, quaternion w x y z of any length, joints; base angular, then linear, joints.
struct State {
  std::vector<double> q, v, a, tau;
};

inline std::vector<State> random_states(const std::vector<Body> &bodies, int count = 64) {
  const bool floats = bodies[0].kind == "F";
  const size_t joints = bodies.size() - 1;
  Xorshift random;
  std::vector<State> states;
  for (int i = 0; i < count; i++) {
    State s;
    s.q = random.reals(joints + (floats ? 7 : 0), 2);
    s.v = random.reals(joints + (floats ? 6 : 0), 2);
    s.a = random.reals(joints + (floats ? 6 : 0), 5);
    s.tau = random.reals(joints + (floats ? 6 : 0), 20);
    states.push_back(s);
  }
  return states;
}

inline double nanoseconds() {
  timespec time;
  clock_gettime(CLOCK_MONOTONIC, &time);
  return double(time.tv_sec) * 1e9 + double(time.tv_nsec);
}

struct Clock {
  int batches = 5, cold_calls = 0;
  size_t near_bytes = 0, far_bytes = 0;
  int count = 64;

  Clock(int argc, char **argv) {
    if (argc < 6) {
      std::fprintf(stderr, "usage: %s TREE BATCHES COLD_CALLS NEAR_MB FAR_MB\n", argv[0]);
      std::exit(2);
    }
    batches = std::atoi(argv[2]);
    cold_calls = std::atoi(argv[3]);
    near_bytes = size_t(std::atoi(argv[4])) << 20;
    far_bytes = size_t(std::atoi(argv[5])) << 20;
  }

  /// Median of the batches with warm caches; then of single calls after a walk through more than the core's own caches
  /// hold, and through more than the last one holds.
  template <class Call> void report(const char *name, Call call) const {
    std::vector<double> times;
    double start = nanoseconds(), calls = 0;
    while (nanoseconds() - start < 3e6) {
      for (int i = 0; i < count; i++) call(i);
      calls += count;
    }
    const int turns = std::max(1, int(1e6 / ((nanoseconds() - start) / calls * count)));
    for (int b = 0; b < batches; b++) {
      const double begin = nanoseconds();
      for (int k = 0; k < turns; k++)
        for (int i = 0; i < count; i++) call(i);
      times.push_back((nanoseconds() - begin) / (double(turns) * count));
    }
    print("hot", name, times);
    if (cold_calls == 0) return;
    report_cold("cool", name, near_bytes, call);
    report_cold("cold", name, far_bytes, call);
  }

  template <class Call> void report_cold(const char *mode, const char *name, size_t size, Call call) const {
    static std::vector<unsigned char> ballast(std::max(near_bytes, far_bytes), 1);
    static volatile unsigned sink __attribute__((unused));
    std::vector<double> times;
    for (int i = 0; i < cold_calls; i++) {
      unsigned sum = 0;
      for (size_t j = 0; j < size; j += 64) sum += ballast[j];
      sink = sum;
      const double begin = nanoseconds();
      call(i % count);
      times.push_back(nanoseconds() - begin);
    }
    print(mode, name, times);
  }

  static void print(const char *mode, const char *name, std::vector<double> &times) {
    std::sort(times.begin(), times.end());
    std::printf("%s %s %f\n", mode, name, times[times.size() / 2]);
  }
};

/// The sum of squares of a result.
template <class Values> inline void check(const char *name, const Values &values, size_t size) {
  double sum = 0;
  for (size_t i = 0; i < size; i++) sum += values[i] * values[i];
  std::printf("check %s %.17g\n", name, sum);
}
