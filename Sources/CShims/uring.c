// One io_uring for one connection: multishot receive into a ring of provided buffers, connect and send.
#include "apus_uring.h"

#include <errno.h>
#include <liburing.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <unistd.h>

enum {
  submission_entries = 8,  // at most connect, receive, send and cancel of two connections stand in it
  buffer_group = 0,
};

struct apus_uring {
  struct io_uring ring;
  struct io_uring_buf_ring *buffer_ring;
  uint8_t *buffers;
  unsigned buffer_count;
  unsigned buffer_bytes;
  int enabled;
  struct msghdr stamped;  // how much room control messages get in a buffer; the kernel reads it when a receive begins
};

/// SINGLE_ISSUER came with the kernel (6.0) that brought multishot receive: asking for it is the test for both. The
/// ring starts disabled, because the thread that enables it becomes the issuer.
static int setup(apus_uring *ring) {
  const unsigned completions = ring->buffer_count * 2;  // every buffer full, and all else that can be under way
  const unsigned common = IORING_SETUP_SINGLE_ISSUER | IORING_SETUP_R_DISABLED | IORING_SETUP_CQSIZE |
                          IORING_SETUP_TASKRUN_FLAG;
  struct io_uring_params deferred = {.flags = common | IORING_SETUP_DEFER_TASKRUN, .cq_entries = completions};
  int result = io_uring_queue_init_params(submission_entries, &ring->ring, &deferred);
  if (result != -EINVAL) return result;
  struct io_uring_params cooperative = {.flags = common | IORING_SETUP_COOP_TASKRUN, .cq_entries = completions};
  result = io_uring_queue_init_params(submission_entries, &ring->ring, &cooperative);
  return result == -EINVAL ? -ENOSYS : result;
}

static void *map(size_t bytes) {
  void *mapped = mmap(NULL, bytes, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_POPULATE, -1, 0);
  return mapped == MAP_FAILED ? NULL : mapped;
}

static int provide_buffers(apus_uring *ring) {
  ring->buffer_ring = map(ring->buffer_count * sizeof(struct io_uring_buf));
  ring->buffers = map((size_t)ring->buffer_count * ring->buffer_bytes);
  if (!ring->buffer_ring || !ring->buffers) return -ENOMEM;
  struct io_uring_buf_reg registration = {
      .ring_addr = (uintptr_t)ring->buffer_ring, .ring_entries = ring->buffer_count, .bgid = buffer_group};
  const int result = io_uring_register_buf_ring(&ring->ring, &registration, 0);
  if (result < 0) return result;
  io_uring_buf_ring_init(ring->buffer_ring);
  for (unsigned i = 0; i < ring->buffer_count; i++) apus_uring_recycle(ring, (uint16_t)i);
  return 0;
}

int apus_uring_open(apus_uring **out, unsigned buffer_count, unsigned buffer_bytes) {
  apus_uring *ring = calloc(1, sizeof *ring);
  if (!ring) return -ENOMEM;
  ring->buffer_count = buffer_count;
  ring->buffer_bytes = buffer_bytes;
  ring->stamped.msg_controllen = APUS_STAMP_BYTES;
  int result = setup(ring);
  if (result < 0) {
    free(ring);
    return result;
  }
  result = provide_buffers(ring);
  if (result < 0) {
    apus_uring_close(ring);
    return result;
  }
  *out = ring;
  return 0;
}

int apus_uring_setup(unsigned flags) {
  struct io_uring ring;
  struct io_uring_params parameters = {.flags = flags};
  const int result = io_uring_queue_init_params(submission_entries, &ring, &parameters);
  if (result == 0) io_uring_queue_exit(&ring);
  return result;
}

void apus_uring_close(apus_uring *ring) {
  if (!ring) return;
  io_uring_queue_exit(&ring->ring);
  if (ring->buffers) munmap(ring->buffers, (size_t)ring->buffer_count * ring->buffer_bytes);
  if (ring->buffer_ring) munmap(ring->buffer_ring, ring->buffer_count * sizeof(struct io_uring_buf));
  free(ring);
}

int apus_uring_enable(apus_uring *ring) {
  if (ring->enabled) return 0;
  // io_uring_enable_rings by its system call: the shared liburing 2.3 of Debian 12 does not export it.
  const long result = syscall(__NR_io_uring_register, ring->ring.ring_fd, IORING_REGISTER_ENABLE_RINGS, NULL, 0);
  ring->enabled = result >= 0;
  return result < 0 ? -errno : 0;
}

static void mark(struct io_uring_sqe *sqe, uint8_t operation, uint32_t generation) {
  io_uring_sqe_set_data64(sqe, (uint64_t)generation << 8 | operation);
}

