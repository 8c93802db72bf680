// The command port: how another process hands setpoints to a running loop and sees its state, through shared memory.
//
// Freestanding C11. Little endian; 64-bit words; every offset is asserted below and is what the Python client unpacks.
// Three kinds of memory:
//
//   state      one for all clients, written by the loop once a cycle, mapped read-only: who the robot is, its joints,
//              and the newest states in a ring of four slots
//   setpoints  one for each lease, written by its owner alone: the newest sets in a ring of four slots
//   messages   hello and reply on the Unix socket, which also carries the descriptors of the memory
//
// Both rings are seqlocks without a lock: the writer marks a slot as being written (sequence 0), fills it, gives it its
// sequence and two sums, then says which sequence is newest. The reader copies the slot and believes the copy only if the
// sequence is the same before and after and both sums agree. Nobody ever waits; a torn copy is counted and tried again in
// the next cycle. What the owner writes is data to the loop: it follows no offset, count or pointer of the owner's.
#pragma once

#include <stdint.h>

#if !defined(__clang__)
#define _Nonnull
#define _Nullable
#endif

#define COMMAND_PORT_INLINE static inline __attribute__((always_inline, unused))

/// "SINEWCP1", little endian, first in every memory and every message.
#define COMMAND_PORT_MAGIC UINT64_C(0x31504357454E4953)
/// Changes with any layout below; a client of another version is refused.
#define COMMAND_PORT_VERSION 1u
/// Where both sums begin, so that memory of zeros is no set.
#define COMMAND_PORT_SEED UINT64_C(0x9E3779B97F4A7C15)

enum {
  /// Joints there is room for; a robot's own count is in the state.
  COMMAND_PORT_JOINTS = 64,
  COMMAND_PORT_SLOTS = 4,
  COMMAND_PORT_NAME = 64,
};

/// What a set has beside positions, which every set has.
enum {
  /// Velocities: the loop follows a cubic between sets, else a straight line.
  COMMAND_PORT_HAS_VELOCITY = 1 << 0,
  /// Torques that are added to those of the law.
  COMMAND_PORT_HAS_TORQUE = 1 << 1,
  /// Stiffness and damping, from 0 up to those of robot.yaml. Refused where the loop was not told to take them.
  COMMAND_PORT_HAS_GAINS = 1 << 2,
  /// The owner is done: the run ends in a controlled stop.
  COMMAND_PORT_ENDS = 1 << 3,
  COMMAND_PORT_FLAGS = 15,
};

/// Why a set was refused; the index into `refused` of a state.
enum {
  /// Copied while it was written, or sums that do not agree.
  COMMAND_PORT_TORN = 0,
  /// Unknown flags, another count of joints, a sequence that did not go up.
  COMMAND_PORT_MALFORMED = 1,
  COMMAND_PORT_NOT_FINITE = 2,
  COMMAND_PORT_POSITION_LIMIT = 3,
  COMMAND_PORT_VELOCITY_LIMIT = 4,
  COMMAND_PORT_TORQUE_LIMIT = 5,
  /// Gains below 0 or above those of robot.yaml, or not taken at all.
  COMMAND_PORT_GAINS = 6,
  /// Made from a state that is older than the command timeout, or from one that has not been.
  COMMAND_PORT_OLD = 7,
  COMMAND_PORT_REASONS = 8,
};

/// What the loop does with the port.
enum {
  /// Nobody has the lease: the pose is held.
  COMMAND_PORT_FREE = 0,
  /// Somebody has it and has not sent a set that was accepted: the pose is held.
  COMMAND_PORT_WAITING = 1,
  /// Sets are followed.
  COMMAND_PORT_FOLLOWING = 2,
  /// The newest set is older than the command timeout: the motion is frozen.
  COMMAND_PORT_FROZEN = 3,
  /// The robot is not armed, or stops.
  COMMAND_PORT_CLOSED = 4,
};

