/* SPDX-License-Identifier: MIT
 * Writing safetensors (safetensors.h describes the format).
 *
 * The header lists tensors in the given order. The data lie by size of element, 8 bytes first: each tensor is then
 * aligned to its element in the file, which readers that map the file into memory rely on. */
#include "core/safetensors.h"

#include "core/file.h"
#include "core/tensor.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static const char *const type_names[CNN_DTYPES] = {
    [CNN_F32] = "F32", [CNN_F64] = "F64", [CNN_BF16] = "BF16", [CNN_I64] = "I64", [CNN_U8] = "U8", [CNN_BOOL] = "BOOL"};
enum { SIZES = 4 };
static const size_t element_sizes[SIZES] = {8, 4, 2, 1}; /* the order of the data */

#define ENTRY_BYTES (64 + 24 * (CNN_MAX_DIMS + 2)) /* longest text of an entry without its name */

static size_t tensor_bytes(const cnn_tensor *x) {
    return (size_t)cnn_tensor_numel(x) * cnn_dtype_bytes(cnn_tensor_dtype(x));
}

static cnn_status check_text(const cnn_text *text, const char *path, cnn_error *err) {
    if (cnn_utf8_valid(text->data, text->bytes) == text->bytes) return CNN_OK;
    return cnn_fail(err, CNN_BAD_VALUE, "cannot save %s: a name or metadata text is not UTF-8", path);
}

static int compare_names(const void *a, const void *b) {
    const cnn_text *x = *(const cnn_text *const *)a, *y = *(const cnn_text *const *)b;
    const int order = memcmp(x->data, y->data, x->bytes < y->bytes ? x->bytes : y->bytes);
    return order != 0 ? order : (x->bytes > y->bytes) - (x->bytes < y->bytes);
}

/* `name` has room for all names (tensors and texts) and is overwritten. */
static cnn_status check_unique(const cnn_text **name, size_t count, const char *path, cnn_error *err) {
    if (count > 1) qsort(name, count, sizeof *name, compare_names);
    for (size_t i = 1; i < count; i++) {
        if (compare_names(&name[i - 1], &name[i]) == 0)
            return cnn_fail(err, CNN_BAD_VALUE, "cannot save %s: the name '%.60s' is there twice", path, name[i]->data);
    }
    return CNN_OK;
}

static cnn_status check_names(const char *path, const cnn_archive *archive, cnn_error *err) {
    const cnn_text **name = malloc((archive->tensors + archive->texts + 1) * sizeof *name);
    if (!name) return cnn_fail(err, CNN_NO_MEMORY, "no memory left to save %s", path);
    cnn_status status = CNN_OK;
    for (size_t i = 0; i < archive->tensors && status == CNN_OK; i++) {
        name[i] = &archive->tensor[i].name;
        status = check_text(name[i], path, err);
        if (status == CNN_OK && name[i]->bytes == 12 && strcmp(name[i]->data, "__metadata__") == 0)
            status = cnn_fail(err, CNN_BAD_VALUE, "cannot save %s: a tensor cannot be called __metadata__", path);
    }
    if (status == CNN_OK) status = check_unique(name, archive->tensors, path, err);
    for (size_t i = 0; i < archive->texts && status == CNN_OK; i++) {
        name[i] = &archive->text[i].key;
        status = check_text(name[i], path, err);
        if (status == CNN_OK) status = check_text(&archive->text[i].value, path, err);
    }
    if (status == CNN_OK) status = check_unique(name, archive->texts, path, err);
    free(name);
    return status;
}

static size_t header_bound(const cnn_archive *archive) {
    size_t bytes = 64;
    for (size_t i = 0; i < archive->tensors; i++)
        bytes += CNN_JSON_STRING_BYTES(archive->tensor[i].name.bytes) + ENTRY_BYTES;
    for (size_t i = 0; i < archive->texts; i++) {
        bytes += CNN_JSON_STRING_BYTES(archive->text[i].key.bytes) + 2;
        bytes += CNN_JSON_STRING_BYTES(archive->text[i].value.bytes);
    }
    return bytes;
}

static char *write_metadata(char *out, const cnn_archive *archive) {
    out += sprintf(out, "\"__metadata__\":{");
    for (size_t i = 0; i < archive->texts; i++) {
        const cnn_named_text *text = &archive->text[i];
        if (i > 0) *out++ = ',';
        out = cnn_json_write_string(out, text->key.data, text->key.bytes);
        *out++ = ':';
        out = cnn_json_write_string(out, text->value.data, text->value.bytes);
    }
    *out++ = '}';
    return out;
}

