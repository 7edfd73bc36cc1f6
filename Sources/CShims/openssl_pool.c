// The pool that OpenSSL allocates from: size classes over one mapped arena, each a lock-free stack of free blocks.
//
// A block is cut from the arena once and then only moves between its class's stack and OpenSSL, on whatever thread.
// The stacks are Treiber's ("Systems Programming: Coping with Parallelism", IBM RJ 5118, 1986) with a tag against
// the ABA problem: a block's memory is never unmapped, so reading the link of a block that another thread has just
// popped is harmless, and the tag makes the exchange fail. When the arena is used up malloc serves, and is counted.
#include <errno.h>
#include <openssl/crypto.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>

#include "apus_openssl.h"

enum {
  arena_bytes = 16 << 20,  // contexts take 0.8 MB and one end of a connection 70 KB: some 200 of them
  unit_bytes = 32,         // blocks are multiples of it, so a 32-bit index reaches 128 GiB
  class_count = 22,        // 64, 96, 128, 192, ... 96 KiB
  header_bytes = 16,       // keeps malloc's alignment
};

struct block {
  union {
    struct {
      uint32_t class;
      _Atomic uint32_t next;  // index + 1 of the next free block
      size_t size;            // what was asked for; only for blocks of malloc
    };
    uint8_t header[header_bytes];
  };
};

static uint8_t *arena;
static _Atomic size_t arena_used;
static _Atomic uint64_t stacks[class_count];  // tag in the upper half, index + 1 in the lower
static _Thread_local uint64_t requests __attribute__((tls_model("initial-exec")));
static _Thread_local uint64_t misses __attribute__((tls_model("initial-exec")));

static size_t class_bytes(uint32_t class) { return (size_t)(class & 1 ? 3 : 2) << (5 + class / 2); }

/// The smallest class whose blocks hold `bytes`, or `class_count`.
static uint32_t class_of(size_t bytes) {
  if (bytes <= 64) return 0;
  const uint32_t log = 63 - (uint32_t)__builtin_clzl(bytes - 1);  // 2^log < bytes <= 2^(log+1)
  const uint32_t class = 2 * (log - 6) + (bytes <= (size_t)3 << (log - 1) ? 1 : 2);
  return class < class_count ? class : class_count;
}

static struct block *block_at(uint32_t index) { return (struct block *)(arena + (size_t)index * unit_bytes); }
static uint32_t index_of(const struct block *block) {
  return (uint32_t)(((const uint8_t *)block - arena) / unit_bytes);
}
static int is_in_arena(const void *pointer) {
  return arena && (const uint8_t *)pointer >= arena && (const uint8_t *)pointer < arena + arena_bytes;
}

static struct block *pop(uint32_t class) {
  uint64_t head = atomic_load_explicit(&stacks[class], memory_order_acquire);
  while ((uint32_t)head) {
    struct block *block = block_at((uint32_t)head - 1);
    const uint64_t next = atomic_load_explicit(&block->next, memory_order_relaxed);
    const uint64_t tagged = ((head >> 32) + 1) << 32 | next;
    if (atomic_compare_exchange_weak_explicit(
            &stacks[class], &head, tagged, memory_order_acquire, memory_order_acquire)) {
      return block;
    }
  }
  return NULL;
}

static void push(struct block *block) {
  uint64_t head = atomic_load_explicit(&stacks[block->class], memory_order_relaxed);
  uint64_t tagged;
  do {
    atomic_store_explicit(&block->next, (uint32_t)head, memory_order_relaxed);
    tagged = ((head >> 32) + 1) << 32 | (index_of(block) + 1);
  } while (!atomic_compare_exchange_weak_explicit(
      &stacks[block->class], &head, tagged, memory_order_release, memory_order_relaxed));
}

static struct block *cut(uint32_t class) {
  const size_t bytes = class_bytes(class);
  // Tested before the addition, so that a used-up arena does not count on without end.
  if (!arena || atomic_load_explicit(&arena_used, memory_order_relaxed) + bytes > arena_bytes) return NULL;
  const size_t offset = atomic_fetch_add_explicit(&arena_used, bytes, memory_order_relaxed);
  if (offset + bytes > arena_bytes) return NULL;
  struct block *block = (struct block *)(arena + offset);
  block->class = class;
  return block;
}

static void *pool_malloc(size_t size, const char *file, int line) {
  (void)file, (void)line;
  if (size == 0) return NULL;
  requests++;
  const uint32_t class = size <= arena_bytes ? class_of(size + header_bytes) : class_count;
  struct block *block = NULL;
  if (class < class_count && !(block = pop(class))) block = cut(class);
  if (!block) {
    misses++;
    if (size > SIZE_MAX - header_bytes || !(block = malloc(size + header_bytes))) return NULL;
    block->class = class_count;
    block->size = size;
  }
  return block + 1;
}

static void pool_free(void *pointer, const char *file, int line) {
  (void)file, (void)line;
  if (!pointer) return;
  struct block *block = (struct block *)pointer - 1;
  if (is_in_arena(block)) {
    push(block);
  } else {
    free(block);
  }
}

static void *pool_realloc(void *pointer, size_t size, const char *file, int line) {
  if (!pointer) return pool_malloc(size, file, line);
  if (size == 0) {
    pool_free(pointer, file, line);
    return NULL;
  }
  const struct block *block = (struct block *)pointer - 1;
  const size_t room = is_in_arena(block) ? class_bytes(block->class) - header_bytes : block->size;
  if (size <= room) return pointer;
  void *moved = pool_malloc(size, file, line);
  if (!moved) return NULL;
  memcpy(moved, pointer, room);
  pool_free(pointer, file, line);
  return moved;
}

/// OpenSSL takes its allocator only before its first allocation: a constructor is before everything.
__attribute__((constructor)) static void install(void) {
  void *mapped = mmap(NULL, arena_bytes, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
  if (mapped == MAP_FAILED) return;
  (void)madvise(mapped, arena_bytes, MADV_DONTDUMP);  // keys live here: they do not belong into a core file
  arena = mapped;
  CRYPTO_set_mem_functions(pool_malloc, pool_realloc, pool_free);
}

int apus_openssl_pool_prefault(void) {
  if (!arena) return -ENOMEM;
  return madvise(arena, arena_bytes, MADV_POPULATE_WRITE) == 0 ? 0 : -errno;
}

struct apus_openssl_pool_stats apus_openssl_pool_stats(void) {
  const size_t used = atomic_load_explicit(&arena_used, memory_order_relaxed);
  return (struct apus_openssl_pool_stats){
      .thread_requests = requests,
      .thread_misses = misses,
      .used_bytes = used < arena_bytes ? used : arena_bytes,
      .capacity_bytes = arena ? arena_bytes : 0,
  };
}
