/* SPDX-License-Identifier: MIT
 * Files written whole or not at all, and read with every failure in words.
 *
 * The new file lies in the target's folder, so that rename(2) is atomic, and is made with O_EXCL under a name of our
 * own, so that nobody's file is overwritten. fsync before the rename, and of the folder after it: a power cut leaves
 * the old file or the new one. */
#include "core/file.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <pthread.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#define FILE_CHUNK ((size_t)16 << 20) /* bytes between two looks at the interrupt flag */

static cnn_status file_fail(cnn_error *err, const char *path, const char *verb) {
    const int code = errno;
    if (code == ENOMEM) return cnn_fail(err, CNN_NO_MEMORY, "no memory left to %s %s", verb, path);
    const cnn_status status = cnn_fail(err, CNN_IO, "cannot %s %s: %s", verb, path, strerror(code));
    if (code == ENOSPC || code == EDQUOT) cnn_error_fix(err, "free some space, or write to another disk");
    if (code == EFBIG) cnn_error_fix(err, "raise the limit on the size of files: ulimit -f");
    return status;
}

/* The folder part of a path, "." where there is none; malloc'd, NULL without memory. */
static char *file_folder(const char *path) {
    const char *slash = strrchr(path, '/');
    char *folder = strdup(slash ? path : ".");
    if (folder && slash) folder[slash == path ? 1 : slash - path] = '\0';
    return folder;
}

/* A path that cannot be opened is mostly one whose folder is missing or closed: name that. */
static cnn_status file_fail_create(cnn_error *err, const char *path) {
    const int code = errno;
    char *folder = file_folder(path);
    struct stat info;
    cnn_status status;
    if (folder && code == ENOENT && stat(folder, &info) != 0) {
        status = cnn_fail(err, CNN_IO, "cannot write %s: there is no folder %s", path, folder);
        cnn_error_fix(err, "mkdir -p '%s'", folder);
    } else if (folder && code == EACCES) {
        status = cnn_fail(err, CNN_IO, "cannot write %s: no permission to make a file in %s", path, folder);
    } else {
        errno = code;
        status = file_fail(err, path, "write");
    }
    free(folder);
    return status;
}

/* ---- what killed writers left ---- */

enum { STALE_SECONDS = 60 };

/* Is `name` "BASE.PID-N.new", perhaps with ".link" behind, of a process that is no more? */
static bool file_is_orphan(const char *name, const char *base) {
    const size_t length = strlen(base);
    char *end;
    if (strncmp(name, base, length) != 0 || name[length] != '.') return false;
    const long pid = strtol(name + length + 1, &end, 10);
    if (pid <= 0 || *end != '-' || end[1] < '0' || end[1] > '9') return false;
    strtol(end + 1, &end, 10);
    if (strcmp(end, ".new") != 0 && strcmp(end, ".new.link") != 0) return false;
    return kill((pid_t)pid, 0) != 0 && errno == ESRCH;
}

/* Removes what writers of this file that were killed left behind. What was written to in the last minute stays: a
 * process of that number may be at work on another machine that shares the disk. */
static void file_sweep(const char *target) {
    const char *slash = strrchr(target, '/'), *base = slash ? slash + 1 : target;
    char *folder = file_folder(target);
    DIR *dir = folder ? opendir(folder) : NULL;
    free(folder);
    if (!dir) return;
    for (struct dirent *entry; (entry = readdir(dir)) != NULL;) {
        struct stat info;
        if (!file_is_orphan(entry->d_name, base)) continue;
        if (fstatat(dirfd(dir), entry->d_name, &info, AT_SYMLINK_NOFOLLOW) == 0 && S_ISREG(info.st_mode) &&
            time(NULL) - info.st_mtime > STALE_SECONDS)
            unlinkat(dirfd(dir), entry->d_name, 0);
    }
    closedir(dir);
}

/* ---- writing ---- */

/* Opens the new file beside writer->target: "TARGET.PID-N.new". */
static cnn_status file_open_beside(cnn_file_writer *writer, const char *path, cnn_error *err) {
    const size_t bytes = strlen(writer->target) + 48;
    writer->beside = malloc(bytes);
    if (!writer->beside) return cnn_fail(err, CNN_NO_MEMORY, "no memory left to write %s", path);
    file_sweep(writer->target);
    for (int attempt = 0; attempt < 1000; attempt++) {
        snprintf(writer->beside, bytes, "%s.%ld-%d.new", writer->target, (long)getpid(), attempt);
        writer->fd = open(writer->beside, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0666);
        if (writer->fd >= 0) return CNN_OK;
        if (errno != EEXIST) break;
    }
    const cnn_status status = file_fail_create(err, path);
    free(writer->beside); /* it is not ours: nothing to unlink */
    writer->beside = NULL;
    return status;
}

