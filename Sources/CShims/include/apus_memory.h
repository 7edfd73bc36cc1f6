// Memory that is mapped, locked, placed, and shared between processes.
#ifndef APUS_MEMORY_H
#define APUS_MEMORY_H

#include <stddef.h>
#include <stdint.h>

#include "apus_annotations.h"

/// Maps zeroed private memory and touches every page of it.
///
/// @param huge whether to take 2 MiB pages (`bytes` is then a multiple of that); fails with ENOMEM where none are free
/// @param node the NUMA node that the pages should come from; -1 for wherever the calling thread runs
int apus_map_memory(size_t bytes, int huge, int node, void **address);

/// The size of an ordinary page.
size_t apus_page_bytes(void);

/// Creates a file of zeros, all of its blocks reserved so that a full disk fails here and not at a later store, and
/// maps it shared. The file is made anew (an existing one of that name is unlinked; whoever maps it keeps it).
///
/// @param mode who may open it, as of open(2)
int apus_map_new_file(const char *path, size_t bytes, unsigned mode, void **address);

/// Whether the folder of that name lies in a file system that is memory itself (tmpfs, ramfs, hugetlbfs): there a page that
/// was written once stays writable, while a disk's pages are write-protected again each time they are written back, so that
/// the next store to them faults. 0 where it cannot be told.
int apus_is_memory_folder(const char *path);

/// Makes `path` a link to `target`, in place of what stood there. Returns 0 or a negative errno.
int apus_link_to(const char *target, const char *path);

/// Where the link `path` leads. Returns the length of `target`, which is terminated, or a negative errno: EINVAL where
/// `path` is no link.
int apus_link_target(const char *path, char *target, size_t room);

/// Maps an existing file whole. A link is followed only to a file of the link's own owner: others may write where links
/// into shared memory lead.
int apus_map_file(const char *path, int writable, void **address, size_t *bytes);

/// Maps an existing file whole for reading; its pages come as they are touched.
int apus_map_lazily(const char *path, void **address, size_t *bytes);

/// Gives the memory of whole pages of a lazily mapped file back; touching them reads them anew.
void apus_forget(void *address, size_t bytes);

void apus_unmap(void *address, size_t bytes);

/// Locks all present and future pages of the process into memory (mlockall). Returns 0 or a negative errno.
int apus_lock_memory(void);

/// Brings all private memory of the process in for writing and the code of its files for reading, as it is mapped now: what
/// is there stays as it is. Returns 0 or a negative errno (EINVAL: a kernel before 5.14; ENOTSUP: a build with a sanitizer).
int apus_populate_memory(void);

/// Touches that much of the calling thread's stack, below what it uses now.
void apus_touch_stack(size_t bytes);

/// From which node the kernel takes the pages that the calling thread is the first to touch; -1 for the nearest. Returns 0 or
/// a negative errno; 0 where the kernel has no such notion.
int apus_prefer_node(int node);

/// RLIMIT_MEMLOCK in bytes; -1 when there is no limit.
int64_t apus_lock_limit(void);

/// Number of NUMA nodes; 1 where the kernel has no such notion.
int apus_numa_nodes(void);

/// The node of a CPU; 0 where unknown.
int apus_numa_node_of_cpu(int cpu);

#endif
