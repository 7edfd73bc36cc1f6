// The features of docs/features.md as one would write them down: doubles, loops over horizons, the C library's functions.
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "peers.h"

enum { HORIZONS = 4, NEAR_LEVELS = 8 };

static const double horizon_s[HORIZONS] = {0.1, 1, 10, 60};

/// Events closer together than this count as simultaneous.
static const int64_t shortest_step_ns = 250000;

typedef struct {
  size_t count;
  peer_level levels[PEER_DEPTH_LEVELS];
} side;

/// Sums over one horizon: what was added, times e^(-age / horizon).
typedef struct {
  double touch_flow, deep_flow, lots, signed_lots, trades, returns, squared_returns, below_mid;
} sums;

struct peer_features {
  int is_ready;
  side bids, asks;
  double mid, spread;
  int64_t time_ns;
  sums sums[HORIZONS];
  double queue, depth;
  double mean_queue, mean_depth, mean_spread;
  int64_t last_trade_ns, last_move_ns;
  double last_trade_lots, last_trade_offset;
};

peer_features *peer_features_new(void) { return calloc(1, sizeof(peer_features)); }

void peer_features_free(peer_features *features) { free(features); }

static double slog(double x) { return x < 0 ? -log(1 - x) : log(1 + x); }

static double lots_of(const side *side, size_t levels) {
  double sum = 0;
  for (size_t i = 0; i < levels && i < side->count; i++) sum += (double)side->levels[i].lots;
  return sum;
}

static double mean_price(const side *side) {
  double sum = 0;
  for (size_t i = 0; i < NEAR_LEVELS && i < side->count; i++) {
    sum += (double)side->levels[i].price_ticks * (double)side->levels[i].lots;
  }
  return sum / lots_of(side, NEAR_LEVELS);
}

/// Ticks from the best level to another, the last one if there are fewer.
static double distance(const side *side, size_t level) {
  const size_t last = level < side->count ? level : side->count - 1;
  return fabs((double)(side->levels[last].price_ticks - side->levels[0].price_ticks));
}

static void decay(peer_features *f, int64_t now_ns) {
  if (now_ns <= f->time_ns) return;
  const double seconds = (double)(now_ns - f->time_ns) * 1e-9;
  const int is_first = f->time_ns == 0;
  f->time_ns = now_ns;
  if (is_first) return;
  double weight = 1;
  for (int h = 0; h < HORIZONS; h++) {
    sums *s = &f->sums[h];
    weight = exp(-seconds / horizon_s[h]);
    s->touch_flow *= weight;
    s->deep_flow *= weight;
    s->lots *= weight;
    s->signed_lots *= weight;
    s->trades *= weight;
    s->returns *= weight;
    s->squared_returns *= weight;
    s->below_mid *= weight;
  }
  // The means are over the longest horizon, the last one.
  f->mean_queue = f->queue + (f->mean_queue - f->queue) * weight;
  f->mean_depth = f->depth + (f->mean_depth - f->depth) * weight;
  f->mean_spread = f->spread + (f->mean_spread - f->spread) * weight;
}

static void advance(peer_features *f, int64_t now_ns) {
  if (f->time_ns == 0) f->last_trade_ns = f->last_move_ns = now_ns;
  if (now_ns - f->time_ns >= shortest_step_ns) decay(f, now_ns);
}

/// Order flow of one level of one side: + what came, - what went. `sign` is 1 where a higher price is better, else -1.
static double level_flow(const side *before, const side *after, size_t level, int sign) {
  const int was = level < before->count, is = level < after->count;
  const int64_t old_price = was ? sign * before->levels[level].price_ticks : INT64_MIN;
  const int64_t new_price = is ? sign * after->levels[level].price_ticks : INT64_MIN;
  double flow = 0;
  if (is && new_price >= old_price) flow += (double)after->levels[level].lots;
  if (was && new_price <= old_price) flow -= (double)before->levels[level].lots;
  return flow;
}

static void add_order_flow(peer_features *f, const side *bids, const side *asks) {
  double touch = 0, deep = 0;
  for (size_t level = 0; level < NEAR_LEVELS; level++) {
    deep += level_flow(&f->bids, bids, level, 1) - level_flow(&f->asks, asks, level, -1);
    if (level == 0) touch = deep;
  }
  for (int h = 0; h < HORIZONS; h++) {
    f->sums[h].touch_flow += touch;
    f->sums[h].deep_flow += deep;
  }
}

static void move(peer_features *f, double mid, int64_t now_ns) {
  const double previous = f->mid;
  f->mid = mid;
  if (previous == 0 || mid == previous) return;
  const double bps = 10000 * (mid - previous) / mid;
  f->last_move_ns = now_ns;
  for (int h = 0; h < HORIZONS; h++) {
    sums *s = &f->sums[h];
    s->returns += bps;
    s->squared_returns += bps * bps;
    s->below_mid += s->lots * bps;
  }
}

