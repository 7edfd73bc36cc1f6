// Non-blocking TCP sockets and socket addresses. Calls return a negative errno instead of leaving errno to be read.
#ifndef APUS_SOCKET_H
#define APUS_SOCKET_H

#include <stddef.h>
#include <stdint.h>

#include "apus_annotations.h"

/// An IPv4 or IPv6 address with its port, as the kernel wants it.
struct apus_address {
  uint8_t bytes[28];  ///< a sockaddr_in or sockaddr_in6
  uint32_t length;
};

/// Resolves a name (blocking, cold). Returns how many addresses were written, or a negative EAI_ code.
int apus_resolve(const char *host, uint16_t port, struct apus_address *out, int limit);
const char *apus_resolve_error(int code);
/// "127.0.0.1:443" or "[::1]:443", in at most 64 bytes.
void apus_address_text(const struct apus_address *address, char *out);

/// A non-blocking TCP socket without Nagle's delay. `busy_poll_us` above 0 asks for SO_BUSY_POLL, which the kernel may
/// refuse to the unprivileged: then it is simply not there. Returns the descriptor, or a negative errno.
APUS_HOT int apus_socket_open(const struct apus_address *address, int busy_poll_us);
/// Returns 0, or a negative errno (-EINPROGRESS: ask `apus_socket_connected`).
APUS_HOT int apus_socket_connect(int descriptor, const struct apus_address *address);
/// Returns 1 when connected, 0 while under way, or a negative errno.
APUS_HOT int apus_socket_connected(int descriptor);
/// Bytes received, 0 at the end of the stream, or a negative errno (-EAGAIN: nothing there).
APUS_HOT long apus_socket_receive(int descriptor, void *bytes, size_t room);
/// Lets the kernel stamp what arrives from now on (SO_TIMESTAMPNS, socket(7)). Returns 0 or a negative errno.
APUS_HOT int apus_socket_stamp(int descriptor);
/// `apus_socket_receive`, and for how long the last of the bytes had been in the kernel, by its system clock, when they were
/// taken over; -1 where it has no stamp.
APUS_HOT long apus_socket_receive_stamped(int descriptor, void *bytes, size_t room, int64_t *age_ns);
/// Room for a stamp as a control message.
enum { APUS_STAMP_BYTES = 64 };
struct cmsghdr;
/// The age of a stamp that came as a control message; -1 when `control` is none.
APUS_HOT int64_t apus_stamp_age_ns(const struct cmsghdr *control);
APUS_HOT long apus_socket_send(int descriptor, const void *bytes, size_t count);
/// Ends the connection in both directions and gives the descriptor back.
APUS_HOT void apus_socket_close(int descriptor);

/// A listening socket on 127.0.0.1 and a free port, which is written to `address`: the peer of tests. Cold.
int apus_socket_listen(struct apus_address *address);
/// Waits for a connection and returns its descriptor (blocking mode), or a negative errno. Cold.
int apus_socket_accept(int listening);
/// The same without waiting: a non-blocking connection without Nagle's delay, or -EAGAIN.
int apus_socket_accept_now(int listening);

/// How long a network interface gathers received frames before it interrupts (ethtool -c). Returns 0, or a negative errno:
/// EOPNOTSUPP where the driver has no such setting.
int apus_nic_coalescing(const char *interface, uint32_t *receive_us, int *is_adaptive);

#endif
