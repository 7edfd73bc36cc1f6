// Message digests, through OpenSSL. Cold path.
#include "apus_digest.h"

#include <openssl/sha.h>

void apus_sha256(const void *bytes, size_t length, uint8_t *digest) { SHA256(bytes, length, digest); }
