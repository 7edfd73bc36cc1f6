// A bare echo over TCP on loopback: what the way from a frame to an order costs without TLS and without reading anything.
#include <errno.h>
#include <liburing.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

#include "peers.h"

// A frame begins with its length and whether it wants an answer; nothing else of it is looked at.
enum { answer_flag = 1u << 31, header_bytes = 4, buffer_bytes = 16384, buffer_count = 64, control_bytes = 64 };

static int64_t realtime_ns(void) {
  struct timespec now;
  clock_gettime(CLOCK_REALTIME, &now);
  return (int64_t)now.tv_sec * 1000000000 + now.tv_nsec;
}

/// The stamp of a control message; 0 where there is none.
static int64_t stamp_ns(const struct cmsghdr *control) {
  if (!control || control->cmsg_level != SOL_SOCKET || control->cmsg_type != SCM_TIMESTAMPNS) return 0;
  struct timespec stamp;
  memcpy(&stamp, CMSG_DATA(control), sizeof stamp);
  return (int64_t)stamp.tv_sec * 1000000000 + stamp.tv_nsec;
}

// The sender ------------------------------------------------------------------------------------------------------------

struct sender {
  const peer_echo_plan *plan;
  int64_t duration_ns;
  int market;
  int orders;
  size_t largest;
  atomic_int failure;
};

static int send_whole(int descriptor, const uint8_t *bytes, size_t count) {
  while (count > 0) {
    const ssize_t sent = send(descriptor, bytes, count, MSG_NOSIGNAL | MSG_DONTWAIT);
    if (sent < 0 && errno != EAGAIN && errno != EINTR) return -errno;
    if (sent > 0) {
      bytes += sent;
      count -= (size_t)sent;
    }
  }
  return 0;
}

/// Sends a frame whenever one is due, whatever the other side does, and replies to whole orders between two frames.
static void *send_frames(void *context) {
  struct sender *sender = context;
  const peer_echo_plan *plan = sender->plan;
  uint8_t *frame = calloc(1, sender->largest), *reply = calloc(1, plan->reply_bytes), inbox[65536];
  int failure = peer_pin(plan->sender_cpu);
  size_t got = 0;
  const int64_t start = peer_now_ns();
  for (int64_t number = 0; failure == 0;) {
    const int64_t now = peer_now_ns();
    if (now - start >= sender->duration_ns) break;
    if (now - start >= number * plan->interval_ns) {
      const uint32_t bytes = plan->frame_bytes[(size_t)number % plan->frame_count];
      const uint32_t head = bytes | ((number + 1) % plan->frames_per_answer == 0 ? answer_flag : 0);
      memcpy(frame, &head, sizeof head);
      failure = send_whole(sender->market, frame, bytes);
      number++;
      continue;
    }
    const ssize_t count = recv(sender->orders, inbox, sizeof inbox, MSG_DONTWAIT);
    if (count > 0) got += (size_t)count;
    for (; failure == 0 && got >= plan->order_bytes; got -= plan->order_bytes) {
      failure = send_whole(sender->orders, reply, plan->reply_bytes);
    }
  }
  atomic_store(&sender->failure, failure);
  shutdown(sender->market, SHUT_WR);
  free(frame);
  free(reply);
  return NULL;
}

// The echo --------------------------------------------------------------------------------------------------------------

struct echo {
  const peer_echo_plan *plan;
  int market;
  int orders;
  uint8_t header[header_bytes];
  size_t header_count;
  uint32_t missing;  // bytes of the present frame that have not come
  int wants_answer;
  uint8_t *order;
  double *latencies_ns;
  size_t room;
  size_t count;
  struct io_uring ring;
  int sends_by_ring;
};

static int send_order(struct echo *echo) {
  if (!echo->sends_by_ring) return send_whole(echo->orders, echo->order, echo->plan->order_bytes);
  struct io_uring_sqe *sqe = io_uring_get_sqe(&echo->ring);
  if (!sqe) return -EBUSY;
  io_uring_prep_send(sqe, echo->orders, echo->order, echo->plan->order_bytes, MSG_NOSIGNAL);
  io_uring_sqe_set_data64(sqe, 0);
  const int result = io_uring_submit(&echo->ring);
  return result < 0 ? result : 0;
}

