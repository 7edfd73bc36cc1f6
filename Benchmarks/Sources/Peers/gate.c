// The checks of docs/risk.md for orders of spot as one would write them down: one comparison after the other.
#include <stdlib.h>

#include "peers.h"

typedef __int128 wide;

/// The codes of docs/risk.md.
enum {
  APPROVED = 0,
  HALTED = 1,
  STOPPING = 2,
  JOURNAL_BEHIND = 3,
  JOURNAL_FULL = 4,
  SESSION_DOWN = 5,
  NOT_ARMED = 9,
  UNKNOWN_INSTRUMENT = 10,
  NO_LIMITS = 11,
  DEFINITION_MISMATCH = 12,
  PAUSED = 15,
  NOT_RECONCILED = 16,
  DAILY_LOSS = 17,
  UNKNOWN_STRATEGY = 18,
  BOOK_VOID = 20,
  BOOK_CROSSED = 21,
  STALE_MARKET_DATA = 22,
  INTENT_TOO_OLD = 30,
  EXPIRED = 31,
  DUPLICATE_INTENT = 32,
  UNSUPPORTED_ORDER = 33,
  UNBOUNDED_MARKET_ORDER = 34,
  PRICE_BELOW_MINIMUM = 40,
  PRICE_ABOVE_MAXIMUM = 41,
  PRICE_BELOW_COLLAR = 42,
  PRICE_ABOVE_COLLAR = 43,
  QUANTITY_BELOW_MINIMUM = 50,
  QUANTITY_ABOVE_MAXIMUM = 51,
  QUANTITY_ABOVE_LIMIT = 52,
  NOTIONAL_BELOW_MINIMUM = 53,
  NOTIONAL_ABOVE_MAXIMUM = 54,
  NOTIONAL_ABOVE_LIMIT = 55,
  ARITHMETIC_OVERFLOW = 56,
  POSITION_LIMIT = 60,
  NOT_REDUCING = 61,
  OPEN_ORDER_LIMIT = 62,
  SELF_CROSS = 63,
  RAMP = 64,
  INSUFFICIENT_BALANCE = 70,
  ORDER_RATE_SECOND = 80,
  ORDER_RATE_TEN_SECONDS = 81,
  SHADOW = 90,
};

/// Codes of Market/Orders.swift.
enum { LIMIT_MAKER = 2, MARKET = 3, GOOD_TIL_CANCELED = 1 };

enum { STRATEGIES = 64, SESSIONS_OWN_STRATEGY = 255, MOST_ORDERS_IN_A_WINDOW = 65536 };

/// Times of approvals, oldest first; those that have left the window are dropped when it is asked.
typedef struct {
  int64_t length_ns, limit;
  size_t head, tail;
  int64_t times[MOST_ORDERS_IN_A_WINDOW];
} window;

struct peer_gate {
  peer_gate_session session;
  peer_gate_instrument *instruments;
  size_t count;
  window second, ten_seconds;
};

peer_gate *peer_gate_new(const peer_gate_session *session, const peer_gate_instrument *instruments, size_t count) {
  peer_gate *gate = calloc(1, sizeof *gate);
  gate->session = *session;
  gate->count = count;
  gate->instruments = calloc(count, sizeof *instruments);
  for (size_t i = 0; i < count; i++) gate->instruments[i] = instruments[i];
  gate->second.length_ns = 1000000000;
  gate->second.limit = session->orders_per_second;
  gate->ten_seconds.length_ns = 10000000000;
  gate->ten_seconds.limit = session->orders_per_ten_seconds;
  return gate;
}

void peer_gate_free(peer_gate *gate) {
  free(gate->instruments);
  free(gate);
}

static int has_room(window *w, int64_t now_ns) {
  while (w->head != w->tail && now_ns - w->times[w->head % MOST_ORDERS_IN_A_WINDOW] >= w->length_ns) w->head++;
  return (int64_t)(w->tail - w->head) < w->limit;
}

static void note(window *w, int64_t now_ns) { w->times[w->tail++ % MOST_ORDERS_IN_A_WINDOW] = now_ns; }

static int is_within(const peer_scopes *scopes, const peer_gate_order *order) {
  return scopes->is_everything || (order->venue < 32 && scopes->venues >> order->venue & 1) ||
         (order->instrument < 64 && scopes->instruments >> order->instrument & 1) ||
         (order->strategy < STRATEGIES && scopes->strategies >> order->strategy & 1);
}

