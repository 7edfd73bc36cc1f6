// A router as one would write it down: the venues that can be reached, sorted by cost, take what they show.
#include "peers.h"

/// Codes of Market/Orders.swift.
enum { LIMIT = 1, MARKET = 3, IMMEDIATE_OR_CANCEL = 2, FILL_OR_KILL = 3 };

typedef struct {
  int64_t cost, shown;
  int quote;
} venue;

/// The venues whose touch the limit reaches, cheapest first after fees, the first of equals before the others.
static int reachable(const peer_order *intent, const peer_quote *quotes, int count, venue *venues) {
  int found = 0;
  for (int i = 0; i < count; i++) {
    const peer_quote *quote = &quotes[i];
    venue candidate;
    candidate.quote = i;
    if (intent->is_sell) {
      if (quote->bid_lots <= 0 || quote->bid_ticks < intent->price_ticks) continue;
      candidate.cost = -quote->bid_ticks * (10000 - quote->taker_fee_bps);
      candidate.shown = quote->bid_lots;
    } else {
      if (quote->ask_lots <= 0 || quote->ask_ticks > intent->price_ticks) continue;
      candidate.cost = quote->ask_ticks * (10000 + quote->taker_fee_bps);
      candidate.shown = quote->ask_lots;
    }
    int place = found++;
    for (; place > 0 && venues[place - 1].cost > candidate.cost; place--) venues[place] = venues[place - 1];
    venues[place] = candidate;
  }
  return found;
}

static peer_order part(peer_order intent, const peer_quote *quote, int64_t lots) {
  intent.venue = quote->venue;
  intent.instrument = quote->instrument;
  intent.lots = lots;
  return intent;
}

int peer_route(const peer_order *intent, const peer_quote *quotes, int count, peer_order *parts) {
  peer_order wanted = *intent;
  if (wanted.type == MARKET && wanted.price_ticks > 0) {
    wanted.type = LIMIT;
    wanted.time_in_force = IMMEDIATE_OR_CANCEL;
  }
  venue venues[PEER_VENUES];
  const int may_split = count > 1 && wanted.type == LIMIT && wanted.time_in_force != FILL_OR_KILL;
  const int found = may_split ? reachable(&wanted, quotes, count, venues) : 0;
  int64_t rest = wanted.lots;
  int written = 0;
  for (int i = 0; i < found && rest > 0; i++) {
    const int64_t lots = rest < venues[i].shown ? rest : venues[i].shown;
    parts[written++] = part(wanted, &quotes[venues[i].quote], lots);
    rest -= lots;
  }
  if (written > 0) {
    parts[0].lots += rest;
    return written;
  }
  int cheapest = 0;
  for (int i = 1; i < count; i++) {
    if (quotes[i].maker_fee_bps < quotes[cheapest].maker_fee_bps) cheapest = i;
  }
  parts[0] = part(wanted, &quotes[cheapest], wanted.lots);
  return 1;
}
