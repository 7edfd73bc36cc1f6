// Compressed files through zlib: gzip files, and the DEFLATE streams inside zip archives.
#ifndef APUS_ZLIB_H
#define APUS_ZLIB_H

#include <stddef.h>
#include <stdint.h>

/// Opens `path`; a file that is not compressed is read as it is. Returns 0 and sets `file`, or a negative errno.
int apus_gzip_open(const char *path, void **file);

/// Reads up to `count` decompressed bytes. Returns how many, 0 at the end, -EBADMSG for a damaged or cut-off file.
int64_t apus_gzip_read(void *file, uint8_t *bytes, uint32_t count);

void apus_gzip_close(void *file);

/// Creates a gzip file; -EEXIST when there is one already. Returns 0 and sets `file`, or a negative errno.
int apus_gzip_create(const char *path, void **file);

/// Writes all `count` bytes. Returns 0, or -EIO or another -errno when the file system takes no more.
int apus_gzip_write(void *file, const void *bytes, uint32_t count);

/// Hands everything written so far to the file system, so that a reader who comes now finds it. Returns 0 or -EIO.
int apus_gzip_flush(void *file);

/// Ends the stream and closes the file. Returns 0, or -EIO when its end could not be written.
int apus_gzip_finish(void *file);

/// One DEFLATE stream (RFC 1951). NULL when out of memory.
void *apus_deflated_new(void);
void apus_deflated_free(void *stream);

struct apus_deflated_progress {
  size_t consumed;     ///< bytes of the input that were used
  size_t produced;     ///< bytes written
  int32_t is_ended;    ///< the stream's last block is out
  int32_t is_corrupt;  ///< the input is no DEFLATE
};

/// Inflates as far as input and room go.
struct apus_deflated_progress apus_deflated_read(
    void *stream, const void *bytes, size_t count, void *out, size_t room);

/// Continues a CRC-32 (ISO 3309, as in zip archives) over `count` more bytes; begin with 0.
uint32_t apus_crc32(uint32_t checksum, const void *bytes, size_t count);

#endif