/// Follows the frames and answers those that want it.
static int take(struct echo *echo, const uint8_t *bytes, size_t count, int64_t received_ns) {
  while (count > 0) {
    if (echo->missing == 0) {
      echo->header[echo->header_count++] = *bytes++;
      count--;
      if (echo->header_count < header_bytes) continue;
      uint32_t head;
      memcpy(&head, echo->header, sizeof head);
      echo->wants_answer = (head & answer_flag) != 0;
      echo->missing = (head & ~answer_flag) - header_bytes;
      echo->header_count = 0;
    }
    const uint32_t part = count < echo->missing ? (uint32_t)count : echo->missing;
    bytes += part;
    count -= part;
    echo->missing -= part;
    if (echo->missing > 0 || !echo->wants_answer) continue;
    const int failure = send_order(echo);
    if (failure) return failure;
    if (echo->count < echo->room && received_ns) {
      echo->latencies_ns[echo->count++] = (double)(realtime_ns() - received_ns);
    }
  }
  return 0;
}

static int echo_polling(struct echo *echo) {
  static uint8_t bytes[65536], replies[65536];
  for (;;) {
    struct iovec vector = {.iov_base = bytes, .iov_len = sizeof bytes};
    _Alignas(struct cmsghdr) char control[control_bytes];
    struct msghdr message = {
        .msg_iov = &vector, .msg_iovlen = 1, .msg_control = control, .msg_controllen = sizeof control};
    const ssize_t count = recvmsg(echo->market, &message, MSG_DONTWAIT);
    if (count == 0) return 0;
    if (count < 0 && errno != EAGAIN && errno != EINTR) return -errno;
    if (count > 0) {
      const int failure = take(echo, bytes, (size_t)count, stamp_ns(CMSG_FIRSTHDR(&message)));
      if (failure) return failure;
    }
    (void)recv(echo->orders, replies, sizeof replies, MSG_DONTWAIT);
  }
}

static void give(struct io_uring_buf_ring *ring, uint8_t *buffers, unsigned short number) {
  io_uring_buf_ring_add(
      ring, buffers + (size_t)number * buffer_bytes, buffer_bytes, number, io_uring_buf_ring_mask(buffer_count), 0);
  io_uring_buf_ring_advance(ring, 1);
}

enum { market_receive = 1, order_receive = 2 };

static int arm(struct echo *echo, struct msghdr *stamped, uint64_t which) {
  struct io_uring_sqe *sqe = io_uring_get_sqe(&echo->ring);
  if (!sqe) return -EBUSY;
  if (which == market_receive) {
    io_uring_prep_recvmsg_multishot(sqe, echo->market, stamped, 0);
  } else {
    io_uring_prep_recv_multishot(sqe, echo->orders, NULL, 0, 0);
  }
  sqe->flags |= IOSQE_BUFFER_SELECT;
  io_uring_sqe_set_data64(sqe, which);
  const int result = io_uring_submit(&echo->ring);
  return result < 0 ? result : 0;
}

static int echo_by_ring(struct echo *echo) {
  const unsigned deferred = echo->plan->transport == PEER_ECHO_URING_COOPERATIVE ? IORING_SETUP_COOP_TASKRUN
                                                                               : IORING_SETUP_DEFER_TASKRUN;
  struct io_uring_params parameters = {
      .flags = IORING_SETUP_SINGLE_ISSUER | IORING_SETUP_CQSIZE | IORING_SETUP_TASKRUN_FLAG | deferred,
      .cq_entries = 4 * buffer_count};
  int failure = io_uring_queue_init_params(16, &echo->ring, &parameters);
  if (failure) return failure;
  echo->sends_by_ring = echo->plan->transport != PEER_ECHO_URING_AND_SEND;
  const size_t descriptors = buffer_count * sizeof(struct io_uring_buf);
  const size_t bytes = (size_t)buffer_count * buffer_bytes;
  const int access = PROT_READ | PROT_WRITE, kind = MAP_PRIVATE | MAP_ANONYMOUS | MAP_POPULATE;
  struct io_uring_buf_ring *provided = mmap(NULL, descriptors, access, kind, -1, 0);
  uint8_t *buffers = mmap(NULL, bytes, access, kind, -1, 0);
  struct io_uring_buf_reg registration = {.ring_addr = (uintptr_t)provided, .ring_entries = buffer_count};
  failure = provided == MAP_FAILED || buffers == MAP_FAILED ? -ENOMEM
                                                            : io_uring_register_buf_ring(&echo->ring, &registration, 0);
  if (failure == 0) {
    io_uring_buf_ring_init(provided);
    for (unsigned short number = 0; number < buffer_count; number++) give(provided, buffers, number);
  }
  struct msghdr stamped = {.msg_controllen = control_bytes};
  if (failure == 0) failure = arm(echo, &stamped, market_receive);
  if (failure == 0) failure = arm(echo, &stamped, order_receive);
  int is_over = 0;
  while (failure == 0 && !is_over) {
    struct io_uring_cqe *seen = NULL;
    if (io_uring_peek_cqe(&echo->ring, &seen) != 0 || !seen) continue;
    const struct io_uring_cqe cqe = *seen;
    io_uring_cqe_seen(&echo->ring, seen);
    const uint64_t which = io_uring_cqe_get_data64(&cqe);
    if (which != market_receive && which != order_receive) {
      if (cqe.res < 0) failure = cqe.res;
      continue;
    }
    if (cqe.flags & IORING_CQE_F_BUFFER) {
      const unsigned short number = (unsigned short)(cqe.flags >> IORING_CQE_BUFFER_SHIFT);
      uint8_t *buffer = buffers + (size_t)number * buffer_bytes;
      if (which == market_receive && cqe.res > 0) {
        struct io_uring_recvmsg_out *message = io_uring_recvmsg_validate(buffer, cqe.res, &stamped);
        const unsigned count = message ? io_uring_recvmsg_payload_length(message, cqe.res, &stamped) : 0;
        is_over = count == 0;
        if (count > 0) {
          failure = take(echo, io_uring_recvmsg_payload(message, &stamped), count,
                         stamp_ns(io_uring_recvmsg_cmsg_firsthdr(message, &stamped)));
        }
      }
      give(provided, buffers, number);
    } else if (which == market_receive && cqe.res == 0) {
      is_over = 1;
    }
    if (!(cqe.flags & IORING_CQE_F_MORE) && !is_over && failure == 0) {
      if (cqe.res < 0 && cqe.res != -ENOBUFS) failure = cqe.res;
      else failure = arm(echo, &stamped, which);
    }
  }
  io_uring_queue_exit(&echo->ring);
  if (provided != MAP_FAILED) munmap(provided, descriptors);
  if (buffers != MAP_FAILED) munmap(buffers, bytes);
  return failure;
}