/* An old file lends the new one its permissions and, if we may, its owner. */
static cnn_status file_begin_over(cnn_file_writer *writer, const char *path, const struct stat *old, cnn_error *err) {
    if (S_ISDIR(old->st_mode)) return cnn_fail(err, CNN_IO, "cannot write %s: it is a folder", path);
    if (!S_ISREG(old->st_mode)) {
        writer->fd = open(path, O_WRONLY | O_CLOEXEC);
        return writer->fd >= 0 ? CNN_OK : file_fail(err, path, "write");
    }
    /* rename would replace even a file that its owner has made read-only */
    if (access(path, W_OK) != 0) return file_fail(err, path, "write");
    char resolved[PATH_MAX];
    if (!realpath(path, resolved)) return file_fail(err, path, "write");
    writer->target = strdup(resolved);
    if (!writer->target) return cnn_fail(err, CNN_NO_MEMORY, "no memory left to write %s", path);
    const cnn_status status = file_open_beside(writer, path, err);
    if (status != CNN_OK) return status;
    if (fchown(writer->fd, old->st_uid, old->st_gid) != 0) errno = 0; /* someone else's file: it becomes ours */
    if (fchmod(writer->fd, old->st_mode & 07777) != 0) return file_fail(err, path, "keep the permissions of");
    return CNN_OK;
}

/* A link that points to nothing yet: the file is to appear where it points. */
static char *file_resolve_new(const char *path) {
    char place[PATH_MAX];
    const ssize_t length = readlink(path, place, sizeof place - 1);
    if (length < 0) return strdup(path);
    place[length] = '\0';
    if (place[0] == '/') return strdup(place);
    char *folder = file_folder(path);
    if (!folder) return NULL;
    const size_t bytes = strlen(folder) + (size_t)length + 2;
    char *joined = malloc(bytes);
    if (joined) snprintf(joined, bytes, "%s/%s", folder, place);
    free(folder);
    return joined;
}

cnn_status cnn_file_begin(cnn_file_writer *writer, const char *path, cnn_error *err) {
    *writer = (cnn_file_writer)CNN_FILE_WRITER_INIT;
    struct stat old;
    cnn_status status;
    if (path[0] == '\0') return cnn_fail(err, CNN_IO, "cannot write a file with an empty name");
    if (stat(path, &old) == 0) {
        status = file_begin_over(writer, path, &old, err);
    } else if (errno != ENOENT) {
        return file_fail_create(err, path);
    } else {
        writer->target = file_resolve_new(path);
        status = writer->target ? file_open_beside(writer, path, err)
                                : cnn_fail(err, CNN_NO_MEMORY, "no memory left to write %s", path);
    }
    if (status != CNN_OK) cnn_file_abandon(writer);
    return status;
}

static const char *file_writer_name(const cnn_file_writer *writer) {
    return writer->target ? writer->target : "the device";
}

/* write(2), where a limit on the size of files (ulimit -f) is an error like a full disk, not a signal that kills. */
static ssize_t file_write_some(int fd, const char *from, size_t bytes) {
    const struct timespec now = {0, 0};
    sigset_t limit, before;
    sigemptyset(&limit);
    sigaddset(&limit, SIGXFSZ);
    pthread_sigmask(SIG_BLOCK, &limit, &before);
    const ssize_t done = write(fd, from, bytes < FILE_CHUNK ? bytes : FILE_CHUNK);
    const int code = errno;
    /* the signal that this thread was sent is taken back before it can be delivered */
    if (done < 0 && code == EFBIG && !sigismember(&before, SIGXFSZ)) sigtimedwait(&limit, NULL, &now);
    pthread_sigmask(SIG_SETMASK, &before, NULL);
    errno = code;
    return done;
}

cnn_status cnn_file_append(cnn_file_writer *writer, const void *data, size_t bytes, cnn_error *err) {
    const char *from = data;
    while (bytes > 0) {
        if (cnn_interrupted()) return cnn_fail(err, CNN_INTERRUPTED, "interrupted while writing a file");
        const ssize_t done = file_write_some(writer->fd, from, bytes);
        if (done < 0 && errno == EINTR) continue;
        if (done <= 0) return file_fail(err, file_writer_name(writer), "write");
        from += done;
        bytes -= (size_t)done;
        writer->written += done;
    }
    return CNN_OK;
}

