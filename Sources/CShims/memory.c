// Mappings, locking and placement of memory.
#include "CShims.h"

#include <errno.h>
#include <fcntl.h>
#include <numa.h>
#include <sys/mman.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <unistd.h>

#ifndef MAP_HUGE_2MB
#define MAP_HUGE_2MB (21 << 26)  // log2 of the page size in the flag's upper bits: mmap(2)
#endif

size_t apus_page_bytes(void) { return (size_t)sysconf(_SC_PAGESIZE); }

int apus_map_memory(size_t bytes, int huge, int node, void **address) {
  int flags = MAP_PRIVATE | MAP_ANONYMOUS | (huge ? MAP_HUGETLB | MAP_HUGE_2MB : 0);
  void *memory = mmap(NULL, bytes, PROT_READ | PROT_WRITE, flags, -1, 0);
  if (memory == MAP_FAILED) return -errno;
  // The node is chosen before the first touch, because the first touch is what takes the page.
  if (node >= 0 && numa_available() >= 0) numa_tonode_memory(memory, bytes, node);
  for (size_t i = 0; i < bytes; i += apus_page_bytes()) ((volatile char *)memory)[i] = 0;
  *address = memory;
  return 0;
}

static int map_descriptor(int fd, size_t bytes, int writable, int populate, void **address) {
  int protection = writable ? PROT_READ | PROT_WRITE : PROT_READ;
  void *memory = mmap(NULL, bytes, protection, MAP_SHARED | (populate ? MAP_POPULATE : 0), fd, 0);
  if (memory == MAP_FAILED) return -errno;
  *address = memory;
  return 0;
}

int apus_map_new_file(const char *path, size_t bytes, unsigned mode, void **address) {
  if (unlink(path) && errno != ENOENT) return -errno;
  int fd = open(path, O_RDWR | O_CREAT | O_EXCL | O_CLOEXEC, mode);
  if (fd < 0) return -errno;
  int rc = -posix_fallocate(fd, 0, (off_t)bytes);
  if (!rc) rc = map_descriptor(fd, bytes, 1, 1, address);
  close(fd);
  if (rc) unlink(path);
  return rc;
}

static int map_existing(const char *path, int writable, int populate, void **address, size_t *bytes) {
  int fd = open(path, (writable ? O_RDWR : O_RDONLY) | O_CLOEXEC);
  if (fd < 0) return -errno;
  struct stat facts;
  int rc = fstat(fd, &facts) ? -errno : 0;
  if (!rc && (!S_ISREG(facts.st_mode) || facts.st_size == 0)) rc = -EINVAL;
  if (!rc) rc = map_descriptor(fd, (size_t)facts.st_size, writable, populate, address);
  if (!rc) *bytes = (size_t)facts.st_size;
  close(fd);
  return rc;
}

int apus_map_file(const char *path, int writable, void **address, size_t *bytes) {
  return map_existing(path, writable, 1, address, bytes);
}

int apus_map_lazily(const char *path, void **address, size_t *bytes) {
  return map_existing(path, 0, 0, address, bytes);
}

void apus_forget(void *address, size_t bytes) { (void)madvise(address, bytes, MADV_DONTNEED); }

void apus_unmap(void *address, size_t bytes) { munmap(address, bytes); }

int apus_lock_memory(void) { return mlockall(MCL_CURRENT | MCL_FUTURE) ? -errno : 0; }

int64_t apus_lock_limit(void) {
  struct rlimit limit;
  if (getrlimit(RLIMIT_MEMLOCK, &limit)) return 0;
  return limit.rlim_cur == RLIM_INFINITY ? -1 : (int64_t)limit.rlim_cur;
}

int apus_numa_nodes(void) { return numa_available() < 0 ? 1 : numa_num_configured_nodes(); }

int apus_numa_node_of_cpu(int cpu) {
  if (numa_available() < 0) return 0;
  int node = numa_node_of_cpu(cpu);
  return node < 0 ? 0 : node;
}
