// io_uring through liburing: one ring for one connection, with receive buffers that the kernel picks from.
#ifndef APUS_URING_H
#define APUS_URING_H

#include <stddef.h>
#include <stdint.h>

#include "apus_annotations.h"
#include "apus_socket.h"

typedef struct apus_uring apus_uring;

enum apus_uring_operation {
  APUS_URING_NONE = 0,
  APUS_URING_CONNECT = 1,
  APUS_URING_RECEIVE = 2,
  APUS_URING_SEND = 3,
  APUS_URING_CANCEL = 4,
  APUS_URING_RECEIVE_STAMPED = 5,  ///< inside only: its completions say APUS_URING_RECEIVE
};

/// One completion.
struct apus_uring_completion {
  uint32_t generation;  ///< of the connection that the operation belonged to
  uint8_t operation;
  uint8_t has_buffer;  ///< `buffer` is the caller's until it is recycled
  uint8_t has_more;    ///< the multishot receive goes on
  uint16_t buffer;
  uint16_t offset;  ///< of the received bytes in the buffer
  int64_t age_ns;   ///< for how long they had been in the kernel; -1 without a stamp
  int32_t result;  ///< bytes, or a negative errno
};

/// Makes a ring with `buffer_count` (a power of two) receive buffers, still disabled. Returns 0 or a negative errno;
/// -ENOSYS also where the kernel is older than 6.0 and has no multishot receive.
int apus_uring_open(apus_uring **ring, unsigned buffer_count, unsigned buffer_bytes);
void apus_uring_close(apus_uring *ring);

/// Makes a ring with these IORING_SETUP_ flags and drops it again. Returns 0 or a negative errno: EINVAL for flags that
/// this kernel does not know, EPERM where a seccomp filter or kernel.io_uring_disabled forbids it, ENOSYS without it.
int apus_uring_setup(unsigned flags);

/// Makes the calling thread the ring's only user. Returns 0 or a negative errno. May be called again.
APUS_HOT int apus_uring_enable(apus_uring *ring);
/// The operations below are put into the submission queue; they return 0, or -EBUSY when it is full.
APUS_HOT int apus_uring_connect(
    apus_uring *ring, int descriptor, const struct apus_address *address, uint32_t generation);
APUS_HOT int apus_uring_receive(apus_uring *ring, int descriptor, uint32_t generation);
/// `apus_uring_receive` of a socket whose bytes the kernel stamps (`apus_socket_stamp`): completions have `age_ns`.
APUS_HOT int apus_uring_receive_stamped(apus_uring *ring, int descriptor, uint32_t generation);
APUS_HOT int apus_uring_send(apus_uring *ring, int descriptor, const void *bytes, size_t count, uint32_t generation);
APUS_HOT int apus_uring_cancel(apus_uring *ring, int descriptor, uint32_t generation);
/// Hands the queue to the kernel. Returns 0 or a negative errno.
APUS_HOT int apus_uring_submit(apus_uring *ring);
/// Takes the next completion; 0 when there is none. Enters the kernel only when it has deferred work for this thread.
APUS_HOT int apus_uring_next(apus_uring *ring, struct apus_uring_completion *out);
APUS_HOT const uint8_t *apus_uring_buffer(const apus_uring *ring, uint16_t buffer);
/// Gives a receive buffer back to the kernel.
APUS_HOT void apus_uring_recycle(apus_uring *ring, uint16_t buffer);

#endif
