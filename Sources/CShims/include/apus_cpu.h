// Time-stamp counter, clocks, spin hint, and thread placement.
#ifndef APUS_CPU_H
#define APUS_CPU_H

#include <stdint.h>

#include "apus_annotations.h"

/// Reads the time-stamp counter without ordering it against its neighbours.
APUS_HOT static inline uint64_t apus_tsc(void) { return __builtin_ia32_rdtsc(); }

/// Tells the core that this is a spin loop.
APUS_HOT static inline void apus_pause(void) { __builtin_ia32_pause(); }

/// Whether the counter runs at one rate in every power state (CPUID 8000_0007H, EDX bit 8: AMD APM volume 3,
/// Intel SDM volume 3 section 18.17.1).
int apus_tsc_is_invariant(void);

/// Whether this CPU has what the binary was compiled for: AVX2, FMA, BMI1, BMI2, LZCNT, MOVBE (x86-64-v3).
int apus_cpu_is_v3(void);

/// One clock read between two counter reads: the clock stood at `clock_ns` at some moment between them.
typedef struct {
  uint64_t tsc_before;
  uint64_t tsc_after;
  int64_t clock_ns;
} apus_clock_reading;

/// The narrowest of `attempts` readings, so that an interrupt in between does not count.
apus_clock_reading apus_read_monotonic(int attempts);
apus_clock_reading apus_read_realtime(int attempts);

/// Nanoseconds of CLOCK_REALTIME, without a bracket.
int64_t apus_realtime_ns(void);

/// Suspends the thread for about `ns` nanoseconds (CLOCK_MONOTONIC; a signal ends it early).
APUS_HOT void apus_park(int64_t ns);

/// Gives the rest of the time slice away.
APUS_HOT void apus_yield(void);

/// What the kernel did to a thread (getrusage, RUSAGE_THREAD).
typedef struct {
  int64_t minor_faults;
  int64_t major_faults;
  int64_t voluntary_switches;
  int64_t involuntary_switches;
  int64_t user_ns;
  int64_t system_ns;
} apus_thread_usage;

/// Reads the usage of the calling thread so far.
void apus_read_thread_usage(apus_thread_usage *out);

/// Starts a joinable thread on one CPU.
///
/// @param cpu the only CPU it may run on; -1 leaves it free
/// @param realtime_priority 1 to 99 for SCHED_FIFO; 0 for the ordinary scheduler
/// @return 0, or a negative errno (EINVAL: no such CPU; EPERM: real-time priority refused)
int apus_thread_start(
    uint64_t *thread, int cpu, int realtime_priority, void *(*body)(void *), void *context);

/// Names the calling thread: at most 15 bytes, a longer name changes nothing.
void apus_thread_name(const char *name);

/// Waits for the end of a thread. Returns 0 or a negative errno.
int apus_thread_join(uint64_t thread);

/// Asks for parks and polls of the calling thread to end on time (timer slack of 1 ns instead of 50 us).
void apus_thread_punctual(void);

/// Fills `cpus` with the CPUs this process may run on, ascending. Returns their number, or a negative errno.
int apus_allowed_cpus(int *cpus, int capacity);

/// The largest real-time priority the calling process may ask for without privilege (RLIMIT_RTPRIO).
int apus_realtime_limit(void);

/// Keeps the calling thread, and what it starts from now on, on one CPU. Returns 0 or -errno.
int apus_pin_this_thread(int cpu);

#endif