// Both ------------------------------------------------------------------------------------------------------------------

/// A connection over loopback: `ends[0]` connected, `ends[1]` accepted. 0 or a negative errno.
static int connect_pair(int ends[2]) {
  const int listening = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0), on = 1;
  struct sockaddr_in address = {.sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
  socklen_t length = sizeof address;
  ends[0] = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
  ends[1] = -1;
  int failure = 0;
  if (listening < 0 || ends[0] < 0 || bind(listening, (struct sockaddr *)&address, length) ||
      listen(listening, 1) || getsockname(listening, (struct sockaddr *)&address, &length) ||
      connect(ends[0], (struct sockaddr *)&address, length) || (ends[1] = accept(listening, NULL, NULL)) < 0 ||
      setsockopt(ends[0], IPPROTO_TCP, TCP_NODELAY, &on, sizeof on) ||
      setsockopt(ends[1], IPPROTO_TCP, TCP_NODELAY, &on, sizeof on) ||
      setsockopt(ends[0], SOL_SOCKET, SO_TIMESTAMPNS, &on, sizeof on)) {
    failure = -errno;
  }
  if (listening >= 0) close(listening);
  return failure;
}

long peer_echo(const peer_echo_plan *plan, int64_t duration_ns, double *latencies_ns, size_t room) {
  int market[2] = {-1, -1}, orders[2] = {-1, -1};
  int failure = connect_pair(market);
  if (!failure) failure = connect_pair(orders);
  struct sender sender = {.plan = plan, .duration_ns = duration_ns, .market = market[1], .orders = orders[1]};
  for (size_t i = 0; i < plan->frame_count; i++) {
    if (plan->frame_bytes[i] > sender.largest) sender.largest = plan->frame_bytes[i];
  }
  struct echo echo = {.plan = plan, .market = market[0], .orders = orders[0], .latencies_ns = latencies_ns, .room = room};
  echo.order = calloc(1, plan->order_bytes);
  pthread_t thread;
  if (!failure) failure = -pthread_create(&thread, NULL, send_frames, &sender);
  if (!failure) {
    failure = plan->transport == PEER_ECHO_POLL ? echo_polling(&echo) : echo_by_ring(&echo);
    if (failure) shutdown(market[0], SHUT_RDWR);  // the sender meets it, too
    pthread_join(thread, NULL);
    if (!failure) failure = atomic_load(&sender.failure);
  }
  free(echo.order);
  const int all[] = {market[0], market[1], orders[0], orders[1]};
  for (size_t i = 0; i < sizeof all / sizeof *all; i++) {
    if (all[i] >= 0) close(all[i]);
  }
  return failure ? failure : (long)echo.count;
}
