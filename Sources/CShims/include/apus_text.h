// Sixteen and thirty-two characters at a time: finding bytes and reading digits with vector instructions.
//
// Inline, because each is a handful of instructions. No function reads a byte that its comment does not name.
#ifndef APUS_TEXT_H
#define APUS_TEXT_H

#include <stddef.h>
#include <stdint.h>

#include "apus_annotations.h"

typedef uint8_t apus_bytes16 __attribute__((vector_size(16)));
typedef uint8_t apus_bytes32 __attribute__((vector_size(32)));
typedef char apus_chars16 __attribute__((vector_size(16)));
typedef char apus_chars32 __attribute__((vector_size(32)));

/// Whether `count` bytes are the same; a small constant `count` becomes a few comparisons of words.
APUS_HOT static inline int apus_same_bytes(const uint8_t *a, const uint8_t *b, size_t count) {
  return __builtin_memcmp(a, b, count) == 0;
}

/// Bit i is set where byte i of the 32 at `text` is a quote.
APUS_HOT static inline uint32_t apus_quotes_32(const uint8_t *text) {
  apus_bytes32 bytes;
  __builtin_memcpy(&bytes, text, 32);
  return (uint32_t)__builtin_ia32_pmovmskb256((apus_chars32)(bytes == '"'));
}

/// As `apus_quotes_32`, and the bits of backslashes and control bytes too: the first bit set ends a plain string, or
/// shows that it is none.
APUS_HOT static inline uint32_t apus_string_ends_32(const uint8_t *text) {
  apus_bytes32 bytes;
  __builtin_memcpy(&bytes, text, 32);
  const apus_bytes32 found = (apus_bytes32)(bytes == '"') | (apus_bytes32)(bytes == '\\') | (apus_bytes32)(bytes < 0x20);
  return (uint32_t)__builtin_ia32_pmovmskb256((apus_chars32)found);
}

/// How many of the 16 bytes at `text` are digits before the first that is none.
APUS_HOT static inline uint32_t apus_leading_digits_16(const uint8_t *text) {
  apus_bytes16 bytes;
  __builtin_memcpy(&bytes, text, 16);
  const apus_bytes16 others = (apus_bytes16)((bytes ^ '0') > 9);
  const uint32_t mask = (uint32_t)__builtin_ia32_pmovmskb128((apus_chars16)others);
  return (uint32_t)__builtin_ctz(mask | 0x10000);
}

/// The last `count` (at most 16) of the 16 bytes before `end`, as digits; the others are 0.
APUS_HOT static inline apus_bytes16 apus_last_digits_16(const uint8_t *end, size_t count) {
  static const uint8_t keep[32] = {0,    0,    0,    0,    0,    0,    0,    0,    0,    0,    0,
                                   0,    0,    0,    0,    0,    0xff, 0xff, 0xff, 0xff, 0xff, 0xff,
                                   0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff};
  apus_bytes16 bytes, mask;
  __builtin_memcpy(&bytes, end - 16, 16);
  __builtin_memcpy(&mask, keep + count, 16);
  return (bytes ^ '0') & mask;
}

/// The number that 16 digits say: neighbours are joined to pairs, pairs to fours, fours to eights.
APUS_HOT static inline uint64_t apus_value_16(apus_bytes16 digits) {
  typedef short shorts __attribute__((vector_size(16)));
  typedef int ints __attribute__((vector_size(16)));
  const apus_chars16 tens = {10, 1, 10, 1, 10, 1, 10, 1, 10, 1, 10, 1, 10, 1, 10, 1};
  const shorts hundreds = {100, 1, 100, 1, 100, 1, 100, 1};
  const shorts ten_thousands = {10000, 1, 10000, 1, 10000, 1, 10000, 1};
  const shorts pairs = (shorts)__builtin_ia32_pmaddubsw128((apus_chars16)digits, tens);
  const ints fours = (ints)__builtin_ia32_pmaddwd128(pairs, hundreds);
  const shorts packed = (shorts)__builtin_ia32_packusdw128(fours, fours);
  const ints eights = (ints)__builtin_ia32_pmaddwd128(packed, ten_thousands);
  return (uint64_t)(uint32_t)eights[0] * 100000000 + (uint32_t)eights[1];
}

/// The whole number whose `count` (1 to 16) digits stand before `end`. Reads the 16 bytes before `end`; the caller knows
/// that they are digits.
APUS_HOT static inline uint64_t apus_whole_number(const uint8_t *end, size_t count) {
  return apus_value_16(apus_last_digits_16(end, count));
}

/// Decimal text of one to seven digits, a point and eight digits, `count` bytes before `end`, in units of 10^-8. Reads the
/// 16 bytes before `end`. UINT64_MAX when the text has another form, which says nothing about it.
APUS_HOT static inline uint64_t apus_eight_decimals(const uint8_t *end, size_t count) {
  if (count < 10 || count > 16) return UINT64_MAX;
  const apus_bytes16 text = apus_last_digits_16(end, count);
  // The point makes room for a zero in front, so that the digits before it and behind it are eight each.
  const apus_bytes16 places = {0x80, 0, 1, 2, 3, 4, 5, 6, 8, 9, 10, 11, 12, 13, 14, 15};
  const apus_bytes16 digits = (apus_bytes16)__builtin_ia32_pshufb128((apus_chars16)text, (apus_chars16)places);
  const apus_bytes16 wrong = (apus_bytes16)(digits > 9);
  const int is_wrong = __builtin_ia32_pmovmskb128((apus_chars16)wrong);
  if (is_wrong != 0 || text[7] != ('.' ^ '0')) return UINT64_MAX;
  return apus_value_16(digits);
}

#endif
