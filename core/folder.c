/* SPDX-License-Identifier: MIT
 * The walk of folder.h. Entries are gathered as paths, sorted, and put one behind the other into a tensor. */
#include "core/folder.h"

#include <dirent.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

enum { DEEPEST = 32, LONGEST = 4096 };

typedef struct walk {
    const char *root;
    char **entry;
    size_t count, room, bytes;
} walk;

static cnn_status no_memory(cnn_error *err) {
    return cnn_fail(err, CNN_NO_MEMORY, "no memory left for the names of files");
}

static cnn_status walk_add(walk *w, const char *path, cnn_error *err) {
    if (w->count == w->room) {
        const size_t room = w->room ? 2 * w->room : 256;
        char **entry = realloc(w->entry, room * sizeof *entry);
        if (!entry) return no_memory(err);
        w->entry = entry, w->room = room;
    }
    char *copy = strdup(path);
    if (!copy) return no_memory(err);
    w->entry[w->count++] = copy;
    w->bytes += strlen(copy) + 1;
    return CNN_OK;
}

static cnn_status walk_folder(walk *w, const char *below, int depth, cnn_error *err);

/* One name in the folder `below` (which ends with a slash, or is empty). */
static cnn_status walk_entry(walk *w, const char *below, const char *name, int depth, cnn_error *err) {
    char whole[LONGEST], path[LONGEST];
    struct stat is;
    if (strcmp(name, ".") == 0 || strcmp(name, "..") == 0) return CNN_OK;
    if (snprintf(path, sizeof path, "%s%s", below, name) >= (int)sizeof path - 1 ||
        snprintf(whole, sizeof whole, "%s/%s", w->root, path) >= (int)sizeof whole)
        return cnn_fail(err, CNN_IO, "a path below %.200s is too long", w->root);
    if (stat(whole, &is) != 0) return CNN_OK; /* a link to nowhere */
    if (S_ISREG(is.st_mode)) return walk_add(w, path, err);
    if (!S_ISDIR(is.st_mode)) return CNN_OK;
    strcat(path, "/");
    const cnn_status status = depth == 0 ? walk_add(w, path, err) : CNN_OK;
    return status == CNN_OK && depth < DEEPEST ? walk_folder(w, path, depth + 1, err) : status;
}

static cnn_status walk_folder(walk *w, const char *below, int depth, cnn_error *err) {
    char whole[LONGEST];
    cnn_status status = CNN_OK;
    if (snprintf(whole, sizeof whole, "%s/%s", w->root, below) >= (int)sizeof whole)
        return cnn_fail(err, CNN_IO, "a path below %.200s is too long", w->root);
    DIR *folder = opendir(depth == 0 ? w->root : whole);
    if (!folder)
        return cnn_fail(err, CNN_IO, "the folder %.300s cannot be read: %s", depth == 0 ? w->root : whole,
                        strerror(errno));
    for (struct dirent *entry; status == CNN_OK && (entry = readdir(folder)) != NULL;) {
        status = cnn_interrupted() ? cnn_fail(err, CNN_INTERRUPTED, "interrupted while reading folders")
                                   : walk_entry(w, below, entry->d_name, depth, err);
    }
    closedir(folder);
    return status;
}

/* The length up to the given slash, the first or the last; 0 where there is none. */
static size_t length_to(const char *slash, const char *path) {
    return slash ? (size_t)(slash - path) + 1 : 0;
}

static int compare_parts(const char *a, size_t a_length, const char *b, size_t b_length) {
    const int order = memcmp(a, b, a_length < b_length ? a_length : b_length);
    return order != 0 ? order : (a_length > b_length) - (a_length < b_length);
}

/* Without the slash at its end, so that "a" comes before "a-b". */
static int compare_folders(const char *a, size_t a_length, const char *b, size_t b_length) {
    return compare_parts(a, a_length > 0 ? a_length - 1 : 0, b, b_length > 0 ? b_length - 1 : 0);
}

static int compare(const void *x, const void *y) {
    const char *a = *(char *const *)x, *b = *(char *const *)y;
    int order = compare_folders(a, length_to(strchr(a, '/'), a), b, length_to(strchr(b, '/'), b));
    const size_t a_folder = length_to(strrchr(a, '/'), a), b_folder = length_to(strrchr(b, '/'), b);
    if (order == 0) order = compare_folders(a, a_folder, b, b_folder);
    return order != 0 ? order : strcmp(a + a_folder, b + b_folder);
}

static cnn_status walk_pack(const walk *w, cnn_tensor **out, cnn_error *err) {
    const cnn_shape shape = {1, {(int64_t)w->bytes}};
    const cnn_status status = cnn_tensor_empty(CNN_U8, &shape, out, err);
    if (status != CNN_OK) return status;
    char *to = cnn_tensor_data(*out);
    for (size_t i = 0; i < w->count; i++) {
        const size_t bytes = strlen(w->entry[i]) + 1;
        memcpy(to, w->entry[i], bytes);
        to += bytes;
    }
    return CNN_OK;
}

cnn_status cnn_folder_files(const char *path, cnn_tensor **out, cnn_error *err) {
    walk w = {.root = path};
    cnn_status status = walk_folder(&w, "", 0, err);
    if (status == CNN_OK && w.count > 0) qsort(w.entry, w.count, sizeof *w.entry, compare);
    if (status == CNN_OK) status = walk_pack(&w, out, err);
    for (size_t i = 0; i < w.count; i++) free(w.entry[i]);
    free(w.entry);
    return status;
}
