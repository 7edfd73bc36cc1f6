// io_uring through liburing, and non-blocking sockets.
#ifndef APUS_URING_H
#define APUS_URING_H

#include <stddef.h>
#include <stdint.h>

#include "apus_annotations.h"

#endif
