/* SPDX-License-Identifier: MIT
 * Reading safetensors (safetensors.h describes the format; writing is in safetensors_save.c).
 *
 * The header is parsed into entries; their names must differ and their places must tile the data exactly; only then are
 * tensors made and filled. So a hostile header costs no more memory than a small multiple of the file's own size. */
#include "core/safetensors.h"

#include "core/file.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define CHUNK_ELEMENTS 8192 /* converted at a time */

_Static_assert(__BYTE_ORDER__ == __ORDER_LITTLE_ENDIAN__, "tensors are stored little-endian, as this code keeps them");

/* A type as the file names it, and what it becomes. */
typedef struct file_type {
    const char *name;
    size_t bytes;                                              /* of an element in the file */
    cnn_dtype dtype;                                           /* in memory                 */
    void (*convert)(const void *from, void *to, size_t count); /* NULL: the same bits */
} file_type;

/* One tensor as the header describes it. */
typedef struct entry {
    cnn_text name;
    const file_type *type;
    cnn_shape shape;
    int64_t begin, end; /* in the data, bytes */
    int64_t place;      /* in the file: where its description begins, for messages */
} entry;

typedef struct header {
    const char *path;
    int fd;
    int64_t data_start, data_bytes;
    size_t count, capacity, text_capacity;
    entry *entry;
    cnn_archive *archive; /* receives the metadata */
} header;

/* ---- types ---- */

#define INTEGER_CONVERT(name, type)                                                                                    \
    static void convert_##name(const void *from, void *to, size_t count) {                                             \
        const type *x = from;                                                                                          \
        int64_t *y = to;                                                                                               \
        for (size_t i = 0; i < count; i++) y[i] = x[i];                                                                \
    }
INTEGER_CONVERT(i8, int8_t)
INTEGER_CONVERT(i16, int16_t)
INTEGER_CONVERT(u16, uint16_t)
INTEGER_CONVERT(i32, int32_t)
INTEGER_CONVERT(u32, uint32_t)

/* IEEE 754 binary16: 1 sign, 5 exponent, 10 fraction bits. */
static uint32_t half_bits(uint16_t half) {
    const uint32_t sign = (uint32_t)(half & 0x8000) << 16;
    uint32_t exponent = half >> 10 & 31, fraction = half & 1023;
    if (exponent == 31) return sign | 0x7f800000u | fraction << 13; /* infinity, NaN */
    if (exponent == 0) {
        if (fraction == 0) return sign;
        for (exponent = 1; !(fraction & 1024); exponent--) fraction <<= 1; /* subnormal: float32 has it as normal */
        fraction &= 1023;
    }
    return sign | (exponent + 112) << 23 | fraction << 13;
}

static void convert_f16(const void *from, void *to, size_t count) {
    const uint16_t *x = from;
    uint32_t *y = to;
    for (size_t i = 0; i < count; i++) y[i] = half_bits(x[i]);
}

/* Our bools are 0 and 1 exactly, whatever the file holds. */
static void convert_bool(const void *from, void *to, size_t count) {
    const uint8_t *x = from;
    uint8_t *y = to;
    for (size_t i = 0; i < count; i++) y[i] = x[i] != 0;
}

static const file_type file_types[] = {
    {"F32", 4, CNN_F32, NULL},        {"F64", 8, CNN_F64, NULL},           {"I64", 8, CNN_I64, NULL},
    {"U8", 1, CNN_U8, NULL},          {"BOOL", 1, CNN_BOOL, convert_bool}, {"F16", 2, CNN_F32, convert_f16},
    {"BF16", 2, CNN_BF16, NULL},      {"I8", 1, CNN_I64, convert_i8},      {"I16", 2, CNN_I64, convert_i16},
    {"I32", 4, CNN_I64, convert_i32}, {"U16", 2, CNN_I64, convert_u16},    {"U32", 4, CNN_I64, convert_u32},
};

static const file_type *file_type_named(const char *name) {
    for (size_t i = 0; i < sizeof file_types / sizeof *file_types; i++) {
        if (strcmp(file_types[i].name, name) == 0) return &file_types[i];
    }
    return NULL;
}

/* ---- header ---- */

/* A name as a message may show it: short, and without what could move a terminal's cursor. */
static const char *shown(const cnn_text *name, char buffer[80]) {
    size_t length = name->bytes < 60 ? name->bytes : cnn_utf8_valid(name->data, 60);
    for (size_t i = 0; i < length; i++)
        buffer[i] = (unsigned char)name->data[i] < 32 || name->data[i] == 127 ? '?' : name->data[i];
    snprintf(buffer + length, 80 - length, "%s", name->bytes > length ? "..." : "");
    return buffer;
}

