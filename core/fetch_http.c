/* SPDX-License-Identifier: MIT
 * The conversation with one server, over libcurl's multi interface: it never waits longer than it is told to, so Ctrl-C
 * and the watch over stalls are ours.
 *
 * An answer is looked at before its first byte is stored: 200 begins the part anew, 206 must continue it exactly where
 * it ends, anything else is a reason to try elsewhere. */
#include "core/fetch_http.h"

#include <pthread.h>
#include <signal.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <time.h>

void fetch_refuse(cnn_fetch *fetch, bool again, const char *format, ...) {
    if (fetch->reason[0] != '\0') return;
    va_list list;
    va_start(list, format);
    vsnprintf(fetch->reason, sizeof fetch->reason, format, list);
    va_end(list);
    fetch->again = again;
}

#if CNN_HAVE_CURL

static const cnn_curl *curl; /* loaded by the first start */

/* ---- a broken connection must not kill the process ---- */

typedef struct pipe_guard {
    sigset_t old;
    bool pending; /* before us: then it is somebody else's */
} pipe_guard;

static void guard_begin(pipe_guard *guard) {
    sigset_t pipe_signal, pending;
    sigemptyset(&pipe_signal);
    sigaddset(&pipe_signal, SIGPIPE);
    sigpending(&pending);
    guard->pending = sigismember(&pending, SIGPIPE);
    pthread_sigmask(SIG_BLOCK, &pipe_signal, &guard->old);
}

static void guard_end(const pipe_guard *guard) {
    sigset_t pipe_signal;
    sigemptyset(&pipe_signal);
    sigaddset(&pipe_signal, SIGPIPE);
    if (!guard->pending) sigtimedwait(&pipe_signal, NULL, &(struct timespec){0});
    pthread_sigmask(SIG_SETMASK, &guard->old, NULL);
}

/* ---- the answer ---- */

static long fetch_code(const cnn_fetch *fetch) {
    long code = 0;
    curl->easy_info(fetch->easy, CURLINFO_RESPONSE_CODE, &code);
    return code;
}

static void fetch_refuse_code(cnn_fetch *fetch, long code) {
    static const struct {
        long code;
        bool again;
        const char *words;
    } known[] = {
        {403, false, "it refuses (status 403)"},
        {404, false, "it has no such file (status 404)"},
        {410, false, "it has no such file any more (status 410)"},
        {416, true, "it has less of the file than is here (status 416)"},
        {429, true, "it is asked too often (status 429)"},
        {503, true, "it is too busy (status 503)"},
    };
    for (size_t i = 0; i < sizeof known / sizeof *known; i++) {
        if (known[i].code == code) {
            fetch_refuse(fetch, known[i].again, "%s", known[i].words);
            return;
        }
    }
    fetch_refuse(fetch, code >= 500 || code == 408 || code == 425, "it answers with the status %ld", code);
}

/* Empties the part, which does not fit what comes. */
static bool fetch_restart(cnn_fetch *fetch) {
    if (fetch->bytes == 0) return true;
    fetch->trouble = cnn_fetch_discard(fetch, &fetch->err);
    return fetch->trouble == CNN_OK;
}

/* Looks at the answer before its body is stored. */
static bool fetch_accept(cnn_fetch *fetch) {
    const long code = fetch_code(fetch);
    curl_off_t length = -1;
    if (code == 416 && !fetch_restart(fetch)) return false;
    if (code == 206 && fetch->offset > 0 && fetch->range != fetch->offset) {
        if (fetch_restart(fetch)) fetch_refuse(fetch, true, "it sent another part of the file than it was asked for");
        return false;
    }
    if (code == 200 && !fetch_restart(fetch)) return false; /* no part was asked for, or it does not know parts */
    if (code != 200 && !(code == 206 && fetch->offset > 0)) {
        fetch_refuse_code(fetch, code);
        return false;
    }
    curl->easy_info(fetch->easy, CURLINFO_CONTENT_LENGTH_DOWNLOAD_T, &length);
    fetch->total = length >= 0 ? fetch->bytes + length : fetch->expected;
    if (fetch->expected >= 0 && fetch->total != fetch->expected)
        fetch_refuse(fetch, false, "its file has %lld bytes, the right one %lld", (long long)fetch->total,
                     (long long)fetch->expected);
    else if (fetch->total > fetch->limit)
        fetch_refuse(fetch, false, "its file has %lld bytes, more than the %lld that are sensible",
                     (long long)fetch->total, (long long)fetch->limit);
    fetch->begun = fetch->reason[0] == '\0';
    return fetch->begun;
}

/* libcurl's callbacks; less than `count` ends the conversation. */
static size_t fetch_body(char *data, size_t size, size_t count, void *context) {
    cnn_fetch *fetch = context;
    const size_t bytes = size * count;
    if (bytes == 0) return 0;
    if (!fetch->begun && !fetch_accept(fetch)) return 0;
    if (bytes > (uint64_t)(fetch->limit - fetch->bytes)) {
        fetch_refuse(fetch, false, "it does not stop sending: the file has no more than %lld bytes",
                     (long long)fetch->limit);
        return 0;
    }
    return fetch_store(fetch, data, bytes) ? bytes : 0;
}

