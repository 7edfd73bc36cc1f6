// The C edge of Apus: everything Swift cannot say itself (CPU, memory, io_uring, OpenSSL). No policy lives here.
//
// Conventions: every symbol starts with `apus_`; a call that can fail returns a negative errno instead of leaving
// it to be read; a function that the hot path may call carries APUS_HOT, which promises to Swift's performance
// annotations that it neither locks nor allocates (each such promise has a test that counts allocations).
#ifndef APUS_CSHIMS_H
#define APUS_CSHIMS_H

#include "apus_annotations.h"
#include "apus_checksum.h"
#include "apus_cpu.h"
#include "apus_file.h"
#include "apus_inflate.h"
#include "apus_local_socket.h"
#include "apus_memory.h"
#include "apus_openssl.h"
#include "apus_process.h"
#include "apus_socket.h"
#include "apus_text.h"
#include "apus_uring.h"
#include "apus_zlib.h"

#endif
