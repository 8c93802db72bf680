// Scalar and short-vector arithmetic that Swift offers only through calls the compiler cannot see into.
//
// Header-only. The default build contracts nothing: the same bits on every processor and at every optimisation level.
// With REAL_MATH_CONTRACT defined, `madd` and `nmadd` fuse where the processor can: faster, other last bits.
#pragma once

#if defined(__clang__)
#pragma STDC FP_CONTRACT OFF
/// Importable into Swift functions marked `@_noLocks`.
#define REAL_MATH_SAFE __attribute__((swift_attr("@_noLocks")))
/// One instruction; `__builtin_sqrt` would keep a call to `sqrt` for the sake of errno.
#define REAL_MATH_SQRT(x) __builtin_elementwise_sqrt(x)
#else
#define REAL_MATH_SAFE
#define REAL_MATH_SQRT(x) __builtin_sqrt(x)
#endif

/// Square root of `x`, correctly rounded; NaN for negative `x`.
REAL_MATH_SAFE static inline __attribute__((always_inline)) double real_sqrt(double x) {
  return REAL_MATH_SQRT(x);
}

/// The whole part of `x`, which the caller knows to be at least 0 and below 2^31: one instruction and no check.
REAL_MATH_SAFE static inline __attribute__((always_inline)) int real_whole(double x) { return (int)x; }

#if defined(__clang__)

#define REAL_MATH_INLINE REAL_MATH_SAFE static inline __attribute__((always_inline))

#if defined(REAL_MATH_CONTRACT)
#define REAL_MATH_FUSE _Pragma("clang fp contract(fast)")
#else
#define REAL_MATH_FUSE _Pragma("clang fp contract(off)")
#endif

/// Doubles that the processor of this build works on at once.
REAL_MATH_INLINE int real_width(void) {
#if defined(__AVX2__)
  return 4;
#else
  return 2;
#endif
}

/// Whether products and sums may be fused: 1 in a native build, whose bits are its own.
REAL_MATH_INLINE int real_contracts(void) {
#if defined(REAL_MATH_CONTRACT)
  return 1;
#else
  return 0;
#endif
}

typedef double real_double2 __attribute__((ext_vector_type(2)));
typedef double real_double4 __attribute__((ext_vector_type(4)));
typedef unsigned long long real_bits1;
typedef unsigned long long real_bits2 __attribute__((ext_vector_type(2)));
typedef unsigned long long real_bits4 __attribute__((ext_vector_type(4)));

// Element by element: a*b + c and c - a*b, which fuse in a native build, then the operators.
#define REAL_MATH_FUSED(T, N)                                                                                    \
  REAL_MATH_INLINE T real_madd##N(T a, T b, T c) { REAL_MATH_FUSE return a * b + c; }                            \
  REAL_MATH_INLINE T real_nmadd##N(T a, T b, T c) { REAL_MATH_FUSE return c - a * b; }
#define REAL_MATH_OPERATORS(T, N)                                                                                \
  REAL_MATH_INLINE T real_add##N(T a, T b) { return a + b; }                                                     \
  REAL_MATH_INLINE T real_sub##N(T a, T b) { return a - b; }                                                     \
  REAL_MATH_INLINE T real_mul##N(T a, T b) { return a * b; }                                                     \
  REAL_MATH_INLINE T real_div##N(T a, T b) { return a / b; }                                                     \
  REAL_MATH_INLINE T real_neg##N(T a) { return -a; }

// Lanes that stand anywhere.
#define REAL_MATH_MEMORY(T, N)                                                                                   \
  REAL_MATH_INLINE T real_load##N(const double *p) {                                                             \
    T value;                                                                                                     \
    __builtin_memcpy(&value, p, sizeof value);                                                                   \
    return value;                                                                                                \
  }                                                                                                              \
  REAL_MATH_INLINE void real_store##N(double *p, T value) { __builtin_memcpy(p, &value, sizeof value); }

REAL_MATH_MEMORY(real_double2, 2)
REAL_MATH_MEMORY(real_double4, 4)

REAL_MATH_FUSED(double, 1)
REAL_MATH_FUSED(real_double2, 2)
REAL_MATH_FUSED(real_double4, 4)
REAL_MATH_OPERATORS(real_double2, 2)
REAL_MATH_OPERATORS(real_double4, 4)

// Sine and cosine of an angle from those of its rest in +-pi/4, without a branch. The low bits of `k` count quadrants:
// odd ones swap the two, bit 1 of k (of k + 1) turns the sign of the sine (of the cosine).
#define REAL_MATH_QUADRANT(T, B, N)                                                                              \
  REAL_MATH_INLINE T real_quadrant_sine##N(T s, T c, T k) {                                                      \
    B a = __builtin_bit_cast(B, s), b = __builtin_bit_cast(B, c), n = __builtin_bit_cast(B, k);                  \
    return __builtin_bit_cast(T, a ^ ((a ^ b) & (0 - (n & 1))) ^ ((n & 2) << 62));                               \
  }                                                                                                              \
  REAL_MATH_INLINE T real_quadrant_cosine##N(T s, T c, T k) {                                                    \
    B a = __builtin_bit_cast(B, s), b = __builtin_bit_cast(B, c), n = __builtin_bit_cast(B, k);                  \
    return __builtin_bit_cast(T, b ^ ((a ^ b) & (0 - (n & 1))) ^ (((n + 1) & 2) << 62));                         \
  }

REAL_MATH_QUADRANT(double, real_bits1, 1)
REAL_MATH_QUADRANT(real_double2, real_bits2, 2)
REAL_MATH_QUADRANT(real_double4, real_bits4, 4)

#endif