/// A joint as robot.yaml describes it, joint side.
typedef struct {
  char name[COMMAND_PORT_NAME];
  double position_min_rad, position_max_rad, velocity_limit_rad_s, acceleration_limit_rad_s2, torque_limit_nm;
  double stiffness_max_nm_rad, damping_max_nm_s_rad, home_rad;
} command_port_joint;

/// What is asked of one joint.
typedef struct {
  double position_rad, velocity_rad_s, torque_nm, stiffness_nm_rad, damping_nm_s_rad;
} command_port_setpoint;

/// Setpoints of all joints at one instant.
typedef struct {
  /// Counts up from 1; 0 while the slot is written.
  uint64_t sequence;
  /// Sums over the words that follow, and the sequence: `command_port_sums`.
  uint64_t sums[2];
  /// Cycle of the state the set was made from; -1 for none.
  int64_t answers_cycle;
  /// Anything; the state says which stamp is followed.
  int64_t stamp_ns;
  uint32_t flags;
  uint32_t joint_count;
  command_port_setpoint joints[COMMAND_PORT_JOINTS];
} command_port_set;

/// Memory of one lease; the owner writes, the loop reads.
typedef struct {
  uint64_t magic;
  uint32_t version;
  uint32_t size;
  uint64_t lease;
  /// Sequence of the newest set; it is in slot `sequence % COMMAND_PORT_SLOTS`.
  uint64_t newest;
  uint64_t reserved[4];
  command_port_set slots[COMMAND_PORT_SLOTS];
} command_port_setpoints;

/// A joint after a cycle.
typedef struct {
  double position_rad, velocity_rad_s, torque_nm;
  /// The motion within the limits that was sent.
  double commanded_position_rad, commanded_velocity_rad_s;
  /// Age of the sample behind the measurement [cycles]; 1 is as fresh as the bus allows.
  int64_t age_cycles;
} command_port_joint_state;

/// The robot after a cycle.
typedef struct {
  /// Counts up from 1; 0 while the slot is written.
  uint64_t sequence;
  uint64_t sums[2];
  int64_t cycle;
  /// Instant of the cycle by the loop's clock: CLOCK_MONOTONIC on a robot, simulated time in a simulation.
  int64_t time_ns;
  /// Who is followed; 0 for nobody.
  uint64_t lease;
  /// The set that is followed, its stamp, and the time since it was taken.
  uint64_t set_sequence;
  int64_t set_stamp_ns;
  int64_t set_age_ns;
  /// Cycles between the state that the set was made from and the cycle that took it; -1 where it did not say.
  int64_t set_latency_cycles;
  uint64_t accepted;
  uint64_t refused[COMMAND_PORT_REASONS];
  /// 0 disarmed, 1 arming, 2 armed, 3 stopping, 4 fault.
  uint32_t safety;
  /// 0 for none; else the number that `sinew explain` names.
  uint32_t fault;
  uint32_t phase;
  uint32_t joint_count;
  command_port_joint_state joints[COMMAND_PORT_JOINTS];
} command_port_state;

/// Memory of the state; the loop writes, every client reads.
typedef struct {
  uint64_t magic;
  uint32_t version;
  uint32_t size;
  uint32_t joint_count;
  uint32_t slot_count;
  uint32_t slot_size;
  uint32_t slot_offset;
  /// Hash of joints, limits and period: the same for the same description.
  uint64_t fingerprint;
  int64_t period_ns;
  int64_t command_timeout_ns;
  /// Sequence of the newest state; it is in slot `sequence % COMMAND_PORT_SLOTS`.
  uint64_t newest;
  char robot[COMMAND_PORT_NAME];
  /// Units of position, velocity, torque, stiffness and damping.
  char units[128];
  command_port_joint joints[COMMAND_PORT_JOINTS];
  command_port_state slots[COMMAND_PORT_SLOTS];
} command_port_states;

