/* SPDX-License-Identifier: MIT
 * The fetcher of fetch.h: the part on the disk here, the conversation in fetch_http.c.
 *
 * The lock is flock(2) on the part: it goes with the process, however that ends. Who waited for it may find that the
 * holder has made the part a file meanwhile, and then begins a part of its own. */
#include "core/fetch_http.h"

#include "core/file.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#define FETCH_TICK 0.1 /* seconds of a step */

static cnn_status fetch_fail(const cnn_fetch *fetch, const char *verb, cnn_error *err) {
    const cnn_status status = cnn_fail(err, CNN_IO, "cannot %s %s: %s", verb, fetch->part, strerror(errno));
    if (errno == ENOSPC || errno == EDQUOT) cnn_error_fix(err, "free some space, or choose another folder");
    return status;
}

cnn_status cnn_sleep(double seconds, cnn_error *err) {
    while (seconds > 0 && !cnn_interrupted()) { /* in slices, for a signal that another thread got */
        const double slice = seconds < FETCH_TICK ? seconds : FETCH_TICK;
        nanosleep(&(struct timespec){.tv_nsec = (long)(slice * 1e9)}, NULL);
        seconds -= slice;
    }
    return cnn_interrupted() ? cnn_fail(err, CNN_INTERRUPTED, "interrupted while waiting") : CNN_OK;
}

cnn_status cnn_fetch_ready(cnn_error *err) {
    const cnn_curl *curl = NULL;
    return cnn_curl_load(&curl, err);
}

/* ---- the part ---- */

static cnn_status fetch_open_part(cnn_fetch *fetch, cnn_error *err) {
    struct stat info;
    fetch->fd = open(fetch->part, O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK, 0666);
    if (fetch->fd < 0) return fetch_fail(fetch, "write", err);
    if (fstat(fetch->fd, &info) != 0) return fetch_fail(fetch, "read", err);
    if (!S_ISREG(info.st_mode)) return cnn_fail(err, CNN_IO, "cannot write %s: it is no regular file", fetch->part);
    return CNN_OK;
}

cnn_status cnn_fetch_open(const char *part, cnn_fetch **out, cnn_error *err) {
    cnn_fetch *fetch = calloc(1, sizeof *fetch);
    if (fetch) {
        fetch->fd = -1;
        fetch->part = strdup(part);
    }
    cnn_status status = CNN_OK;
    if (!fetch || !fetch->part) status = cnn_fail(err, CNN_NO_MEMORY, "no memory left to fetch %s", part);
    if (status == CNN_OK) status = fetch_open_part(fetch, err);
    if (status == CNN_OK)
        *out = fetch;
    else
        cnn_fetch_free(&fetch);
    return status;
}

/* Is the file that we hold still the one at the part's path? */
static bool fetch_is_current(const cnn_fetch *fetch, struct stat *held) {
    struct stat there;
    return fstat(fetch->fd, held) == 0 && lstat(fetch->part, &there) == 0 && there.st_ino == held->st_ino &&
           there.st_dev == held->st_dev;
}

cnn_status cnn_fetch_lock(cnn_fetch *fetch, bool *mine, int64_t *bytes, cnn_error *err) {
    struct stat held;
    *mine = false;
    if (flock(fetch->fd, LOCK_EX | LOCK_NB) != 0) {
        if (errno == EWOULDBLOCK || errno == EINTR) return cnn_sleep(FETCH_TICK, err);
        if (errno != ENOLCK && errno != EOPNOTSUPP && errno != ENOSYS && errno != EINVAL)
            return fetch_fail(fetch, "lock", err);
        errno = 0; /* a file system without locks: the digest at the end still tells right from wrong */
    }
    if (!fetch_is_current(fetch, &held)) { /* its holder has finished it: begin another, next time */
        close(fetch->fd);
        fetch->fd = -1;
        return fetch_open_part(fetch, err);
    }
    fetch->locked = *mine = true;
    fetch->bytes = *bytes = held.st_size;
    return CNN_OK;
}

cnn_status cnn_fetch_discard(cnn_fetch *fetch, cnn_error *err) {
    if (ftruncate(fetch->fd, 0) != 0) return fetch_fail(fetch, "empty", err);
    fetch->bytes = 0;
    return CNN_OK;
}

bool fetch_store(cnn_fetch *fetch, const char *data, size_t bytes) {
    while (bytes > 0) {
        const ssize_t done = pwrite(fetch->fd, data, bytes, (off_t)fetch->bytes);
        if (done < 0 && errno == EINTR) continue;
        if (done <= 0) {
            fetch->trouble = fetch_fail(fetch, "write", &fetch->err);
            return false;
        }
        data += done;
        bytes -= (size_t)done;
        fetch->bytes += done;
    }
    return true;
}

cnn_status cnn_fetch_commit(cnn_fetch *fetch, const char *target, cnn_error *err) {
    fetch_stop(fetch);
    const cnn_status status = cnn_file_move(fetch->fd, fetch->part, target, err);
    if (status == CNN_OK) fetch->locked = false; /* the path of the part is nobody's now */
    return status;
}

void cnn_fetch_free(cnn_fetch **place) {
    cnn_fetch *fetch = *place;
    struct stat held;
    if (!fetch) return;
    fetch_stop(fetch);
    if (fetch->locked && fetch_is_current(fetch, &held) && held.st_size == 0) unlink(fetch->part);
    if (fetch->fd >= 0) close(fetch->fd); /* and with it the lock */
    free(fetch->part);
    free(fetch);
    *place = NULL;
}

/* ---- steps ---- */

static double fetch_clock(void) {
    struct timespec now;
    clock_gettime(CLOCK_MONOTONIC, &now);
    return (double)now.tv_sec + 1e-9 * (double)now.tv_nsec;
}

/* A trickle is a stall too: less than this in `stall` seconds. */
#define FETCH_TRICKLE 1024

static void fetch_watch(cnn_fetch *fetch, double now) {
    if (fetch->marked < 0 || fetch->bytes - fetch->marked >= FETCH_TRICKLE || fetch->bytes < fetch->marked) {
        fetch->marked = fetch->bytes;
        fetch->since = now;
    } else if (now - fetch->since >= fetch->stall) {
        fetch_refuse(fetch, true,
                     fetch->bytes > fetch->marked ? "it stalled: hardly anything came for %g seconds"
                                                  : "it stalled: nothing came for %g seconds",
                     fetch->stall);
    }
}

cnn_status cnn_fetch_step(cnn_fetch *fetch, cnn_fetch_report *report, cnn_error *err) {
    const double deadline = fetch_clock() + FETCH_TICK;
    bool finished = false;
    for (double now = deadline - FETCH_TICK; !finished && now < deadline; now = fetch_clock()) {
        if (cnn_interrupted()) return cnn_fail(err, CNN_INTERRUPTED, "interrupted while fetching %s", fetch->part);
        const cnn_status status = fetch_turn(fetch, deadline - now, &finished, err);
        if (status != CNN_OK) return status;
        if (!finished) fetch_watch(fetch, fetch_clock());
        if (fetch->reason[0] != '\0') finished = true;
    }
    if (fetch->trouble != CNN_OK) {
        *err = fetch->err;
        return fetch->trouble;
    }
    if (finished) fetch_stop(fetch);
    report->state = !finished ? CNN_FETCH_RUNNING : fetch->reason[0] != '\0' ? CNN_FETCH_FAILED : CNN_FETCH_DONE;
    report->bytes = fetch->bytes;
    report->total = fetch->total;
    report->again = fetch->again;
    memcpy(report->reason, fetch->reason, sizeof report->reason);
    return CNN_OK;
}
