/* SPDX-License-Identifier: MIT
 * A column of a data set made ready for threads: where its rows come from, and what happens to them.
 *
 * Rows lie in a tensor, or are pictures in files, which are decoded when their turn comes. Pictures may differ in size
 * as long as the steps make one size of them; the first one of the epoch says which. */
#ifndef CNN_CORE_COLUMN_H
#define CNN_CORE_COLUMN_H

#include "core/pipeline.h"

typedef struct cnn_column {
    cnn_tensor *source;      /* [rows, …]; or NULL …           */
    const char *const *path; /* … and paths of pictures,       */
    int64_t paths;           /* as many                        */
    int steps;
    cnn_step step[CNN_MAX_STEPS];
} cnn_column;

/* Everything below is zero until it is made. */
typedef struct cnn_rows {
    int64_t rows;
    cnn_tensor *source; /* dense, row-major */
    const char *row;    /* its first row    */
    size_t row_bytes;
    char **path; /* of pictures: one block of memory with the text behind the pointers */
    int steps;
    cnn_step step[CNN_MAX_STEPS];
    bool channels_last;
    cnn_pipeline pipeline; /* of pictures: for the size of the first one */
    size_t out_bytes;
} cnn_rows;

/* Copies paths, retains tensors, checks steps. Fails as the steps do, or with BAD_SHAPE, NO_MEMORY; free it anyway. */
CNN_CHECKED cnn_status cnn_rows_make(cnn_rows *rows, const cnn_column *from, bool channels_last, cnn_error *err);
/* Pictures: looks at row `first`, after which the type of all is known. */
CNN_CHECKED cnn_status cnn_rows_look(cnn_rows *rows, int64_t first, cnn_error *err);
void cnn_rows_free(cnn_rows *rows);
/* One row through the steps; any thread. `next` is the row that this thread will ask for after it, or less than 0. */
CNN_CHECKED cnn_status cnn_rows_run(const cnn_rows *rows, int64_t row, int64_t next, void *out, char *scratch,
                                    cnn_chance *chance, cnn_error *err);

#endif
