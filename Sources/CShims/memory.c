// Mappings, locking and placement of memory.
#include "CShims.h"

#include <errno.h>
#include <fcntl.h>
#include <numa.h>
#include <numaif.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/vfs.h>
#include <unistd.h>

#include <linux/magic.h>

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
  // Populated shared memory is there for reading only; a kernel before 5.14 leaves it so.
  if (!rc) (void)madvise(*address, bytes, MADV_POPULATE_WRITE);
  close(fd);
  if (rc) unlink(path);
  return rc;
}

int apus_is_memory_folder(const char *path) {
  struct statfs facts;
  if (statfs(path, &facts)) return 0;
  return facts.f_type == TMPFS_MAGIC || facts.f_type == RAMFS_MAGIC || facts.f_type == HUGETLBFS_MAGIC;
}

int apus_link_to(const char *target, const char *path) {
  char unfinished[4096];
  if ((size_t)snprintf(unfinished, sizeof unfinished, "%s.new", path) >= sizeof unfinished) return -ENAMETOOLONG;
  if (unlink(unfinished) && errno != ENOENT) return -errno;
  return symlink(target, unfinished) || rename(unfinished, path) ? -errno : 0;
}

int apus_link_target(const char *path, char *target, size_t room) {
  const ssize_t count = readlink(path, target, room);
  if (count < 0) return -errno;
  if ((size_t)count >= room) return -ENAMETOOLONG;
  target[count] = 0;
  return (int)count;
}

static int map_existing(const char *path, int writable, int populate, void **address, size_t *bytes) {
  int fd = open(path, (writable ? O_RDWR : O_RDONLY) | O_CLOEXEC);
  if (fd < 0) return -errno;
  struct stat facts;
  int rc = fstat(fd, &facts) ? -errno : 0;
  if (!rc && (!S_ISREG(facts.st_mode) || facts.st_size == 0)) rc = -EINVAL;
  struct stat name;
  if (!rc && lstat(path, &name)) rc = -errno;
  if (!rc && S_ISLNK(name.st_mode) && name.st_uid != facts.st_uid) rc = -EPERM;
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

#if __has_feature(address_sanitizer) || __has_feature(thread_sanitizer)
int apus_populate_memory(void) { return -ENOTSUP; }  // their shadow memory is larger than any machine
#else
/// What is to be brought in of a mapping, as its line of /proc/self/maps says it; 0 for nothing.
static int advice_of(const char *rights, int has_file) {
  if (rights[0] != 'r' || rights[3] != 'p') return 0;  // guard pages; what is shared is populated where it is made
  if (rights[1] == 'w') return MADV_POPULATE_WRITE;
  return has_file ? MADV_POPULATE_READ : 0;
}

int apus_populate_memory(void) {
  FILE *maps = fopen("/proc/self/maps", "re");
  if (!maps) return -errno;
  char line[4352];
  int result = 0;
  while (fgets(line, sizeof line, maps)) {
    unsigned long begin, end;
    char rights[5];
    int name = 0;
    if (sscanf(line, "%lx-%lx %4s %*s %*s %*s %n", &begin, &end, rights, &name) != 3) continue;
    const int advice = advice_of(rights, line[name] == '/');
    // Others may unmap theirs meanwhile (ENOMEM), and the last pages of a file's mapping may lie behind its end (EFAULT).
    if (advice && madvise((void *)begin, end - begin, advice) && errno == EINVAL) result = -EINVAL;
  }
  fclose(maps);
  return result;
}
#endif

__attribute__((noinline)) void apus_touch_stack(size_t bytes) {
  volatile char room[bytes];
  for (size_t i = 0; i < bytes; i += 1024) room[bytes - 1 - i] = 0;
}

int apus_prefer_node(int node) {
  if (numa_available() < 0) return 0;
  unsigned long nodes[16] = {0};
  const unsigned bits = 8 * sizeof nodes[0];
  if (node < 0) return set_mempolicy(MPOL_DEFAULT, NULL, 0) ? -errno : 0;
  if ((unsigned)node >= bits * 16) return -EINVAL;
  nodes[node / bits] |= 1UL << (node % bits);
  return set_mempolicy(MPOL_PREFERRED, nodes, bits * 16) ? -errno : 0;
}

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