int apus_uring_connect(apus_uring *ring, int descriptor, const struct apus_address *address, uint32_t generation) {
  struct io_uring_sqe *sqe = io_uring_get_sqe(&ring->ring);
  if (!sqe) return -EBUSY;
  io_uring_prep_connect(sqe, descriptor, (const struct sockaddr *)address->bytes, address->length);
  mark(sqe, APUS_URING_CONNECT, generation);
  return 0;
}

int apus_uring_receive(apus_uring *ring, int descriptor, uint32_t generation) {
  struct io_uring_sqe *sqe = io_uring_get_sqe(&ring->ring);
  if (!sqe) return -EBUSY;
  io_uring_prep_recv_multishot(sqe, descriptor, NULL, 0, 0);
  sqe->flags |= IOSQE_BUFFER_SELECT;
  sqe->buf_group = buffer_group;
  mark(sqe, APUS_URING_RECEIVE, generation);
  return 0;
}

int apus_uring_receive_stamped(apus_uring *ring, int descriptor, uint32_t generation) {
  struct io_uring_sqe *sqe = io_uring_get_sqe(&ring->ring);
  if (!sqe) return -EBUSY;
  io_uring_prep_recvmsg_multishot(sqe, descriptor, &ring->stamped, 0);
  sqe->flags |= IOSQE_BUFFER_SELECT;
  sqe->buf_group = buffer_group;
  mark(sqe, APUS_URING_RECEIVE_STAMPED, generation);
  return 0;
}

/// Reads what a stamped receive put before the bytes (io_uring_prep_recvmsg_multishot(3)): its end of the stream is a
/// message without bytes.
static void open_message(apus_uring *ring, struct apus_uring_completion *completion) {
  completion->operation = APUS_URING_RECEIVE;
  if (!completion->has_buffer || completion->result <= 0) return;
  uint8_t *buffer = ring->buffers + (size_t)completion->buffer * ring->buffer_bytes;
  struct io_uring_recvmsg_out *message = io_uring_recvmsg_validate(buffer, completion->result, &ring->stamped);
  if (!message) {
    completion->result = -EBADMSG;
    return;
  }
  const uint8_t *payload = io_uring_recvmsg_payload(message, &ring->stamped);
  completion->age_ns = apus_stamp_age_ns(io_uring_recvmsg_cmsg_firsthdr(message, &ring->stamped));
  completion->offset = (uint16_t)(payload - buffer);
  completion->result = (int32_t)io_uring_recvmsg_payload_length(message, completion->result, &ring->stamped);
}

int apus_uring_send(apus_uring *ring, int descriptor, const void *bytes, size_t count, uint32_t generation) {
  struct io_uring_sqe *sqe = io_uring_get_sqe(&ring->ring);
  if (!sqe) return -EBUSY;
  io_uring_prep_send(sqe, descriptor, bytes, count, MSG_NOSIGNAL);
  mark(sqe, APUS_URING_SEND, generation);
  return 0;
}

int apus_uring_cancel(apus_uring *ring, int descriptor, uint32_t generation) {
  struct io_uring_sqe *sqe = io_uring_get_sqe(&ring->ring);
  if (!sqe) return -EBUSY;
  io_uring_prep_cancel_fd(sqe, descriptor, IORING_ASYNC_CANCEL_ALL);
  mark(sqe, APUS_URING_CANCEL, generation);
  return 0;
}

int apus_uring_submit(apus_uring *ring) {
  const int result = io_uring_submit(&ring->ring);
  return result < 0 ? result : 0;
}

int apus_uring_next(apus_uring *ring, struct apus_uring_completion *out) {
  struct io_uring_cqe *cqe = NULL;
  if (io_uring_peek_cqe(&ring->ring, &cqe) != 0 || !cqe) return 0;
  const uint64_t mark = io_uring_cqe_get_data64(cqe);
  *out = (struct apus_uring_completion){
      .generation = (uint32_t)(mark >> 8),
      .operation = (uint8_t)mark,
      .has_buffer = (cqe->flags & IORING_CQE_F_BUFFER) != 0,
      .has_more = (cqe->flags & IORING_CQE_F_MORE) != 0,
      .buffer = (uint16_t)(cqe->flags >> IORING_CQE_BUFFER_SHIFT),
      .age_ns = -1,
      .result = cqe->res,
  };
  io_uring_cqe_seen(&ring->ring, cqe);
  if (out->operation == APUS_URING_RECEIVE_STAMPED) open_message(ring, out);
  return 1;
}

const uint8_t *apus_uring_buffer(const apus_uring *ring, uint16_t buffer) {
  return ring->buffers + (size_t)buffer * ring->buffer_bytes;
}

void apus_uring_recycle(apus_uring *ring, uint16_t buffer) {
  io_uring_buf_ring_add(
      ring->buffer_ring, ring->buffers + (size_t)buffer * ring->buffer_bytes, ring->buffer_bytes, buffer,
      io_uring_buf_ring_mask(ring->buffer_count), 0);
  io_uring_buf_ring_advance(ring->buffer_ring, 1);
}
