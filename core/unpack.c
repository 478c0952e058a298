/* SPDX-License-Identifier: MIT
 * The unpacker of unpack.h.
 *
 * zlib reads the gzip layer because it checks the checksum at its end; libarchive gets plain tar, through a callback.
 * It is loaded when the first archive is opened, with the many libraries that it needs itself. */
#include "core/unpack.h"

#include "core/file.h"
#include "core/library.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>
#include <zlib.h>

#ifndef CNN_HAVE_ARCHIVE
#if defined(__has_include) && __has_include(<archive.h>)
#define CNN_HAVE_ARCHIVE 1
#else
#define CNN_HAVE_ARCHIVE 0
#endif
#endif

#if CNN_HAVE_ARCHIVE
#include <archive.h>
#include <archive_entry.h>

#define UNPACK_CHUNK (1 << 18) /* bytes between two looks at the interrupt flag */

static struct {
    struct archive *(*read_new)(void);
    int (*read_tar)(struct archive *);
    int (*read_open)(struct archive *, void *, archive_open_callback *, archive_read_callback *,
                     archive_close_callback *);
    int (*next)(struct archive *, struct archive_entry **);
    la_ssize_t (*data)(struct archive *, void *, size_t);
    const char *(*words)(struct archive *);
    int (*free)(struct archive *);
    const char *(*name)(struct archive_entry *);
    const char *(*hardlink)(struct archive_entry *);
    la_int64_t (*bytes)(struct archive_entry *);
    __LA_MODE_T (*type)(struct archive_entry *);
} tar;

typedef struct unpack_job {
    const char *path, *folder;
    int64_t limit;
    bool writing; /* the second reading */
    gzFile gzip;
    struct archive *tar;
    unsigned char *packed, *buffer; /* what zlib gives and what libarchive gives, UNPACK_CHUNK each */
    char *place;                    /* path of the entry */
    int64_t files, bytes;           /* seen so far */
    cnn_error trouble;              /* of the gzip layer, under libarchive's feet */
} unpack_job;

static cnn_status unpack_load(cnn_error *err) {
    static const char *const files[] = {"libarchive.so.13", "libarchive.so", NULL};
    static bool loaded;
    const cnn_symbol symbols[] = {
        {"archive_read_new", &tar.read_new},       {"archive_read_support_format_tar", &tar.read_tar},
        {"archive_read_open", &tar.read_open},     {"archive_read_next_header", &tar.next},
        {"archive_read_data", &tar.data},          {"archive_error_string", &tar.words},
        {"archive_read_free", &tar.free},          {"archive_entry_pathname", &tar.name},
        {"archive_entry_hardlink", &tar.hardlink}, {"archive_entry_size", &tar.bytes},
        {"archive_entry_filetype", &tar.type},     {NULL, NULL},
    };
    if (loaded) return CNN_OK;
    const cnn_status status =
        cnn_library_load(files, symbols, "unpacking needs libarchive", "apt-get install libarchive13", err);
    loaded = status == CNN_OK;
    return status;
}

/* ---- the gzip layer ---- */

/* Bytes, 0 at the end, -1 with job->trouble filled in. A plain tar passes as it is. */
static la_ssize_t unpack_gzip(unpack_job *job) {
    int code = Z_OK;
    if (cnn_interrupted()) {
        (void)!cnn_fail(&job->trouble, CNN_INTERRUPTED, "interrupted while unpacking %s", job->path);
        return -1;
    }
    const int got = gzread(job->gzip, job->packed, UNPACK_CHUNK);
    if (got > 0) return got;
    const char *words = gzerror(job->gzip, &code);
    if (code == Z_OK || code == Z_STREAM_END) return 0;
    const char *colon = strchr(words, ':'); /* zlib puts a name of its own before it */
    if (code == Z_BUF_ERROR)
        (void)!cnn_fail(&job->trouble, CNN_IO, "%s is truncated: the compressed data end early", job->path);
    else
        (void)!cnn_fail(&job->trouble, CNN_IO, "%s is damaged:%s", job->path, colon ? colon + 1 : words);
    cnn_error_fix(&job->trouble, "fetch the archive again");
    return -1;
}