/* Fails at an entry's place in the file. */
static cnn_status entry_fail(const header *h, const entry *e, cnn_error *err, const char *what) {
    char name[80];
    return cnn_fail(err, CNN_IO, "%s, byte %lld: tensor '%s' %s", h->path, (long long)e->place, shown(&e->name, name),
                    what);
}

/* Makes room for one more element. */
static bool grow(void **array, size_t count, size_t *capacity, size_t bytes) {
    if (count < *capacity) return true;
    const size_t wanted = *capacity ? *capacity * 2 : 16;
    void *larger = realloc(*array, wanted * bytes);
    if (!larger) return false;
    *array = larger;
    *capacity = wanted;
    return true;
}

/* {"key": "value", …} */
static cnn_status parse_metadata(cnn_json *json, header *h, cnn_error *err) {
    cnn_archive *archive = h->archive;
    cnn_status status = cnn_json_take(json, '{', err);
    if (status != CNN_OK || cnn_json_takes(json, '}')) return status;
    do {
        if (!grow((void **)&archive->text, archive->texts, &h->text_capacity, sizeof *archive->text))
            return cnn_fail(err, CNN_NO_MEMORY, "no memory left for the header of %s", h->path);
        cnn_named_text *text = &archive->text[archive->texts];
        *text = (cnn_named_text){0};
        archive->texts++; /* from here on it is freed with the archive */
        status = cnn_json_string(json, &text->key, err);
        if (status == CNN_OK) status = cnn_json_take(json, ':', err);
        if (status == CNN_OK) status = cnn_json_string(json, &text->value, err);
        if (status != CNN_OK) return status;
    } while (cnn_json_takes(json, ','));
    return cnn_json_take(json, '}', err);
}

static cnn_status parse_shape(cnn_json *json, cnn_shape *shape, cnn_error *err) {
    cnn_status status = cnn_json_take(json, '[', err);
    shape->ndim = 0;
    if (status != CNN_OK || cnn_json_takes(json, ']')) return status;
    do {
        if (shape->ndim == CNN_MAX_DIMS)
            return cnn_json_fail(json, err, "a shape of more than %d dimensions", CNN_MAX_DIMS);
        status = cnn_json_integer(json, &shape->size[shape->ndim++], err);
        if (status != CNN_OK) return status;
    } while (cnn_json_takes(json, ','));
    return cnn_json_take(json, ']', err);
}

static cnn_status parse_type(cnn_json *json, const file_type **type, cnn_error *err) {
    char buffer[80];
    cnn_text name;
    cnn_status status = cnn_json_string(json, &name, err);
    if (status != CNN_OK) return status;
    *type = file_type_named(name.data);
    if (!*type) {
        status = cnn_json_fail(json, err,
                               "the dtype '%s' is not one that can be read: F32 F64 F16 BF16 I64 I32 I16 I8 "
                               "U32 U16 U8 BOOL",
                               shown(&name, buffer));
    }
    free(name.data);
    return status;
}

static cnn_status parse_offsets(cnn_json *json, entry *e, cnn_error *err) {
    cnn_status status = cnn_json_take(json, '[', err);
    if (status == CNN_OK) status = cnn_json_integer(json, &e->begin, err);
    if (status == CNN_OK) status = cnn_json_take(json, ',', err);
    if (status == CNN_OK) status = cnn_json_integer(json, &e->end, err);
    if (status == CNN_OK) status = cnn_json_take(json, ']', err);
    return status;
}

/* One of the three keys of an entry; `seen` has a bit for each. */
static cnn_status parse_key(cnn_json *json, entry *e, unsigned *seen, cnn_error *err) {
    static const char *const keys[] = {"dtype", "shape", "data_offsets"};
    char buffer[80];
    cnn_text key;
    unsigned which = 0;
    cnn_status status = cnn_json_string(json, &key, err);
    if (status != CNN_OK) return status;
    while (which < 3 && strcmp(keys[which], key.data) != 0) which++;
    if (which == 3 || *seen & 1u << which) {
        status = cnn_json_fail(json, err, "%s key '%s'", which == 3 ? "an unknown" : "a second", shown(&key, buffer));
    }
    free(key.data);
    if (status == CNN_OK) status = cnn_json_take(json, ':', err);
    if (status != CNN_OK) return status;
    *seen |= 1u << which;
    return which == 0   ? parse_type(json, &e->type, err)
           : which == 1 ? parse_shape(json, &e->shape, err)
                        : parse_offsets(json, e, err);
}

