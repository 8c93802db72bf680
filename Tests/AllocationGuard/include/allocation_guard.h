// Counts calls of the allocator between two points of one thread, for tests of code that must not allocate.
//
// Linking this target replaces malloc and its relatives in the whole process, shared libraries included; a test that
// wants a count links it, and nothing else may. glibc only.
#pragma once

#include <stdint.h>

/// Starts counting on the calling thread, from zero.
void allocation_guard_enter(void);

/// Stops counting on the calling thread; the number of calls of malloc, calloc, realloc, free and the aligned
/// variants since `allocation_guard_enter`.
int64_t allocation_guard_leave(void);
