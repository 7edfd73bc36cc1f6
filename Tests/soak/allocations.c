// Counts what each thread of a process allocates, in a file that another process can map while it runs. LD_PRELOAD it.
//
// APUS_ALLOCATIONS names the file, which exists and is large enough. A thread takes a slot with its first allocation.
#include <errno.h>
#include <fcntl.h>
#include <malloc.h>
#include <stdatomic.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <unistd.h>

enum { slots = 1024 };

struct slot {
  int64_t thread;
  _Atomic int64_t allocations;
  _Atomic int64_t frees;
  _Atomic int64_t bytes;  // allocated less freed: negative where a thread frees what others made
};

static struct slot *table;
static _Atomic int taken;
static struct slot unseen;
static _Thread_local struct slot *mine __attribute__((tls_model("initial-exec")));

extern void *__libc_malloc(size_t);
extern void *__libc_calloc(size_t, size_t);
extern void *__libc_realloc(void *, size_t);
extern void *__libc_memalign(size_t, size_t);
extern void __libc_free(void *);

__attribute__((constructor)) static void begin(void) {
  const char *path = getenv("APUS_ALLOCATIONS");
  const int fd = path ? open(path, O_RDWR | O_CLOEXEC) : -1;
  if (fd < 0) return;
  void *memory = mmap(NULL, slots * sizeof *table, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_POPULATE, fd, 0);
  if (memory != MAP_FAILED) table = memory;
  close(fd);
}

static struct slot *slot(void) {
  if (mine) return mine;
  if (!table) return &unseen;
  const int number = atomic_fetch_add(&taken, 1);
  mine = number < slots ? &table[number] : &unseen;
  mine->thread = syscall(SYS_gettid);
  return mine;
}

static void *took(void *pointer) {
  if (!pointer) return NULL;
  struct slot *of = slot();
  atomic_fetch_add_explicit(&of->allocations, 1, memory_order_relaxed);
  atomic_fetch_add_explicit(&of->bytes, (int64_t)malloc_usable_size(pointer), memory_order_relaxed);
  return pointer;
}

static void gave(void *pointer) {
  if (!pointer) return;
  struct slot *of = slot();
  atomic_fetch_add_explicit(&of->frees, 1, memory_order_relaxed);
  atomic_fetch_sub_explicit(&of->bytes, (int64_t)malloc_usable_size(pointer), memory_order_relaxed);
}

void *malloc(size_t size) { return took(__libc_malloc(size)); }
void *calloc(size_t count, size_t size) { return took(__libc_calloc(count, size)); }

void *realloc(void *old, size_t size) {
  const size_t before = old ? malloc_usable_size(old) : 0;
  void *new = __libc_realloc(old, size);
  if (new || size == 0) atomic_fetch_sub_explicit(&slot()->bytes, (int64_t)before, memory_order_relaxed);
  return took(new);
}

void *aligned_alloc(size_t alignment, size_t size) { return took(__libc_memalign(alignment, size)); }
void *memalign(size_t alignment, size_t size) { return took(__libc_memalign(alignment, size)); }

int posix_memalign(void **out, size_t alignment, size_t size) {
  *out = took(__libc_memalign(alignment, size));
  return *out ? 0 : ENOMEM;
}

void free(void *pointer) {
  gave(pointer);
  __libc_free(pointer);
}
