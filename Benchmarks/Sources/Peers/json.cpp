// simdjson's on-demand interface on Binance's market messages: fields in the order in which they stand, to integers.
#include <simdjson.h>

#include <cstring>
#include <string_view>

#include "peers.h"

using namespace simdjson;

struct peer_json {
  ondemand::parser parser;
};

peer_json *peer_json_new(void) { return new peer_json; }
void peer_json_free(peer_json *json) { delete json; }
size_t peer_json_padding(void) { return SIMDJSON_PADDING; }

namespace {

/// The number of eight digits in a word, first digit in the lowest byte.
uint64_t eight_digits(const char *text) {
  uint64_t digits;
  memcpy(&digits, text, 8);
  digits -= 0x3030303030303030;
  digits = digits * 10 + (digits >> 8);
  return (((digits & 0x000000ff000000ff) * 0x000f424000000064 + ((digits >> 16) & 0x000000ff000000ff) * 0x0000271000000001) >> 32) &
         0xffffffff;
}

/// Decimal text with eight decimals in units of 10^-8, divided by `unit`.
int64_t decimal(std::string_view text, uint64_t unit) {
  if (text.size() < 10) return -1;
  const size_t point = text.size() - 9;
  uint64_t whole = 0;
  for (size_t i = 0; i < point; i++) whole = whole * 10 + (uint64_t)(text[i] - '0');
  const uint64_t units = whole * 100000000 + eight_digits(text.data() + point + 1);
  // The steps of the recordings as constants, which the compiler divides by without a division.
  return (int64_t)(unit == 1000000 ? units / 1000000 : unit == 100 ? units / 100 : units / unit);
}

void take(peer_message &message, std::string_view price, std::string_view lots, uint64_t price_unit, uint64_t lot_unit) {
  message.level_count++;
  message.levels_digest += ((uint64_t)decimal(price, price_unit) * 3 + (uint64_t)decimal(lots, lot_unit) * 5) *
                           (uint64_t)message.level_count;
}

void take_side(peer_message &message, ondemand::array levels, uint64_t price_unit, uint64_t lot_unit) {
  for (ondemand::array level : levels) {
    auto element = level.begin();
    const std::string_view price = *element;
    ++element;
    const std::string_view lots = *element;
    take(message, price, lots, price_unit, lot_unit);
  }
}

}  // namespace

peer_message peer_json_decode(
    peer_json *json, const char *text, size_t count, int kind, uint64_t price_unit, uint64_t lot_unit) {
  peer_message message{};
  try {
    ondemand::document document =
        json->parser.iterate(padded_string_view(text, count, count + SIMDJSON_PADDING));
    ondemand::object data = document.find_field("data").get_object();
    switch (kind) {
      case PEER_DEPTH: {
        message.event_time_ms = data.find_field("E").get_int64();
        const std::string_view symbol = data.find_field("s");
        message.kind = symbol.empty() ? 0 : PEER_DEPTH;
        message.first_sequence = data.find_field("U").get_uint64();
        message.last_sequence = data.find_field("u").get_uint64();
        take_side(message, data.find_field("b").get_array(), price_unit, lot_unit);
        take_side(message, data.find_field("a").get_array(), price_unit, lot_unit);
        break;
      }
      case PEER_TICKER: {
        message.first_sequence = message.last_sequence = data.find_field("u").get_uint64();
        const std::string_view symbol = data.find_field("s");
        message.kind = symbol.empty() ? 0 : PEER_TICKER;
        const std::string_view bid = data.find_field("b"), bid_lots = data.find_field("B");
        take(message, bid, bid_lots, price_unit, lot_unit);
        const std::string_view ask = data.find_field("a"), ask_lots = data.find_field("A");
        take(message, ask, ask_lots, price_unit, lot_unit);
        break;
      }
      case PEER_TRADE: {
        const std::string_view symbol = data.find_field("s");
        message.kind = symbol.empty() ? 0 : PEER_TRADE;
        message.first_sequence = message.last_sequence = data.find_field("t").get_uint64();
        const std::string_view price = data.find_field("p"), lots = data.find_field("q");
        take(message, price, lots, price_unit, lot_unit);
        message.event_time_ms = data.find_field("T").get_int64();
        message.buyer_is_maker = data.find_field("m").get_bool();
        break;
      }
    }
  } catch (const simdjson_error &) {
    message.kind = PEER_OTHER;
  }
  return message;
}
