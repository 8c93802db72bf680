// Numeric inverse kinematics on Pinocchio, on the cases of a file.
//
//     pinocchio-ik ARM POSES SOLUTIONS ROUNDS
//
// ARM holds 18 doubles a joint, rotation (rows) and translation of its placement, axis 0...2, lower and upper limit, three
// zeros; then the 12 of the frame. The rest, and what is printed, is that of InverseKinematicsBenchmark.swift.
//
// Pinocchio has no solver of its own. This is the one of its documentation ("Inverse kinematics (CLIK)": log6, frame Jacobian
// and Jlog6, damped least squares) with what it lacks beside ours: damping in proportion to the squared error (Sugihara 2011),
// whole steps, positions cut to the joint limits, and random restarts where a descent stalls, by the rule that ours has.
#include <algorithm>
#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <limits>
#include <random>
#include <string>
#include <vector>

#include <pinocchio/algorithm/frames.hpp>
#include <pinocchio/algorithm/jacobian.hpp>
#include <pinocchio/algorithm/joint-configuration.hpp>
#include <pinocchio/algorithm/kinematics.hpp>
#include <pinocchio/multibody.hpp>
#include <pinocchio/multibody/joint.hpp>

namespace pin = pinocchio;

struct Solver {
  using Matrix6x = Eigen::Matrix<double, 6, Eigen::Dynamic>;
  const pin::Model &model;
  pin::Data data;
  pin::FrameIndex frame;
  Eigen::VectorXd lower, upper, middle, step;
  Matrix6x columns;
  std::mt19937_64 random{1};
  int iterations = 0;

  Solver(const pin::Model &m, pin::FrameIndex f)
      : model(m), data(m), frame(f), lower(m.lowerPositionLimit), upper(m.upperPositionLimit),
        middle(0.5 * (lower + upper)), step(m.nv), columns(6, m.nv) {}

  bool descend(Eigen::VectorXd &q, const pin::SE3 &target, int limit) {
    double before = std::numeric_limits<double>::infinity();
    for (int count = 0;; ++count) {
      pin::computeJointJacobians(model, data, q);
      const pin::SE3 &pose = pin::updateFramePlacement(model, data, frame);
      const pin::SE3 error = pose.actInv(target);
      const pin::Motion e = pin::log6(error);
      if (e.linear().norm() <= 1e-8 && e.angular().norm() <= 1e-8) return true;
      if (iterations >= limit) return false;
      const double value = 0.5 * (e.linear().squaredNorm() + 0.09 * e.angular().squaredNorm());
      if (count % 5 == 0) {
        if (value > 0.3 * before) return false;
        before = value;
      }
      ++iterations;
      columns.setZero();
      pin::getFrameJacobian(model, data, frame, pin::LOCAL, columns);
      Eigen::Matrix<double, 6, 6> log;
      pin::Jlog6(error.inverse(), log);
      columns = log * columns;
      Eigen::Matrix<double, 6, 6> gram = columns * columns.transpose();
      gram.diagonal().array() += value + 1e-12;
      step.noalias() = columns.transpose() * gram.ldlt().solve(e.toVector());
      q = (q + step).cwiseMax(lower).cwiseMin(upper);
    }
  }

  bool solve(Eigen::VectorXd &q, const pin::SE3 &target) {
    iterations = 0;
    random.seed(1);
    q = middle;
    if (descend(q, target, 1500)) return true;
    std::uniform_real_distribution<double> part(0, 1);
    while (iterations < 1500) {
      for (int i = 0; i < q.size(); ++i) q[i] = lower[i] + (upper[i] - lower[i]) * part(random);
      if (descend(q, target, 1500)) return true;
    }
    return false;
  }
};

static std::vector<double> read(const char *path) {
  std::vector<double> numbers;
  if (FILE *file = std::fopen(path, "rb")) {
    double number;
    while (std::fread(&number, sizeof number, 1, file) == 1) numbers.push_back(number);
    std::fclose(file);
  }
  return numbers;
}

static pin::SE3 placement(const double *n) {
  return pin::SE3(Eigen::Map<const Eigen::Matrix<double, 3, 3, Eigen::RowMajor>>(n), Eigen::Map<const Eigen::Vector3d>(n + 9));
}

static pin::Model arm(const std::vector<double> &numbers, pin::FrameIndex &frame) {
  pin::Model model;
  pin::JointIndex above = 0;
  size_t at = 0;
  for (; at + 12 < numbers.size(); at += 18) {
    const double *n = &numbers[at];
    const pin::JointModel joints[] = {pin::JointModelRX(), pin::JointModelRY(), pin::JointModelRZ()};
    const std::string name = "joint" + std::to_string(above);
    const Eigen::VectorXd one = Eigen::VectorXd::Ones(1);
    above = model.addJoint(above, joints[int(n[12])], placement(n), name, one, one, one * n[13], one * n[14]);
  }
  frame = model.addFrame(pin::Frame("tool", above, placement(&numbers[at]), pin::OP_FRAME));
  return model;
}

int main(int count, char **words) {
  if (count != 5) return 2;
  pin::FrameIndex frame;
  const pin::Model model = arm(read(words[1]), frame);
  Solver solver(model, frame);
  const std::vector<double> poses = read(words[2]);
  const size_t cases = poses.size() / 7;
  const int rounds = std::atoi(words[4]);
  std::vector<double> best(cases, std::numeric_limits<double>::infinity());
  FILE *solutions = std::fopen(words[3], "wb");
  if (!solutions || cases == 0) return 3;
  Eigen::VectorXd q(model.nq);
  double solved = 0, iterations = 0;
  for (int round = 0; round < rounds; ++round) {
    for (size_t index = 0; index < cases; ++index) {
      const double *n = &poses[7 * index];
      const pin::SE3 target(Eigen::Quaterniond(n[3], n[4], n[5], n[6]), Eigen::Vector3d(n[0], n[1], n[2]));
      const auto start = std::chrono::steady_clock::now();
      const bool is_solved = solver.solve(q, target);
      const auto end = std::chrono::steady_clock::now();
      best[index] = std::min(best[index], std::chrono::duration<double, std::nano>(end - start).count());
      if (round > 0) continue;
      solved += is_solved;
      iterations += solver.iterations;
      std::fwrite(q.data(), sizeof(double), size_t(q.size()), solutions);
    }
  }
  std::fclose(solutions);
  std::sort(best.begin(), best.end());
  double sum = 0;
  for (double time : best) sum += time;
  std::printf("solved %.0f\nmean %.1f\nmedian %.1f\np99 %.1f\nworst %.1f\niterations %.3f\n", solved, sum / cases,
              best[cases / 2], best[cases - 1 - cases / 100], best[cases - 1], iterations / cases);
  return 0;
}