/// What a client wants with a hello.
enum {
  /// The lease, also where somebody has it.
  COMMAND_PORT_TAKE = 1 << 0,
  /// The state alone.
  COMMAND_PORT_WATCH = 1 << 1,
};

/// First message of a client.
typedef struct {
  uint64_t magic;
  uint32_t version;
  uint32_t wants;
  /// Of the robot the client was made for; 0 for any.
  uint64_t fingerprint;
  /// Time between two sets: the loop moves from one to the next in it. Not above the command timeout.
  int64_t period_ns;
  char name[COMMAND_PORT_NAME];
} command_port_hello;

/// The host's answer; descriptors come with it: of the state, then of the setpoints where a lease was granted.
typedef struct {
  uint64_t magic;
  uint32_t version;
  /// 0, or a negative errno: -EBUSY somebody else has the lease, -EPROTO version, -ESTALE fingerprint, -EINVAL period,
  /// -EAGAIN the loop did not notice the last change of owner yet.
  int32_t result;
  uint64_t lease;
  uint64_t fingerprint;
  int64_t period_ns;
  int64_t command_timeout_ns;
  /// Who has the lease.
  int32_t holder_pid;
  uint32_t reserved;
  char holder[COMMAND_PORT_NAME];
  /// What was wrong, and what to do.
  char message[192];
} command_port_reply;

/// Sent by a client that gives its lease back; a socket that closes without it is that of a dead client.
#define COMMAND_PORT_BYE 'B'
/// Sent by the host to a client whose lease was taken.
#define COMMAND_PORT_REVOKED 'R'

_Static_assert(sizeof(command_port_joint) == 128, "joint");
_Static_assert(sizeof(command_port_setpoint) == 40, "setpoint");
_Static_assert(sizeof(command_port_set) == 48 + 64 * 40, "set");
_Static_assert(sizeof(command_port_setpoints) == 64 + 4 * 2608, "setpoints");
_Static_assert(sizeof(command_port_joint_state) == 48, "joint state");
_Static_assert(sizeof(command_port_state) == 168 + 64 * 48, "state");
_Static_assert(sizeof(command_port_states) == 256 + 64 * 128 + 4 * 3240, "states");
_Static_assert(sizeof(command_port_hello) == 96, "hello");
_Static_assert(sizeof(command_port_reply) == 312, "reply");

/// Both sums over a slot of `size` bytes as it stands: Fletcher's, of 64-bit words, from `COMMAND_PORT_SEED`. The first adds
/// the words, the second adds the first after each word. The sequence counts as the first word, the sums do not.
COMMAND_PORT_INLINE void command_port_sums(const void *_Nonnull slot, uint64_t size, uint64_t sums[_Nonnull 2]) {
  const uint64_t *words = (const uint64_t *)slot;
  uint64_t first = COMMAND_PORT_SEED + words[0];
  uint64_t second = COMMAND_PORT_SEED + first;
  for (uint64_t index = 3; index < size / 8; index++) {
    first += words[index];
    second += first;
  }
  sums[0] = first;
  sums[1] = second;
}

/// Puts a set or state into its slot of a ring and says that it is the newest. `value` has its sequence and its sums.
COMMAND_PORT_INLINE void command_port_put(
    void *_Nonnull slot, const void *_Nonnull value, uint64_t size, uint64_t *_Nonnull newest) {
  uint64_t *to = (uint64_t *)slot;
  const uint64_t *from = (const uint64_t *)value;
  __atomic_store_n(&to[0], 0, __ATOMIC_RELAXED);
  __atomic_thread_fence(__ATOMIC_RELEASE);
  for (uint64_t index = 1; index < size / 8; index++) __atomic_store_n(&to[index], from[index], __ATOMIC_RELAXED);
  __atomic_store_n(&to[0], from[0], __ATOMIC_RELEASE);
  __atomic_store_n(newest, from[0], __ATOMIC_RELEASE);
}

