// What openssl_tls.c and openssl_records.c share.
#ifndef OPENSSL_RECORDS_H
#define OPENSSL_RECORDS_H

#include "apus_openssl.h"

/// Derives the keys of both directions from the secrets; `ssl` is the session's SSL. Returns as `apus_tls_begin_records`.
int apus_records_begin(apus_records *records, const void *ssl);
/// Takes a traffic secret out of a line of OpenSSL's key log; other lines are passed over.
void apus_records_take_line(apus_records *records, int is_server, const char *line);

#endif
