// Strong definitions that count and forward to glibc's own; under the address sanitizer, which has its own malloc, the
// hook that it offers.
#include "MallocCounter.h"

#include <errno.h>
#include <stddef.h>

static _Thread_local uint64_t count __attribute__((tls_model("initial-exec")));

uint64_t malloc_counter_value(void) { return count; }

#if __has_feature(address_sanitizer)

extern int __sanitizer_install_malloc_and_free_hooks(
    void (*malloc_hook)(const volatile void *, size_t), void (*free_hook)(const volatile void *));

static void allocated(const volatile void *address, size_t size) {
  (void)address, (void)size;
  count++;
}

static void freed(const volatile void *address) { (void)address; }

__attribute__((constructor)) static void install(void) { __sanitizer_install_malloc_and_free_hooks(allocated, freed); }

#else

extern void *__libc_malloc(size_t);
extern void *__libc_calloc(size_t, size_t);
extern void *__libc_realloc(void *, size_t);
extern void *__libc_memalign(size_t, size_t);

void *malloc(size_t size) {
  count++;
  return __libc_malloc(size);
}

void *calloc(size_t n, size_t size) {
  count++;
  return __libc_calloc(n, size);
}

void *realloc(void *old, size_t size) {
  count++;
  return __libc_realloc(old, size);
}

void *aligned_alloc(size_t alignment, size_t size) {
  count++;
  return __libc_memalign(alignment, size);
}

int posix_memalign(void **out, size_t alignment, size_t size) {
  count++;
  *out = __libc_memalign(alignment, size);
  return *out ? 0 : ENOMEM;
}

#endif