static size_t fetch_header(char *data, size_t size, size_t count, void *context) {
    cnn_fetch *fetch = context;
    static const char range[] = "content-range: bytes ";
    char line[128] = "";
    const size_t bytes = size * count;
    memcpy(line, data, bytes < sizeof line ? bytes : sizeof line - 1);
    if (strncmp(line, "HTTP/", 5) == 0) fetch->range = -1; /* of another answer, after a redirection */
    if (strncasecmp(line, range, sizeof range - 1) == 0) {
        char *end = NULL;
        const long long from = strtoll(line + sizeof range - 1, &end, 10);
        fetch->range = *end == '-' && from >= 0 ? from : -1;
    }
    return bytes;
}

/* ---- asking ---- */

/* What libcurl may speak: both names of HTTP, but only the safe one after it. */
static bool fetch_set_protocols(const cnn_fetch *fetch) {
#if LIBCURL_VERSION_NUM >= 0x075500
    const char *names = fetch->secure ? "https" : "http,https";
    return curl->easy_set(fetch->easy, CURLOPT_PROTOCOLS_STR, names) == CURLE_OK &&
           curl->easy_set(fetch->easy, CURLOPT_REDIR_PROTOCOLS_STR, names) == CURLE_OK;
#else
    const long bits = fetch->secure ? CURLPROTO_HTTPS : CURLPROTO_HTTP | CURLPROTO_HTTPS;
    return curl->easy_set(fetch->easy, CURLOPT_PROTOCOLS, bits) == CURLE_OK &&
           curl->easy_set(fetch->easy, CURLOPT_REDIR_PROTOCOLS, bits) == CURLE_OK;
#endif
}

/* This machine is reached without the proxy that the environment may name. */
static bool fetch_is_here(const char *url) {
    const char *host = strstr(url, "://");
    return host && (strncmp(host, "://127.", 7) == 0 || strncmp(host, "://localhost", 12) == 0);
}

static bool fetch_set(cnn_fetch *fetch, const char *url) {
    CURL *easy = fetch->easy;
    bool good = fetch_set_protocols(fetch);
    good = good && curl->easy_set(easy, CURLOPT_URL, url) == CURLE_OK;
    good = good && curl->easy_set(easy, CURLOPT_FOLLOWLOCATION, 1L) == CURLE_OK;
    good = good && curl->easy_set(easy, CURLOPT_MAXREDIRS, 10L) == CURLE_OK;
    good = good && curl->easy_set(easy, CURLOPT_NOSIGNAL, 1L) == CURLE_OK;
    good = good && curl->easy_set(easy, CURLOPT_ERRORBUFFER, fetch->words) == CURLE_OK;
    good = good && curl->easy_set(easy, CURLOPT_USERAGENT, "cnnsh/" CNN_VERSION) == CURLE_OK;
    good = good && curl->easy_set(easy, CURLOPT_WRITEFUNCTION, fetch_body) == CURLE_OK;
    good = good && curl->easy_set(easy, CURLOPT_WRITEDATA, fetch) == CURLE_OK;
    good = good && curl->easy_set(easy, CURLOPT_HEADERFUNCTION, fetch_header) == CURLE_OK;
    good = good && curl->easy_set(easy, CURLOPT_HEADERDATA, fetch) == CURLE_OK;
    if (fetch_is_here(url)) good = good && curl->easy_set(easy, CURLOPT_PROXY, "") == CURLE_OK;
    if (fetch->offset > 0) {
        char range[32];
        snprintf(range, sizeof range, "%lld-", (long long)fetch->offset);
        good = good && curl->easy_set(easy, CURLOPT_RANGE, range) == CURLE_OK;
    }
#if LIBCURL_VERSION_NUM >= 0x075700
    /* hanging up must not wait for a name server; an older library does not know this, and waits */
    curl->easy_set(easy, CURLOPT_QUICK_EXIT, 1L);
#endif
    return good;
}

cnn_status cnn_fetch_start(cnn_fetch *fetch, const cnn_fetch_order *order, cnn_error *err) {
    cnn_status status = cnn_curl_load(&curl, err);
    if (status != CNN_OK) return status;
    fetch_stop(fetch);
    if (fetch->bytes > order->limit) status = cnn_fetch_discard(fetch, err);
    if (status != CNN_OK) return status;
    fetch->expected = order->expected;
    fetch->limit = order->limit;
    fetch->stall = order->stall;
    fetch->secure = strncasecmp(order->url, "https:", 6) == 0;
    fetch->offset = fetch->bytes;
    fetch->range = fetch->marked = -1;
    fetch->total = order->expected;
    fetch->begun = fetch->again = false;
    fetch->reason[0] = fetch->words[0] = '\0';
    fetch->trouble = CNN_OK;
    fetch->multi = curl->multi_init();
    fetch->easy = curl->easy_init();
    if (!fetch->multi || !fetch->easy || !fetch_set(fetch, order->url) ||
        curl->multi_add(fetch->multi, fetch->easy) != CURLM_OK) {
        fetch_stop(fetch);
        return cnn_fail(err, CNN_IO, "libcurl does not accept %s", order->url);
    }
    return CNN_OK;
}

