// Reads a process's facts from /proc.
#include "CShims.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

/// Reads the beginning of a small file as text. Returns its length or -errno.
static long read_text(const char *path, char *text, size_t room) {
  int fd = open(path, O_RDONLY | O_CLOEXEC);
  if (fd < 0) return -errno;
  long count = read(fd, text, room - 1);
  int error = errno;
  close(fd);
  if (count < 0) return -error;
  text[count] = 0;
  return count;
}

int apus_process_read(int process, struct apus_process *out) {
  char path[32], text[1024];
  snprintf(path, sizeof path, "/proc/%d/stat", process);
  long count = read_text(path, text, sizeof text);
  if (count < 0) return count == -ENOENT ? -ESRCH : (int)count;
  // The second field is the program's name in brackets, which may hold anything: count from the last bracket.
  char *field = strrchr(text, ')');
  if (!field || field[1] != ' ') return -EIO;
  field += 2;
  out->state = *field;
  for (int number = 3; number < 22; number++) {
    field = strchr(field, ' ');
    if (!field) return -EIO;
    field++;
  }
  out->start_ticks = strtoull(field, NULL, 10);
  return 0;
}

int apus_boot_identifier(char out[37]) {
  long count = read_text("/proc/sys/kernel/random/boot_id", out, 37);
  if (count < 0) return (int)count;
  return count == 36 ? 0 : -EIO;
}
