// Times Pinocchio; see benchmark.hpp. Where it has two conventions, both are timed, and run.py takes the faster.
//
//     pinocchio TREE BATCHES COLD_CALLS NEAR_MB FAR_MB
//     pinocchio TREE threads COUNT       states a second, one Data a thread

#include "pinocchio_model.hpp"

#include <pinocchio/algorithm/aba-derivatives.hpp>
#include <pinocchio/algorithm/aba.hpp>
#include <pinocchio/algorithm/center-of-mass.hpp>
#include <pinocchio/algorithm/crba.hpp>
#include <pinocchio/algorithm/jacobian.hpp>
#include <pinocchio/algorithm/kinematics.hpp>
#include <pinocchio/algorithm/rnea-derivatives.hpp>
#include <pinocchio/algorithm/rnea.hpp>

#include <thread>

using States = std::vector<PinocchioState>;

static void many_states(const pin::Model &model, const States &states, int threads) {
  auto report = [&](const char *name, auto call) {
    const int part = 8192 / threads;
    auto work = [&](int turns) {
      std::vector<std::thread> pool;
      for (int t = 0; t < threads; t++)
        pool.emplace_back([&, t] {
          pin::Data data(model);
          Eigen::MatrixXd dq = Eigen::MatrixXd::Zero(model.nv, model.nv), dv = dq, da = dq;
          for (int k = 0; k < turns; k++)
            for (int i = 0; i < part; i++) call(data, states[size_t(t * part + i) % states.size()], dq, dv, da);
        });
      for (auto &thread : pool) thread.join();
    };
    double begin = nanoseconds();
    work(1);
    const int turns = std::max(1, int(2e8 / (nanoseconds() - begin)));
    begin = nanoseconds();
    work(turns);
    std::printf("rate %s %f\n", name, double(turns) * part * threads * 1e9 / (nanoseconds() - begin));
  };
  using Matrix = Eigen::MatrixXd;
  report("rnea", [&](pin::Data &data, const PinocchioState &s, Matrix &, Matrix &, Matrix &) {
    pin::rnea(model, data, s.q, s.v, s.a);
  });
  report("aba", [&](pin::Data &data, const PinocchioState &s, Matrix &, Matrix &, Matrix &) {
    pin::aba(model, data, s.q, s.v, s.tau, pin::Convention::WORLD);
  });
  report("aba_derivatives", [&](pin::Data &data, const PinocchioState &s, Matrix &dq, Matrix &dv, Matrix &da) {
    pin::computeABADerivatives(model, data, s.q, s.v, s.tau, dq, dv, da);
  });
}

static void mirror(Eigen::MatrixXd &m) {
  m.triangularView<Eigen::StrictlyLower>() = m.transpose().triangularView<Eigen::StrictlyLower>();
}

static void check_all(const pin::Model &model, const PinocchioState &s) {
  pin::Data data(model);
  const size_t n = size_t(model.nv);
  Eigen::MatrixXd dq = Eigen::MatrixXd::Zero(model.nv, model.nv), dv = dq, da = dq;
  check("rnea", pin::rnea(model, data, s.q, s.v, s.a), n);
  check("gravity", pin::computeGeneralizedGravity(model, data, s.q), n);
  check("aba", pin::aba(model, data, s.q, s.v, s.tau, pin::Convention::WORLD), n);
  pin::crba(model, data, s.q, pin::Convention::WORLD);
  mirror(data.M);
  check("crba", data.M.data(), n * n);
  check("jacobian", pin::computeJointJacobians(model, data, s.q).data(), 6 * n);
  check("com", pin::centerOfMass(model, data, s.q, false), 3);
  pin::computeRNEADerivatives(model, data, s.q, s.v, s.a, dq, dv, da);
  check("rnea_derivatives", dq.data(), n * n);
  dq.setZero(), dv.setZero(), da.setZero();
  pin::computeABADerivatives(model, data, s.q, s.v, s.tau, dq, dv, da);
  check("aba_derivatives", dq.data(), n * n);
}

int main(int argc, char **argv) {
  if (argc < 4) return 2;
  const std::vector<Body> bodies = read_tree(argv[1]);
  const pin::Model model = pinocchio_model(bodies);
  States s;
  for (const State &state : random_states(bodies)) s.emplace_back(model, state);
  if (std::string(argv[2]) == "threads") {
    many_states(model, s, std::atoi(argv[3]));
    return 0;
  }
  const Clock clock(argc, argv);
  check_all(model, s[0]);
  pin::Data data(model);
  Eigen::MatrixXd dq = Eigen::MatrixXd::Zero(model.nv, model.nv), dv = dq, da = dq;
  const auto LOCAL = pin::Convention::LOCAL, WORLD = pin::Convention::WORLD;
  auto time = [&](const char *name, auto call) { clock.report(name, [&](int i) { call(s[size_t(i)]); }); };
  using S = const PinocchioState &;
  time("rnea", [&](S x) { pin::rnea(model, data, x.q, x.v, x.a); });
  time("gravity", [&](S x) { pin::computeGeneralizedGravity(model, data, x.q); });
  time("crba", [&](S x) { pin::crba(model, data, x.q, LOCAL); });
  time("crba/world", [&](S x) { pin::crba(model, data, x.q, WORLD); });
  time("crba_full", [&](S x) { pin::crba(model, data, x.q, LOCAL), mirror(data.M); });
  time("crba_full/world", [&](S x) { pin::crba(model, data, x.q, WORLD), mirror(data.M); });
  time("aba", [&](S x) { pin::aba(model, data, x.q, x.v, x.tau, LOCAL); });
  time("aba/world", [&](S x) { pin::aba(model, data, x.q, x.v, x.tau, WORLD); });
  time("fk", [&](S x) { pin::forwardKinematics(model, data, x.q); });
  time("jacobian", [&](S x) { pin::computeJointJacobians(model, data, x.q); });
  time("com", [&](S x) { pin::centerOfMass(model, data, x.q, false); });
  time("rnea_derivatives", [&](S x) { pin::computeRNEADerivatives(model, data, x.q, x.v, x.a, dq, dv, da); });
  time("aba_derivatives", [&](S x) { pin::computeABADerivatives(model, data, x.q, x.v, x.tau, dq, dv, da); });
  return 0;
}