static char *write_entry(char *out, const cnn_named_tensor *named, int64_t begin) {
    const cnn_shape *shape = cnn_tensor_shape(named->tensor);
    out = cnn_json_write_string(out, named->name.data, named->name.bytes);
    out += sprintf(out, ":{\"dtype\":\"%s\",\"shape\":[", type_names[cnn_tensor_dtype(named->tensor)]);
    for (int i = 0; i < shape->ndim; i++) out += sprintf(out, "%s%" PRId64, i > 0 ? "," : "", shape->size[i]);
    return out + sprintf(out, "],\"data_offsets\":[%" PRId64 ",%" PRId64 "]}", begin,
                         begin + (int64_t)tensor_bytes(named->tensor));
}

/* Where the data of tensor `which` begin: behind all larger elements, and the equal ones before it. `next` holds, per
 * element size, where the next such tensor goes. */
static int64_t place(int64_t next[SIZES], const cnn_tensor *x) {
    int kind = 0;
    while (kind < SIZES - 1 && element_sizes[kind] != cnn_dtype_bytes(cnn_tensor_dtype(x))) kind++;
    const int64_t begin = next[kind];
    next[kind] += (int64_t)tensor_bytes(x);
    return begin;
}

/* The 8-byte length and the padded header into `out`, which has room; returns its bytes. */
static size_t write_header(char *out, const cnn_archive *archive) {
    char *text = out + 8, *end = text;
    int64_t total[SIZES] = {0}, next[SIZES] = {0};
    for (size_t i = 0; i < archive->tensors; i++) place(total, archive->tensor[i].tensor);
    for (int kind = 1; kind < SIZES; kind++) next[kind] = next[kind - 1] + total[kind - 1];
    *end++ = '{';
    if (archive->texts > 0) end = write_metadata(end, archive);
    for (size_t i = 0; i < archive->tensors; i++) {
        if (i > 0 || archive->texts > 0) *end++ = ',';
        end = write_entry(end, &archive->tensor[i], place(next, archive->tensor[i].tensor));
    }
    *end++ = '}';
    while ((end - text) % 8 != 0) *end++ = ' ';
    const uint64_t length = (uint64_t)(end - text);
    memcpy(out, &length, 8);
    return (size_t)(end - out);
}

/* Row-major, whatever the tensor's strides. */
static cnn_status write_tensor(cnn_file_writer *writer, cnn_tensor *x, cnn_error *err) {
    cnn_tensor *dense = NULL;
    cnn_status status = cnn_dense(x, &dense, err);
    if (status != CNN_OK) return status;
    status = cnn_file_append(writer, cnn_tensor_data(dense), tensor_bytes(dense), err);
    cnn_tensor_release(&dense);
    return status;
}

static cnn_status write_all(cnn_file_writer *writer, const char *path, const cnn_archive *archive, cnn_error *err) {
    char *text = malloc(8 + header_bound(archive) + 8);
    if (!text) return cnn_fail(err, CNN_NO_MEMORY, "no memory left for the header of %s", path);
    const size_t bytes = write_header(text, archive);
    cnn_status status = CNN_OK;
    if (bytes - 8 > CNN_SAFETENSORS_HEADER_LIMIT)
        status =
            cnn_fail(err, CNN_BAD_VALUE, "cannot save %s: names and metadata take %zu MB, and 100 can be read again",
                     path, bytes >> 20);
    if (status == CNN_OK) status = cnn_file_append(writer, text, bytes, err);
    free(text);
    for (int kind = 0; kind < SIZES; kind++) {
        for (size_t i = 0; i < archive->tensors && status == CNN_OK; i++) {
            cnn_tensor *x = archive->tensor[i].tensor;
            if (cnn_dtype_bytes(cnn_tensor_dtype(x)) == element_sizes[kind]) status = write_tensor(writer, x, err);
        }
    }
    return status;
}

static cnn_status save(const char *path, const cnn_archive *archive, bool keep_previous, cnn_error *err) {
    cnn_file_writer writer = CNN_FILE_WRITER_INIT;
    cnn_status status = check_names(path, archive, err);
    if (status == CNN_OK) status = cnn_file_begin(&writer, path, err);
    writer.keep_previous = keep_previous;
    if (status == CNN_OK) status = write_all(&writer, path, archive, err);
    if (status == CNN_OK) return cnn_file_commit(&writer, err);
    cnn_file_abandon(&writer);
    return status;
}

cnn_status cnn_safetensors_save(const char *path, const cnn_archive *archive, cnn_error *err) {
    return save(path, archive, false, err);
}

cnn_status cnn_safetensors_replace(const char *path, const cnn_archive *archive, cnn_error *err) {
    return save(path, archive, true, err);
}
