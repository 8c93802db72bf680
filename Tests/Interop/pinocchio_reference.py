"""Pinocchio's answers in Sinew's conventions.

Pinocchio puts the linear part of spatial vectors first and quaternions as x y z w; Sinew puts the angular part first and
quaternions as w x y z. Pinocchio is asked for the tree without its mimic rules; they are applied here, as the constant
linear map from coordinates to joints that they are, so that its support for mimic joints does not matter.
"""

import xml.etree.ElementTree as ElementTree

import numpy as np
import pinocchio as pin


# Sinew's velocity of a joint by Pinocchio's: angular first.
FREE, PLANAR = [3, 4, 5, 0, 1, 2], [2, 0, 1]


class Reference:
    """A Pinocchio model whose coordinates are given by name.

    mimics: joint name -> (joint followed, multiplier, offset). The base is the first joint when no name is its.
    """

    def __init__(self, model, joint_names, mimics):
        self.model = model
        self.data = model.createData()
        self.joints = list(joint_names)
        self.floating = model.nv > 0 and model.joints[1].nq == 7 and model.names[1] not in joint_names
        kinds = {model.names[i]: model.joints[i] for i in range(1, model.njoints)}
        # Where each joint's numbers begin in Sinew's v, and in what follows the base in Sinew's q.
        column, place, count, at = {}, {}, 6 if self.floating else 0, 0
        for name in self.joints:
            column[name], place[name] = count, at
            count += kinds[name].nv
            at += 3 if kinds[name].nq == 4 else 7 if kinds[name].nq == 7 else 1
        self.position_count = at
        # Our velocity to Pinocchio's: a permutation but for mimic joints. One-axis joints also keep their position.
        self.map = np.zeros((model.nv, count))
        self.place = {}
        self.rule = {}
        for index in range(1, model.njoints):
            joint, name = model.joints[index], model.names[index]
            if joint.nv > 1:
                start = 0 if name not in column else column[name]
                for ours, theirs in enumerate(PLANAR if joint.nv == 3 else FREE):
                    self.map[joint.idx_v + theirs, start + ours] = 1
                self.place[index] = place.get(name)
                continue
            scale, shift = 1.0, 0.0
            while name in mimics:
                name, multiplier, offset = mimics[name]
                scale, shift = scale * multiplier, shift + scale * offset
            self.map[joint.idx_v, column[name]] = scale
            self.place[index] = place[name]
            self.rule[index] = scale, shift

    @classmethod
    def from_urdf(cls, path, joint_names, floating=True):
        root = pin.JointModelFreeFlyer() if floating else None
        model = pin.buildModelFromUrdf(path, root) if floating else pin.buildModelFromUrdf(path)
        mimics = {}
        for joint in ElementTree.parse(path).getroot().findall("joint"):
            mimic = joint.find("mimic")
            if mimic is not None:
                mimics[joint.get("name")] = (
                    mimic.get("joint"), float(mimic.get("multiplier", 1)), float(mimic.get("offset", 0)))
        return cls(model, joint_names, mimics)

    def position(self, base, joints):
        """Pinocchio's q; base is (position, quaternion wxyz) or None, joints what follows it in Sinew's q."""
        q = pin.neutral(self.model)
        for index in range(1, self.model.njoints):
            joint, place = self.model.joints[index], self.place[index]
            if joint.nq == 7:
                position, (w, x, y, z) = base if place is None else (joints[place:place + 3], joints[place + 3:place + 7])
                q[joint.idx_q:joint.idx_q + 7] = [*position, x, y, z, w]
                continue
            if joint.nq == 4:
                x, y, angle = joints[place:place + 3]
                q[joint.idx_q:joint.idx_q + 4] = [x, y, np.cos(angle), np.sin(angle)]
                continue
            scale, shift = self.rule[index]
            value = scale * joints[place] + shift
            # A continuous joint is kept as cosine and sine.
            q[joint.idx_q:joint.idx_q + joint.nq] = [np.cos(value), np.sin(value)] if joint.nq == 2 else [value]
        return q

    def forces(self, wrenches):
        """Pinocchio's external forces of {link: moment and force in the link's frame}."""
        forces = [pin.Force.Zero() for _ in range(self.model.njoints)]
        for link, wrench in wrenches.items():
            frame = self.model.frames[self.model.getFrameId(link, pin.BODY)]
            forces[frame.parentJoint] += frame.placement.act(pin.Force(np.array(wrench[3:]), np.array(wrench[:3])))
        return pin.StdVec_Force(forces)

    def with_wrenches(self, base, joints, v, a, tau, wrenches):
        """Inverse and forward dynamics while wrenches act on links."""
        model, data, map = self.model, self.data, self.map
        q, forces = self.position(base, joints), self.forces(wrenches)
        inverse = map.T @ pin.rnea(model, data, q, map @ v, map @ a, forces)
        if map.shape[0] == map.shape[1]:
            forward = map.T @ pin.aba(model, data, q, map @ v, map @ tau, forces)
        else:
            bias = map.T @ pin.rnea(model, data, q, map @ v, np.zeros(model.nv), forces)
            upper = np.triu(pin.crba(model, data, q))
            forward = np.linalg.solve(map.T @ (upper + np.triu(upper, 1).T) @ map, tau - bias)
        return {"inverse_dynamics_with_wrenches": inverse, "forward_dynamics_with_wrenches": forward}

    def evaluate(self, base, joints, v, a, tau, links, frames):
        """Every quantity of `sinew model eval` as numpy arrays; v, a, tau in Sinew's order."""
        model, data = self.model, self.data
        q = self.position(base, joints)
        full_v, full_a = self.map @ v, self.map @ a
        zero = np.zeros(model.nv)
        result = {}
        pin.forwardKinematics(model, data, q)
        pin.updateFramePlacements(model, data)
        poses = []
        for link in links:
            placement = data.oMf[model.getFrameId(link, pin.BODY)]
            x, y, z, w = pin.Quaternion(placement.rotation).coeffs()
            poses.append([*placement.translation, w, x, y, z])
        result["link_poses"] = np.array(poses)
        # Pinocchio leaves out what is fixed to the world; it counts here, as a fixed base is part of the robot.
        ground = model.inertias[0]
        moving = sum(inertia.mass for inertia in model.inertias) - ground.mass
        moment = moving * pin.centerOfMass(model, data, q) + ground.mass * ground.lever
        result["com"] = moment / (moving + ground.mass)
        result["gravity"] = self.map.T @ pin.computeGeneralizedGravity(model, data, q)
        result["bias"] = self.map.T @ pin.rnea(model, data, q, full_v, zero)
        result["inverse_dynamics"] = self.map.T @ pin.rnea(model, data, q, full_v, full_a)
        upper = np.triu(pin.crba(model, data, q))
        full_matrix = upper + np.triu(upper, 1).T
        matrix = self.map.T @ full_matrix @ self.map
        result["mass_matrix"] = matrix
        if self.map.shape[0] == self.map.shape[1]:
            # Without mimic joints the map only reorders, and the articulated-body algorithm applies.
            result["forward_dynamics"] = self.map.T @ pin.aba(model, data, q, full_v, self.map @ tau)
        else:
            result["forward_dynamics"] = np.linalg.solve(matrix, tau - result["bias"])
        for frame in frames:
            index = model.getFrameId(frame, pin.BODY)
            jacobian = pin.computeFrameJacobian(model, data, q, index, pin.LOCAL_WORLD_ALIGNED)
            result["jacobian " + frame] = np.vstack([jacobian[3:6], jacobian[0:3]]) @ self.map
        return result

    def derivatives(self, base, joints, v, a, tau, frames):
        """What `sinew model eval --derivatives` adds, as numpy arrays."""
        model, data, map = self.model, self.data, self.map
        q = self.position(base, joints)
        full_v, full_a = map @ v, map @ a
        result = {}
        by_q, by_v, _ = pin.computeRNEADerivatives(model, data, q, full_v, full_a)
        result["inverse_dynamics_by_position"] = map.T @ by_q @ map
        result["inverse_dynamics_by_velocity"] = map.T @ by_v @ map
        if map.shape[0] == map.shape[1]:
            by_q, by_v, inverse = pin.computeABADerivatives(model, data, q, full_v, map @ tau)
            inverse = np.triu(inverse) + np.triu(inverse, 1).T
            result["forward_dynamics_by_position"] = map.T @ by_q @ map
            result["forward_dynamics_by_velocity"] = map.T @ by_v @ map
            result["inverse_mass_matrix"] = map.T @ inverse @ map
        result["coriolis_matrix"] = map.T @ pin.computeCoriolisMatrix(model, data, q, full_v) @ map
        swap = [3, 4, 5, 0, 1, 2]
        ground = model.inertias[0].mass
        if ground == 0:
            result["centroidal_momentum_map"] = pin.computeCentroidalMap(model, data, q)[swap] @ map
            result["com_jacobian"] = pin.jacobianCenterOfMass(model, data, q) @ map
            result["potential_energy"] = np.array([pin.computePotentialEnergy(model, data, q)])
        result["kinetic_energy"] = np.array([pin.computeKineticEnergy(model, data, q, full_v)])
        pin.computeJointJacobiansTimeVariation(model, data, q, full_v)
        pin.updateFramePlacements(model, data)
        for frame in frames:
            index = model.getFrameId(frame, pin.BODY)
            for name, kind in VELOCITY_FRAMES.items():
                found = pin.getFrameJacobian(model, data, index, kind)
                rate = pin.getFrameJacobianTimeVariation(model, data, index, kind)
                result[f"frame_jacobians {frame} {name}"] = found[swap] @ map
                result[f"frame_jacobian_rates {frame} {name}"] = rate[swap] @ map
        return result


VELOCITY_FRAMES = {
    "world": pin.WORLD, "local": pin.LOCAL, "local_world_aligned": pin.LOCAL_WORLD_ALIGNED,
}
