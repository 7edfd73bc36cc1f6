// Message digests, through OpenSSL.
#ifndef APUS_DIGEST_H
#define APUS_DIGEST_H

#include <stddef.h>
#include <stdint.h>

/// SHA-256 (FIPS 180-4) of `length` bytes into 32 bytes at `digest`.
void apus_sha256(const void *bytes, size_t length, uint8_t *digest);

#endif
