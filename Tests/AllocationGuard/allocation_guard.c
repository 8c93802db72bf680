// Strong definitions in the executable come before glibc's for every shared object, as the loader searches the
// main program first. The real work is done by the names under which glibc exports its own.
#include "allocation_guard.h"

#include <errno.h>
#include <stddef.h>

extern void *__libc_malloc(size_t size);
extern void *__libc_calloc(size_t count, size_t size);
extern void *__libc_realloc(void *memory, size_t size);
extern void *__libc_memalign(size_t alignment, size_t size);
extern void __libc_free(void *memory);

// initial-exec: the first access of a dynamic thread-local would itself allocate.
static __thread int counting __attribute__((tls_model("initial-exec")));
static __thread int64_t calls __attribute__((tls_model("initial-exec")));

static void count(void) {
  if (counting) calls++;
}

void *malloc(size_t size) {
  count();
  return __libc_malloc(size);
}

void *calloc(size_t number, size_t size) {
  count();
  return __libc_calloc(number, size);
}

void *realloc(void *memory, size_t size) {
  count();
  return __libc_realloc(memory, size);
}

void free(void *memory) {
  count();
  __libc_free(memory);
}

void *memalign(size_t alignment, size_t size) {
  count();
  return __libc_memalign(alignment, size);
}

void *aligned_alloc(size_t alignment, size_t size) {
  count();
  return __libc_memalign(alignment, size);
}

int posix_memalign(void **memory, size_t alignment, size_t size) {
  count();
  *memory = __libc_memalign(alignment, size);
  return *memory != NULL ? 0 : ENOMEM;
}

void allocation_guard_enter(void) {
  calls = 0;
  counting = 1;
}

int64_t allocation_guard_leave(void) {
  counting = 0;
  return calls;
}
