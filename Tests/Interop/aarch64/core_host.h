// What CoreReplay.swift asks of its host: bytes in and out, and how often memory was allocated.
#pragma once

/// Reads `count` bytes from standard input; 1 when all came, 0 at the end or on an error.
int core_host_read(void *bytes, long count);
/// Writes `count` bytes to standard output; 0 on an error.
int core_host_write(const void *bytes, long count);
/// Calls of the allocator so far.
long core_host_allocations(void);
/// Prints a line on standard error: a text, then numbers.
void core_host_report(const char *text, long a, long b, long c, long d, long e);
