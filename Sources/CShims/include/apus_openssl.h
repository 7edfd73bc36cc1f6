// OpenSSL behind a handful of functions: TLS without sockets, HMAC, Ed25519, digests, throw-away certificates.
//
// OpenSSL allocates on its own account in places that cannot be avoided (a few small blocks for each record). All of
// it comes from a pre-mapped pool (openssl_pool.c), so APUS_HOT here means: no call to malloc while the pool lasts,
// and no lock once a connection stands. Connecting and closing take OpenSSL's own, uncontended, locks.
#ifndef APUS_OPENSSL_H
#define APUS_OPENSSL_H

#include <stddef.h>
#include <stdint.h>

#include "apus_annotations.h"

/// What the pool behind OpenSSL did.
struct apus_openssl_pool_stats {
  uint64_t thread_requests;  ///< allocations that OpenSSL asked for on the calling thread
  uint64_t thread_misses;    ///< those of them that the pool could not serve: they went to malloc
  uint64_t used_bytes;       ///< high-water mark of the arena
  uint64_t capacity_bytes;
};

struct apus_openssl_pool_stats apus_openssl_pool_stats(void);
/// Maps every page of the pool in, so that no later allocation faults. Returns 0 or a negative errno.
int apus_openssl_pool_prefault(void);

// TLS ---------------------------------------------------------------------------------------------------------------

typedef struct apus_tls_context apus_tls_context;
typedef struct apus_tls apus_tls;

enum apus_tls_status {
  APUS_TLS_OK = 0,
  APUS_TLS_PEER_CLOSED = 1,
  APUS_TLS_FAILED = 2,
  APUS_TLS_CERTIFICATE_REJECTED = 3,
};

/// What one call did with its windows.
struct apus_tls_progress {
  size_t consumed;   ///< bytes taken from the ciphertext
  size_t plaintext;  ///< bytes read into, or taken from, the plaintext
  size_t outgoing;   ///< bytes of ciphertext to send
  int32_t status;    ///< enum apus_tls_status
};

/// `trust_file` NULL: the system's store. `version_max` is 12 or 13. NULL on failure, the reason in `error` (256 B).
/// `is_direct`: sessions may share their secrets with direct records.
apus_tls_context *apus_tls_client_context(const char *trust_file, int version_max, int is_direct, char *error);
apus_tls_context *apus_tls_server_context(
    const char *certificate_file, const char *key_file, int version_max, int is_direct, char *error);
void apus_tls_context_free(apus_tls_context *context);

/// A session; `host` (client only) is the name or address that the peer's certificate must carry. NULL on failure.
apus_tls *apus_tls_new(apus_tls_context *context, const char *host);
void apus_tls_free(apus_tls *tls);
/// Makes the session new, for the next connection. Returns 0, or -ENOMEM.
APUS_HOT int apus_tls_restart(apus_tls *tls);

/// Opens at most one record of `ciphertext`, or goes on with the handshake.
APUS_HOT struct apus_tls_progress apus_tls_read(
    apus_tls *tls, const void *ciphertext, size_t ciphertext_count, void *plaintext, size_t plaintext_room,
    void *outgoing, size_t outgoing_room);
/// Seals all of `plaintext`; `outgoing` must have room for it, or the session fails.
APUS_HOT struct apus_tls_progress apus_tls_write(
    apus_tls *tls, const void *plaintext, size_t plaintext_count, void *outgoing, size_t outgoing_room);
/// Sends a key update that asks for one in return, before the next record. Returns 0, or -EIO.
int apus_tls_ask_for_new_key(apus_tls *tls);
/// Writes close_notify.
APUS_HOT struct apus_tls_progress apus_tls_shutdown(apus_tls *tls, void *outgoing, size_t outgoing_room);

APUS_HOT int apus_tls_is_established(const apus_tls *tls);
/// Whether plaintext waits inside the session, because the last read had no room for all of a record.
APUS_HOT int apus_tls_has_pending(const apus_tls *tls);
/// OpenSSL's X509_V_ code of the peer's certificate.
APUS_HOT long apus_tls_verify_code(const apus_tls *tls);
const char *apus_tls_verify_text(long code);
const char *apus_tls_version(const apus_tls *tls);
const char *apus_tls_cipher(const apus_tls *tls);
/// Why the session failed, for people.
const char *apus_tls_error_text(const apus_tls *tls);

// Direct records of TLS 1.3 (RFC 8446 section 5) beside a session that did the handshake: AES-GCM with contexts that are keyed
// once. The traffic secrets lie in a locked page that no core dump holds; the key schedules lie in OpenSSL's own memory, as
// those of its own record layer do.

