// HMAC-SHA256, Ed25519 and digests: contexts are made once, so that a signature costs only the pool's blocks.
#include <errno.h>
#include <openssl/bio.h>
#include <openssl/core_names.h>
#include <openssl/err.h>
#include <openssl/evp.h>
#include <openssl/pem.h>
#include <string.h>

#include "apus_openssl.h"

/// The result for Swift; a failure leaves nothing in OpenSSL's error queue, which the TLS calls read.
static int checked(int succeeded) {
  if (succeeded) return 0;
  ERR_clear_error();
  return -EIO;
}

// HMAC (RFC 2104) ---------------------------------------------------------------------------------------------------

apus_hmac *apus_hmac_new(const void *key, size_t key_count) {
  EVP_MAC *mac = EVP_MAC_fetch(NULL, "HMAC", NULL);
  EVP_MAC_CTX *context = mac ? EVP_MAC_CTX_new(mac) : NULL;
  EVP_MAC_free(mac);  // the context holds its own reference
  char digest[] = "SHA256";
  const OSSL_PARAM parameters[] = {
      OSSL_PARAM_construct_utf8_string(OSSL_MAC_PARAM_DIGEST, digest, 0), OSSL_PARAM_construct_end()};
  if (context && EVP_MAC_init(context, key, key_count, parameters)) return (apus_hmac *)context;
  ERR_clear_error();
  EVP_MAC_CTX_free(context);
  return NULL;
}

void apus_hmac_free(apus_hmac *hmac) { EVP_MAC_CTX_free((EVP_MAC_CTX *)hmac); }  // erases the key

int apus_hmac_sign(apus_hmac *hmac, const void *message, size_t count, uint8_t *signature) {
  EVP_MAC_CTX *context = (EVP_MAC_CTX *)hmac;
  size_t written = 0;
  return checked(
      EVP_MAC_init(context, NULL, 0, NULL) && EVP_MAC_update(context, message, count) &&
      EVP_MAC_final(context, signature, &written, 32) && written == 32);
}

// Ed25519 (RFC 8032) ------------------------------------------------------------------------------------------------

static apus_ed25519 *accepted(EVP_PKEY *key) {
  if (key && EVP_PKEY_get_id(key) == EVP_PKEY_ED25519) return (apus_ed25519 *)key;
  ERR_clear_error();
  EVP_PKEY_free(key);
  return NULL;
}

apus_ed25519 *apus_ed25519_generate(void) { return accepted(EVP_PKEY_Q_keygen(NULL, NULL, "ED25519")); }

apus_ed25519 *apus_ed25519_from_seed(const uint8_t *seed) {
  return accepted(EVP_PKEY_new_raw_private_key(EVP_PKEY_ED25519, NULL, seed, 32));
}

apus_ed25519 *apus_ed25519_from_pem(const char *text, size_t count, int is_private) {
  BIO *bio = count <= INT32_MAX ? BIO_new_mem_buf(text, (int)count) : NULL;
  if (!bio) return NULL;
  char no_password[] = "";  // an encrypted key is refused instead of asking on the terminal
  EVP_PKEY *key = is_private ? PEM_read_bio_PrivateKey(bio, NULL, NULL, no_password)
                             : PEM_read_bio_PUBKEY(bio, NULL, NULL, no_password);
  BIO_free(bio);
  return accepted(key);
}

void apus_ed25519_free(apus_ed25519 *key) { EVP_PKEY_free((EVP_PKEY *)key); }  // erases the key

int apus_ed25519_sign(apus_ed25519 *key, const void *message, size_t count, uint8_t *signature) {
  EVP_MD_CTX *context = EVP_MD_CTX_new();
  size_t written = 64;
  const int signed_ = context && EVP_DigestSignInit(context, NULL, NULL, NULL, (EVP_PKEY *)key) == 1 &&
                      EVP_DigestSign(context, signature, &written, message, count) == 1 && written == 64;
  EVP_MD_CTX_free(context);
  return checked(signed_);
}

int apus_ed25519_verify(apus_ed25519 *key, const void *message, size_t count, const uint8_t *signature) {
  EVP_MD_CTX *context = EVP_MD_CTX_new();
  const int valid = context && EVP_DigestVerifyInit(context, NULL, NULL, NULL, (EVP_PKEY *)key) == 1 &&
                    EVP_DigestVerify(context, signature, 64, message, count) == 1;
  EVP_MD_CTX_free(context);
  return checked(valid) == 0;
}

long apus_ed25519_pem(apus_ed25519 *key, int want_private, char *out, size_t room) {
  BIO *bio = BIO_new(BIO_s_mem());
  EVP_PKEY *pkey = (EVP_PKEY *)key;
  const int written = bio && (want_private ? PEM_write_bio_PrivateKey(bio, pkey, NULL, NULL, 0, NULL, NULL)
                                           : PEM_write_bio_PUBKEY(bio, pkey));
  char *text = NULL;
  const long count = written ? BIO_get_mem_data(bio, &text) : -EIO;
  const long result = count > 0 && (size_t)count > room ? -ENOSPC : count;
  if (result > 0) memcpy(out, text, (size_t)result);
  if (text) OPENSSL_cleanse(text, (size_t)count);
  BIO_free(bio);
  ERR_clear_error();
  return result;
}

// Digests -----------------------------------------------------------------------------------------------------------

int apus_sha1(const void *bytes, size_t count, uint8_t *digest) {
  return checked(EVP_Digest(bytes, count, digest, NULL, EVP_sha1(), NULL));
}

int apus_sha256(const void *bytes, size_t count, uint8_t *digest) {
  return checked(EVP_Digest(bytes, count, digest, NULL, EVP_sha256(), NULL));
}

void apus_erase(void *bytes, size_t count) { OPENSSL_cleanse(bytes, count); }
int apus_bytes_are_equal(const void *a, const void *b, size_t count) { return CRYPTO_memcmp(a, b, count) == 0; }