static la_ssize_t unpack_read(struct archive *reader, void *context, const void **data) {
    unpack_job *job = context;
    (void)reader;
    *data = job->packed;
    return unpack_gzip(job);
}

/* What libarchive complains of, or what made it. */
static cnn_status unpack_failed(const unpack_job *job, cnn_error *err) {
    if (job->trouble.status != CNN_OK) {
        *err = job->trouble;
        return err->status;
    }
    const char *words = tar.words(job->tar);
    const cnn_status status =
        cnn_fail(err, CNN_IO, "%s is no good archive: %s", job->path, words ? words : "unreadable");
    cnn_error_fix(err, "fetch the archive again");
    return status;
}

/* ---- entries ---- */

static bool climbs(const char *name) {
    for (const char *part = name; part; part = strchr(part, '/')) {
        part += strspn(part, "/");
        if (strncmp(part, "..", 2) == 0 && (part[2] == '/' || part[2] == '\0')) return true;
    }
    return false;
}

static cnn_status unpack_check(unpack_job *job, struct archive_entry *entry, cnn_error *err) {
    const char *name = tar.name(entry);
    const __LA_MODE_T type = tar.type(entry);
    if (!name || name[0] == '\0') return cnn_fail(err, CNN_IO, "%s has an entry without a readable name", job->path);
    if (name[0] == '/')
        return cnn_fail(err, CNN_IO, "%s is refused: its entry %.200s wants to be written outside of the folder",
                        job->path, name);
    if (climbs(name))
        return cnn_fail(err, CNN_IO, "%s is refused: its entry %.200s climbs out of the folder with ..", job->path,
                        name);
    if (tar.hardlink(entry) || type == AE_IFLNK)
        return cnn_fail(err, CNN_IO, "%s is refused: its entry %.200s is a link; only files and folders are unpacked",
                        job->path, name);
    if (type != AE_IFREG && type != AE_IFDIR)
        return cnn_fail(err, CNN_IO, "%s is refused: its entry %.200s is a device or a pipe", job->path, name);
    return CNN_OK;
}

static cnn_status unpack_count(unpack_job *job, int64_t bytes, cnn_error *err) {
    if (bytes <= job->limit - job->bytes) {
        job->bytes += bytes;
        return CNN_OK;
    }
    return cnn_fail(err, CNN_IO, "%s is refused: it holds more than the %lld bytes that are sensible", job->path,
                    (long long)job->limit);
}

/* The data of a file: counted, and written in the second reading. */
static cnn_status unpack_data(unpack_job *job, cnn_file_writer *writer, cnn_error *err) {
    for (;;) {
        const la_ssize_t got = tar.data(job->tar, job->buffer, UNPACK_CHUNK);
        if (got < 0) return unpack_failed(job, err);
        if (got == 0) return CNN_OK;
        cnn_status status = unpack_count(job, got, err);
        if (status == CNN_OK && writer) status = cnn_file_append(writer, job->buffer, (size_t)got, err);
        if (status != CNN_OK) return status;
    }
}

static cnn_status unpack_file(unpack_job *job, cnn_error *err) {
    cnn_file_writer writer;
    char *slash = strrchr(job->place, '/'); /* there is one: after the folder */
    *slash = '\0';
    cnn_status status = cnn_file_make_folder(job->place, err);
    *slash = '/';
    if (status != CNN_OK) return status;
    status = cnn_file_begin(&writer, job->place, err);
    if (status == CNN_OK) status = unpack_data(job, &writer, err);
    if (status == CNN_OK) return cnn_file_commit(&writer, err);
    cnn_file_abandon(&writer);
    return status;
}

