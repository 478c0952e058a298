/* SPDX-License-Identifier: MIT
 * SHA-256 and MD5: is a file what it should be?
 *
 * SHA-256 (FIPS 180-4) tells a wrong file from the right one whoever made it; MD5 (RFC 1321) only finds accidents, and
 * is here because some data sets are published with nothing else. */
#ifndef CNN_CORE_DIGEST_H
#define CNN_CORE_DIGEST_H

#include "core/cnn.h"

#define CNN_DIGEST_TEXT 65 /* the longest in hexadecimal, and its end */

typedef enum cnn_digest_kind { CNN_SHA256, CNN_MD5 } cnn_digest_kind;

typedef struct cnn_digest {
    cnn_digest_kind kind;
    uint32_t state[8];       /* MD5 uses the first four              */
    uint64_t bytes;          /* so far                               */
    unsigned char block[64]; /* begins with what has not been mixed in yet */
} cnn_digest;

void cnn_digest_begin(cnn_digest *digest, cnn_digest_kind kind);
void cnn_digest_add(cnn_digest *digest, const void *data, size_t bytes);
/* Writes the digest in lower-case hexadecimal, 64 or 32 digits. The digest needs a new beginning then. */
void cnn_digest_end(cnn_digest *digest, char text[CNN_DIGEST_TEXT]);

/* The digest of a file, or with `content` of what a gzipped file holds (of a plain file's bytes, where it is not
 * gzipped). IO: the file cannot be read, or is damaged or truncated; INTERRUPTED. */
CNN_CHECKED cnn_status cnn_digest_file(const char *path, cnn_digest_kind kind, bool content, char text[CNN_DIGEST_TEXT],
                                       cnn_error *err);

#endif