/// Copies a slot out; whether the copy is whole: the sequence is `expected` before and after, and the sums agree.
COMMAND_PORT_INLINE int command_port_get(
    const void *_Nonnull slot, uint64_t expected, uint64_t size, void *_Nonnull copy) {
  const uint64_t *from = (const uint64_t *)slot;
  uint64_t *to = (uint64_t *)copy;
  uint64_t sums[2];
  to[0] = __atomic_load_n(&from[0], __ATOMIC_ACQUIRE);
  for (uint64_t index = 1; index < size / 8; index++) to[index] = __atomic_load_n(&from[index], __ATOMIC_RELAXED);
  __atomic_thread_fence(__ATOMIC_ACQUIRE);
  if (to[0] != expected || __atomic_load_n(&from[0], __ATOMIC_RELAXED) != expected) return 0;
  command_port_sums(copy, size, sums);
  return sums[0] == to[1] && sums[1] == to[2];
}

/// Gives a set, whose fields from `answers_cycle` on are filled in, its sequence and sums.
COMMAND_PORT_INLINE void command_port_seal_set(command_port_set *_Nonnull set, uint64_t sequence) {
  set->sequence = sequence;
  command_port_sums(set, sizeof *set, set->sums);
}

/// The owner's side: puts a set, whose fields from `answers_cycle` on are filled in, as the one after the newest.
COMMAND_PORT_INLINE void command_port_put_set(command_port_setpoints *_Nonnull memory, command_port_set *_Nonnull set) {
  command_port_seal_set(set, memory->newest + 1);
  command_port_put(&memory->slots[set->sequence % COMMAND_PORT_SLOTS], set, sizeof *set, &memory->newest);
}

/// The loop's side: sequence of the newest set.
COMMAND_PORT_INLINE uint64_t command_port_newest(const command_port_setpoints *_Nonnull memory) {
  return __atomic_load_n(&memory->newest, __ATOMIC_ACQUIRE);
}

/// The loop's side: the set of a sequence, copied; whether the copy is whole.
COMMAND_PORT_INLINE int command_port_get_set(
    const command_port_setpoints *_Nonnull memory, uint64_t sequence, command_port_set *_Nonnull copy) {
  return command_port_get(&memory->slots[sequence % COMMAND_PORT_SLOTS], sequence, sizeof *copy, copy);
}

/// The loop's side: puts a state, whose fields from `cycle` on are filled in, as the one after the newest.
COMMAND_PORT_INLINE void command_port_put_state(
    command_port_states *_Nonnull memory, command_port_state *_Nonnull state) {
  state->sequence = memory->newest + 1;
  command_port_sums(state, sizeof *state, state->sums);
  command_port_put(&memory->slots[state->sequence % COMMAND_PORT_SLOTS], state, sizeof *state, &memory->newest);
}

/// A client's side: the newest state, copied; whether the copy is whole. Not before the first cycle.
COMMAND_PORT_INLINE int command_port_get_state(
    const command_port_states *_Nonnull memory, command_port_state *_Nonnull copy) {
  uint64_t newest = __atomic_load_n(&memory->newest, __ATOMIC_ACQUIRE);
  return newest != 0 && command_port_get(&memory->slots[newest % COMMAND_PORT_SLOTS], newest, sizeof *copy, copy);
}

// Places in arrays, for languages that see a C array as something else.

COMMAND_PORT_INLINE command_port_setpoint *_Nonnull command_port_setpoint_at(command_port_set *_Nonnull set, int joint) {
  return &set->joints[joint];
}
COMMAND_PORT_INLINE command_port_joint_state *_Nonnull command_port_state_at(
    command_port_state *_Nonnull state, int joint) {
  return &state->joints[joint];
}
COMMAND_PORT_INLINE command_port_joint *_Nonnull command_port_joint_at(command_port_states *_Nonnull memory, int joint) {
  return &memory->joints[joint];
}
COMMAND_PORT_INLINE uint64_t *_Nonnull command_port_refused_at(command_port_state *_Nonnull state, int reason) {
  return &state->refused[reason];
}