/* The offsets must hold exactly what dtype and shape say, inside the data. */
static cnn_status check_entry(const header *h, const entry *e, cnn_error *err) {
    char what[200];
    int64_t bytes = (int64_t)e->type->bytes;
    bool fits = cnn_shape_check(&e->shape, err) == CNN_OK;
    for (int i = 0; fits && i < e->shape.ndim; i++) fits = !__builtin_mul_overflow(bytes, e->shape.size[i], &bytes);
    if (!fits) return entry_fail(h, e, err, "has a shape with more elements than any memory holds");
    if (e->end < e->begin) return entry_fail(h, e, err, "ends before it begins");
    if (e->end - e->begin != bytes) {
        snprintf(what, sizeof what, "needs %lld bytes for its dtype and shape, but data_offsets give %lld",
                 (long long)bytes, (long long)(e->end - e->begin));
        return entry_fail(h, e, err, what);
    }
    if (e->end > h->data_bytes) {
        snprintf(what, sizeof what, "ends at byte %lld of the data, but the file holds %lld: is it truncated?",
                 (long long)e->end, (long long)h->data_bytes);
        return entry_fail(h, e, err, what);
    }
    return CNN_OK;
}

/* {"dtype": …, "shape": …, "data_offsets": …} in any order. Takes over `name`. */
static cnn_status parse_entry(cnn_json *json, header *h, cnn_text name, cnn_error *err) {
    unsigned seen = 0;
    if (!grow((void **)&h->entry, h->count, &h->capacity, sizeof *h->entry)) {
        free(name.data);
        return cnn_fail(err, CNN_NO_MEMORY, "no memory left for the header of %s", h->path);
    }
    entry *e = &h->entry[h->count++];
    *e = (entry){.name = name, .place = json->base + (json->at - json->text)};
    cnn_status status = cnn_json_take(json, '{', err);
    if (status != CNN_OK) return status;
    if (!cnn_json_takes(json, '}')) {
        do {
            status = parse_key(json, e, &seen, err);
            if (status != CNN_OK) return status;
        } while (cnn_json_takes(json, ','));
        status = cnn_json_take(json, '}', err);
        if (status != CNN_OK) return status;
    }
    if (seen != 7) return entry_fail(h, e, err, "lacks one of dtype, shape, data_offsets");
    return check_entry(h, e, err);
}

static cnn_status parse_header(cnn_json *json, header *h, cnn_error *err) {
    bool metadata = false;
    cnn_status status = cnn_json_take(json, '{', err);
    if (status != CNN_OK) return status;
    if (cnn_json_takes(json, '}')) return cnn_json_end(json, err);
    do {
        cnn_text name;
        status = cnn_json_string(json, &name, err);
        if (status != CNN_OK) return status;
        status = cnn_json_take(json, ':', err);
        if (status == CNN_OK && !(name.bytes == 12 && strcmp(name.data, "__metadata__") == 0)) {
            status = parse_entry(json, h, name, err); /* takes over the name */
        } else {
            free(name.data);
            if (status == CNN_OK && metadata) status = cnn_json_fail(json, err, "a second __metadata__");
            if (status == CNN_OK) status = parse_metadata(json, h, err);
            metadata = true;
        }
        if (status != CNN_OK) return status;
    } while (cnn_json_takes(json, ','));
    status = cnn_json_take(json, '}', err);
    return status == CNN_OK ? cnn_json_end(json, err) : status;
}

/* ---- the whole ---- */

static int text_compare(const cnn_text *a, const cnn_text *b) {
    const int order = memcmp(a->data, b->data, a->bytes < b->bytes ? a->bytes : b->bytes);
    return order != 0 ? order : (a->bytes > b->bytes) - (a->bytes < b->bytes);
}

static int compare_names(const void *a, const void *b) {
    return text_compare(&(*(entry *const *)a)->name, &(*(entry *const *)b)->name);
}

static int compare_places(const void *a, const void *b) {
    const entry *x = *(entry *const *)a, *y = *(entry *const *)b;
    if (x->begin != y->begin) return x->begin < y->begin ? -1 : 1;
    return (x->end > y->end) - (x->end < y->end);
}

static int compare_keys(const void *a, const void *b) {
    return text_compare(&((const cnn_named_text *)a)->key, &((const cnn_named_text *)b)->key);
}

