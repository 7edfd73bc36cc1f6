// Streaming DEFLATE through zlib, which is given an arena instead of malloc.
#define ZLIB_CONST
#include "apus_inflate.h"

#include <limits.h>
#include <stdlib.h>
#include <string.h>
#include <zlib.h>

// zlib.h (1.2.13) on inflateInit2: a window of 32 KiB and about 7 KiB of state. Twice that, for builds of zlib with
// wider copies.
enum { arena_bytes = 80 * 1024, arena_alignment = 64 };

struct apus_inflater {
  z_stream stream;
  size_t used;
  _Alignas(arena_alignment) uint8_t arena[arena_bytes];
};

static void *take(void *opaque, unsigned items, unsigned size) {
  apus_inflater *inflater = opaque;
  const size_t bytes = ((size_t)items * size + arena_alignment - 1) & ~(size_t)(arena_alignment - 1);
  if (bytes > arena_bytes - inflater->used) return NULL;
  inflater->used += bytes;
  return inflater->arena + inflater->used - bytes;
}

// The arena goes as a whole.
static void give(void *opaque, void *address) { (void)opaque, (void)address; }

apus_inflater *apus_inflater_new(void) {
  apus_inflater *inflater = aligned_alloc(arena_alignment, sizeof(apus_inflater));
  if (inflater == NULL) return NULL;
  memset(inflater, 0, sizeof *inflater);  // touches every page
  inflater->stream.zalloc = take;
  inflater->stream.zfree = give;
  inflater->stream.opaque = inflater;
  // Always the largest window: it inflates what any smaller one deflated. The dictionary makes zlib take the window
  // now, and not with the first message.
  const uint8_t byte = 0;
  if (inflateInit2(&inflater->stream, -15) == Z_OK && inflateSetDictionary(&inflater->stream, &byte, 1) == Z_OK &&
      inflateReset(&inflater->stream) == Z_OK) {
    return inflater;
  }
  free(inflater);
  return NULL;
}

void apus_inflater_free(apus_inflater *inflater) { free(inflater); }

void apus_inflater_reset(apus_inflater *inflater) { inflateReset(&inflater->stream); }

static struct apus_inflate_progress run(
    apus_inflater *inflater, const void *bytes, size_t count, void *out, size_t room, int flush) {
  z_stream *stream = &inflater->stream;
  struct apus_inflate_progress progress = {0, 0};
  if (count > UINT_MAX || room > UINT_MAX) {
    progress.is_corrupt = 1;  // no message is that long
    return progress;
  }
  stream->next_in = bytes;
  stream->avail_in = (unsigned)count;
  stream->next_out = out;
  stream->avail_out = (unsigned)room;
  while (stream->avail_in > 0 && stream->avail_out > 0 && !progress.is_corrupt) {
    const int status = inflate(stream, flush);
    // The window stays: the blocks behind a final one may refer to it.
    if (status == Z_STREAM_END) inflateResetKeep(stream);
    else if (status != Z_OK) progress.is_corrupt = 1;
  }
  progress.produced = room - stream->avail_out;
  return progress;
}

struct apus_inflate_progress apus_inflate(
    apus_inflater *inflater, const void *bytes, size_t count, void *out, size_t room) {
  return run(inflater, bytes, count, out, room, Z_SYNC_FLUSH);
}

struct apus_inflate_progress apus_inflate_end(apus_inflater *inflater, void *out, size_t room) {
  static const uint8_t tail[4] = {0x00, 0x00, 0xff, 0xff};
  struct apus_inflate_progress progress = run(inflater, tail, sizeof tail, out, room, Z_BLOCK);
  // zlib.h on data_type: 128 is set right behind a block.
  if (progress.produced < room && !(inflater->stream.data_type & 128)) progress.is_corrupt = 1;
  return progress;
}
