// TLS over the caller's memory: a BIO that reads and writes the windows of the current call and keeps nothing itself.
#include <arpa/inet.h>
#include <errno.h>
#include <openssl/err.h>
#include <openssl/ssl.h>
#include <openssl/x509v3.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "apus_openssl.h"
#include "openssl_records.h"

struct apus_tls_context {
  SSL_CTX *ssl_context;
  int is_server;
};

struct apus_tls {
  apus_tls_context *context;
  SSL *ssl;
  apus_records *records;  // takes the secrets of a handshake; NULL where OpenSSL does all records
  char host[256];
  const uint8_t *in;
  size_t in_count;
  uint8_t *out;
  size_t out_room;
  size_t out_count;
  unsigned long error;
};

// The BIO -----------------------------------------------------------------------------------------------------------

static int window_read(BIO *bio, char *data, size_t room, size_t *count) {
  apus_tls *tls = BIO_get_data(bio);
  BIO_clear_retry_flags(bio);
  *count = room < tls->in_count ? room : tls->in_count;
  if (*count == 0) {
    BIO_set_retry_read(bio);
    return 0;
  }
  memcpy(data, tls->in, *count);
  tls->in += *count;
  tls->in_count -= *count;
  return 1;
}

static int window_write(BIO *bio, const char *data, size_t size, size_t *count) {
  apus_tls *tls = BIO_get_data(bio);
  BIO_clear_retry_flags(bio);
  *count = size < tls->out_room - tls->out_count ? size : tls->out_room - tls->out_count;
  if (*count == 0) {
    BIO_set_retry_write(bio);
    return 0;
  }
  memcpy(tls->out + tls->out_count, data, *count);
  tls->out_count += *count;
  return 1;
}

static long window_control(BIO *bio, int command, long number, void *pointer) {
  (void)bio, (void)number, (void)pointer;
  return command == BIO_CTRL_FLUSH;
}

static BIO_METHOD *window_method;
static pthread_once_t window_once = PTHREAD_ONCE_INIT;

static void make_window_method(void) {
  window_method = BIO_meth_new(BIO_get_new_index() | BIO_TYPE_SOURCE_SINK, "window");
  if (!window_method) return;
  BIO_meth_set_read_ex(window_method, window_read);
  BIO_meth_set_write_ex(window_method, window_write);
  BIO_meth_set_ctrl(window_method, window_control);
}

// Contexts ----------------------------------------------------------------------------------------------------------

static void describe_error(char *error, const char *what, const char *path) {
  const unsigned long code = ERR_peek_last_error();
  const char *reason = code ? ERR_reason_error_string(code) : NULL;
  snprintf(error, 256, "%s%s%s: %s", what, path ? " " : "", path ? path : "", reason ? reason : "not accepted");
  ERR_clear_error();
}

/// OpenSSL tells secrets through its key log only; the line is OpenSSL's, which erases it.
static void take_secret(const SSL *ssl, const char *line) {
  const apus_tls *tls = SSL_get_app_data(ssl);
  if (tls && tls->records) apus_records_take_line(tls->records, tls->context->is_server, line);
}

static apus_tls_context *new_context(int is_server, int version_max, int is_direct, char *error) {
  pthread_once(&window_once, make_window_method);
  apus_tls_context *context = calloc(1, sizeof *context);
  SSL_CTX *ssl_context = SSL_CTX_new(is_server ? TLS_server_method() : TLS_client_method());
  const int made = context && ssl_context && window_method &&
                   SSL_CTX_set_min_proto_version(ssl_context, TLS1_2_VERSION) &&
                   SSL_CTX_set_max_proto_version(ssl_context, version_max == 12 ? TLS1_2_VERSION : TLS1_3_VERSION) &&
                   // AES with a Galois counter first: it has instructions of its own on every CPU we run on.
                   SSL_CTX_set_ciphersuites(
                       ssl_context, "TLS_AES_128_GCM_SHA256:TLS_AES_256_GCM_SHA384:TLS_CHACHA20_POLY1305_SHA256") &&
                   SSL_CTX_set_cipher_list(ssl_context, "ECDHE+AESGCM:ECDHE+CHACHA20");
  if (!made) {
    describe_error(error, "no TLS context", NULL);
    SSL_CTX_free(ssl_context);
    free(context);
    return NULL;
  }
  SSL_CTX_set_options(ssl_context, SSL_OP_NO_COMPRESSION | SSL_OP_NO_RENEGOTIATION | SSL_OP_NO_TICKET);
  SSL_CTX_set_session_cache_mode(ssl_context, SSL_SESS_CACHE_OFF);
  SSL_CTX_set_num_tickets(ssl_context, 0);
  if (is_direct) SSL_CTX_set_keylog_callback(ssl_context, take_secret);
  context->ssl_context = ssl_context;
  context->is_server = is_server;
  return context;
}

