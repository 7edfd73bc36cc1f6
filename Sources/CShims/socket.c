// TCP sockets, as thin as they can be: one system call each.
#include <arpa/inet.h>
#include <errno.h>
#include <linux/ethtool.h>
#include <linux/sockios.h>
#include <net/if.h>
#include <netdb.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <stdio.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

#include "apus_socket.h"

_Static_assert(sizeof(struct sockaddr_in6) <= sizeof((struct apus_address *)0)->bytes, "an address must fit");

int apus_resolve(const char *host, uint16_t port, struct apus_address *out, int limit) {
  const struct addrinfo hints = {.ai_socktype = SOCK_STREAM, .ai_flags = AI_NUMERICSERV | AI_ADDRCONFIG};
  char service[8];
  snprintf(service, sizeof service, "%u", port);
  struct addrinfo *list = NULL;
  const int code = getaddrinfo(host, service, &hints, &list);
  if (code != 0) return code < 0 ? code : -code;
  int count = 0;
  for (const struct addrinfo *info = list; info && count < limit; info = info->ai_next) {
    if (info->ai_addrlen > sizeof out->bytes) continue;
    memset(&out[count], 0, sizeof *out);
    memcpy(out[count].bytes, info->ai_addr, info->ai_addrlen);
    out[count++].length = info->ai_addrlen;
  }
  freeaddrinfo(list);
  return count;
}

const char *apus_resolve_error(int code) { return gai_strerror(code); }

void apus_address_text(const struct apus_address *address, char *out) {
  char host[INET6_ADDRSTRLEN] = "?";
  struct sockaddr_in v4;
  struct sockaddr_in6 v6;
  memcpy(&v4, address->bytes, sizeof v4);
  memcpy(&v6, address->bytes, sizeof v6);
  if (v4.sin_family == AF_INET) {
    inet_ntop(AF_INET, &v4.sin_addr, host, sizeof host);
    snprintf(out, 64, "%s:%u", host, ntohs(v4.sin_port));
  } else {
    inet_ntop(AF_INET6, &v6.sin6_addr, host, sizeof host);
    snprintf(out, 64, "[%s]:%u", host, ntohs(v6.sin6_port));
  }
}

int apus_socket_open(const struct apus_address *address, int busy_poll_us) {
  sa_family_t family;
  memcpy(&family, address->bytes, sizeof family);
  const int descriptor = socket(family, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
  if (descriptor < 0) return -errno;
  const int on = 1;
  if (setsockopt(descriptor, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on) != 0) {
    const int error = errno;
    close(descriptor);
    return -error;
  }
  if (busy_poll_us > 0) {
    (void)setsockopt(descriptor, SOL_SOCKET, SO_BUSY_POLL, &busy_poll_us, sizeof busy_poll_us);
  }
  return descriptor;
}

int apus_socket_connect(int descriptor, const struct apus_address *address) {
  return connect(descriptor, (const struct sockaddr *)address->bytes, address->length) == 0 ? 0 : -errno;
}

int apus_socket_connected(int descriptor) {
  struct pollfd poll_descriptor = {.fd = descriptor, .events = POLLOUT};
  const int ready = poll(&poll_descriptor, 1, 0);
  if (ready == 0 || (ready < 0 && errno == EINTR)) return 0;
  if (ready < 0) return -errno;
  int error = 0;
  socklen_t size = sizeof error;
  if (getsockopt(descriptor, SOL_SOCKET, SO_ERROR, &error, &size) != 0) return -errno;
  return error == 0 ? 1 : -error;
}

long apus_socket_receive(int descriptor, void *bytes, size_t room) {
  const ssize_t count = recv(descriptor, bytes, room, MSG_DONTWAIT);
  return count >= 0 ? count : -errno;
}

int apus_socket_stamp(int descriptor) {
  const int on = 1;
  return setsockopt(descriptor, SOL_SOCKET, SO_TIMESTAMPNS, &on, sizeof on) == 0 ? 0 : -errno;
}

int64_t apus_stamp_age_ns(const struct cmsghdr *control) {
  if (!control || control->cmsg_level != SOL_SOCKET || control->cmsg_type != SCM_TIMESTAMPNS) return -1;
  struct timespec stamp, now;
  memcpy(&stamp, CMSG_DATA(control), sizeof stamp);
  clock_gettime(CLOCK_REALTIME, &now);
  const int64_t age = (now.tv_sec - stamp.tv_sec) * 1000000000LL + (now.tv_nsec - stamp.tv_nsec);
  return age < 0 ? 0 : age;
}

long apus_socket_receive_stamped(int descriptor, void *bytes, size_t room, int64_t *age_ns) {
  struct iovec vector = {.iov_base = bytes, .iov_len = room};
  _Alignas(struct cmsghdr) char control[APUS_STAMP_BYTES];
  struct msghdr message = {
      .msg_iov = &vector, .msg_iovlen = 1, .msg_control = control, .msg_controllen = sizeof control};
  const ssize_t count = recvmsg(descriptor, &message, MSG_DONTWAIT);
  if (count < 0) return -errno;
  *age_ns = apus_stamp_age_ns(CMSG_FIRSTHDR(&message));
  return count;
}

long apus_socket_send(int descriptor, const void *bytes, size_t count) {
  const ssize_t sent = send(descriptor, bytes, count, MSG_DONTWAIT | MSG_NOSIGNAL);
  return sent >= 0 ? sent : -errno;
}

void apus_socket_close(int descriptor) {
  (void)shutdown(descriptor, SHUT_RDWR);
  (void)close(descriptor);
}

int apus_socket_listen(struct apus_address *address) {
  const int descriptor = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
  if (descriptor < 0) return -errno;
  struct sockaddr_in local = {.sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
  socklen_t length = sizeof local;
  if (bind(descriptor, (struct sockaddr *)&local, length) != 0 || listen(descriptor, 16) != 0 ||
      getsockname(descriptor, (struct sockaddr *)&local, &length) != 0) {
    const int error = errno;
    close(descriptor);
    return -error;
  }
  memset(address, 0, sizeof *address);
  memcpy(address->bytes, &local, length);
  address->length = length;
  return descriptor;
}

int apus_socket_accept(int listening) {
  const int descriptor = accept4(listening, NULL, NULL, SOCK_CLOEXEC);
  return descriptor >= 0 ? descriptor : -errno;
}

int apus_socket_accept_now(int listening) {
  struct pollfd waiting = {.fd = listening, .events = POLLIN};
  const int ready = poll(&waiting, 1, 0);
  if (ready <= 0) return ready == 0 ? -EAGAIN : -errno;
  const int descriptor = accept4(listening, NULL, NULL, SOCK_NONBLOCK | SOCK_CLOEXEC);
  if (descriptor < 0) return -errno;
  const int on = 1;
  (void)setsockopt(descriptor, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
  return descriptor;
}

int apus_nic_coalescing(const char *interface, uint32_t *receive_us, int *is_adaptive) {
  struct ethtool_coalesce coalesce = {.cmd = ETHTOOL_GCOALESCE};
  struct ifreq request;
  memset(&request, 0, sizeof request);
  if (strlen(interface) >= sizeof request.ifr_name) return -EINVAL;
  strcpy(request.ifr_name, interface);
  request.ifr_data = (char *)&coalesce;
  const int descriptor = socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0);
  if (descriptor < 0) return -errno;
  const int result = ioctl(descriptor, SIOCETHTOOL, &request) ? -errno : 0;
  close(descriptor);
  *receive_us = coalesce.rx_coalesce_usecs;
  *is_adaptive = coalesce.use_adaptive_rx_coalesce != 0;
  return result;
}