typedef struct apus_records apus_records;
/// NULL without memory.
apus_records *apus_records_new(void);
void apus_records_free(apus_records *records);
/// Forgets all secrets and keys.
APUS_HOT void apus_records_reset(apus_records *records);
/// Whether the secrets' page could be locked.
int apus_records_are_locked(const apus_records *records);

/// Lets the session's next handshake leave its secrets in `records`, which must outlive it. Its context must be `direct`.
void apus_tls_share_secrets(apus_tls *tls, apus_records *records);
/// After the handshake: takes over both directions. Returns 0; -ENOTSUP when it is not TLS 1.3 with AES-GCM; -ENOKEY, -EIO.
APUS_HOT int apus_tls_begin_records(apus_tls *tls, apus_records *records);
/// Goes on to the next key of a direction. Returns 0 or -EIO.
APUS_HOT int apus_records_update(apus_records *records, int is_sending);
/// Records sealed under the present key.
APUS_HOT uint64_t apus_records_sealed(const apus_records *records);
/// Seals `count` (at most 16384) bytes as content of a type; `out` has room for 22 more. Returns what was written, or a negative
/// errno. `plain` may be `out + 5`.
APUS_HOT long apus_records_seal(apus_records *records, uint8_t type, const void *plain, size_t count, uint8_t *out);
/// Opens a whole record of `count` bytes, header included, into `count - 21` bytes. Returns the length of its content;
/// -EBADMSG when the tag does not fit, and nothing of it is left in `plain`; -EPROTO when it has no content type.
APUS_HOT long apus_records_open(
    apus_records *records, const uint8_t *record, size_t count, uint8_t *plain, uint8_t *type);

/// HKDF-Expand-Label of RFC 8446 section 7.1 with an empty context, for at most one block of the digest. Returns 0, or a negative
/// errno.
int apus_hkdf_expand_label(
    const void *digest, const uint8_t *secret, size_t secret_bytes, const char *label, uint8_t *out, size_t count);
/// SHA-256 for `apus_hkdf_expand_label`.
const void *apus_sha256_digest(void);

// Signatures and digests --------------------------------------------------------------------------------------------

typedef struct apus_hmac apus_hmac;
apus_hmac *apus_hmac_new(const void *key, size_t key_count);
void apus_hmac_free(apus_hmac *hmac);
/// Writes 32 bytes. Returns 0, or -EIO.
APUS_HOT int apus_hmac_sign(apus_hmac *hmac, const void *message, size_t count, uint8_t *signature);

typedef struct apus_ed25519 apus_ed25519;
apus_ed25519 *apus_ed25519_generate(void);
apus_ed25519 *apus_ed25519_from_seed(const uint8_t *seed);
/// A private (PKCS#8) or a public (SubjectPublicKeyInfo) key in PEM text. NULL when it is not one.
apus_ed25519 *apus_ed25519_from_pem(const char *text, size_t count, int is_private);
void apus_ed25519_free(apus_ed25519 *key);
/// Writes 64 bytes. Returns 0, or -EIO.
APUS_HOT int apus_ed25519_sign(apus_ed25519 *key, const void *message, size_t count, uint8_t *signature);
/// Returns 1 when the signature is the key's, else 0.
int apus_ed25519_verify(apus_ed25519 *key, const void *message, size_t count, const uint8_t *signature);
/// PEM text of the private or the public key. Returns its length, or -ENOSPC.
long apus_ed25519_pem(apus_ed25519 *key, int want_private, char *out, size_t room);

/// Returns 0, or -EIO. SHA-1 only because the WebSocket handshake is defined with it.
APUS_HOT int apus_sha1(const void *bytes, size_t count, uint8_t *digest);
int apus_sha256(const void *bytes, size_t count, uint8_t *digest);

/// Erases a secret in a way that the compiler keeps.
void apus_erase(void *bytes, size_t count);
APUS_HOT int apus_bytes_are_equal(const void *a, const void *b, size_t count);

// Throw-away certificates -------------------------------------------------------------------------------------------

typedef struct apus_identity apus_identity;
/// A P-256 key and a certificate for it, signed by `issuer` (NULL: a self-signed authority).
/// `alternative_names` in OpenSSL's notation ("DNS:localhost,IP:127.0.0.1"); validity in seconds from now.
apus_identity *apus_identity_new(
    const apus_identity *issuer, const char *common_name, const char *alternative_names, long valid_from_seconds,
    long valid_until_seconds);
void apus_identity_free(apus_identity *identity);
/// Writes PEM files; either path may be NULL. The key is readable by its owner only. Returns 0 or a negative errno.
int apus_identity_write(const apus_identity *identity, const char *certificate_file, const char *key_file);

#endif
