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

/// Maps an existing file whole.
int apus_map_file(const char *path, int writable, void **address, size_t *bytes);

/// Maps an existing file whole for reading; its pages come as they are touched.
int apus_map_lazily(const char *path, void **address, size_t *bytes);

/// Gives the memory of whole pages of a lazily mapped file back; touching them reads them anew.
void apus_forget(void *address, size_t bytes);

void apus_unmap(void *address, size_t bytes);

/// Locks all present and future pages of the process into memory (mlockall). Returns 0 or a negative errno.
int apus_lock_memory(void);

/// RLIMIT_MEMLOCK in bytes; -1 when there is no limit.
int64_t apus_lock_limit(void);

/// Number of NUMA nodes; 1 where the kernel has no such notion.
int apus_numa_nodes(void);

/// The node of a CPU; 0 where unknown.
int apus_numa_node_of_cpu(int cpu);

#endif
