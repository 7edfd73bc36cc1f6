// Which process it is, and whether it still runs: the facts of /proc that outlive the reuse of a process id.
#ifndef APUS_PROCESS_H
#define APUS_PROCESS_H

#include <stdint.h>

/// A process as its state letter, and when it began.
struct apus_process {
  uint64_t start_ticks;  ///< clock ticks after boot (proc_pid_stat(5), field 22)
  char state;            ///< R, S, D, T (stopped), t (traced), Z (ended, not waited for), X
};

/// Reads /proc/<process>/stat. Returns 0, -ESRCH when there is no such process, or another -errno.
int apus_process_read(int process, struct apus_process *out);

/// The kernel's number of this boot (random(4), boot_id): 36 characters and a 0. Returns 0 or -errno.
int apus_boot_identifier(char out[37]);

#endif
