// Throw-away certificates: an authority and what it signs, for the local venue of the demo and for tests. Cold.
#include <errno.h>
#include <fcntl.h>
#include <openssl/err.h>
#include <openssl/evp.h>
#include <openssl/pem.h>
#include <openssl/rand.h>
#include <openssl/x509v3.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "apus_openssl.h"

struct apus_identity {
  EVP_PKEY *key;
  X509 *certificate;
};

static int add_extension(X509 *certificate, X509 *issuer, int kind, const char *value) {
  X509V3_CTX context;
  X509V3_set_ctx(&context, issuer, certificate, NULL, NULL, 0);
  X509_EXTENSION *extension = X509V3_EXT_conf_nid(NULL, &context, kind, value);
  const int added = extension && X509_add_ext(certificate, extension, -1);
  X509_EXTENSION_free(extension);
  return added;
}

static int add_extensions(X509 *certificate, X509 *issuer, int is_authority, const char *alternative_names) {
  const int added = add_extension(certificate, issuer, NID_subject_key_identifier, "hash") &&
                    add_extension(certificate, issuer, NID_authority_key_identifier, "keyid:always");
  if (is_authority) {
    return added && add_extension(certificate, issuer, NID_basic_constraints, "critical,CA:TRUE") &&
           add_extension(certificate, issuer, NID_key_usage, "critical,keyCertSign");
  }
  return added && add_extension(certificate, issuer, NID_basic_constraints, "critical,CA:FALSE") &&
         add_extension(certificate, issuer, NID_key_usage, "critical,digitalSignature") &&
         add_extension(certificate, issuer, NID_ext_key_usage, "serverAuth") &&
         add_extension(certificate, issuer, NID_subject_alt_name, alternative_names);
}

static int set_serial(X509 *certificate) {
  uint64_t serial = 0;
  return RAND_bytes((unsigned char *)&serial, sizeof serial) == 1 &&
         ASN1_INTEGER_set_uint64(X509_get_serialNumber(certificate), serial >> 1 | 1);
}

static int fill(
    const apus_identity *identity, const apus_identity *issuer, const char *common_name, const char *alternative_names,
    long valid_from_seconds, long valid_until_seconds) {
  X509 *certificate = identity->certificate;
  X509_NAME *name = X509_get_subject_name(certificate);
  return X509_set_version(certificate, X509_VERSION_3) && set_serial(certificate) &&
         X509_gmtime_adj(X509_getm_notBefore(certificate), valid_from_seconds) &&
         X509_gmtime_adj(X509_getm_notAfter(certificate), valid_until_seconds) &&
         X509_NAME_add_entry_by_txt(name, "CN", MBSTRING_UTF8, (const unsigned char *)common_name, -1, -1, 0) &&
         X509_set_issuer_name(certificate, X509_get_subject_name(issuer->certificate)) &&
         X509_set_pubkey(certificate, identity->key) &&
         add_extensions(certificate, issuer->certificate, issuer == identity, alternative_names) &&
         X509_sign(certificate, issuer->key, EVP_sha256()) > 0;
}

apus_identity *apus_identity_new(
    const apus_identity *issuer, const char *common_name, const char *alternative_names, long valid_from_seconds,
    long valid_until_seconds) {
  apus_identity *identity = calloc(1, sizeof *identity);
  if (!identity) return NULL;
  identity->key = EVP_EC_gen("P-256");
  identity->certificate = X509_new();
  if (identity->key && identity->certificate &&
      fill(
          identity, issuer ? issuer : identity, common_name, alternative_names, valid_from_seconds,
          valid_until_seconds)) {
    return identity;
  }
  ERR_clear_error();
  apus_identity_free(identity);
  return NULL;
}

void apus_identity_free(apus_identity *identity) {
  if (!identity) return;
  EVP_PKEY_free(identity->key);
  X509_free(identity->certificate);
  free(identity);
}

static FILE *create(const char *path, mode_t mode) {
  const int descriptor = open(path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, mode);
  if (descriptor < 0) return NULL;
  FILE *file = fdopen(descriptor, "w");
  if (!file) close(descriptor);
  return file;
}

int apus_identity_write(const apus_identity *identity, const char *certificate_file, const char *key_file) {
  FILE *file;
  if (certificate_file) {
    if (!(file = create(certificate_file, 0644))) return -errno;
    const int written = PEM_write_X509(file, identity->certificate);
    if (fclose(file) != 0 || !written) return -EIO;
  }
  if (key_file) {
    if (!(file = create(key_file, 0600))) return -errno;
    const int written = PEM_write_PrivateKey(file, identity->key, NULL, NULL, 0, NULL, NULL);
    if (fclose(file) != 0 || !written) return -EIO;
  }
  return 0;
}
