/* SPDX-License-Identifier: MIT
 * Rows, weights and gradients of a linear layer in the order of an image's memory: see linear_image.h. */
#include "core/ops/linear_image.h"
#include "core/functions.h"
#include "core/waiting.h"

cnn_tensor *cnn_linear_image(const cnn_tensor *input, int64_t out_features) {
    cnn_tensor *image = cnn_wait_flat_source(input);
    if (!image || input->shape.ndim != 2 || input->shape.size[0] != image->shape.size[0]) return NULL;
    return 2 * out_features <= image->shape.size[0] ? image : NULL; /* copying the weight must be the smaller part */
}

/* x's elements as rows [rows, columns], in the order in which they lie. */
static cnn_status as_rows(const cnn_tensor *x, int64_t rows, int64_t columns, cnn_tensor **out, cnn_error *err) {
    const cnn_shape shape = {2, {rows, columns}};
    const int64_t stride[2] = {columns, 1};
    return cnn_tensor_over(x->storage, x->dtype, &shape, stride, x->offset, out, err);
}

/* Rows [n, C*H*W] as images of this size: row-major, or as they lie channels last. */
static cnn_status as_images(const cnn_tensor *rows, const cnn_tensor *image, bool channels_last, cnn_tensor **out,
                            cnn_error *err) {
    cnn_shape shape = image->shape;
    int64_t stride[CNN_MAX_DIMS];
    shape.size[0] = rows->shape.size[0];
    if (channels_last)
        cnn_strides_channels_last(&shape, stride);
    else
        cnn_strides_dense(&shape, stride);
    return cnn_tensor_over(rows->storage, rows->dtype, &shape, stride, rows->offset, out, err);
}

static int64_t features_of(const cnn_tensor *image) {
    return image->shape.size[1] * image->shape.size[2] * image->shape.size[3];
}

cnn_status cnn_linear_image_rows(const cnn_tensor *image, cnn_tensor **out, cnn_error *err) {
    return as_rows(image, image->shape.size[0], features_of(image), out, err);
}

cnn_status cnn_linear_image_weight(const cnn_tensor *image, cnn_tensor *weight, cnn_tensor **out, cnn_error *err) {
    cnn_tensor *dense = NULL, *filters = NULL, *turned = NULL;
    cnn_status status = cnn_dense(weight, &dense, err);
    if (status == CNN_OK) status = as_images(dense, image, false, &filters, err);
    if (status == CNN_OK) status = cnn_dense_channels_last(filters, &turned, err);
    if (status == CNN_OK) status = as_rows(turned, weight->shape.size[0], features_of(image), out, err);
    cnn_tensor_release(&dense);
    cnn_tensor_release(&filters);
    cnn_tensor_release(&turned);
    return status;
}

cnn_status cnn_linear_image_backward_input(const cnn_tensor *image, cnn_tensor *dout, cnn_tensor *weight,
                                           cnn_tensor **out, cnn_error *err) {
    const cnn_shape shape = {2, {image->shape.size[0], features_of(image)}};
    cnn_tensor *turned = NULL, *rows = NULL, *gradient = NULL;
    cnn_status status = cnn_linear_image_weight(image, weight, &turned, err);
    if (status == CNN_OK) status = cnn_matmul(dout, false, turned, false, &rows, err);
    if (status == CNN_OK) status = as_images(rows, image, true, &gradient, err);
    if (status == CNN_OK) status = cnn_tensor_empty(image->dtype, &shape, out, err);
    if (status == CNN_OK) cnn_wait_flat(*out, gradient);
    cnn_tensor_release(&turned);
    cnn_tensor_release(&rows);
    cnn_tensor_release(&gradient);
    return status;
}

cnn_status cnn_linear_image_backward_weight(const cnn_tensor *image, cnn_tensor *dout, cnn_tensor **out,
                                            cnn_error *err) {
    cnn_tensor *rows = NULL, *turned = NULL, *filters = NULL, *dense = NULL;
    cnn_status status = cnn_linear_image_rows(image, &rows, err);
    if (status == CNN_OK) status = cnn_matmul(dout, true, rows, false, &turned, err);
    if (status == CNN_OK) status = as_images(turned, image, true, &filters, err);
    if (status == CNN_OK) status = cnn_dense(filters, &dense, err);
    if (status == CNN_OK) status = as_rows(dense, dout->shape.size[1], features_of(image), out, err);
    cnn_tensor_release(&rows);
    cnn_tensor_release(&turned);
    cnn_tensor_release(&filters);
    cnn_tensor_release(&dense);
    return status;
}
