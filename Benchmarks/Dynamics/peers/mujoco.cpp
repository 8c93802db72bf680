// Times MuJoCo's C API; see benchmark.hpp. The model is TREE's neighbour with the ending .xml: the same bodies and
// inertias, no geometry, contacts off, no armature.
//
// Each quantity calls only the stages that it needs, so that nothing else is counted against MuJoCo; `mj_inverse` and
// `mj_forward` are its whole pipelines. Copying the state in is part of every call, as it is with the others.

#include "benchmark.hpp"

#include <mujoco/mujoco.h>

#include <cstring>

/// A state in MuJoCo's terms: the base's linear velocity and acceleration along world axes, and before the angular.
struct MujocoState {
  std::vector<double> q, v, a, tau;
  double rotation[9] = {1, 0, 0, 0, 1, 0, 0, 0, 1};

  MujocoState(const State &s, bool floats) : q(s.q), v(s.v), a(s.a), tau(s.tau) {
    if (!floats) return;
    mju_normalize4(&q[3]);
    mju_quat2Mat(rotation, &q[3]);
    double turned[3], centripetal[3];
    mju_mulMatVec(turned, rotation, &s.v[3], 3, 3);
    std::memcpy(&v[0], turned, sizeof turned);
    std::memcpy(&v[3], &s.v[0], sizeof turned);
    // d/dt of R u is R (du/dt + w x u).
    mju_cross(centripetal, &s.v[0], &s.v[3]);
    for (int i = 0; i < 3; i++) centripetal[i] += s.a[size_t(3 + i)];
    mju_mulMatVec(turned, rotation, centripetal, 3, 3);
    std::memcpy(&a[0], turned, sizeof turned);
    std::memcpy(&a[3], &s.a[0], sizeof turned);
    mju_mulMatVec(turned, rotation, &s.tau[3], 3, 3);
    std::memcpy(&tau[0], turned, sizeof turned);
    std::memcpy(&tau[3], &s.tau[0], sizeof turned);
  }

  /// The base's acceleration in its own axes, from that along world axes: the length of the whole is compared.
  void to_body(std::vector<double> &acceleration, const State &s) const {
    double turned[3], centripetal[3];
    mju_mulMatTVec(turned, rotation, acceleration.data(), 3, 3);
    mju_cross(centripetal, &s.v[0], &s.v[3]);
    for (size_t i = 0; i < 3; i++) acceleration[i] = turned[i] - centripetal[i];
  }
};

int main(int argc, char **argv) {
  const Clock clock(argc, argv);
  const std::vector<Body> bodies = read_tree(argv[1]);
  const bool floats = bodies[0].kind == "F";
  std::string xml = argv[1];
  xml.replace(xml.rfind('.'), std::string::npos, ".xml");
  char error[500];
  mjModel *m = mj_loadXML(xml.c_str(), nullptr, error, sizeof error);
  if (!m) return std::fprintf(stderr, "%s\n", error), 1;
  mjData *d = mj_makeData(m);
  const std::vector<State> drawn = random_states(bodies);
  std::vector<MujocoState> states;
  for (const State &state : drawn) states.emplace_back(state, floats);
  const size_t nv = size_t(m->nv);
  std::vector<double> result(nv * nv);

  auto positions = [&](int i) { std::memcpy(d->qpos, states[size_t(i)].q.data(), sizeof(double) * size_t(m->nq)); };
  auto velocities = [&](int i) { std::memcpy(d->qvel, states[size_t(i)].v.data(), sizeof(double) * nv); };
  auto accelerations = [&](int i) { std::memcpy(d->qacc, states[size_t(i)].a.data(), sizeof(double) * nv); };
  auto forces = [&](int i) { std::memcpy(d->qfrc_applied, states[size_t(i)].tau.data(), sizeof(double) * nv); };
  auto place = [&](int i) { positions(i), mj_kinematics(m, d), mj_comPos(m, d); };
  auto rnea = [&](int i) {
    place(i), velocities(i), accelerations(i), mj_comVel(m, d), mj_rne(m, d, 1, result.data());
  };
  auto gravity = [&](int i) {
    place(i), mju_zero(d->qvel, m->nv), mj_comVel(m, d), mj_rne(m, d, 0, result.data());
  };
  auto full = [&](int i) { place(i), mj_crb(m, d), mj_fullM(m, d, result.data()); };
  // Accelerations from the stages that mj_forward takes for them.
  auto aba = [&](int i) {
    place(i), velocities(i), mj_crb(m, d), mj_factorM(m, d), mj_comVel(m, d), mj_rne(m, d, 0, d->qfrc_bias);
    for (size_t k = 0; k < nv; k++) result[nv + k] = states[size_t(i)].tau[k] - d->qfrc_bias[k];
    mj_solveM(m, d, result.data(), result.data() + nv, 1);
  };

  rnea(0);
  check("rnea", result, nv);
  gravity(0);
  check("gravity", result, nv);
  full(0);
  check("crba", result, nv * nv);
  aba(0);
  if (floats) states[0].to_body(result, drawn[0]);
  check("aba", result, nv);
  place(0);
  check("com", d->subtree_com, 3);

  clock.report("rnea", rnea);
  clock.report("gravity", gravity);
  clock.report("crba", [&](int i) { place(i), mj_crb(m, d); });
  clock.report("crba_full", full);
  clock.report("aba", aba);
  clock.report("fk", [&](int i) { positions(i), mj_kinematics(m, d); });
  clock.report("jacobian", place);  // cdof, the joints' screws
  clock.report("com", place);
  clock.report("mj_inverse", [&](int i) { positions(i), velocities(i), accelerations(i), mj_inverse(m, d); });
  clock.report("mj_forward", [&](int i) { positions(i), velocities(i), forces(i), mj_forward(m, d); });
  mj_deleteData(d);
  mj_deleteModel(m);
  return 0;
}