/* Some file systems cannot sync a folder; the file itself is safe by then, so that is no failure. */
static void file_sync_folder(const char *path) {
    char *folder = file_folder(path);
    if (!folder) return;
    const int fd = open(folder, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    if (fd >= 0 && fsync(fd) != 0) errno = 0;
    if (fd >= 0) close(fd);
    free(folder);
}

/* Gives the old file a second name, TARGET.previous, while it keeps its first: a link beside, renamed over what had
 * that name before. Renaming does nothing where both are one file already, so the link's own name goes in any case.
 * Where links cannot be made the old file is moved, and for a moment only the other name is there. */
static bool file_keep_previous(const cnn_file_writer *writer) {
    const size_t bytes = strlen(writer->target) + 16;
    char *previous = malloc(bytes), *link_name = malloc(strlen(writer->beside) + 16);
    bool kept = previous && link_name;
    if (kept) {
        snprintf(previous, bytes, "%s.previous", writer->target);
        sprintf(link_name, "%s.link", writer->beside);
        unlink(link_name);
        if (link(writer->target, link_name) == 0) {
            kept = rename(link_name, previous) == 0;
            const int code = errno;
            unlink(link_name);
            errno = code;
        } else if (errno != ENOENT) {
            kept = rename(writer->target, previous) == 0;
        }
    }
    free(previous);
    free(link_name);
    return kept;
}

cnn_status cnn_file_commit(cnn_file_writer *writer, cnn_error *err) {
    const char *name = file_writer_name(writer);
    cnn_status status = CNN_OK;
    if (writer->beside && fsync(writer->fd) != 0) status = file_fail(err, name, "write");
    const int closed = close(writer->fd); /* network file systems tell of a full disk here */
    writer->fd = -1;
    if (status == CNN_OK && closed != 0) status = file_fail(err, name, "write");
    if (status == CNN_OK && writer->beside && writer->keep_previous && !file_keep_previous(writer))
        status = file_fail(err, name, "keep the old version of");
    if (status == CNN_OK && writer->beside) {
        if (rename(writer->beside, writer->target) != 0) {
            status = file_fail(err, name, "write");
        } else {
            free(writer->beside);
            writer->beside = NULL;
            file_sync_folder(writer->target);
        }
    }
    cnn_file_abandon(writer);
    return status;
}

cnn_status cnn_file_move(int fd, const char *from, const char *to, cnn_error *err) {
    if (fsync(fd) != 0) return file_fail(err, from, "write");
    if (rename(from, to) != 0) return file_fail(err, to, "write");
    file_sync_folder(to);
    return CNN_OK;
}

cnn_status cnn_file_make_folder(const char *path, cnn_error *err) {
    cnn_status status = CNN_OK;
    struct stat info;
    char *part = strdup(path);
    if (!part) return cnn_fail(err, CNN_NO_MEMORY, "no memory left to make %s", path);
    for (char *end = part; status == CNN_OK && *end != '\0';) {
        end += strspn(end, "/");
        end += strcspn(end, "/");
        const char kept = *end;
        *end = '\0';
        if (mkdir(part, 0777) != 0 && !(errno == EEXIST && stat(part, &info) == 0 && S_ISDIR(info.st_mode)))
            status = errno == EEXIST ? cnn_fail(err, CNN_IO, "cannot make the folder %s: %s is a file", path, part)
                                     : file_fail(err, part, "make the folder");
        *end = kept;
    }
    free(part);
    return status;
}

void cnn_file_abandon(cnn_file_writer *writer) {
    if (writer->fd >= 0) close(writer->fd);
    if (writer->beside) unlink(writer->beside);
    free(writer->beside);
    free(writer->target);
    *writer = (cnn_file_writer)CNN_FILE_WRITER_INIT;
}

cnn_status cnn_file_write(const char *path, const void *data, size_t bytes, cnn_error *err) {
    cnn_file_writer writer;
    cnn_status status = cnn_file_begin(&writer, path, err);
    if (status == CNN_OK) status = cnn_file_append(&writer, data, bytes, err);
    if (status == CNN_OK) return cnn_file_commit(&writer, err);
    cnn_file_abandon(&writer);
    return status;
}

cnn_status cnn_file_open(const char *path, int *fd, int64_t *bytes, cnn_error *err) {
    struct stat info;
    /* O_NONBLOCK: a pipe that nobody writes to must not hang us before fstat can refuse it */
    const int opened = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK);
    if (opened < 0) return file_fail(err, path, "read");
    if (fstat(opened, &info) != 0) {
        const cnn_status status = file_fail(err, path, "read");
        close(opened);
        return status;
    }
    if (!S_ISREG(info.st_mode)) {
        close(opened);
        return cnn_fail(err, CNN_IO, "cannot read %s: it is %s", path,
                        S_ISDIR(info.st_mode) ? "a folder" : "no regular file");
    }
    *fd = opened;
    *bytes = info.st_size;
    return CNN_OK;
}

cnn_status cnn_file_read_at(int fd, const char *path, int64_t offset, void *data, size_t bytes, cnn_error *err) {
    char *to = data;
    while (bytes > 0) {
        if (cnn_interrupted()) return cnn_fail(err, CNN_INTERRUPTED, "interrupted while reading %s", path);
        const ssize_t done = pread(fd, to, bytes < FILE_CHUNK ? bytes : FILE_CHUNK, (off_t)offset);
        if (done < 0 && errno == EINTR) continue;
        if (done < 0) return file_fail(err, path, "read");
        if (done == 0) {
            return cnn_fail(err, CNN_IO, "%s ends at byte %lld, %lld bytes early: did someone write to it just now?",
                            path, (long long)offset, (long long)bytes);
        }
        to += done;
        offset += done;
        bytes -= (size_t)done;
    }
    return CNN_OK;
}
