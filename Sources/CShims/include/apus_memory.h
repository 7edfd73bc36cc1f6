// Memory that is mapped, locked, shared between processes and checksummed.
#ifndef APUS_MEMORY_H
#define APUS_MEMORY_H

#include <stddef.h>
#include <stdint.h>

#include "apus_annotations.h"

#endif