static cnn_status unpack_entry(unpack_job *job, struct archive_entry *entry, cnn_error *err) {
    cnn_status status = unpack_check(job, entry, err);
    if (status != CNN_OK) return status;
    const bool is_file = tar.type(entry) == AE_IFREG;
    job->files += is_file;
    if (!job->writing) { /* a header that lies about sizes is caught before its data are */
        const int64_t announced = tar.bytes(entry);
        if (announced > job->limit - job->bytes) return unpack_count(job, announced, err);
        return is_file ? unpack_data(job, NULL, err) : CNN_OK;
    }
    const char *name = tar.name(entry);
    const size_t room = strlen(job->folder) + strlen(name) + 2;
    free(job->place);
    job->place = malloc(room);
    if (!job->place) return cnn_fail(err, CNN_NO_MEMORY, "no memory left to unpack %s", job->path);
    snprintf(job->place, room, "%s/%s", job->folder, name);
    return is_file ? unpack_file(job, err) : cnn_file_make_folder(job->place, err);
}

/* ---- readings ---- */

static cnn_status unpack_entries(unpack_job *job, cnn_error *err) {
    struct archive_entry *entry = NULL;
    int code;
    while ((code = tar.next(job->tar, &entry)) == ARCHIVE_OK || code == ARCHIVE_WARN) {
        const cnn_status status = unpack_entry(job, entry, err);
        if (status != CNN_OK) return status;
    }
    if (code != ARCHIVE_EOF) return unpack_failed(job, err);
    la_ssize_t rest;
    do rest = unpack_gzip(job); /* up to gzip's checksum */
    while (rest > 0);
    if (rest < 0) return unpack_failed(job, err);
    return job->files > 0 ? CNN_OK : cnn_fail(err, CNN_IO, "%s is empty", job->path);
}

static cnn_status unpack_once(unpack_job *job, cnn_error *err) {
    int fd = -1;
    int64_t bytes = 0;
    cnn_status status = cnn_file_open(job->path, &fd, &bytes, err);
    if (status != CNN_OK) return status;
    job->gzip = gzdopen(fd, "rb");
    if (!job->gzip) close(fd);
    job->tar = tar.read_new();
    job->files = job->bytes = 0;
    job->trouble.status = CNN_OK;
    if (!job->gzip || !job->tar)
        status = cnn_fail(err, CNN_NO_MEMORY, "no memory left to unpack %s", job->path);
    else if (tar.read_tar(job->tar) != ARCHIVE_OK ||
             tar.read_open(job->tar, job, NULL, unpack_read, NULL) != ARCHIVE_OK)
        status = unpack_failed(job, err);
    if (status == CNN_OK) status = unpack_entries(job, err);
    if (job->tar) tar.free(job->tar);
    if (job->gzip) gzclose(job->gzip);
    return status;
}

cnn_status cnn_unpack(const char *archive, const char *folder, int64_t limit, int64_t *files, cnn_error *err) {
    unpack_job job = {.path = archive, .folder = folder, .limit = limit};
    cnn_status status = unpack_load(err);
    if (status != CNN_OK) return status;
    job.packed = malloc(2 * UNPACK_CHUNK);
    if (!job.packed) return cnn_fail(err, CNN_NO_MEMORY, "no memory left to unpack %s", archive);
    job.buffer = job.packed + UNPACK_CHUNK;
    status = unpack_once(&job, err);
    job.writing = true;
    if (status == CNN_OK) status = cnn_file_make_folder(folder, err);
    if (status == CNN_OK) status = unpack_once(&job, err);
    free(job.packed);
    free(job.place);
    if (status == CNN_OK) *files = job.files;
    return status;
}

#else

cnn_status cnn_unpack(const char *archive, const char *folder, int64_t limit, int64_t *files, cnn_error *err) {
    (void)folder, (void)limit, (void)files;
    const cnn_status status = cnn_fail(
        err, CNN_IO, "unpacking %s needs libarchive, whose headers were absent when this program was built", archive);
    cnn_error_fix(err, "tar -xzf it by hand; or apt-get install libarchive-dev, then make clean all");
    return status;
}

#endif
