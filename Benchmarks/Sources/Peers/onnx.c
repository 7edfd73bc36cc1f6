// onnxruntime through its C interface. Its packages bring the library and no header, so what is used of the interface is
// declared here: a table of functions whose order is fixed (onnxruntime_c_api.h, struct OrtApi).
#include <dlfcn.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "peers.h"

typedef struct {
  const void *const *(*get_api)(uint32_t version);
  const char *(*version)(void);
} ort_base;

/// Places in the table of functions.
enum {
  GET_ERROR_MESSAGE = 2,
  CREATE_ENV = 3,
  CREATE_SESSION = 7,
  CREATE_SESSION_OPTIONS = 10,
  SET_GRAPH_OPTIMIZATION_LEVEL = 23,
  SET_INTRA_OP_THREADS = 24,
  SET_INTER_OP_THREADS = 25,
  CREATE_TENSOR_WITH_DATA = 49,
  CREATE_CPU_MEMORY_INFO = 69,
  RELEASE_ENV = 92,
  RELEASE_STATUS = 93,
  RELEASE_SESSION = 95,
  RELEASE_SESSION_OPTIONS = 100,
  RUN_WITH_BINDING = 133,
  CREATE_IO_BINDING = 134,
  RELEASE_IO_BINDING = 135,
  BIND_INPUT = 136,
  BIND_OUTPUT = 137,
};

enum { FLOAT = 1, ALL_OPTIMIZATIONS = 99, ARENA = 1, DEFAULT_MEMORY = 0, ERRORS_ONLY = 3 };

struct peer_onnx {
  const void *const *api;
  void *environment, *options, *session, *binding, *memory;
};

typedef uintptr_t word;

/// Calls a function of the table: all that is passed here are integers and addresses, in registers of one class.
static void *call(const peer_onnx *onnx, int place, word a, word b, word c, word d) {
  return ((void *(*)(word, word, word, word))onnx->api[place])(a, b, c, d);
}

#define CALL_4(onnx, place, a, b, c, d, ...) call(onnx, place, (word)(a), (word)(b), (word)(c), (word)(d))
#define CALL(onnx, place, ...) CALL_4(onnx, place, __VA_ARGS__, 0, 0, 0, 0)

/// Keeps the reason of a failed call; 0 when it did not fail.
static int failed(const peer_onnx *onnx, void *status, char *error) {
  if (!status) return 0;
  snprintf(error, 256, "%s", (const char *)CALL(onnx, GET_ERROR_MESSAGE, status));
  CALL(onnx, RELEASE_STATUS, status);
  return 1;
}

peer_onnx *peer_onnx_new(const char *library, const char *model, char *error) {
  void *handle = dlopen(library, RTLD_NOW | RTLD_LOCAL);
  const ort_base *(*base)(void) = handle ? (const ort_base *(*)(void))dlsym(handle, "OrtGetApiBase") : NULL;
  if (!base) {
    snprintf(error, 256, "%s", dlerror());
    return NULL;
  }
  peer_onnx *onnx = calloc(1, sizeof *onnx);
  onnx->api = base()->get_api(14);
  if (onnx->api && !failed(onnx, CALL(onnx, CREATE_ENV, ERRORS_ONLY, "apus-bench", &onnx->environment), error) &&
      !failed(onnx, CALL(onnx, CREATE_SESSION_OPTIONS, &onnx->options), error) &&
      !failed(onnx, CALL(onnx, SET_INTRA_OP_THREADS, onnx->options, 1), error) &&
      !failed(onnx, CALL(onnx, SET_INTER_OP_THREADS, onnx->options, 1), error) &&
      !failed(onnx, CALL(onnx, SET_GRAPH_OPTIMIZATION_LEVEL, onnx->options, ALL_OPTIMIZATIONS), error) &&
      !failed(onnx, CALL(onnx, CREATE_SESSION, onnx->environment, model, onnx->options, &onnx->session), error) &&
      !failed(onnx, CALL(onnx, CREATE_IO_BINDING, onnx->session, &onnx->binding), error) &&
      !failed(onnx, CALL(onnx, CREATE_CPU_MEMORY_INFO, ARENA, DEFAULT_MEMORY, &onnx->memory), error)) {
    return onnx;
  }
  peer_onnx_free(onnx);
  return NULL;
}

void peer_onnx_free(peer_onnx *onnx) {
  if (onnx->binding) CALL(onnx, RELEASE_IO_BINDING, onnx->binding);
  if (onnx->session) CALL(onnx, RELEASE_SESSION, onnx->session);
  if (onnx->options) CALL(onnx, RELEASE_SESSION_OPTIONS, onnx->options);
  if (onnx->environment) CALL(onnx, RELEASE_ENV, onnx->environment);
  free(onnx);
}

int peer_onnx_bind(
    peer_onnx *onnx, int is_input, const char *name, float *data, const int64_t *shape, size_t rank, char *error) {
  size_t count = 1;
  for (size_t i = 0; i < rank; i++) count *= (size_t)shape[i];
  void *value = NULL;  // lives as long as the binding
  void *(*create)(void *, void *, size_t, const int64_t *, size_t, int, void **) =
      (void *(*)(void *, void *, size_t, const int64_t *, size_t, int, void **))onnx->api[CREATE_TENSOR_WITH_DATA];
  if (failed(onnx, create(onnx->memory, data, count * sizeof(float), shape, rank, FLOAT, &value), error)) return -1;
  return failed(onnx, CALL(onnx, is_input ? BIND_INPUT : BIND_OUTPUT, onnx->binding, name, value), error) ? -1 : 0;
}

int peer_onnx_run(peer_onnx *onnx) {
  char error[256];
  void *(*run)(void *, const void *, void *) =
      (void *(*)(void *, const void *, void *))onnx->api[RUN_WITH_BINDING];
  return failed(onnx, run(onnx->session, NULL, onnx->binding), error) ? -1 : 0;
}
