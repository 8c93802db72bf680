// Times Pinocchio on the trees and states of dynamics-benchmark: pinocchio_benchmark TREE BATCHES [cold]
//
// Prints `QUANTITY NANOSECONDS` a line, the median of the batches. Where Pinocchio has two conventions, both are timed,
// and run.py takes the faster.

#include <pinocchio/multibody.hpp>
#include <pinocchio/multibody/joint.hpp>

#include <pinocchio/algorithm/aba-derivatives.hpp>
#include <pinocchio/algorithm/aba.hpp>
#include <pinocchio/algorithm/center-of-mass.hpp>
#include <pinocchio/algorithm/crba.hpp>
#include <pinocchio/algorithm/jacobian.hpp>
#include <pinocchio/algorithm/kinematics.hpp>
#include <pinocchio/algorithm/rnea-derivatives.hpp>
#include <pinocchio/algorithm/rnea.hpp>

#include <algorithm>
#include <cstdint>
#include <cstdio>
#include <cstring>
#include <ctime>
#include <fstream>
#include <sstream>
#include <string>
#include <vector>

namespace pin = pinocchio;

struct Xorshift {  // Marsaglia 2003, as in DynamicsBenchmark.swift
  uint64_t state = 88172645463325252ull;
  Eigen::VectorXd reals(int count, double bound) {
    Eigen::VectorXd values(count);
    for (int i = 0; i < count; i++) {
      state ^= state << 13;
      state ^= state >> 7;
      state ^= state << 17;
      values[i] = bound * (2 * double(state >> 11) / 9007199254740992.0 - 1);
    }
    return values;
  }
};

static pin::Model load(const char *path) {
  std::ifstream file(path);
  pin::Model model;
  std::vector<pin::JointIndex> joints;
  std::string text;
  while (std::getline(file, text)) {
    std::istringstream line(text);
    int parent;
    std::string kind;
    double n[25];
    line >> parent >> kind;
    for (double &number : n) line >> number;
    pin::JointIndex index = 0, above = parent < 0 ? 0 : joints[size_t(parent)];
    Eigen::Matrix3d rotation, inertia;
    rotation << n[3], n[4], n[5], n[6], n[7], n[8], n[9], n[10], n[11];
    inertia << n[19], n[20], n[22], n[20], n[21], n[23], n[22], n[23], n[24];
    pin::SE3 placement(rotation, Eigen::Vector3d(n[12], n[13], n[14]));
    Eigen::Vector3d axis(n[0], n[1], n[2]);
    std::string name = "joint" + std::to_string(joints.size());
    if (kind == "F") index = model.addJoint(above, pin::JointModelFreeFlyer(), placement, name);
    else if (kind == "P") index = model.addJoint(above, pin::JointModelPrismaticUnaligned(axis), placement, name);
    else if (kind == "R" && axis.x() == 1) index = model.addJoint(above, pin::JointModelRX(), placement, name);
    else if (kind == "R" && axis.y() == 1) index = model.addJoint(above, pin::JointModelRY(), placement, name);
    else if (kind == "R" && axis.z() == 1) index = model.addJoint(above, pin::JointModelRZ(), placement, name);
    else if (kind == "R") index = model.addJoint(above, pin::JointModelRevoluteUnaligned(axis), placement, name);
    if (n[15] > 0 && kind != "W")
      model.appendBodyToJoint(
        index, pin::Inertia(n[15], Eigen::Vector3d(n[16], n[17], n[18]), inertia), pin::SE3::Identity());
    joints.push_back(index);
  }
  return model;
}

static double nanoseconds() {
  timespec time;
  clock_gettime(CLOCK_MONOTONIC, &time);
  return double(time.tv_sec) * 1e9 + double(time.tv_nsec);
}

static int batches;
static bool cold;

template <class Call> static void report(const char *name, Call call) {
  const int count = 64;
  std::vector<double> times;
  if (cold) {
    static std::vector<unsigned char> ballast(6 << 20, 1);
    for (int i = 0; i < 400; i++) {
      for (size_t j = 0; j < ballast.size(); j += 64) ballast[j] = (unsigned char)(ballast[j] + i);
      double start = nanoseconds();
      call(i % count);
      times.push_back(nanoseconds() - start);
    }
  } else {
    double start = nanoseconds(), calls = 0;
    while (nanoseconds() - start < 5e6) {
      for (int i = 0; i < count; i++) call(i);
      calls += count;
    }
    int turns = std::max(1, int(1e6 / ((nanoseconds() - start) / calls * count)));
    for (int b = 0; b < batches; b++) {
      double begin = nanoseconds();
      for (int k = 0; k < turns; k++)
        for (int i = 0; i < count; i++) call(i);
      times.push_back((nanoseconds() - begin) / (double(turns) * count));
    }
  }
  std::sort(times.begin(), times.end());
  std::printf("%s %f\n", name, times[times.size() / 2]);
}

int main(int argc, char **argv) {
  if (argc < 3) return 2;
  batches = std::atoi(argv[2]);
  cold = argc > 3 && std::strcmp(argv[argc - 1], "cold") == 0;
  pin::Model model = load(argv[1]);
  pin::Data data(model);
  Xorshift random;
  std::vector<Eigen::VectorXd> q, v, a, tau;
  for (int i = 0; i < 64; i++) {
    q.push_back(random.reals(model.nq, 2));
    if (model.nq != model.nv) q.back().segment<4>(3).normalize();
    v.push_back(random.reals(model.nv, 2));
    a.push_back(random.reals(model.nv, 5));
    tau.push_back(random.reals(model.nv, 20));
  }
  Eigen::MatrixXd dq = Eigen::MatrixXd::Zero(model.nv, model.nv), dv = dq, da = dq;
  const auto LOCAL = pin::Convention::LOCAL, WORLD = pin::Convention::WORLD;
  report("rnea", [&](int i) { pin::rnea(model, data, q[i], v[i], a[i]); });
  report("gravity", [&](int i) { pin::computeGeneralizedGravity(model, data, q[i]); });
  report("crba", [&](int i) { pin::crba(model, data, q[i], LOCAL); });
  report("crba/world", [&](int i) { pin::crba(model, data, q[i], WORLD); });
  report("aba", [&](int i) { pin::aba(model, data, q[i], v[i], tau[i], LOCAL); });
  report("aba/world", [&](int i) { pin::aba(model, data, q[i], v[i], tau[i], WORLD); });
  report("fk", [&](int i) { pin::forwardKinematics(model, data, q[i]); });
  report("jacobian", [&](int i) { pin::computeJointJacobians(model, data, q[i]); });
  report("com", [&](int i) { pin::centerOfMass(model, data, q[i], false); });
  report("rnea_derivatives", [&](int i) { pin::computeRNEADerivatives(model, data, q[i], v[i], a[i], dq, dv, da); });
  report("aba_derivatives", [&](int i) { pin::computeABADerivatives(model, data, q[i], v[i], tau[i], dq, dv, da); });
  return 0;
}
