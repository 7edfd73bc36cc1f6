#include "apus_local_socket.h"

#include <errno.h>
#include <pwd.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/time.h>
#include <sys/un.h>
#include <unistd.h>

size_t apus_local_path_limit(void) { return sizeof((struct sockaddr_un *)0)->sun_path - 1; }

static int fill(struct sockaddr_un *address, const char *path) {
  const size_t length = strlen(path);
  if (length == 0) return -EINVAL;
  if (length > apus_local_path_limit()) return -ENAMETOOLONG;
  memset(address, 0, sizeof *address);
  address->sun_family = AF_UNIX;
  memcpy(address->sun_path, path, length);
  return 0;
}

static int close_with(int descriptor, int error) {
  (void)close(descriptor);
  return -error;
}

// Only a socket that refuses connections is removed: one that a live process listens at accepts them, and anything that
// is not a socket is not ours. Two starts at once are kept apart by the lock of the state directory.
static int remove_stale(const struct sockaddr_un *address) {
  struct stat status;
  if (lstat(address->sun_path, &status) != 0) return errno == ENOENT ? 0 : -errno;
  if (!S_ISSOCK(status.st_mode)) return -EEXIST;
  const int probe = socket(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
  if (probe < 0) return -errno;
  const int refused = connect(probe, (const struct sockaddr *)address, sizeof *address) != 0 && errno == ECONNREFUSED;
  (void)close(probe);
  if (!refused) return -EADDRINUSE;
  return unlink(address->sun_path) == 0 || errno == ENOENT ? 0 : -errno;
}

int apus_local_listen(const char *path, unsigned mode, int backlog) {
  struct sockaddr_un address;
  int result = fill(&address, path);
  if (result == 0) result = remove_stale(&address);
  if (result != 0) return result;
  const int descriptor = socket(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
  if (descriptor < 0) return -errno;
  // Before bind, the mode is that of the file to come, less the process's mask: it is at no time wider than asked for.
  if (fchmod(descriptor, mode) != 0 || bind(descriptor, (const struct sockaddr *)&address, sizeof address) != 0) {
    return close_with(descriptor, errno);
  }
  if (chmod(path, mode) != 0 || listen(descriptor, backlog) != 0) {
    const int error = errno;
    (void)unlink(path);
    return close_with(descriptor, error);
  }
  return descriptor;
}

int apus_local_accept(int listening, struct apus_peer *peer) {
  const int descriptor = accept4(listening, NULL, NULL, SOCK_NONBLOCK | SOCK_CLOEXEC);
  if (descriptor < 0) return -errno;
  struct ucred credentials;
  socklen_t size = sizeof credentials;
  if (getsockopt(descriptor, SOL_SOCKET, SO_PEERCRED, &credentials, &size) != 0) return close_with(descriptor, errno);
  *peer = (struct apus_peer){.user = credentials.uid, .group = credentials.gid, .process = credentials.pid};
  return descriptor;
}

int apus_local_connect(const char *path, int timeout_ms) {
  struct sockaddr_un address;
  const int result = fill(&address, path);
  if (result != 0) return result;
  const int descriptor = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
  if (descriptor < 0) return -errno;
  const struct timeval limit = {.tv_sec = timeout_ms / 1000, .tv_usec = (timeout_ms % 1000) * 1000};
  if (setsockopt(descriptor, SOL_SOCKET, SO_RCVTIMEO, &limit, sizeof limit) != 0 ||
      setsockopt(descriptor, SOL_SOCKET, SO_SNDTIMEO, &limit, sizeof limit) != 0 ||
      connect(descriptor, (const struct sockaddr *)&address, sizeof address) != 0) {
    return close_with(descriptor, errno);
  }
  return descriptor;
}

long apus_local_receive(int descriptor, void *bytes, size_t room) {
  ssize_t count;
  do count = recv(descriptor, bytes, room, 0);
  while (count < 0 && errno == EINTR);
  return count >= 0 ? count : -errno;
}

int apus_local_send(int descriptor, const void *bytes, size_t count) {
  const char *next = bytes;
  while (count > 0) {
    const ssize_t sent = send(descriptor, next, count, MSG_NOSIGNAL);
    if (sent < 0 && errno == EINTR) continue;
    if (sent < 0) return -errno;
    next += sent;
    count -= (size_t)sent;
  }
  return 0;
}

// A user's entry is small; one that does not fit is no user of this bot.
enum { entry_bytes = 4096 };

int apus_user_number(const char *name, uint32_t *user) {
  char space[entry_bytes];
  struct passwd entry, *found = NULL;
  const int error = getpwnam_r(name, &entry, space, sizeof space, &found);
  if (error != 0) return -error;
  if (!found) return -ENOENT;
  *user = found->pw_uid;
  return 0;
}

int apus_user_name(uint32_t user, char *name, size_t room) {
  char space[entry_bytes];
  struct passwd entry, *found = NULL;
  const int error = getpwuid_r(user, &entry, space, sizeof space, &found);
  if (error != 0) return -error;
  if (!found) return -ENOENT;
  if (strlen(found->pw_name) >= room) return -ERANGE;
  strcpy(name, found->pw_name);
  return 0;
}

uint32_t apus_user(void) { return geteuid(); }
