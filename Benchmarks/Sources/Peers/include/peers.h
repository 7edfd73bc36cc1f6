// What others wrote, and bare floors in C, behind one C interface: the other side of every comparison.
// Times are nanoseconds of the time-stamp counter's clock unless a name says otherwise. Nothing here prints.
#ifndef PEERS_H
#define PEERS_H

#include <stddef.h>
#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

// Time ---------------------------------------------------------------------------------------------------------------

/// CLOCK_MONOTONIC in nanoseconds.
int64_t peer_now_ns(void);
/// Keeps the calling thread on one CPU; 0 or -errno.
int peer_pin(int cpu);

// Rings: one producer on one CPU, one consumer on another; elements of 64 bytes whose first word counts up ------------

typedef struct {
  uint64_t words[8];
} peer_element;

typedef struct {
  int64_t duration_ns;
  /// Sum of the first words that the consumer took out.
  uint64_t sum;
} peer_ring_result;

/// boost::lockfree::spsc_queue of 4096 slots, `consume_all` on the reading side.
peer_ring_result peer_ring_boost(int64_t count, int producer_cpu, int consumer_cpu);
/// moodycamel::ReaderWriterQueue of 4096 slots, reserved beforehand.
peer_ring_result peer_ring_moodycamel(int64_t count, int producer_cpu, int consumer_cpu);
/// Two flags on cache lines of their own, written in turn: what a round trip between two CPUs costs at least.
peer_ring_result peer_ping_pong(int64_t round_trips, int first_cpu, int second_cpu);

// Books: changes of levels, messages ending where `is_last` is set ----------------------------------------------------

typedef struct {
  int64_t price_ticks;
  int64_t lots;
  uint8_t is_ask;
  uint8_t is_last;
} peer_change;

typedef struct {
  int64_t duration_ns;
  /// Folded over the touch after every message: equal for every right book.
  uint64_t digest;
} peer_book_result;

/// std::map by price, one for each side.
peer_book_result peer_book_map(const peer_change *changes, size_t count);
/// A sorted std::vector for each side, best level last, searched from its end.
peer_book_result peer_book_vector(const peer_change *changes, size_t count);

// Features: the 48 of docs/features.md, in double precision, one number after the other -------------------------------

typedef struct {
  int64_t price_ticks;
  int64_t lots;
} peer_level;

enum { PEER_FEATURES = 48, PEER_DEPTH_LEVELS = 16 };

typedef struct peer_features peer_features;
peer_features *peer_features_new(void);
void peer_features_free(peer_features *features);
/// Takes the best levels of both sides after an update, best first, at most PEER_DEPTH_LEVELS of each; none of a void book.
void peer_features_book(
    peer_features *features, const peer_level *bids, size_t bid_count, const peer_level *asks, size_t ask_count,
    int64_t now_ns);
void peer_features_trade(peer_features *features, int64_t price_ticks, int64_t lots, int is_sell, int64_t now_ns);
/// Writes PEER_FEATURES numbers as of `now_ns`; 0 when the book has no two sides.
int peer_features_read(const peer_features *features, int64_t now_ns, double *values);

// Risk gate: the checks of docs/risk.md for spot, one comparison after the other ----------------------------------------

typedef struct {
  uint8_t is_everything;
  uint32_t venues;
  uint64_t instruments, strategies;
} peer_scopes;

typedef struct {
  uint8_t is_armed, sends_orders;
  uint32_t armed_epoch;
  int64_t armed_time_ns;
  /// -1: the loss is not used up.
  int64_t loss_day;
  peer_scopes halted, paused, reducing;
  int64_t ramp_initial_percent, ramp_duration_ns;
  int64_t orders_per_second, orders_per_ten_seconds;
} peer_gate_session;

/// Rules of the venue and limits of the desk for one instrument of spot.
typedef struct {
  uint8_t venue, has_limits;
  uint16_t definition_version;
  int64_t least_price_ticks, most_price_ticks, least_lots, most_lots, least_notional, most_notional;
  /// A lot at a tick is worth 10 to this of the quote asset's units, a lot 10 to this of the base asset's.
  int quote_exponent, base_exponent;
  int64_t limit_lots, limit_notional, limit_position, limit_open_orders;
  int64_t collar_bps, market_age_ns, order_age_ns, fee_reserve_bps;
} peer_gate_instrument;

/// An order with all that the gate is told of market, account and session.
typedef struct {
  int64_t price_ticks, lots, decision_time_ns, expiry_time_ns;
  int64_t position_lots, working_buy_lots, working_sell_lots, open_orders, highest_buy_ticks, lowest_sell_ticks;
  int64_t free_base, free_quote;
  int64_t bid_ticks, bid_lots, ask_ticks, ask_lots, market_time_ns, now_ns;
  uint32_t halt_epoch;
  uint16_t instrument, definition_version, market_definition_version;
  uint8_t venue, strategy, is_sell, type, time_in_force, is_reduce_only, has_intent;
  uint8_t is_stopping, is_journal_full, is_journal_behind, is_session_up, is_reconciled;
} peer_gate_order;

typedef struct {
  /// The code of docs/risk.md; 0 when approved.
  int reason;
  /// When an approved order expires; 0 when refused.
  int64_t expiry_time_ns;
} peer_verdict;

typedef struct peer_gate peer_gate;
peer_gate *peer_gate_new(const peer_gate_session *session, const peer_gate_instrument *instruments, size_t count);
void peer_gate_free(peer_gate *gate);
peer_verdict peer_gate_check(peer_gate *gate, const peer_gate_order *order);

