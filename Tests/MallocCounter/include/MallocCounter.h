// Counts the allocations of the calling thread: linked into test targets only.
#ifndef MALLOC_COUNTER_H
#define MALLOC_COUNTER_H

#include <stdint.h>

/// Calls to malloc, calloc, realloc, aligned_alloc and posix_memalign by this thread so far.
uint64_t malloc_counter_value(void);

#endif
