/* SPDX-License-Identifier: MIT
 * Files written whole or not at all.
 *
 * cnn_file_begin opens a new file beside the target, cnn_file_append adds to it, cnn_file_commit syncs it, renames it
 * over the target and syncs the folder. Until then the target is untouched; after any failure, or cnn_file_abandon,
 * the new file is gone. With keep_previous the old file stays as "TARGET.previous", and at every moment a whole file is
 * under the target's name (where the file system has no hard links: under one of the two). A symbolic link keeps
 * pointing where it pointed; permissions of an old file are kept. Targets that are no regular files (/dev/null, a pipe)
 * are written in place. */
#ifndef CNN_CORE_FILE_H
#define CNN_CORE_FILE_H

#include "core/cnn.h"

typedef struct cnn_file_writer {
    int fd;             /* -1: closed                                        */
    char *target;       /* where the file will be, links resolved            */
    char *beside;       /* what is written now; NULL when written in place   */
    bool keep_previous; /* to be set between begin and commit                */
    int64_t written;    /* bytes so far                                      */
} cnn_file_writer;

#define CNN_FILE_WRITER_INIT                                                                                           \
    { .fd = -1 }

/* All three fail with IO (path and the system's words) or NO_MEMORY; append also with INTERRUPTED. */
CNN_CHECKED cnn_status cnn_file_begin(cnn_file_writer *writer, const char *path, cnn_error *err);
CNN_CHECKED cnn_status cnn_file_append(cnn_file_writer *writer, const void *data, size_t bytes, cnn_error *err);
CNN_CHECKED cnn_status cnn_file_commit(cnn_file_writer *writer, cnn_error *err);
/* Forgets what was not committed. Fine on a writer that is closed, committed or failed. */
void cnn_file_abandon(cnn_file_writer *writer);

/* Syncs the open file `from`, whose path is given, renames it to `to` and syncs the folder. IO. */
CNN_CHECKED cnn_status cnn_file_move(int fd, const char *from, const char *to, cnn_error *err);
/* Makes a folder with all above it, where they are missing. IO, NO_MEMORY. */
CNN_CHECKED cnn_status cnn_file_make_folder(const char *path, cnn_error *err);

/* Reading at a place: all `bytes` or an error; a file that is shorter than it was gets a sentence. */
CNN_CHECKED cnn_status cnn_file_read_at(int fd, const char *path, int64_t offset, void *data, size_t bytes,
                                        cnn_error *err);
/* Opens a regular file for reading and tells its size. The caller closes *fd. */
CNN_CHECKED cnn_status cnn_file_open(const char *path, int *fd, int64_t *bytes, cnn_error *err);

#endif
