// The host under CoreReplay.swift: read, write, and the allocator behind a counter. Linked with
// `--wrap=posix_memalign --wrap=malloc`.
#include "core_host.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

static long allocations;

int __real_posix_memalign(void **memory, size_t alignment, size_t size);
void *__real_malloc(size_t size);

int __wrap_posix_memalign(void **memory, size_t alignment, size_t size) {
  allocations++;
  return __real_posix_memalign(memory, alignment, size);
}

void *__wrap_malloc(size_t size) {
  allocations++;
  return __real_malloc(size);
}

long core_host_allocations(void) { return allocations; }

int core_host_read(void *bytes, long count) {
  char *next = bytes;
  while (count > 0) {
    long got = read(0, next, (size_t)count);
    if (got <= 0) return 0;
    next += got;
    count -= got;
  }
  return 1;
}

int core_host_write(const void *bytes, long count) {
  static char buffer[1 << 16];
  static int is_buffered;
  if (!is_buffered) setvbuf(stdout, buffer, _IOFBF, sizeof buffer);
  is_buffered = 1;
  return fwrite(bytes, 1, (size_t)count, stdout) == (size_t)count;
}

void core_host_report(const char *text, long a, long b, long c, long d, long e) {
  fflush(stdout);
  fprintf(stderr, "%s %ld %ld %ld %ld %ld\n", text, a, b, c, d, e);
}

// What Embedded Swift asks of the C library and glibc calls by another name or not at all: seeds of hash tables.
void arc4random_buf(void *bytes, size_t count) { memset(bytes, 4, count); }