static cnn_status check_unique(const header *h, entry **order, cnn_error *err) {
    qsort(order, h->count, sizeof *order, compare_names);
    for (size_t i = 1; i < h->count; i++) {
        if (compare_names(&order[i - 1], &order[i]) == 0) return entry_fail(h, order[i], err, "is there twice");
    }
    cnn_archive *archive = h->archive;
    if (archive->texts > 1) qsort(archive->text, archive->texts, sizeof *archive->text, compare_keys);
    for (size_t i = 1; i < archive->texts; i++) {
        char key[80];
        if (compare_keys(&archive->text[i - 1], &archive->text[i]) == 0)
            return cnn_fail(err, CNN_IO, "%s: the metadata has '%s' twice", h->path, shown(&archive->text[i].key, key));
    }
    return CNN_OK;
}

/* In the order of their places, each tensor begins where the one before it ends, and the last ends with the file. */
static cnn_status check_tiling(const header *h, entry **order, cnn_error *err) {
    int64_t end = 0;
    qsort(order, h->count, sizeof *order, compare_places);
    for (size_t i = 0; i < h->count; i++) {
        char what[120];
        const int64_t begin = order[i]->begin;
        snprintf(what, sizeof what, "begins at byte %lld of the data, %s %lld: %s", (long long)begin,
                 begin < end ? "before another one's end at" : "but the one before it ends at", (long long)end,
                 begin < end ? "they overlap" : "a gap belongs to nobody");
        if (begin != end) return entry_fail(h, order[i], err, what);
        end = order[i]->end;
    }
    if (end == h->data_bytes) return CNN_OK;
    return cnn_fail(err, CNN_IO, "%s, byte %lld: %lld bytes follow the last tensor and belong to nobody", h->path,
                    (long long)(h->data_start + end), (long long)(h->data_bytes - end));
}

static cnn_status check_header(const header *h, cnn_error *err) {
    entry **order = malloc((h->count + 1) * sizeof *order);
    if (!order) return cnn_fail(err, CNN_NO_MEMORY, "no memory left for the header of %s", h->path);
    for (size_t i = 0; i < h->count; i++) order[i] = &h->entry[i];
    cnn_status status = check_unique(h, order, err);
    if (status == CNN_OK) status = check_tiling(h, order, err);
    free(order);
    return status;
}

static cnn_status read_converted(const header *h, const entry *e, cnn_tensor *x, cnn_error *err) {
    uint64_t chunk[CHUNK_ELEMENTS * 4 / sizeof(uint64_t)]; /* no converted type is wider than 4 bytes */
    const int64_t count = cnn_tensor_numel(x);
    char *to = cnn_tensor_data(x);
    for (int64_t done = 0; done < count; done += CHUNK_ELEMENTS) {
        const size_t now = (size_t)(count - done < CHUNK_ELEMENTS ? count - done : CHUNK_ELEMENTS);
        const int64_t place = h->data_start + e->begin + done * (int64_t)e->type->bytes;
        const cnn_status status = cnn_file_read_at(h->fd, h->path, place, chunk, now * e->type->bytes, err);
        if (status != CNN_OK) return status;
        e->type->convert(chunk, to + (size_t)done * cnn_dtype_bytes(e->type->dtype), now);
    }
    return CNN_OK;
}

static cnn_status read_tensor(const header *h, const entry *e, cnn_tensor *x, cnn_error *err) {
    if (e->type->convert) return read_converted(h, e, x, err);
    return cnn_file_read_at(h->fd, h->path, h->data_start + e->begin, cnn_tensor_data(x), (size_t)(e->end - e->begin),
                            err);
}

/* Tensors in the order of the header; the names move from the entries to the archive. */
static cnn_status read_tensors(header *h, cnn_error *err) {
    cnn_archive *archive = h->archive;
    archive->tensor = calloc(h->count + 1, sizeof *archive->tensor);
    if (!archive->tensor) return cnn_fail(err, CNN_NO_MEMORY, "no memory left for the header of %s", h->path);
    for (size_t i = 0; i < h->count; i++) {
        entry *e = &h->entry[i];
        cnn_named_tensor *named = &archive->tensor[archive->tensors];
        cnn_status status = cnn_tensor_empty(e->type->dtype, &e->shape, &named->tensor, err);
        if (status != CNN_OK) return status;
        named->name = e->name;
        e->name.data = NULL;
        archive->tensors++;
        status = read_tensor(h, e, named->tensor, err);
        if (status != CNN_OK) return status;
    }
    return CNN_OK;
}