static int check_permission(const peer_gate_session *session, const peer_gate_order *order) {
  const int is_sessions_own = order->strategy == SESSIONS_OWN_STRATEGY;
  if (!is_sessions_own && order->strategy >= STRATEGIES) return UNKNOWN_STRATEGY;
  if (order->halt_epoch != session->armed_epoch) return HALTED;
  if (session->loss_day != -1) return DAILY_LOSS;
  if (is_within(&session->halted, order)) return HALTED;
  if (!session->is_armed) return NOT_ARMED;
  if (!order->is_reconciled) return NOT_RECONCILED;
  if (!is_sessions_own && is_within(&session->paused, order)) return PAUSED;
  if (order->is_stopping) return STOPPING;
  if (order->is_journal_full) return JOURNAL_FULL;
  if (!order->is_session_up) return SESSION_DOWN;
  return APPROVED;
}

static int check_market(const peer_gate_instrument *rules, const peer_gate_order *order) {
  if (!rules->has_limits) return NO_LIMITS;
  if (order->venue != rules->venue) return UNKNOWN_INSTRUMENT;
  if (order->definition_version != rules->definition_version) return DEFINITION_MISMATCH;
  if (order->bid_lots <= 0 || order->ask_lots <= 0) return BOOK_VOID;
  if (order->market_definition_version != rules->definition_version) return DEFINITION_MISMATCH;
  if (order->bid_ticks >= order->ask_ticks) return BOOK_CROSSED;
  if (order->now_ns - order->market_time_ns > rules->market_age_ns) return STALE_MARKET_DATA;
  return APPROVED;
}

static int check_order(const peer_gate_instrument *rules, const peer_gate_order *order) {
  if (order->now_ns - order->decision_time_ns > rules->order_age_ns) return INTENT_TOO_OLD;
  if (order->expiry_time_ns <= order->now_ns) return EXPIRED;
  if (order->has_intent) return DUPLICATE_INTENT;
  if (order->type == MARKET) return UNBOUNDED_MARKET_ORDER;
  if (order->type == LIMIT_MAKER && order->time_in_force != GOOD_TIL_CANCELED) return UNSUPPORTED_ORDER;
  const int64_t price = order->price_ticks;
  if (price < 1 || price < rules->least_price_ticks) return PRICE_BELOW_MINIMUM;
  if (price > rules->most_price_ticks) return PRICE_ABOVE_MAXIMUM;
  if ((wide)price * 10000 < (wide)order->bid_ticks * (10000 - rules->collar_bps)) return PRICE_BELOW_COLLAR;
  if ((wide)price * 10000 > (wide)order->ask_ticks * (10000 + rules->collar_bps)) return PRICE_ABOVE_COLLAR;
  return APPROVED;
}

/// Against the whole limit, then against the part of it that holds so soon after arming.
static int check_limit(int64_t observed, int64_t limit, int64_t percent, int reason) {
  if (observed > limit) return reason;
  int64_t part = (int64_t)((wide)limit * percent / 100);
  if (part < 1) part = 1;
  return observed > part ? RAMP : APPROVED;
}

/// `value` times 10 to the `exponent`, rounded up or down.
static wide scaled(wide value, int exponent, int is_up) {
  wide power = 1;
  for (int i = 0; i < abs(exponent); i++) power *= 10;
  if (exponent >= 0) return value * power;
  return (value + (is_up ? power - 1 : 0)) / power;
}

static int check_size(const peer_gate_instrument *rules, const peer_gate_order *order, int64_t percent) {
  const int64_t lots = order->lots;
  if (lots < 1 || lots < rules->least_lots) return QUANTITY_BELOW_MINIMUM;
  if (lots > rules->most_lots) return QUANTITY_ABOVE_MAXIMUM;
  const int quantity = check_limit(lots, rules->limit_lots, percent, QUANTITY_ABOVE_LIMIT);
  if (quantity != APPROVED) return quantity;
  const wide product = (wide)order->price_ticks * lots;
  const wide least = scaled(product, rules->quote_exponent, 0), most = scaled(product, rules->quote_exponent, 1);
  if (most >= INT64_MAX) return ARITHMETIC_OVERFLOW;
  if (least < rules->least_notional) return NOTIONAL_BELOW_MINIMUM;
  if (most > rules->most_notional) return NOTIONAL_ABOVE_MAXIMUM;
  return check_limit((int64_t)most, rules->limit_notional, percent, NOTIONAL_ABOVE_LIMIT);
}

