// Streaming decompression of DEFLATE (RFC 1951) in memory that is taken once, when the inflater is made.
#ifndef APUS_INFLATE_H
#define APUS_INFLATE_H

#include <stddef.h>
#include <stdint.h>

#include "apus_annotations.h"

typedef struct apus_inflater apus_inflater;

/// An inflater for windows of up to 32 KiB. NULL when out of memory.
apus_inflater *apus_inflater_new(void);
void apus_inflater_free(apus_inflater *inflater);

/// Forgets all that was inflated.
APUS_HOT void apus_inflater_reset(apus_inflater *inflater);

struct apus_inflate_progress {
  size_t produced;      ///< bytes written; all of the room means that there may be more
  int32_t is_corrupt;   ///< whether the input is no DEFLATE
};

/// Inflates `count` bytes, as far as `room` (at least 1) goes. Final blocks end nothing: others may follow (RFC 7692
/// section 7.2.3.4).
APUS_HOT struct apus_inflate_progress apus_inflate(
    apus_inflater *inflater, const void *bytes, size_t count, void *out, size_t room);

/// Inflates the four bytes that RFC 7692 section 7.2.2 has put back at the end of a message. Corrupt when the message
/// does not end there with its block.
APUS_HOT struct apus_inflate_progress apus_inflate_end(apus_inflater *inflater, void *out, size_t room);

#endif
