// Records of TLS 1.3 without OpenSSL's record layer: keys from the connection's traffic secrets, one AEAD call a record.
#include <errno.h>
#include <openssl/crypto.h>
#include <openssl/evp.h>
#include <openssl/hmac.h>
#include <openssl/ssl.h>
#include <string.h>
#include <sys/mman.h>

#include "apus_openssl.h"
#include "openssl_records.h"

enum { page_bytes = 4096, tag_bytes = 16, header_bytes = 5, application_data = 23 };

/// One direction: its secret, and the only place where its nonces come from.
struct direction {
  EVP_CIPHER_CTX *context;
  uint64_t number;  // of the next record under this key
  size_t secret_bytes;
  uint8_t secret[48];
  uint8_t iv[12];
};

struct apus_records {
  struct direction sending, receiving;
  const EVP_CIPHER *cipher;
  const EVP_MD *digest;
  size_t key_bytes;
  int is_locked;
};

apus_records *apus_records_new(void) {
  // A page of its own: locked, and not part of a core dump.
  void *page = mmap(NULL, page_bytes, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
  if (page == MAP_FAILED) return NULL;
  apus_records *records = page;
  records->is_locked = mlock(page, page_bytes) == 0;
  madvise(page, page_bytes, MADV_DONTDUMP);
  records->sending.context = EVP_CIPHER_CTX_new();
  records->receiving.context = EVP_CIPHER_CTX_new();
  if (records->sending.context && records->receiving.context) return records;
  apus_records_free(records);
  return NULL;
}

static void forget(struct direction *direction) {
  OPENSSL_cleanse(direction->secret, sizeof direction->secret);
  OPENSSL_cleanse(direction->iv, sizeof direction->iv);
  direction->secret_bytes = 0;
  EVP_CIPHER_CTX_reset(direction->context);
}

void apus_records_reset(apus_records *records) {
  forget(&records->sending);
  forget(&records->receiving);
}

void apus_records_free(apus_records *records) {
  if (!records) return;
  apus_records_reset(records);
  EVP_CIPHER_CTX_free(records->sending.context);
  EVP_CIPHER_CTX_free(records->receiving.context);
  munmap(records, page_bytes);
}

int apus_records_are_locked(const apus_records *records) { return records->is_locked; }

// Secrets -----------------------------------------------------------------------------------------------------------

static int digit_of(char c) {
  if (c >= '0' && c <= '9') return c - '0';
  return c >= 'a' && c <= 'f' ? c - 'a' + 10 : -1;
}

void apus_records_take_line(apus_records *records, int is_server, const char *line) {
  static const char client[] = "CLIENT_TRAFFIC_SECRET_0 ", server[] = "SERVER_TRAFFIC_SECRET_0 ";
  const int is_clients = strncmp(line, client, sizeof client - 1) == 0;
  if (!is_clients && strncmp(line, server, sizeof server - 1) != 0) return;
  const char *digits = strchr(line + sizeof client - 1, ' ');  // behind the client's random
  if (!digits) return;
  struct direction *direction = is_clients != is_server ? &records->sending : &records->receiving;
  size_t count = 0;
  for (digits++; count < sizeof direction->secret && digit_of(digits[0]) >= 0 && digit_of(digits[1]) >= 0; digits += 2) {
    direction->secret[count++] = (uint8_t)(digit_of(digits[0]) << 4 | digit_of(digits[1]));
  }
  direction->secret_bytes = count;
}

int apus_hkdf_expand_label(
    const void *digest, const uint8_t *secret, size_t secret_bytes, const char *label, uint8_t *out, size_t count) {
  // struct HkdfLabel of RFC 8446 section 7.1 with an empty context, and the counter of RFC 5869's first block, which is
  // all that keys and secrets need.
  uint8_t info[64], block[EVP_MAX_MD_SIZE];
  const size_t label_bytes = strlen(label);
  unsigned block_bytes = sizeof block;
  if (label_bytes > 40) return -EINVAL;
  info[0] = (uint8_t)(count >> 8);
  info[1] = (uint8_t)count;
  info[2] = (uint8_t)(6 + label_bytes);
  memcpy(info + 3, "tls13 ", 6);
  memcpy(info + 9, label, label_bytes);
  info[9 + label_bytes] = 0;
  info[10 + label_bytes] = 1;
  if (!HMAC(digest, secret, (int)secret_bytes, info, 11 + label_bytes, block, &block_bytes)) return -EIO;
  if (count > block_bytes) return -EINVAL;
  memcpy(out, block, count);
  OPENSSL_cleanse(block, sizeof block);
  return 0;
}

const void *apus_sha256_digest(void) { return EVP_sha256(); }

/// RFC 8446 section 7.3.
static int install_keys(apus_records *records, struct direction *direction) {
  uint8_t key[32];
  const int is_sending = direction == &records->sending;
  const int made =
      apus_hkdf_expand_label(
          records->digest, direction->secret, direction->secret_bytes, "key", key, records->key_bytes) == 0 &&
      apus_hkdf_expand_label(records->digest, direction->secret, direction->secret_bytes, "iv", direction->iv, 12) == 0 &&
      EVP_CipherInit_ex(direction->context, records->cipher, NULL, key, NULL, is_sending) == 1;
  OPENSSL_cleanse(key, sizeof key);
  // Under a key that was not replaced no number may come again: such a direction is used up.
  direction->number = made ? 0 : UINT64_MAX;
  return made ? 0 : -EIO;
}

int apus_records_begin(apus_records *records, const void *ssl) {
  const SSL_CIPHER *cipher = SSL_get_current_cipher(ssl);
  if (SSL_version(ssl) != TLS1_3_VERSION || !cipher) return -ENOTSUP;
  switch (SSL_CIPHER_get_id(cipher)) {
    case TLS1_3_CK_AES_128_GCM_SHA256:
      records->cipher = EVP_aes_128_gcm();
      records->digest = EVP_sha256();
      records->key_bytes = 16;
      break;
    case TLS1_3_CK_AES_256_GCM_SHA384:
      records->cipher = EVP_aes_256_gcm();
      records->digest = EVP_sha384();
      records->key_bytes = 32;
      break;
    default:
      return -ENOTSUP;
  }
  const size_t secret_bytes = (size_t)EVP_MD_get_size(records->digest);
  if (records->sending.secret_bytes != secret_bytes || records->receiving.secret_bytes != secret_bytes) return -ENOKEY;
  const int result = install_keys(records, &records->sending);
  return result != 0 ? result : install_keys(records, &records->receiving);
}

int apus_records_update(apus_records *records, int is_sending) {
  struct direction *direction = is_sending ? &records->sending : &records->receiving;
  uint8_t next[48];
  // RFC 8446 section 7.2.
  const int result = apus_hkdf_expand_label(
      records->digest, direction->secret, direction->secret_bytes, "traffic upd", next, direction->secret_bytes);
  if (result == 0) {
    memcpy(direction->secret, next, direction->secret_bytes);
  } else {
    direction->number = UINT64_MAX;  // the peer goes on to a key that we do not have
  }
  OPENSSL_cleanse(next, sizeof next);
  return result != 0 ? result : install_keys(records, direction);
}

uint64_t apus_records_sealed(const apus_records *records) { return records->sending.number; }

// Records -----------------------------------------------------------------------------------------------------------

/// The nonce of the next record (RFC 8446 section 5.3). Taking it uses it up, whatever becomes of the record.
static void take_nonce(struct direction *direction, uint8_t nonce[12]) {
  const uint64_t number = direction->number++;
  memcpy(nonce, direction->iv, 12);
  for (int i = 0; i < 8; i++) nonce[4 + i] ^= (uint8_t)(number >> (56 - 8 * i));
}

long apus_records_seal(apus_records *records, uint8_t type, const void *plain, size_t count, uint8_t *out) {
  EVP_CIPHER_CTX *context = records->sending.context;
  const size_t length = count + 1 + tag_bytes;
  uint8_t nonce[12];
  int written;
  if (count > 16384 || records->sending.number == UINT64_MAX) return -EOVERFLOW;
  take_nonce(&records->sending, nonce);
  out[0] = application_data;
  out[1] = out[2] = 3;
  out[3] = (uint8_t)(length >> 8);
  out[4] = (uint8_t)length;
  memmove(out + header_bytes, plain, count);
  out[header_bytes + count] = type;
  if (EVP_EncryptInit_ex(context, NULL, NULL, NULL, nonce) != 1 ||
      EVP_EncryptUpdate(context, NULL, &written, out, header_bytes) != 1 ||
      EVP_EncryptUpdate(context, out + header_bytes, &written, out + header_bytes, (int)count + 1) != 1 ||
      EVP_EncryptFinal_ex(context, out + header_bytes + count + 1, &written) != 1 ||
      EVP_CIPHER_CTX_ctrl(context, EVP_CTRL_AEAD_GET_TAG, tag_bytes, out + header_bytes + count + 1) != 1) {
    return -EIO;
  }
  return (long)(header_bytes + length);
}

long apus_records_open(apus_records *records, const uint8_t *record, size_t count, uint8_t *plain, uint8_t *type) {
  EVP_CIPHER_CTX *context = records->receiving.context;
  uint8_t nonce[12], tag[tag_bytes];
  int written;
  if (count < header_bytes + 1 + tag_bytes || records->receiving.number == UINT64_MAX) return -EBADMSG;
  size_t inner = count - header_bytes - tag_bytes;
  take_nonce(&records->receiving, nonce);
  memcpy(tag, record + count - tag_bytes, tag_bytes);
  if (EVP_DecryptInit_ex(context, NULL, NULL, NULL, nonce) != 1 ||
      EVP_CIPHER_CTX_ctrl(context, EVP_CTRL_AEAD_SET_TAG, tag_bytes, tag) != 1 ||
      EVP_DecryptUpdate(context, NULL, &written, record, header_bytes) != 1 ||
      EVP_DecryptUpdate(context, plain, &written, record + header_bytes, (int)inner) != 1 ||
      EVP_DecryptFinal_ex(context, plain + inner, &written) != 1) {
    OPENSSL_cleanse(plain, inner);  // nobody may read what was not authenticated
    return -EBADMSG;
  }
  // The content type is the last byte that is not zero (RFC 8446 section 5.4).
  while (inner > 0 && plain[inner - 1] == 0) inner--;
  if (inner == 0) return -EPROTO;
  *type = plain[inner - 1];
  return (long)inner - 1;
}
