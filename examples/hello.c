/* SPDX-License-Identifier: MIT
 * The library from C: two tensors and their sum. After `make install`:
 *
 *   cc hello.c $(pkg-config --cflags --libs cnn) -o hello && ./hello */
#include <cnn.h>
#include <stdio.h>

int main(void) {
    cnn_error err;
    cnn_shape shape = cnn_shape_make(2, (int64_t[]){2, 3});
    cnn_tensor *a = NULL, *b = NULL, *sum = NULL;
    bool ok = !cnn_start(&err) && !cnn_tensor_full(CNN_F32, &shape, 1.5, &a, &err) &&
              !cnn_tensor_full(CNN_F32, &shape, 2, &b, &err) && !cnn_add(a, b, &sum, &err);
    if (!ok) fprintf(stderr, "%s: %s\n", cnn_status_name(err.status), err.text);
    for (int64_t i = 0; ok && i < cnn_tensor_numel(sum); i++)
        printf("%g%c", cnn_tensor_get(sum, i), i % 3 < 2 ? ' ' : '\n');
    cnn_tensor_release(&a), cnn_tensor_release(&b), cnn_tensor_release(&sum);
    return ok ? 0 : 1;
}