apus_tls_context *apus_tls_client_context(const char *trust_file, int version_max, int is_direct, char *error) {
  apus_tls_context *context = new_context(0, version_max, is_direct, error);
  if (!context) return NULL;
  SSL_CTX_set_verify(context->ssl_context, SSL_VERIFY_PEER, NULL);
  const int trusted = trust_file ? SSL_CTX_load_verify_file(context->ssl_context, trust_file)
                                 : SSL_CTX_set_default_verify_paths(context->ssl_context);
  if (trusted == 1) return context;
  describe_error(error, "trust file", trust_file);
  apus_tls_context_free(context);
  return NULL;
}

apus_tls_context *apus_tls_server_context(
    const char *certificate_file, const char *key_file, int version_max, int is_direct, char *error) {
  apus_tls_context *context = new_context(1, version_max, is_direct, error);
  if (!context) return NULL;
  const char *bad = NULL;
  if (SSL_CTX_use_certificate_chain_file(context->ssl_context, certificate_file) != 1) {
    bad = certificate_file;
  } else if (SSL_CTX_use_PrivateKey_file(context->ssl_context, key_file, SSL_FILETYPE_PEM) != 1) {
    bad = key_file;
  }
  if (!bad) return context;
  describe_error(error, "certificate or key", bad);
  apus_tls_context_free(context);
  return NULL;
}

void apus_tls_context_free(apus_tls_context *context) {
  if (!context) return;
  SSL_CTX_free(context->ssl_context);
  free(context);
}

// Sessions ----------------------------------------------------------------------------------------------------------

static int is_address(const char *host) {
  uint8_t bytes[16];
  return inet_pton(AF_INET, host, bytes) == 1 || inet_pton(AF_INET6, host, bytes) == 1;
}

/// RFC 6125: the certificate must carry the name (or the address) that we meant to reach.
static int expect_host(SSL *ssl, const char *host) {
  if (is_address(host)) return X509_VERIFY_PARAM_set1_ip_asc(SSL_get0_param(ssl), host);
  SSL_set_hostflags(ssl, X509_CHECK_FLAG_NO_PARTIAL_WILDCARDS);
  return SSL_set1_host(ssl, host) && SSL_set_tlsext_host_name(ssl, host);
}

int apus_tls_restart(apus_tls *tls) {
  SSL_free(tls->ssl);
  tls->ssl = SSL_new(tls->context->ssl_context);
  tls->error = 0;
  if (tls->ssl) SSL_set_app_data(tls->ssl, tls);
  BIO *bio = tls->ssl ? BIO_new(window_method) : NULL;
  if (!bio) return -ENOMEM;
  BIO_set_data(bio, tls);
  BIO_set_init(bio, 1);
  SSL_set_bio(tls->ssl, bio, bio);
  if (tls->context->is_server) {
    SSL_set_accept_state(tls->ssl);
    return 0;
  }
  SSL_set_connect_state(tls->ssl);
  return expect_host(tls->ssl, tls->host) ? 0 : -ENOMEM;
}

apus_tls *apus_tls_new(apus_tls_context *context, const char *host) {
  if (host && strlen(host) >= sizeof((apus_tls *)0)->host) return NULL;
  apus_tls *tls = calloc(1, sizeof *tls);
  if (!tls) return NULL;
  tls->context = context;
  if (host) strcpy(tls->host, host);  // Safe: the length was tested above.
  if (apus_tls_restart(tls) == 0) return tls;
  apus_tls_free(tls);
  return NULL;
}

void apus_tls_free(apus_tls *tls) {
  if (!tls) return;
  SSL_free(tls->ssl);
  free(tls);
}

