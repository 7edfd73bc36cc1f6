// CRC-32C (Castagnoli), the checksum of journal records.
#ifndef APUS_CHECKSUM_H
#define APUS_CHECKSUM_H

#include <stddef.h>
#include <stdint.h>

/// Continues a CRC-32C (RFC 3720, appendix B.4) over `count` more bytes; begin with 0. Needs SSE4.2.
uint32_t apus_crc32c(uint32_t checksum, const void *bytes, size_t count);

#endif
