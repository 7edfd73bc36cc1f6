// Clocks, threads and their placement.
#include "CShims.h"

#include <cpuid.h>
#include <errno.h>
#include <pthread.h>
#include <sched.h>
#include <stddef.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <time.h>

int apus_tsc_is_invariant(void) {
  unsigned a, b, c, d;
  return __get_cpuid(0x80000007u, &a, &b, &c, &d) && (d & (1u << 8)) != 0;
}

int apus_cpu_is_v3(void) {
  __builtin_cpu_init();
  return __builtin_cpu_supports("x86-64-v3") != 0;
}

static int64_t read_ns(clockid_t clock) {
  struct timespec t;
  clock_gettime(clock, &t);
  return (int64_t)t.tv_sec * 1000000000 + t.tv_nsec;
}

static apus_clock_reading read_bracketed(clockid_t clock, int attempts) {
  apus_clock_reading best = {0, UINT64_MAX, 0};
  for (int i = 0; i < attempts; i++) {
    apus_clock_reading r;
    r.tsc_before = __builtin_ia32_rdtsc();
    r.clock_ns = read_ns(clock);
    unsigned cpu;
    r.tsc_after = __builtin_ia32_rdtscp(&cpu);  // waits for the loads of the clock before it
    if (r.tsc_after - r.tsc_before < best.tsc_after - best.tsc_before) best = r;
  }
  return best;
}

apus_clock_reading apus_read_monotonic(int attempts) { return read_bracketed(CLOCK_MONOTONIC, attempts); }

apus_clock_reading apus_read_realtime(int attempts) { return read_bracketed(CLOCK_REALTIME, attempts); }

int64_t apus_realtime_ns(void) { return read_ns(CLOCK_REALTIME); }

void apus_park(int64_t ns) {
  struct timespec t = {.tv_sec = ns / 1000000000, .tv_nsec = ns % 1000000000};
  clock_nanosleep(CLOCK_MONOTONIC, 0, &t, NULL);
}

void apus_yield(void) { sched_yield(); }

static int64_t timeval_ns(struct timeval t) { return (int64_t)t.tv_sec * 1000000000 + (int64_t)t.tv_usec * 1000; }

void apus_read_thread_usage(apus_thread_usage *out) {
  struct rusage u;
  getrusage(RUSAGE_THREAD, &u);
  out->minor_faults = u.ru_minflt;
  out->major_faults = u.ru_majflt;
  out->voluntary_switches = u.ru_nvcsw;
  out->involuntary_switches = u.ru_nivcsw;
  out->user_ns = timeval_ns(u.ru_utime);
  out->system_ns = timeval_ns(u.ru_stime);
}

int apus_thread_start(
    uint64_t *thread, int cpu, int realtime_priority, void *(*body)(void *), void *context) {
  pthread_attr_t attributes;
  int rc = pthread_attr_init(&attributes);
  if (rc) return -rc;
  // Placement stands in the attributes, so that the thread never runs anywhere else, not even at its birth.
  if (cpu >= 0) {
    if (cpu >= CPU_SETSIZE) rc = EINVAL;
    cpu_set_t set;
    CPU_ZERO(&set);
    if (!rc) CPU_SET(cpu, &set);
    if (!rc) rc = pthread_attr_setaffinity_np(&attributes, sizeof set, &set);
  }
  if (!rc && realtime_priority > 0) {
    struct sched_param priority = {.sched_priority = realtime_priority};
    rc = pthread_attr_setinheritsched(&attributes, PTHREAD_EXPLICIT_SCHED);
    if (!rc) rc = pthread_attr_setschedpolicy(&attributes, SCHED_FIFO);
    if (!rc) rc = pthread_attr_setschedparam(&attributes, &priority);
  }
  pthread_t created;
  if (!rc) rc = pthread_create(&created, &attributes, body, context);
  pthread_attr_destroy(&attributes);
  if (rc) return -rc;
  *thread = (uint64_t)created;
  return 0;
}

void apus_thread_name(const char *name) { pthread_setname_np(pthread_self(), name); }

int apus_thread_join(uint64_t thread) { return -pthread_join((pthread_t)thread, NULL); }

void apus_thread_punctual(void) { prctl(PR_SET_TIMERSLACK, 1UL, 0UL, 0UL, 0UL); }

int apus_allowed_cpus(int *cpus, int capacity) {
  cpu_set_t set;
  if (sched_getaffinity(0, sizeof set, &set)) return -errno;
  int count = 0;
  for (int cpu = 0; cpu < CPU_SETSIZE && count < capacity; cpu++)
    if (CPU_ISSET(cpu, &set)) cpus[count++] = cpu;
  return count;
}

int apus_realtime_limit(void) {
  struct rlimit limit;
  if (getrlimit(RLIMIT_RTPRIO, &limit)) return 0;
  return limit.rlim_cur > 99 ? 99 : (int)limit.rlim_cur;
}

int apus_pin_this_thread(int cpu) {
  cpu_set_t set;
  CPU_ZERO(&set);
  CPU_SET(cpu, &set);
  return sched_setaffinity(0, sizeof set, &set) == 0 ? 0 : -errno;
}
