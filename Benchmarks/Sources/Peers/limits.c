// What this CPU can do at most: bytes read and multiply-adds per second, by loops that do nothing else.
#include <stdlib.h>
#include <string.h>

#include "peers.h"

typedef float lanes __attribute__((vector_size(32)));
typedef float wide_lanes __attribute__((vector_size(64)));

/// Reads the block once with eight accumulators; `wide` decides the width of a load.
static float read_block(const char *block, size_t bytes, int wide) {
  if (wide) {
    wide_lanes sum[8] = {0};
    for (size_t i = 0; i + 512 <= bytes; i += 512)
      for (int k = 0; k < 8; k++) sum[k] += *(const wide_lanes *)(block + i + 64 * k);
    for (int k = 1; k < 8; k++) sum[0] += sum[k];
    return sum[0][0];
  }
  lanes sum[8] = {0};
  for (size_t i = 0; i + 256 <= bytes; i += 256)
    for (int k = 0; k < 8; k++) sum[k] += *(const lanes *)(block + i + 32 * k);
  for (int k = 1; k < 8; k++) sum[0] += sum[k];
  return sum[0][0];
}

static volatile float sink;

double peer_read_bandwidth(size_t bytes, int64_t duration_ns) {
  char *block = aligned_alloc(2 << 20, (bytes + (2 << 20) - 1) / (2 << 20) * (2 << 20));
  memset(block, 0, bytes);
  double best = 0;
  for (int wide = 0; wide < 2; wide++) {
    sink = read_block(block, bytes, wide);
    const int64_t start = peer_now_ns();
    int64_t rounds = 0, now;
    do {
      const int64_t batch = (int64_t)((4 << 20) / bytes) + 1;
      for (int64_t i = 0; i < batch; i++) {
        sink = read_block(block, bytes, wide);
        __asm__ volatile("" ::: "memory");
      }
      rounds += batch;
      now = peer_now_ns();
    } while (now - start < duration_ns / 2);
    const double rate = (double)bytes * (double)rounds / ((double)(now - start) / 1e9);
    if (rate > best) best = rate;
  }
  free(block);
  return best;
}

double peer_fma_rate(int64_t duration_ns) {
  const lanes factor = {1, 1, 1, 1, 1, 1, 1, 1};
  lanes sums[12];
  for (int k = 0; k < 12; k++) sums[k] = factor * (float)k;
  const int64_t start = peer_now_ns();
  int64_t rounds = 0, now;
  do {
    for (int i = 0; i < 100000; i++) {
      for (int k = 0; k < 12; k++) {
        __asm__ volatile("vfmadd231ps %1, %1, %0" : "+x"(sums[k]) : "x"(factor));
      }
    }
    rounds += 100000;
    now = peer_now_ns();
  } while (now - start < duration_ns);
  for (int k = 1; k < 12; k++) sums[0] += sums[k];
  sink = sums[0][0];
  return (double)rounds * 12 * 8 / ((double)(now - start) / 1e9);
}
