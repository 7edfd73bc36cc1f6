// Time-stamp counter, spin hint, and thread placement.
#ifndef APUS_CPU_H
#define APUS_CPU_H

#include <stdint.h>

#include "apus_annotations.h"

/// Reads the time-stamp counter without ordering it against its neighbours.
APUS_HOT static inline uint64_t apus_tsc(void) { return __builtin_ia32_rdtsc(); }

/// Tells the core that this is a spin loop.
APUS_HOT static inline void apus_pause(void) { __builtin_ia32_pause(); }

#endif
