// OpenSSL behind a handful of functions: TLS over memory BIOs, HMAC, Ed25519, SHA-256, base64.
#ifndef APUS_OPENSSL_H
#define APUS_OPENSSL_H

#include <stddef.h>
#include <stdint.h>

#include "apus_annotations.h"

#endif
