// A tree and its states in Pinocchio's terms.
#pragma once

#include "benchmark.hpp"

#include <pinocchio/multibody.hpp>
#include <pinocchio/multibody/joint.hpp>

namespace pin = pinocchio;

inline pin::Model pinocchio_model(const std::vector<Body> &bodies) {
  pin::Model model;
  std::vector<pin::JointIndex> joints;
  for (const Body &b : bodies) {
    pin::JointIndex index = 0, above = b.parent < 0 ? 0 : joints[size_t(b.parent)];
    Eigen::Matrix3d inertia;
    const double *n = b.inertia;
    inertia << n[0], n[1], n[3], n[1], n[2], n[4], n[3], n[4], n[5];
    const pin::SE3 placement(
      Eigen::Map<const Eigen::Matrix<double, 3, 3, Eigen::RowMajor>>(b.rotation),
      Eigen::Map<const Eigen::Vector3d>(b.translation));
    const Eigen::Vector3d axis(b.axis[0], b.axis[1], b.axis[2]);
    const std::string name = "joint" + std::to_string(joints.size());
    if (b.kind == "F") index = model.addJoint(above, pin::JointModelFreeFlyer(), placement, name);
    else if (b.kind == "P") index = model.addJoint(above, pin::JointModelPrismaticUnaligned(axis), placement, name);
    else if (b.kind == "R" && axis.x() == 1) index = model.addJoint(above, pin::JointModelRX(), placement, name);
    else if (b.kind == "R" && axis.y() == 1) index = model.addJoint(above, pin::JointModelRY(), placement, name);
    else if (b.kind == "R" && axis.z() == 1) index = model.addJoint(above, pin::JointModelRZ(), placement, name);
    else if (b.kind == "R") index = model.addJoint(above, pin::JointModelRevoluteUnaligned(axis), placement, name);
    if (b.mass > 0 && b.kind != "W")
      model.appendBodyToJoint(
        index, pin::Inertia(b.mass, Eigen::Vector3d(b.centre[0], b.centre[1], b.centre[2]), inertia),
        pin::SE3::Identity());
    joints.push_back(index);
  }
  return model;
}

/// Pinocchio keeps a quaternion as x y z w, of length 1, and linear before angular parts.
struct PinocchioState {
  Eigen::VectorXd q, v, a, tau;

  PinocchioState(const pin::Model &model, const State &s) : q(model.nq) {
    const bool floats = model.nq != model.nv;
    if (floats) {
      Eigen::Vector4d quaternion(s.q[4], s.q[5], s.q[6], s.q[3]);
      q << s.q[0], s.q[1], s.q[2], quaternion.normalized(),
        Eigen::Map<const Eigen::VectorXd>(s.q.data() + 7, model.nq - 7);
    } else {
      q = Eigen::Map<const Eigen::VectorXd>(s.q.data(), model.nq);
    }
    v = linear_first(s.v, floats);
    a = linear_first(s.a, floats);
    tau = linear_first(s.tau, floats);
  }

  static Eigen::VectorXd linear_first(const std::vector<double> &x, bool floats) {
    Eigen::VectorXd y = Eigen::Map<const Eigen::VectorXd>(x.data(), long(x.size()));
    if (floats) y.head<6>() << x[3], x[4], x[5], x[0], x[1], x[2];
    return y;
  }
};
