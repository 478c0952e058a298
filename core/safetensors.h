/* SPDX-License-Identifier: MIT
 * The file format safetensors: named tensors and a few strings, readable by other programs, running no code.
 *
 *   8 bytes   length of the header, little-endian
 *   header    JSON: {"__metadata__": {"key": "text", …}, "name": {"dtype": "F32", "shape": [2, 3],
 *             "data_offsets": [begin, end]}, …}; offsets count from the end of the header; padded with blanks to 8
 * bytes data      the tensors one after another, row-major, little-endian, no gaps, no overlap
 *
 * Written: F32, F64, BF16, I64, U8, BOOL, in the given order. Read: these, and F16 (as float32), I8, I16, I32, U16, U32
 * (as int64). Every claim of a header is checked against the size of the file before memory is asked for.
 * Source: the format's description, https://github.com/huggingface/safetensors. */
#ifndef CNN_CORE_SAFETENSORS_H
#define CNN_CORE_SAFETENSORS_H

#include "core/cnn.h"
#include "core/json.h"

#define CNN_SAFETENSORS_HEADER_LIMIT                                                                                   \
    ((uint64_t)100 << 20) /* longer ones are refused, as the format's own library does */

typedef struct cnn_named_tensor {
    cnn_text name;
    cnn_tensor *tensor;
} cnn_named_tensor;

typedef struct cnn_named_text {
    cnn_text key, value;
} cnn_named_text;

typedef struct cnn_archive {
    size_t tensors, texts;
    cnn_named_tensor *tensor; /* malloc'd, as are the names; holds references */
    cnn_named_text *text;     /* the metadata, malloc'd                       */
} cnn_archive;

/* Reads a file; `out` is in the order of the header and is freed by the caller. IO for what is wrong with the file,
 * with the byte; NO_MEMORY, INTERRUPTED. */
CNN_CHECKED cnn_status cnn_safetensors_load(const char *path, cnn_archive *out, cnn_error *err);
/* Writes a file, whole or not at all. BAD_VALUE for names that are doubled, not UTF-8 or "__metadata__", and
 * for a header longer than a reader takes. */
CNN_CHECKED cnn_status cnn_safetensors_save(const char *path, const cnn_archive *archive, cnn_error *err);
/* The same; the file that was there before stays as PATH.previous. */
CNN_CHECKED cnn_status cnn_safetensors_replace(const char *path, const cnn_archive *archive, cnn_error *err);
/* Releases what an archive owns; fine on {0}. */
void cnn_archive_free(cnn_archive *archive);

#endif