/* ---- the end of a conversation ---- */

static void fetch_refuse_result(cnn_fetch *fetch, CURLcode result) {
    const char *words = fetch->words[0] != '\0' ? fetch->words : curl->easy_text(result);
    switch (result) {
    case CURLE_COULDNT_RESOLVE_HOST:
    case CURLE_COULDNT_RESOLVE_PROXY:
        fetch_refuse(fetch, false, "the name is not known here (is there a network?): %s", words);
        break;
    case CURLE_UNSUPPORTED_PROTOCOL:
        fetch_refuse(fetch, false, "it leads to an address that is not %s: %s",
                     fetch->secure ? "https" : "http or https", words);
        break;
    case CURLE_PARTIAL_FILE:
        fetch_refuse(fetch, true, "it hung up after %lld bytes of %lld", (long long)fetch->bytes,
                     (long long)fetch->total);
        break;
    case CURLE_PEER_FAILED_VERIFICATION:
    case CURLE_SSL_CACERT_BADFILE:
        fetch_refuse(fetch, false,
                     "it does not prove who it is (is ca-certificates installed, is the clock right?): %s", words);
        break;
    case CURLE_TOO_MANY_REDIRECTS:
    case CURLE_URL_MALFORMAT:
        fetch_refuse(fetch, false, "%s", words);
        break;
    default:
        fetch_refuse(fetch, true, "%s", words);
    }
}

static void fetch_conclude(cnn_fetch *fetch, CURLcode result) {
    if (fetch->trouble != CNN_OK || fetch->reason[0] != '\0') return; /* a callback ended it, and said why */
    if (result != CURLE_OK) {
        fetch_refuse_result(fetch, result);
        return;
    }
    if (!fetch->begun && !fetch_accept(fetch)) return; /* an answer without a body */
    if (fetch->expected >= 0 && fetch->bytes != fetch->expected)
        fetch_refuse(fetch, true, "it ended after %lld bytes of %lld", (long long)fetch->bytes,
                     (long long)fetch->expected);
}

cnn_status fetch_turn(cnn_fetch *fetch, double seconds, bool *finished, cnn_error *err) {
    if (!fetch->multi) return cnn_fail(err, CNN_BAD_VALUE, "nothing is being fetched");
    pipe_guard guard;
    int running = 0, left = 0;
    guard_begin(&guard);
    CURLMcode code = curl->multi_perform(fetch->multi, &running);
    if (code == CURLM_OK && running) code = curl->multi_poll(fetch->multi, NULL, 0, (int)(seconds * 1000), NULL);
    guard_end(&guard);
    if (code == CURLM_OUT_OF_MEMORY) return cnn_fail(err, CNN_NO_MEMORY, "no memory left to fetch %s", fetch->part);
    if (code != CURLM_OK) fetch_refuse(fetch, true, "libcurl failed with its code %d", (int)code);
    for (CURLMsg *message; !running && (message = curl->multi_message(fetch->multi, &left));) {
        if (message->msg != CURLMSG_DONE) continue;
        if (message->data.result == CURLE_OUT_OF_MEMORY)
            return cnn_fail(err, CNN_NO_MEMORY, "no memory left to fetch %s", fetch->part);
        fetch_conclude(fetch, message->data.result);
        *finished = true;
    }
    return CNN_OK;
}

void fetch_stop(cnn_fetch *fetch) {
    pipe_guard guard;
    if (!fetch->multi && !fetch->easy) return;
    guard_begin(&guard);
    if (fetch->multi && fetch->easy) curl->multi_remove(fetch->multi, fetch->easy);
    if (fetch->easy) curl->easy_free(fetch->easy);
    if (fetch->multi) curl->multi_free(fetch->multi);
    guard_end(&guard);
    fetch->multi = fetch->easy = NULL;
}

#else

cnn_status cnn_fetch_start(cnn_fetch *fetch, const cnn_fetch_order *order, cnn_error *err) {
    const cnn_curl *none = NULL;
    (void)fetch, (void)order;
    return cnn_curl_load(&none, err);
}

cnn_status fetch_turn(cnn_fetch *fetch, double seconds, bool *finished, cnn_error *err) {
    const cnn_curl *none = NULL;
    (void)fetch, (void)seconds, (void)finished;
    return cnn_curl_load(&none, err);
}

void fetch_stop(cnn_fetch *fetch) {
    (void)fetch;
}

#endif