// Router: venues sorted by cost, the intent dealt out over them ---------------------------------------------------------

typedef struct {
  int64_t bid_ticks, bid_lots, ask_ticks, ask_lots, taker_fee_bps, maker_fee_bps;
  uint16_t instrument;
  uint8_t venue;
} peer_quote;

/// An intent, and a part of it for one venue. Types and times in force have the codes of Market/Orders.swift.
typedef struct {
  int64_t price_ticks, lots;
  uint16_t instrument;
  uint8_t venue, is_sell, type, time_in_force;
} peer_order;

enum { PEER_VENUES = 4 };

/// Writes the parts, at most PEER_VENUES; how many there are.
int peer_route(const peer_order *intent, const peer_quote *quotes, int count, peer_order *parts);

// JSON: simdjson on-demand, fields asked for in the order of the message ----------------------------------------------

typedef struct {
  /// Of the whole message: the kinds below, 0 when it could not be read.
  int kind;
  uint64_t first_sequence, last_sequence;
  int64_t event_time_ms;
  /// Sum over the levels: price ticks times 3 plus lots times 5, times the level's place from 1.
  uint64_t levels_digest;
  int64_t level_count;
  uint8_t buyer_is_maker;
} peer_message;

enum { PEER_OTHER = 0, PEER_DEPTH = 1, PEER_TICKER = 2, PEER_TRADE = 3 };

typedef struct peer_json peer_json;
peer_json *peer_json_new(void);
void peer_json_free(peer_json *json);
/// How many bytes must be readable behind a text.
size_t peer_json_padding(void);
/// Decodes a wrapped market message of known kind; prices in 10^-2, quantities in 10^-8.
peer_message peer_json_decode(
    peer_json *json, const char *text, size_t count, int kind, uint64_t price_unit, uint64_t lot_unit);

// LSTM -----------------------------------------------------------------------------------------------------------------

/// A layer stepped by OpenBLAS (cblas_sgemv, one thread) and activations that the compiler vectorises over libmvec.
typedef struct peer_lstm peer_lstm;
/// @param input_kernel inputs rows of 4 * units, gates i, f, g, o; recurrent_kernel likewise of units rows
peer_lstm *peer_lstm_new(
    int inputs, int units, const float *input_kernel, const float *recurrent_kernel, const float *bias);
void peer_lstm_free(peer_lstm *layer);
void peer_lstm_step(peer_lstm *layer, const float *input);
const float *peer_lstm_hidden(const peer_lstm *layer);

/// A model in onnxruntime, opened from the shared library and the model file given; one thread, bound buffers.
typedef struct peer_onnx peer_onnx;
/// @param error 256 bytes for the reason when the answer is NULL
peer_onnx *peer_onnx_new(const char *library, const char *model, char *error);
void peer_onnx_free(peer_onnx *onnx);
/// Binds a buffer of floats as an input or an output; 0, or -1 with the reason in `error`.
int peer_onnx_bind(
    peer_onnx *onnx, int is_input, const char *name, float *data, const int64_t *shape, size_t rank, char *error);
/// Runs the bound model; 0 or -1.
int peer_onnx_run(peer_onnx *onnx);

// Limits of the machine -------------------------------------------------------------------------------------------------

/// Bytes per second at which this CPU reads `bytes` of memory again and again and adds them up, the fastest of its vector
/// widths.
double peer_read_bandwidth(size_t bytes, int64_t duration_ns);
/// Multiply-adds of floats per second in registers.
double peer_fma_rate(int64_t duration_ns);

// AEAD ------------------------------------------------------------------------------------------------------------------

/// AES-128-GCM with a context that is made once: the bare cost of a record's cipher.
typedef struct peer_aead peer_aead;
peer_aead *peer_aead_new(void);
void peer_aead_free(peer_aead *aead);
/// Seals `count` bytes with 5 bytes of additional data and a tag of 16 behind them; 0 or -1.
int peer_aead_seal(peer_aead *aead, uint64_t number, const uint8_t *plain, size_t count, uint8_t *sealed);
/// The other way; 0, or -1 when the tag does not fit.
int peer_aead_open(peer_aead *aead, uint64_t number, const uint8_t *sealed, size_t count, uint8_t *plain);

// Echo ------------------------------------------------------------------------------------------------------------------

/// How the echo talks to the kernel.
enum peer_echo_transport {
  PEER_ECHO_POLL = 0,               ///< recvmsg and send that do not wait
  PEER_ECHO_URING = 1,              ///< multishot receive with deferred task work, sends through the ring
  PEER_ECHO_URING_AND_SEND = 2,     ///< the same receive, and send
  PEER_ECHO_URING_COOPERATIVE = 3,  ///< cooperative task work instead
};

/// What is sent to the echo, and where.
typedef struct {
  const uint32_t *frame_bytes;  ///< sizes of the frames, in turn, 4 or more
  size_t frame_count;
  int64_t interval_ns;  ///< between the moments at which two frames are due
  uint32_t frames_per_answer;
  uint32_t order_bytes;
  uint32_t reply_bytes;  ///< what comes back for each order
  int sender_cpu;
  int transport;  ///< a peer_echo_transport
} peer_echo_plan;

/// Sends frames on schedule from a thread of its own over one TCP connection on loopback. The calling thread takes them without
/// waiting, and answers some with bytes from memory over a second connection.
///
/// @param latencies_ns  for each answer, from the kernel's stamp of what was received to the return of the send
/// @return how many there are, or a negative errno
long peer_echo(const peer_echo_plan *plan, int64_t duration_ns, double *latencies_ns, size_t room);

#ifdef __cplusplus
}
#endif
#endif
