// The bare cipher of a TLS 1.3 record: AES-128-GCM over OpenSSL's EVP with a context that is keyed once (RFC 8446 5.2).
#include <openssl/evp.h>
#include <stdlib.h>
#include <string.h>

#include "peers.h"

struct peer_aead {
  EVP_CIPHER_CTX *sealer, *opener;
  uint8_t iv[12];
};

peer_aead *peer_aead_new(void) {
  peer_aead *aead = calloc(1, sizeof *aead);
  const uint8_t key[16] = {1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15, 16};
  memset(aead->iv, 7, sizeof aead->iv);
  aead->sealer = EVP_CIPHER_CTX_new();
  aead->opener = EVP_CIPHER_CTX_new();
  EVP_EncryptInit_ex(aead->sealer, EVP_aes_128_gcm(), NULL, key, aead->iv);
  EVP_DecryptInit_ex(aead->opener, EVP_aes_128_gcm(), NULL, key, aead->iv);
  return aead;
}

void peer_aead_free(peer_aead *aead) {
  EVP_CIPHER_CTX_free(aead->sealer);
  EVP_CIPHER_CTX_free(aead->opener);
  free(aead);
}

static void nonce(const peer_aead *aead, uint64_t number, uint8_t out[12]) {
  memcpy(out, aead->iv, 12);
  for (int i = 0; i < 8; i++) out[4 + i] ^= (uint8_t)(number >> (56 - 8 * i));
}

int peer_aead_seal(peer_aead *aead, uint64_t number, const uint8_t *plain, size_t count, uint8_t *sealed) {
  uint8_t iv[12];
  const uint8_t header[5] = {23, 3, 3, (uint8_t)((count + 16) >> 8), (uint8_t)(count + 16)};
  int written;
  nonce(aead, number, iv);
  return EVP_EncryptInit_ex(aead->sealer, NULL, NULL, NULL, iv) == 1 &&
                 EVP_EncryptUpdate(aead->sealer, NULL, &written, header, 5) == 1 &&
                 EVP_EncryptUpdate(aead->sealer, sealed, &written, plain, (int)count) == 1 &&
                 EVP_EncryptFinal_ex(aead->sealer, sealed + count, &written) == 1 &&
                 EVP_CIPHER_CTX_ctrl(aead->sealer, EVP_CTRL_AEAD_GET_TAG, 16, sealed + count) == 1
             ? 0
             : -1;
}

int peer_aead_open(peer_aead *aead, uint64_t number, const uint8_t *sealed, size_t count, uint8_t *plain) {
  uint8_t iv[12], tag[16];
  const uint8_t header[5] = {23, 3, 3, (uint8_t)((count + 16) >> 8), (uint8_t)(count + 16)};
  int written;
  nonce(aead, number, iv);
  memcpy(tag, sealed + count, 16);
  return EVP_DecryptInit_ex(aead->opener, NULL, NULL, NULL, iv) == 1 &&
                 EVP_CIPHER_CTX_ctrl(aead->opener, EVP_CTRL_AEAD_SET_TAG, 16, tag) == 1 &&
                 EVP_DecryptUpdate(aead->opener, NULL, &written, header, 5) == 1 &&
                 EVP_DecryptUpdate(aead->opener, plain, &written, sealed, (int)count) == 1 &&
                 EVP_DecryptFinal_ex(aead->opener, plain + count, &written) == 1
             ? 0
             : -1;
}
