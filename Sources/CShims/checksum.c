#include "apus_checksum.h"

#include <string.h>

uint32_t apus_crc32c(uint32_t checksum, const void *bytes, size_t count) {
  const unsigned char *next = bytes;
  uint64_t crc = ~checksum;
  for (; count >= 8; count -= 8, next += 8) {
    uint64_t word;
    memcpy(&word, next, 8);
    crc = __builtin_ia32_crc32di(crc, word);
  }
  uint32_t tail = (uint32_t)crc;
  for (; count > 0; count--) tail = __builtin_ia32_crc32qi(tail, *next++);
  return ~tail;
}