void peer_features_book(
    peer_features *f, const peer_level *bids, size_t bid_count, const peer_level *asks, size_t ask_count,
    int64_t now_ns) {
  advance(f, now_ns);
  const int was_ready = f->is_ready;
  f->is_ready = bid_count > 0 && ask_count > 0;
  if (!f->is_ready) return;
  side new_bids = {bid_count, {{0, 0}}}, new_asks = {ask_count, {{0, 0}}};
  memcpy(new_bids.levels, bids, bid_count * sizeof *bids);
  memcpy(new_asks.levels, asks, ask_count * sizeof *asks);
  if (was_ready) add_order_flow(f, &new_bids, &new_asks);
  f->bids = new_bids;
  f->asks = new_asks;
  move(f, (double)(bids[0].price_ticks + asks[0].price_ticks) / 2, now_ns);
  const double spread = (double)(asks[0].price_ticks - bids[0].price_ticks);
  const int is_first = f->queue == 0;
  f->spread = spread < 1 ? 1 : spread;
  f->queue = (lots_of(&f->bids, 1) + lots_of(&f->asks, 1)) / 2;
  f->depth = (lots_of(&f->bids, NEAR_LEVELS) + lots_of(&f->asks, NEAR_LEVELS)) / 2;
  if (is_first) {
    f->mean_queue = f->queue;
    f->mean_depth = f->depth;
    f->mean_spread = f->spread;
  }
}

void peer_features_trade(peer_features *f, int64_t price_ticks, int64_t lots, int is_sell, int64_t now_ns) {
  advance(f, now_ns);
  if (f->mid == 0) return;
  const double count = (double)lots, signed_count = is_sell ? -count : count;
  f->last_trade_ns = now_ns;
  f->last_trade_lots = signed_count;
  f->last_trade_offset = (double)price_ticks - f->mid;
  for (int h = 0; h < HORIZONS; h++) {
    sums *s = &f->sums[h];
    s->lots += count;
    s->signed_lots += signed_count;
    s->trades += 1;
    s->below_mid -= count * 10000 * f->last_trade_offset / f->mid;
  }
}

static void read_book(const peer_features *f, double *values) {
  static const size_t depths[] = {1, 4, 8, 16};
  values[0] = log(f->spread) / 4;
  values[1] = log(f->spread / f->mean_spread);
  for (int i = 0; i < 4; i++) {
    const double bid = lots_of(&f->bids, depths[i]), ask = lots_of(&f->asks, depths[i]);
    values[2 + i] = (bid - ask) / (bid + ask);
  }
  values[6] = slog(values[2] * f->spread / 2);
  const double bid = lots_of(&f->bids, NEAR_LEVELS), ask = lots_of(&f->asks, NEAR_LEVELS);
  values[7] = slog((mean_price(&f->asks) * bid + mean_price(&f->bids) * ask) / (bid + ask) - f->mid) / 2;
  values[8] = log(lots_of(&f->bids, 1) / f->mean_queue) / 4;
  values[9] = log(lots_of(&f->asks, 1) / f->mean_queue) / 4;
  values[10] = log(bid / f->mean_depth) / 4;
  values[11] = log(ask / f->mean_depth) / 4;
  values[12] = log(1 + distance(&f->bids, NEAR_LEVELS - 1)) / 4;
  values[13] = log(1 + distance(&f->asks, NEAR_LEVELS - 1)) / 4;
  values[14] = log(1 + distance(&f->bids, 1)) / 4;
  values[15] = log(1 + distance(&f->asks, 1)) / 4;
}

static void read_flows(const peer_features *f, double *values) {
  for (int h = 0; h < HORIZONS; h++) {
    const sums *s = &f->sums[h];
    const double horizon = horizon_s[h], lots = s->lots + f->mean_queue / 100;
    values[16 + h] = slog(s->touch_flow / f->mean_queue) / 2;
    values[20 + h] = slog(s->deep_flow / f->mean_depth) / 2;
    values[24 + h] = s->signed_lots / lots;
    values[28 + h] = log(1 + s->trades / horizon) / 4;
    values[32 + h] = slog(s->returns * sqrt(2 / horizon));
    values[36 + h] = slog(s->below_mid / lots * sqrt(2 / horizon));
    values[40 + h] = log(s->squared_returns / horizon + 0.0001) / 4;
  }
}

int peer_features_read(const peer_features *features, int64_t now_ns, double *values) {
  if (!features->is_ready) return 0;
  peer_features now = *features;
  decay(&now, now_ns);
  read_book(&now, values);
  read_flows(&now, values);
  const sums *longest = &now.sums[HORIZONS - 1];
  const double mean_trade = (longest->lots + now.mean_queue / 100) / (longest->trades + 0.01);
  values[44] = log(1 + (double)(now_ns - now.last_trade_ns) * 1e-8) / 4;
  values[45] = log(1 + (double)(now_ns - now.last_move_ns) * 1e-8) / 4;
  values[46] = slog(now.last_trade_lots / mean_trade);
  values[47] = slog(now.last_trade_offset) / 2;
  return 1;
}
