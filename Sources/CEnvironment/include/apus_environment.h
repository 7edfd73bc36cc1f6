// Markets to learn in, for any language: vectorised reset and step over buffers of the caller.
//
// Everything here is SYNTHETIC: docs/environments.md has the tasks, the observation and reward of each, and what is simulated.
// A handle belongs to one thread at a time; different handles are independent. No function keeps a pointer that it was
// given, and step allocates nothing. Arrays are contiguous, environment by environment.
#ifndef APUS_ENVIRONMENT_H
#define APUS_ENVIRONMENT_H

#include <stddef.h>
#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

/// The version of this interface; apus_environment_version() returns the library's.
#define APUS_ENVIRONMENT_VERSION 2

/// What is to be learned.
enum {
  /// Hold a position of -maximum_lots, 0 or maximum_lots, by market orders. Actions: int32 0, 1 or 2.
  APUS_TASK_TRADE = 0,
  /// Buy or sell maximum_lots within the episode. Actions: float32, the share of the rest to take now, 0 to 1.
  APUS_TASK_EXECUTE = 1,
  /// Quote both sides. Actions: two int32, bid and ask: 0 for none, k for k - 1 ticks behind the best price.
  APUS_TASK_QUOTE = 2,
};

/// Which market is made up.
enum {
  /// Hawkes order flow; its price moves as orders deplete the touch.
  APUS_MARKET_HAWKES = 0,
  /// The same flow with a hidden signal of strength signal_strength; 0 makes a martingale.
  APUS_MARKET_SIGNAL = 1,
  /// Queues around a reference price whose order flow reacts to their sizes.
  APUS_MARKET_QUEUE_REACTIVE = 2,
};

/// What a function returns. Nothing has changed when it is not APUS_OK.
enum {
  APUS_OK = 0,
  APUS_NULL_POINTER = 1,
  APUS_BAD_SIZE = 2,
  APUS_BAD_TASK = 3,
  APUS_BAD_MARKET = 4,
  APUS_BAD_COUNT = 5,
  APUS_BAD_INTERVAL = 6,
  APUS_BAD_LATENCY = 7,
  APUS_BAD_EPISODE = 8,
  APUS_BAD_LOTS = 9,
  APUS_BAD_QUOTES = 10,
  APUS_BAD_FEE = 11,
  APUS_BAD_PENALTY = 12,
  APUS_BAD_SIGNAL = 13,
  APUS_BAD_ACTION = 14,
  APUS_NOT_SEEDED = 15,
  APUS_BAD_PARAMETERS = 16,
};

/// A batch of environments.
typedef struct apus_environment apus_environment;

typedef struct {
  /// sizeof(apus_environment_config): tells versions of this struct apart.
  uint32_t size;
  uint32_t task;
  uint32_t market;
  /// Environments in the batch: 1 to 65536.
  uint32_t environments;
  /// Messages of the market between two decisions: 1 to 10000.
  uint32_t events_per_step;
  /// Messages of the market between a decision and the arrival of its orders: 0 to events_per_step.
  uint32_t latency_events;
  /// Decisions in an episode: 1 to 1000000.
  uint32_t episode_steps;
  /// 1: observations begin with the 48 live features; 0: own state alone.
  uint32_t features;
  /// The bound of the position; in execute the quantity to trade. 1 to 10000.
  int32_t maximum_lots;
  /// Quote: lots of each quote, 1 to maximum_lots, and how many prices a side may be quoted at, 1 to 100.
  int32_t quote_lots;
  int32_t quote_offsets;
  /// Fees in millionths of the notional, -1000 to 10000; negative is a rebate.
  int32_t maker_fee_ppm;
  int32_t taker_fee_ppm;
  uint32_t reserved;
  /// Trade and quote: bps taken off the reward of each step at a full position; it grows with the position's square.
  double inventory_penalty_bps;
  /// APUS_MARKET_SIGNAL: how far the hidden state tilts the odds of a side, 0 to below 1.
  double signal_strength;
  /// What the market is made of: the text of a file that `apus import --calibrate` wrote, of the market's own model, ended by
  /// a zero. NULL: the made-up parameters that come with Apus. Read by create alone.
  const char *parameters;
} apus_environment_config;

/// Where a step writes what a learner need not see. Each array has one number for each environment, or is NULL.
typedef struct {
  /// Cash plus position at the mid-price, since the episode began; 10^6 to the value of one lot moving one tick.
  int64_t *equity;
  /// Fees paid since the episode began, in the same unit.
  int64_t *fees;
  /// The position in lots.
  int64_t *inventory;
  /// The mid-price in half ticks: best bid plus best ask.
  int64_t *double_mid;
  /// The market's time in nanoseconds since 1970.
  int64_t *time_ns;
} apus_environment_info;

uint32_t apus_environment_version(void);

/// What a code means: a text that lives as long as the library.
const char *apus_environment_message(int32_t code);

/// Why parameters are refused: writes at most `capacity` bytes, the ending zero among them; an empty text when they are not.
int32_t apus_environment_parameters_problem(uint32_t market, const char *parameters, char *problem, size_t capacity);

/// Makes a batch. It is unseeded: the first reset must seed every environment.
int32_t apus_environment_create(const apus_environment_config *config, apus_environment **environment);

/// Floats in an observation.
int32_t apus_environment_observation_size(const apus_environment *environment, uint32_t *floats);

/// The seeds of a batch from one seed: the first `count` numbers of SplitMix64.
int32_t apus_environment_seeds(uint64_t seed, uint64_t *seeds, size_t count);

/// Begins episodes.
///
/// `seeds`: one for each environment; makes their markets anew (some milliseconds each). NULL: the markets go on.
/// `mask`: environments with 0 are left alone; NULL: all. `observations`: [environments, floats], rows of the mask written.
int32_t apus_environment_reset(
    apus_environment *environment, const uint64_t *seeds, const uint8_t *mask, float *observations);

/// One decision of every environment.
///
/// An environment that ended in the step before begins a new episode instead (its action is ignored, its reward 0):
/// Gymnasium's NEXT_STEP autoreset. `info` may be NULL.
int32_t apus_environment_step(
    apus_environment *environment, const void *actions, float *observations, float *rewards, uint8_t *terminated,
    uint8_t *truncated, const apus_environment_info *info);

/// Gives everything back; NULL is nothing.
void apus_environment_close(apus_environment *environment);

#ifdef __cplusplus
}
#endif

#endif
