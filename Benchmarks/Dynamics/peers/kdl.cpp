// Times the Kinematics and Dynamics Library (Orocos); see benchmark.hpp. It has no floating base: TREE's base is fixed.
//
// On a tree it offers inverse dynamics only; on a chain also gravity, the inertia matrix, forward dynamics, the pose and
// the Jacobian of the tip. Built at the baseline alone: the Debian library's Eigen types have another layout with AVX.

#include "benchmark.hpp"

#include <kdl/chaindynparam.hpp>
#include <kdl/chainfdsolver_recursive_newton_euler.hpp>
#include <kdl/chainidsolver_recursive_newton_euler.hpp>
#include <kdl/chainjnttojacsolver.hpp>
#include <kdl/treeidsolver_recursive_newton_euler.hpp>

using namespace KDL;

static JntArray array(const std::vector<double> &values) {
  JntArray x(unsigned(values.size()));
  for (size_t i = 0; i < values.size(); i++) x(unsigned(i)) = values[i];
  return x;
}

int main(int argc, char **argv) {
  const Clock clock(argc, argv);
  const std::vector<Body> bodies = read_tree(argv[1]);
  Tree tree("0");
  bool is_chain = true;
  for (size_t i = 1; i < bodies.size(); i++) {
    const Body &b = bodies[i];
    is_chain = is_chain && b.parent == int(i) - 1;
    const double *r = b.rotation;
    const Frame placement(
      Rotation(r[0], r[1], r[2], r[3], r[4], r[5], r[6], r[7], r[8]),
      Vector(b.translation[0], b.translation[1], b.translation[2]));
    const Vector axis = placement.M * Vector(b.axis[0], b.axis[1], b.axis[2]);
    const Joint joint("j" + std::to_string(i), placement.p, axis, b.kind == "P" ? Joint::TransAxis : Joint::RotAxis);
    const double *n = b.inertia;  // xx xy yy xz yz zz; KDL takes xx yy zz xy xz yz
    const RigidBodyInertia inertia(
      b.mass, Vector(b.centre[0], b.centre[1], b.centre[2]), RotationalInertia(n[0], n[2], n[5], n[1], n[3], n[4]));
    tree.addSegment(Segment(std::to_string(i), joint, placement, inertia), std::to_string(b.parent));
  }
  std::vector<JntArray> q, v, a, tau;
  for (const State &s : random_states(bodies)) {
    q.push_back(array(s.q)), v.push_back(array(s.v)), a.push_back(array(s.a)), tau.push_back(array(s.tau));
  }
  const unsigned n = unsigned(bodies.size() - 1);
  const Vector down(0, 0, -9.81);
  JntArray out(n);
  if (!is_chain) {
    TreeIdSolver_RNE solver(tree, down);
    const WrenchMap none;
    if (solver.CartToJnt(q[0], v[0], a[0], none, out) != 0) return 1;
    check("rnea", out.data, n);
    clock.report("rnea", [&](int i) { solver.CartToJnt(q[size_t(i)], v[size_t(i)], a[size_t(i)], none, out); });
    return 0;
  }
  Chain chain;
  tree.getChain("0", std::to_string(n), chain);
  const Wrenches none(chain.getNrOfSegments(), Wrench::Zero());
  ChainIdSolver_RNE inverse(chain, down);
  ChainFdSolver_RNE forward(chain, down);
  ChainDynParam parameters(chain, down);
  ChainJntToJacSolver jacobian(chain);
  JntSpaceInertiaMatrix matrix(n);
  Jacobian columns(n);
  if (inverse.CartToJnt(q[0], v[0], a[0], none, out) != 0) return 1;
  check("rnea", out.data, n);
  parameters.JntToGravity(q[0], out);
  check("gravity", out.data, n);
  parameters.JntToMass(q[0], matrix);
  check("crba", matrix.data.data(), n * n);
  forward.CartToJnt(q[0], v[0], tau[0], none, out);
  check("aba", out.data, n);
  clock.report("rnea", [&](int i) { inverse.CartToJnt(q[size_t(i)], v[size_t(i)], a[size_t(i)], none, out); });
  clock.report("gravity", [&](int i) { parameters.JntToGravity(q[size_t(i)], out); });
  clock.report("crba_full", [&](int i) { parameters.JntToMass(q[size_t(i)], matrix); });
  clock.report("aba", [&](int i) { forward.CartToJnt(q[size_t(i)], v[size_t(i)], tau[size_t(i)], none, out); });
  clock.report("jacobian", [&](int i) { jacobian.JntToJac(q[size_t(i)], columns); });
  return 0;
}
