// Gzip files and the streams of zip archives through zlib.
#define ZLIB_CONST
#include "apus_zlib.h"

#include <errno.h>
#include <limits.h>
#include <stdlib.h>
#include <zlib.h>

int apus_gzip_open(const char *path, void **file) {
  errno = 0;
  gzFile opened = gzopen(path, "rbe");
  if (opened == NULL) return errno != 0 ? -errno : -ENOMEM;
  gzbuffer(opened, 256 * 1024);
  *file = opened;
  return 0;
}

int64_t apus_gzip_read(void *file, uint8_t *bytes, uint32_t count) {
  int got = gzread(file, bytes, count);
  if (got < 0) return -EBADMSG;
  int status = Z_OK;
  gzerror(file, &status);
  // A stream that ends in the middle of its data reads short and leaves Z_BUF_ERROR behind.
  return status == Z_BUF_ERROR ? -EBADMSG : got;
}

void apus_gzip_close(void *file) { gzclose(file); }

int apus_gzip_create(const char *path, void **file) {
  errno = 0;
  gzFile created = gzopen(path, "wbxe6");
  if (created == NULL) return errno != 0 ? -errno : -ENOMEM;
  *file = created;
  return 0;
}

int apus_gzip_write(void *file, const void *bytes, uint32_t count) {
  errno = 0;
  if (count == 0 || gzwrite(file, bytes, count) == (int)count) return 0;
  return errno != 0 ? -errno : -EIO;
}

int apus_gzip_flush(void *file) { return gzflush(file, Z_SYNC_FLUSH) == Z_OK ? 0 : -EIO; }

int apus_gzip_finish(void *file) { return gzclose(file) == Z_OK ? 0 : -EIO; }

void *apus_deflated_new(void) {
  z_stream *stream = calloc(1, sizeof(z_stream));
  if (stream == NULL) return NULL;
  if (inflateInit2(stream, -15) == Z_OK) return stream;
  free(stream);
  return NULL;
}

void apus_deflated_free(void *stream) {
  inflateEnd(stream);
  free(stream);
}

struct apus_deflated_progress apus_deflated_read(
    void *opaque, const void *bytes, size_t count, void *out, size_t room) {
  z_stream *stream = opaque;
  const unsigned in = count < UINT_MAX ? (unsigned)count : UINT_MAX;
  const unsigned space = room < UINT_MAX ? (unsigned)room : UINT_MAX;
  stream->next_in = bytes;
  stream->avail_in = in;
  stream->next_out = out;
  stream->avail_out = space;
  const int status = inflate(stream, Z_NO_FLUSH);
  // Z_BUF_ERROR says that nothing could be done with what there is: no defect of the stream.
  return (struct apus_deflated_progress){
      .consumed = in - stream->avail_in,
      .produced = space - stream->avail_out,
      .is_ended = status == Z_STREAM_END,
      .is_corrupt = status != Z_OK && status != Z_STREAM_END && status != Z_BUF_ERROR};
}

uint32_t apus_crc32(uint32_t checksum, const void *bytes, size_t count) {
  return (uint32_t)crc32_z(checksum, bytes, count);
}
