// An LSTM step as one writes it over a good BLAS: one matrix-vector product, then activations the compiler vectorises.
#include <cblas-openblas.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "peers.h"

struct peer_lstm {
  int inputs, units;
  float *weights;  // inputs + units columns of 4 * units each, or as many rows of one gate each: what this CPU is faster with
  int is_by_column;
  float *bias, *columns, *gates, *cell;
};

/// The gates' sums: bias and one matrix-vector product.
static void multiply(peer_lstm *layer) {
  const int rows = 4 * layer->units, columns = layer->inputs + layer->units;
  memcpy(layer->gates, layer->bias, (size_t)rows * sizeof(float));
  const enum CBLAS_ORDER order = layer->is_by_column ? CblasColMajor : CblasRowMajor;
  cblas_sgemv(
      order, CblasNoTrans, rows, columns, 1, layer->weights, layer->is_by_column ? rows : columns, layer->columns, 1, 1,
      layer->gates, 1);
}

/// Takes the faster of the two orders of the matrix: a sum of columns, or a dot product for each row.
static void choose_order(peer_lstm *layer, size_t rows, size_t columns) {
  float *by_row = aligned_alloc(64, (rows * columns * sizeof(float) + 63) / 64 * 64);
  float *by_column = layer->weights;
  for (size_t column = 0; column < columns; column++)
    for (size_t row = 0; row < rows; row++) by_row[row * columns + column] = by_column[column * rows + row];
  int64_t best = INT64_MAX;
  int is_by_column = 1;
  // In turn, so that what disturbs one disturbs the other.
  for (int round = 0; round < 20; round++) {
    layer->is_by_column = round % 2;
    layer->weights = layer->is_by_column ? by_column : by_row;
    const int64_t start = peer_now_ns();
    for (int i = 0; i < 100; i++) multiply(layer);
    const int64_t duration = peer_now_ns() - start;
    if (duration < best) {
      best = duration;
      is_by_column = layer->is_by_column;
    }
  }
  layer->is_by_column = is_by_column;
  layer->weights = is_by_column ? by_column : by_row;
  free(is_by_column ? by_row : by_column);
}

peer_lstm *peer_lstm_new(
    int inputs, int units, const float *input_kernel, const float *recurrent_kernel, const float *bias) {
  openblas_set_num_threads(1);
  peer_lstm *layer = calloc(1, sizeof *layer);
  const size_t rows = 4 * (size_t)units, columns = (size_t)inputs + (size_t)units;
  layer->inputs = inputs;
  layer->units = units;
  layer->weights = aligned_alloc(64, (rows * columns * sizeof(float) + 63) / 64 * 64);
  layer->bias = aligned_alloc(64, (rows * sizeof(float) + 63) / 64 * 64);
  layer->gates = aligned_alloc(64, (rows * sizeof(float) + 63) / 64 * 64);
  layer->columns = aligned_alloc(64, (columns * sizeof(float) + 63) / 64 * 64);
  layer->cell = aligned_alloc(64, ((size_t)units * sizeof(float) + 63) / 64 * 64);
  memcpy(layer->weights, input_kernel, (size_t)inputs * rows * sizeof(float));
  memcpy(layer->weights + (size_t)inputs * rows, recurrent_kernel, (size_t)units * rows * sizeof(float));
  memcpy(layer->bias, bias, rows * sizeof(float));
  memset(layer->columns, 0, columns * sizeof(float));
  memset(layer->cell, 0, (size_t)units * sizeof(float));
  choose_order(layer, rows, columns);
  return layer;
}

void peer_lstm_free(peer_lstm *layer) {
  free(layer->weights);
  free(layer->bias);
  free(layer->gates);
  free(layer->columns);
  free(layer->cell);
  free(layer);
}

static inline float sigmoid(float x) { return 1 / (1 + expf(-x)); }

void peer_lstm_step(peer_lstm *layer, const float *input) {
  const int units = layer->units;
  memcpy(layer->columns, input, (size_t)layer->inputs * sizeof(float));
  multiply(layer);
  const float *i = layer->gates, *f = i + units, *g = f + units, *o = g + units;
  float *hidden = layer->columns + layer->inputs, *cell = layer->cell;
  for (int u = 0; u < units; u++) {
    const float c = sigmoid(f[u]) * cell[u] + sigmoid(i[u]) * (2 * sigmoid(2 * g[u]) - 1);
    cell[u] = c;
    hidden[u] = sigmoid(o[u]) * (2 * sigmoid(2 * c) - 1);
  }
}

const float *peer_lstm_hidden(const peer_lstm *layer) { return layer->columns + layer->inputs; }
