/* SPDX-License-Identifier: MIT
 * Inside the fetcher: its state, shared by fetch.c (the part, the clock) and fetch_http.c (the conversation). */
#ifndef CNN_CORE_FETCH_HTTP_H
#define CNN_CORE_FETCH_HTTP_H

#include "core/curl.h"
#include "core/fetch.h"

struct cnn_fetch {
    /* the part */
    char *part;    /* its path                                            */
    int fd;        /* -1: closed                                          */
    bool locked;   /* by us                                               */
    int64_t bytes; /* it holds                                            */
    /* the order */
    int64_t expected, limit;
    double stall;
    bool secure; /* the URL is https */
    /* the conversation */
    void *multi, *easy; /* libcurl's handles, NULL: nothing is running    */
    int64_t offset;     /* bytes that we asked the server to leave out    */
    int64_t range;      /* where it says that its answer begins, or -1    */
    int64_t total;      /* bytes the file will have, or -1                */
    bool begun;         /* the answer was found good, its body is coming  */
    /* the outcome */
    char reason[320];   /* of a failure of this place, or ""              */
    bool again;         /* it may pass                                    */
    cnn_status trouble; /* ours, not the place's: with the words in err   */
    cnn_error err;
    char words[256]; /* libcurl's own */
    /* the watch over stalls */
    int64_t marked; /* bytes when there was progress last, -1: at the start */
    double since;   /* that moment                                        */
};

/* Notes why this place does not give the file. The first reason counts. */
void fetch_refuse(cnn_fetch *fetch, bool again, const char *format, ...) __attribute__((format(printf, 3, 4)));
/* Appends to the part; false: the disk did not take it, noted in fetch->trouble. */
bool fetch_store(cnn_fetch *fetch, const char *data, size_t bytes);
/* Lets libcurl work and wait for at most that long. */
CNN_CHECKED cnn_status fetch_turn(cnn_fetch *fetch, double seconds, bool *finished, cnn_error *err);
/* Hangs up. */
void fetch_stop(cnn_fetch *fetch);

#endif
