// Order books as they are usually written.
#include <algorithm>
#include <functional>
#include <map>
#include <vector>

#include "peers.h"

namespace {

struct level {
  int64_t price, lots;
};

uint64_t fold(uint64_t digest, level bid, level ask) {
  digest = (digest ^ (uint64_t)bid.price) * 0x9e3779b97f4a7c15;
  digest = (digest ^ (uint64_t)bid.lots) * 0x9e3779b97f4a7c15;
  digest = (digest ^ (uint64_t)ask.price) * 0x9e3779b97f4a7c15;
  return (digest ^ (uint64_t)ask.lots) * 0x9e3779b97f4a7c15;
}

template <typename Compare>
class map_side {
 public:
  void set(int64_t price, int64_t lots) {
    if (lots == 0) {
      levels.erase(price);
    } else {
      levels[price] = lots;
    }
  }
  level best() const { return levels.empty() ? level{0, 0} : level{levels.begin()->first, levels.begin()->second}; }

 private:
  std::map<int64_t, int64_t, Compare> levels;
};

/// The best level stands last: most changes are near the touch, and move little. `sign` makes bids ascend and asks descend.
template <int sign>
class vector_side {
 public:
  vector_side() { levels.reserve(1 << 16); }
  void set(int64_t price, int64_t lots) {
    const int64_t key = sign * price;
    size_t place = levels.size();
    // Near the touch a linear search wins; beyond it the rest is halved.
    size_t steps = 0;
    while (place > 0 && sign * levels[place - 1].price > key && steps < 16) place--, steps++;
    if (place > 0 && sign * levels[place - 1].price > key) {
      place = (size_t)(std::upper_bound(
                           levels.begin(), levels.begin() + (ptrdiff_t)place, key,
                           [](int64_t wanted, const level &other) { return wanted < sign * other.price; }) -
                       levels.begin());
    }
    const bool found = place > 0 && levels[place - 1].price == price;
    if (lots == 0) {
      if (found) levels.erase(levels.begin() + (ptrdiff_t)place - 1);
    } else if (found) {
      levels[place - 1].lots = lots;
    } else {
      levels.insert(levels.begin() + (ptrdiff_t)place, level{price, lots});
    }
  }
  level best() const { return levels.empty() ? level{0, 0} : levels.back(); }

 private:
  std::vector<level> levels;
};

template <typename Bids, typename Asks>
peer_book_result run(const peer_change *changes, size_t count) {
  Bids bids;
  Asks asks;
  uint64_t digest = 0;
  const int64_t start = peer_now_ns();
  for (size_t i = 0; i < count; i++) {
    const peer_change &change = changes[i];
    if (change.is_ask) {
      asks.set(change.price_ticks, change.lots);
    } else {
      bids.set(change.price_ticks, change.lots);
    }
    if (change.is_last) digest = fold(digest, bids.best(), asks.best());
  }
  return {peer_now_ns() - start, digest};
}

}  // namespace

peer_book_result peer_book_map(const peer_change *changes, size_t count) {
  return run<map_side<std::greater<int64_t>>, map_side<std::less<int64_t>>>(changes, count);
}

peer_book_result peer_book_vector(const peer_change *changes, size_t count) {
  return run<vector_side<1>, vector_side<-1>>(changes, count);
}
