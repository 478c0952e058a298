/* SPDX-License-Identifier: MIT
 * A file fetched over HTTP, in pieces of time that the caller hands out.
 *
 * What has come lies in FILE.part, which stays after a failure or an interrupt: the next try, here or in another run,
 * asks for the rest alone. Several places may be asked in turn; one process at a time holds the lock of a part. When
 * all is there, and the caller has found it good, commit makes it the file, in one step. What must stay true: nothing
 * but HTTP and HTTPS is spoken, also after redirections, and from HTTPS never back to HTTP; no more than `limit` bytes
 * are ever stored. */
#ifndef CNN_CORE_FETCH_H
#define CNN_CORE_FETCH_H

#include "core/cnn.h"

typedef struct cnn_fetch cnn_fetch;

typedef enum cnn_fetch_state {
    CNN_FETCH_RUNNING,
    CNN_FETCH_DONE,  /* all that the server announced is in the part, the expected size if there was one */
    CNN_FETCH_FAILED /* this place did not give the file: `reason` */
} cnn_fetch_state;

typedef struct cnn_fetch_order {
    const char *url;
    int64_t expected; /* bytes of the file, or -1: not known              */
    int64_t limit;    /* most bytes to accept                             */
    double stall;     /* seconds without progress after which it is given up */
} cnn_fetch_order;

typedef struct cnn_fetch_report {
    cnn_fetch_state state;
    int64_t bytes;    /* of the file that are here                        */
    int64_t total;    /* it will have, or -1                              */
    bool again;       /* the same place may well do better another time   */
    char reason[320]; /* of a failure                                     */
} cnn_fetch_report;

/* Can anything be fetched? IO where libcurl is missing, with what to install. */
CNN_CHECKED cnn_status cnn_fetch_ready(cnn_error *err);
/* Opens or makes the part. IO, NO_MEMORY. */
CNN_CHECKED cnn_status cnn_fetch_open(const char *part, cnn_fetch **out, cnn_error *err);
/* Takes the lock if it is free, else waits a tenth of a second: *mine says which. *bytes: what the part holds. */
CNN_CHECKED cnn_status cnn_fetch_lock(cnn_fetch *fetch, bool *mine, int64_t *bytes, cnn_error *err);
/* Begins to ask one place for what is missing. The lock must be held. */
CNN_CHECKED cnn_status cnn_fetch_start(cnn_fetch *fetch, const cnn_fetch_order *order, cnn_error *err);
/* Works for a tenth of a second, less if that ends it. Only what no other place would cure is an error: IO (the disk),
 * NO_MEMORY, INTERRUPTED; the rest is in the report. */
CNN_CHECKED cnn_status cnn_fetch_step(cnn_fetch *fetch, cnn_fetch_report *report, cnn_error *err);
/* Forgets what the part holds. */
CNN_CHECKED cnn_status cnn_fetch_discard(cnn_fetch *fetch, cnn_error *err);
/* Makes the part the file `target`, on the disk. IO. */
CNN_CHECKED cnn_status cnn_fetch_commit(cnn_fetch *fetch, const char *target, cnn_error *err);
/* Stops what is running; the part stays unless it is empty. Accepts NULL. */
void cnn_fetch_free(cnn_fetch **fetch);

/* Sleeps; INTERRUPTED by Ctrl-C. */
CNN_CHECKED cnn_status cnn_sleep(double seconds, cnn_error *err);

#endif
