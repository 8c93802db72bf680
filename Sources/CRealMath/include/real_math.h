// Scalar arithmetic that Swift offers only through a call the compiler cannot see into.
// Header-only and contraction-free: the same bits on every processor and at every optimisation level.
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
