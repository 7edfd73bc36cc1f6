// libApusEnvironment: environments for learning on SYNTHETIC markets, over memory of their caller.
// docs/environments.md has tasks, observations, rewards and configuration.
#ifndef APUS_ENVIRONMENT_H
#define APUS_ENVIRONMENT_H

#include <stddef.h>
#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

/// Environments side by side. One thread at a time may use a vector; different vectors may run on different threads.
typedef struct apus_environment apus_environment;

/// 1 for the interface of this header.
uint32_t apus_environment_version(void);

/// Makes environments from `length` bytes of JSON.
/// Returns NULL with a text of at most `capacity` bytes, its zero included, in `reason` (which may be NULL).
apus_environment *apus_environment_create(const char *config, size_t length, char *reason, size_t capacity);

void apus_environment_destroy(apus_environment *);

/// How many environments there are (n), how many numbers an observation has (m), and how many actions (0 to k - 1).
int32_t apus_environment_count(apus_environment *);
int32_t apus_environment_observation_size(apus_environment *);
int32_t apus_environment_actions(apus_environment *);

/// Writes the names of an observation's numbers, apart by commas, in at most `capacity` bytes, its zero included.
void apus_environment_observation_names(char *names, size_t capacity);

/// Begins an episode in every environment i with `mask[i]` other than 0 (`mask` NULL: in all), and writes its row of
/// `observations` [n, m]. Where `seeds` is given and `seeds[i]` is not negative the environment gets a new market of that
/// seed; else its market goes on.
void apus_environment_reset(apus_environment *, const int64_t *seeds, const uint8_t *mask, float *observations);

/// Takes one step in every environment, writing `observations` [n, m], `rewards`, `terminated` and `truncated` [n]. The step
/// after an episode's end begins the next one: it ignores the action and rewards nothing.
/// Returns 0, or -1 without a step when an action is out of range.
int32_t apus_environment_step(apus_environment *, const int32_t *actions, float *observations, float *rewards,
                              uint8_t *terminated, uint8_t *truncated);

/// Writes the market time of every environment [n], in nanoseconds since 1970.
void apus_environment_times(apus_environment *, int64_t *times_ns);

#ifdef __cplusplus
}
#endif
#endif