static void open_windows(apus_tls *tls, const void *in, size_t in_count, void *out, size_t out_room) {
  tls->in = in;
  tls->in_count = in_count;
  tls->out = out;
  tls->out_room = out_room;
  tls->out_count = 0;
}

/// What a call's result means; errors are taken from OpenSSL's queue, which is left empty.
static int32_t status_of(apus_tls *tls, int result) {
  switch (SSL_get_error(tls->ssl, result)) {
    case SSL_ERROR_NONE:
    case SSL_ERROR_WANT_READ:
      return APUS_TLS_OK;
    case SSL_ERROR_ZERO_RETURN:
      return APUS_TLS_PEER_CLOSED;
    default:  // also WANT_WRITE: the caller gave too small a window, which no later call could mend
      tls->error = ERR_peek_error();
      ERR_clear_error();
      const int is_client = !tls->context->is_server;
      return is_client && SSL_get_verify_result(tls->ssl) != X509_V_OK ? APUS_TLS_CERTIFICATE_REJECTED
                                                                      : APUS_TLS_FAILED;
  }
}

struct apus_tls_progress apus_tls_read(
    apus_tls *tls, const void *ciphertext, size_t ciphertext_count, void *plaintext, size_t plaintext_room,
    void *outgoing, size_t outgoing_room) {
  open_windows(tls, ciphertext, ciphertext_count, outgoing, outgoing_room);
  size_t count = 0;
  const int result = SSL_read_ex(tls->ssl, plaintext, plaintext_room, &count);
  const int32_t status = result == 1 ? APUS_TLS_OK : status_of(tls, result);
  return (struct apus_tls_progress){ciphertext_count - tls->in_count, count, tls->out_count, status};
}

struct apus_tls_progress apus_tls_write(
    apus_tls *tls, const void *plaintext, size_t plaintext_count, void *outgoing, size_t outgoing_room) {
  open_windows(tls, NULL, 0, outgoing, outgoing_room);
  size_t count = 0;
  const int result = SSL_write_ex(tls->ssl, plaintext, plaintext_count, &count);
  int32_t status = result == 1 ? APUS_TLS_OK : status_of(tls, result);
  if (status == APUS_TLS_OK && count != plaintext_count) status = APUS_TLS_FAILED;
  return (struct apus_tls_progress){0, count, tls->out_count, status};
}

struct apus_tls_progress apus_tls_shutdown(apus_tls *tls, void *outgoing, size_t outgoing_room) {
  open_windows(tls, NULL, 0, outgoing, outgoing_room);
  // 0 means that the peer's close_notify has not come yet: nobody waits for it.
  const int result = SSL_in_init(tls->ssl) ? 0 : SSL_shutdown(tls->ssl);
  const int32_t status = result >= 0 ? APUS_TLS_OK : status_of(tls, result);
  return (struct apus_tls_progress){0, 0, tls->out_count, status};
}

void apus_tls_share_secrets(apus_tls *tls, apus_records *records) { tls->records = records; }
int apus_tls_begin_records(apus_tls *tls, apus_records *records) { return apus_records_begin(records, tls->ssl); }

int apus_tls_ask_for_new_key(apus_tls *tls) {
  return SSL_key_update(tls->ssl, SSL_KEY_UPDATE_REQUESTED) == 1 ? 0 : -EIO;
}

int apus_tls_is_established(const apus_tls *tls) { return SSL_is_init_finished(tls->ssl); }
int apus_tls_has_pending(const apus_tls *tls) { return SSL_pending(tls->ssl) > 0; }
long apus_tls_verify_code(const apus_tls *tls) { return SSL_get_verify_result(tls->ssl); }
const char *apus_tls_verify_text(long code) { return X509_verify_cert_error_string(code); }
const char *apus_tls_version(const apus_tls *tls) { return SSL_get_version(tls->ssl); }
const char *apus_tls_cipher(const apus_tls *tls) { return SSL_get_cipher_name(tls->ssl); }

const char *apus_tls_error_text(const apus_tls *tls) {
  const char *reason = tls->error ? ERR_reason_error_string(tls->error) : NULL;
  return reason ? reason : "unexpected end of the connection";
}
