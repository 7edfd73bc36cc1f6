// Reading gzip files through zlib.
#include "apus_zlib.h"

#include <errno.h>
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