static int check_exposure(
    const peer_gate_instrument *rules, const peer_gate_order *order, int is_reduce_only, int64_t percent) {
  const wide reach = order->is_sell ? (wide)order->working_sell_lots + order->lots - order->position_lots
                                    : (wide)order->working_buy_lots + order->lots + order->position_lots;
  if (reach > INT64_MAX || reach < INT64_MIN) return ARITHMETIC_OVERFLOW;
  if (reach > 0 && order->is_journal_behind) return JOURNAL_BEHIND;
  if (reach > 0 && is_reduce_only) return NOT_REDUCING;
  const int position = check_limit((int64_t)reach, rules->limit_position, percent, POSITION_LIMIT);
  if (position != APPROVED) return position;
  const int open = check_limit(order->open_orders + 1, rules->limit_open_orders, percent, OPEN_ORDER_LIMIT);
  if (open != APPROVED) return open;
  if (!order->is_sell && order->price_ticks >= order->lowest_sell_ticks) return SELF_CROSS;
  if (order->is_sell && order->price_ticks <= order->highest_buy_ticks) return SELF_CROSS;
  return APPROVED;
}

static int check_balance(const peer_gate_instrument *rules, const peer_gate_order *order) {
  wide needed;
  if (order->is_sell) {
    needed = scaled(order->lots, rules->base_exponent, 1);
  } else {
    const wide notional = scaled((wide)order->price_ticks * order->lots, rules->quote_exponent, 1);
    needed = notional + (notional * rules->fee_reserve_bps + 9999) / 10000;
  }
  if (needed > INT64_MAX) return ARITHMETIC_OVERFLOW;
  return needed > (order->is_sell ? order->free_base : order->free_quote) ? INSUFFICIENT_BALANCE : APPROVED;
}

static int64_t ramp_percent(const peer_gate_session *session, int64_t now_ns) {
  const int64_t elapsed_ns = now_ns - session->armed_time_ns;
  if (elapsed_ns >= session->ramp_duration_ns) return 100;
  const int64_t initial = session->ramp_initial_percent;
  return elapsed_ns < 0 ? initial : initial + (100 - initial) * elapsed_ns / session->ramp_duration_ns;
}

static int decide(peer_gate *gate, const peer_gate_order *order) {
  if (order->instrument >= gate->count) return UNKNOWN_INSTRUMENT;
  const peer_gate_instrument *rules = &gate->instruments[order->instrument];
  const int is_reduce_only = order->is_reduce_only || is_within(&gate->session.reducing, order);
  const int64_t percent = is_reduce_only ? 100 : ramp_percent(&gate->session, order->now_ns);
  int reason = check_permission(&gate->session, order);
  if (reason == APPROVED) reason = check_market(rules, order);
  if (reason == APPROVED) reason = check_order(rules, order);
  if (reason == APPROVED) reason = check_size(rules, order, percent);
  if (reason == APPROVED) reason = check_exposure(rules, order, is_reduce_only, percent);
  if (reason == APPROVED) reason = check_balance(rules, order);
  if (reason == APPROVED && !has_room(&gate->second, order->now_ns)) reason = ORDER_RATE_SECOND;
  if (reason == APPROVED && !has_room(&gate->ten_seconds, order->now_ns)) reason = ORDER_RATE_TEN_SECONDS;
  if (reason == APPROVED && !gate->session.sends_orders) reason = SHADOW;
  return reason;
}

peer_verdict peer_gate_check(peer_gate *gate, const peer_gate_order *order) {
  const int reason = decide(gate, order);
  if (reason != APPROVED) return (peer_verdict){reason, 0};
  note(&gate->second, order->now_ns);
  note(&gate->ten_seconds, order->now_ns);
  const int64_t latest_ns = order->now_ns + gate->instruments[order->instrument].order_age_ns;
  return (peer_verdict){APPROVED, order->expiry_time_ns < latest_ns ? order->expiry_time_ns : latest_ns};
}