/* Other files that people have: PyTorch's own, new and old, and the page that a server sends instead of a file. */
static cnn_status check_foreign(const char *path, const unsigned char *first, cnn_error *err) {
    const char *is = memcmp(first, "PK\3\4", 4) == 0        ? "a zip archive (PyTorch's .pt?)"
                     : first[0] == 0x80 && first[1] <= 5    ? "a Python pickle (an old PyTorch .pt?)"
                     : first[0] == '<'                      ? "a web page: the server had no such file"
                     : memcmp(first, "\x93NUMPY", 6) == 0   ? "a NumPy array"
                     : first[0] == 0x1f && first[1] == 0x8b ? "a gzipped file: unpack it first"
                                                            : NULL;
    if (!is) return CNN_OK;
    cnn_status status = cnn_fail(err, CNN_IO, "%s is %s, not a safetensors file", path, is);
    if (first[0] == 'P' || first[0] == 0x80)
        cnn_error_fix(err, "in Python: safetensors.torch.save_file(torch.load(\"x.pt\"), \"x.safetensors\")");
    return status;
}

/* Length of the header from the file's first 8 bytes, which must be possible. */
static cnn_status read_length(const char *path, int fd, int64_t file_bytes, uint64_t *length, cnn_error *err) {
    if (file_bytes < 8)
        return cnn_fail(err, CNN_IO, "%s has %lld bytes: too few for a safetensors file", path, (long long)file_bytes);
    cnn_status status = cnn_file_read_at(fd, path, 0, length, 8, err);
    if (status == CNN_OK && *length > (uint64_t)file_bytes - 8) /* only then: 0x80 may begin a length, too */
        status = check_foreign(path, (const unsigned char *)length, err);
    if (status != CNN_OK) return status;
    if (*length > (uint64_t)file_bytes - 8) {
        status = cnn_fail(err, CNN_IO,
                          "%s, byte 0: a header of %llu bytes is announced, but the file has %lld bytes: "
                          "it is truncated, or no safetensors file",
                          path, (unsigned long long)*length, (long long)file_bytes);
    } else if (*length > CNN_SAFETENSORS_HEADER_LIMIT) {
        status = cnn_fail(err, CNN_IO, "%s, byte 0: a header of %llu bytes is more than the 100 MiB that are read",
                          path, (unsigned long long)*length);
    }
    return status;
}

static cnn_status load(header *h, int64_t file_bytes, cnn_error *err) {
    uint64_t length = 0;
    cnn_status status = read_length(h->path, h->fd, file_bytes, &length, err);
    if (status != CNN_OK) return status;
    char *text = malloc(length + 1);
    if (!text) return cnn_fail(err, CNN_NO_MEMORY, "no memory left for the header of %s", h->path);
    h->data_start = 8 + (int64_t)length;
    h->data_bytes = file_bytes - h->data_start;
    cnn_json json = {.path = h->path, .base = 8, .text = text, .end = text + length, .at = text};
    status = cnn_file_read_at(h->fd, h->path, 8, text, length, err);
    if (status == CNN_OK) status = parse_header(&json, h, err);
    free(text);
    if (status == CNN_OK) status = check_header(h, err);
    return status == CNN_OK ? read_tensors(h, err) : status;
}

cnn_status cnn_safetensors_load(const char *path, cnn_archive *out, cnn_error *err) {
    cnn_archive archive = {0};
    header h = {.path = path, .archive = &archive};
    int64_t file_bytes = 0;
    cnn_status status = cnn_file_open(path, &h.fd, &file_bytes, err);
    if (status != CNN_OK) return status;
    status = load(&h, file_bytes, err);
    for (size_t i = 0; i < h.count; i++) free(h.entry[i].name.data);
    free(h.entry);
    close(h.fd);
    if (status == CNN_OK)
        *out = archive;
    else
        cnn_archive_free(&archive);
    return status;
}

void cnn_archive_free(cnn_archive *archive) {
    for (size_t i = 0; i < archive->tensors; i++) {
        free(archive->tensor[i].name.data);
        cnn_tensor_release(&archive->tensor[i].tensor);
    }
    for (size_t i = 0; i < archive->texts; i++) {
        free(archive->text[i].key.data);
        free(archive->text[i].value.data);
    }
    free(archive->tensor);
    free(archive->text);
    *archive = (cnn_archive){0};
}
