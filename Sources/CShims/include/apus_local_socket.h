// Unix domain stream sockets, and who is at their other end. Cold; calls return a negative errno.
#ifndef APUS_LOCAL_SOCKET_H
#define APUS_LOCAL_SOCKET_H

#include <stddef.h>
#include <stdint.h>

/// The other end of a connection as the kernel knew it when it connected (SO_PEERCRED, unix(7)): it cannot be forged.
struct apus_peer {
  uint32_t user;
  uint32_t group;
  int32_t process;
};

/// The longest path of a socket in bytes, without the zero behind it.
size_t apus_local_path_limit(void);

/// A non-blocking socket that listens at `path`, created with `mode`. A socket file that nobody listens at any more is
/// removed first. Returns the descriptor or -errno: -EADDRINUSE when a process listens there, -EEXIST when the file is
/// no socket, -ENAMETOOLONG.
int apus_local_listen(const char *path, unsigned mode, int backlog);

/// The next connection, non-blocking. Returns its descriptor or -errno (-EAGAIN: there is none).
int apus_local_accept(int listening, struct apus_peer *peer);

/// A blocking connection whose sends and receives end with -EAGAIN after `timeout_ms`. Returns the descriptor or -errno.
int apus_local_connect(const char *path, int timeout_ms);

/// Receives in blocking mode: bytes, 0 at the end, -EAGAIN when the time is up, or another -errno.
long apus_local_receive(int descriptor, void *bytes, size_t room);

/// Sends everything in blocking mode. Returns 0 or -errno.
int apus_local_send(int descriptor, const void *bytes, size_t count);

/// The number of a user by name. Returns 0, -ENOENT when there is none, or another -errno.
int apus_user_number(const char *name, uint32_t *user);

/// The name of a user by number, in at most `room` bytes with the zero. Returns 0, -ENOENT or another -errno.
int apus_user_name(uint32_t user, char *name, size_t room);

/// The user that this process acts as.
uint32_t apus_user(void);

#endif
