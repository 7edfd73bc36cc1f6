#include "apus_file.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

static int descriptor_or_error(int fd) { return fd < 0 ? -errno : fd; }
static int zero_or_error(int result) { return result < 0 ? -errno : 0; }

int apus_open_read(const char *path) { return descriptor_or_error(open(path, O_RDONLY | O_CLOEXEC)); }

int apus_open_new(const char *path) {
  return descriptor_or_error(open(path, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0640));
}

int apus_open_write(const char *path) { return descriptor_or_error(open(path, O_WRONLY | O_CLOEXEC)); }

int apus_truncate(int fd, int64_t size) { return zero_or_error(ftruncate(fd, size)); }

int apus_open_directory(const char *path) {
  return descriptor_or_error(open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC));
}

int apus_lock(int fd) { return zero_or_error(flock(fd, LOCK_EX | LOCK_NB)); }

int apus_make_directory(const char *path) {
  if (mkdir(path, 0750) == 0 || errno == EEXIST) return 0;
  return -errno;
}

int64_t apus_file_size(int fd) {
  struct stat status;
  return fstat(fd, &status) < 0 ? -errno : status.st_size;
}

int64_t apus_read_at(int fd, void *bytes, size_t count, int64_t offset) {
  size_t done = 0;
  while (done < count) {
    ssize_t n = pread(fd, (char *)bytes + done, count - done, offset + (int64_t)done);
    if (n < 0 && errno == EINTR) continue;
    if (n < 0) return -errno;
    if (n == 0) break;
    done += (size_t)n;
  }
  return (int64_t)done;
}

int apus_write_at(int fd, struct iovec *parts, int count, int64_t offset) {
  while (count > 0) {
    ssize_t n = pwritev(fd, parts, count, offset);
    if (n < 0 && errno == EINTR) continue;
    if (n < 0) return -errno;
    if (n == 0) return -EIO;  // A regular file that takes nothing and says nothing: do not ask forever.
    offset += n;
    while (count > 0 && (size_t)n >= parts->iov_len) {
      n -= (ssize_t)parts->iov_len;
      parts++;
      count--;
    }
    if (count > 0) {
      parts->iov_base = (char *)parts->iov_base + n;
      parts->iov_len -= (size_t)n;
    }
  }
  return 0;
}

int apus_sync_data(int fd) { return zero_or_error(fdatasync(fd)); }
int apus_sync(int fd) { return zero_or_error(fsync(fd)); }
int apus_rename(const char *from, const char *to) { return zero_or_error(rename(from, to)); }
int apus_remove(const char *path) { return zero_or_error(unlink(path)); }
void apus_close(int fd) { (void)close(fd); }
const char *apus_error_text(int error) {
  const char *text = strerrordesc_np(error);
  return text ? text : "unknown error";
}
