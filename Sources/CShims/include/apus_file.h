// Files that must survive a power cut: positioned writes, sync, and the atomic exchange of a whole file.
#ifndef APUS_FILE_H
#define APUS_FILE_H

#include <stddef.h>
#include <stdint.h>
#include <sys/uio.h>

/// Opens `path` for reading. Returns the descriptor or -errno.
int apus_open_read(const char *path);

/// Opens a new file for writing; -EEXIST when there is one already. Returns the descriptor or -errno.
int apus_open_new(const char *path);

/// Opens an existing file for writing. Returns the descriptor or -errno.
int apus_open_write(const char *path);

/// Cuts an open file off behind `size` bytes. Returns 0 or -errno.
int apus_truncate(int fd, int64_t size);

/// Opens a directory, so that it can be synced. Returns the descriptor or -errno.
int apus_open_directory(const char *path);

/// Takes the lock of an open file or directory for this process; released when it is closed. Returns 0, -EWOULDBLOCK
/// when another process has it, or another -errno.
int apus_lock(int fd);

/// Creates a directory; one that exists is a success. Returns 0 or -errno.
int apus_make_directory(const char *path);

/// Size of an open file in bytes or -errno.
int64_t apus_file_size(int fd);

/// Reads up to `count` bytes at `offset`; fewer only at the end of the file. Returns how many or -errno.
int64_t apus_read_at(int fd, void *bytes, size_t count, int64_t offset);

/// Writes all parts at `offset`, going on after interruptions and short writes. Returns 0 or -errno.
/// The parts are changed on the way.
int apus_write_at(int fd, struct iovec *parts, int count, int64_t offset);

/// Waits until the file's bytes are on the medium. Returns 0 or -errno.
int apus_sync_data(int fd);

/// Waits until the file's bytes and its directory entry's inode are on the medium. Returns 0 or -errno.
int apus_sync(int fd);

/// Puts the file `from` in the place of `to` in one step. Returns 0 or -errno.
int apus_rename(const char *from, const char *to);

int apus_remove(const char *path);
void apus_close(int fd);

/// The description of an errno value, in English whatever the locale.
const char *apus_error_text(int error);

#endif
