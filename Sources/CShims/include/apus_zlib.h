// Reading gzip files through zlib; a file that is not compressed is read as it is.
#ifndef APUS_ZLIB_H
#define APUS_ZLIB_H

#include <stdint.h>

/// Opens `path`. Returns 0 and sets `file`, or a negative errno.
int apus_gzip_open(const char *path, void **file);

/// Reads up to `count` decompressed bytes. Returns how many, 0 at the end, -EBADMSG for a damaged or cut-off file.
int64_t apus_gzip_read(void *file, uint8_t *bytes, uint32_t count);

void apus_gzip_close(void *file);

#endif
