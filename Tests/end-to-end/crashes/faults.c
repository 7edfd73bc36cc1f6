// A shim for LD_PRELOAD: kills the process at its n-th order, before or after the bytes leave, and stalls the disk.
//
// APUS_CRASH_ORDER=n   the n-th `order.place` that the process writes into a TLS session …
// APUS_CRASH_WHEN=…    … kills it `before` or `after` the send call that carries it
// APUS_STALL_FILE=path fdatasync and fsync do not return while this file exists
//
// The order is recognised in what is handed to OpenSSL: WebSocket frames of a client, whose payload is masked
// (RFC 6455, section 5.3). The send that follows on the same thread is the one that carries it.
#define _GNU_SOURCE
#include <dlfcn.h>
#include <openssl/ssl.h>
#include <signal.h>
#include <stdatomic.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

static atomic_int orders;
static _Thread_local int is_due;

static void *real(const char *name) {
  void *function = dlsym(RTLD_NEXT, name);
  if (!function) abort();
  return function;
}

static int target(void) {
  const char *text = getenv("APUS_CRASH_ORDER");
  return text ? atoi(text) : 0;
}

static void die(void) {
  kill(getpid(), SIGKILL);
  for (;;) pause();
}

/// Whether a run of client frames holds an order.
static int holds_order(const uint8_t *bytes, size_t count) {
  while (count >= 6 && (bytes[1] & 0x80)) {
    size_t length = bytes[1] & 0x7f, head = 2;
    if (length == 126 && count >= 8) {
      length = (size_t)bytes[2] << 8 | bytes[3];
      head = 4;
    } else if (length > 125) {
      return 0;  // longer than any order
    }
    if (head + 4 + length > count) return 0;
    char text[4096];
    size_t shown = length < sizeof text ? length : sizeof text;
    for (size_t i = 0; i < shown; i++) text[i] = (char)(bytes[head + 4 + i] ^ bytes[head + i % 4]);
    if (memmem(text, shown, "\"order.place\"", 13)) return 1;
    bytes += head + 4 + length;
    count -= head + 4 + length;
  }
  return 0;
}

int SSL_write_ex(SSL *ssl, const void *bytes, size_t count, size_t *written) {
  static int (*write_ex)(SSL *, const void *, size_t, size_t *);
  if (!write_ex) write_ex = (int (*)(SSL *, const void *, size_t, size_t *))real("SSL_write_ex");
  if (target() > 0 && holds_order(bytes, count) && atomic_fetch_add(&orders, 1) + 1 == target()) is_due = 1;
  return write_ex(ssl, bytes, count, written);
}

ssize_t send(int descriptor, const void *bytes, size_t count, int flags) {
  static ssize_t (*send_bytes)(int, const void *, size_t, int);
  if (!send_bytes) send_bytes = (ssize_t(*)(int, const void *, size_t, int))real("send");
  const char *when = getenv("APUS_CRASH_WHEN");
  if (is_due && when && !strcmp(when, "before")) die();
  ssize_t sent = send_bytes(descriptor, bytes, count, flags);
  if (is_due) die();
  return sent;
}

static void stall(void) {
  const char *path = getenv("APUS_STALL_FILE");
  while (path && access(path, F_OK) == 0) usleep(1000);
}

int fdatasync(int descriptor) {
  stall();
  return ((int (*)(int))real("fdatasync"))(descriptor);
}

int fsync(int descriptor) {
  stall();
  return ((int (*)(int))real("fsync"))(descriptor);
}
