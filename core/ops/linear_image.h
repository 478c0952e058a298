/* SPDX-License-Identifier: MIT
 * linear of a flattened image, without flattening it: the weight's columns are put into the order in which the image
 * lies (channels last), which is a small copy instead of a large one; its gradient is put back, and the input's
 * gradient is an image again. Only sums over features change their order, by the sizes alone. */
#ifndef CNN_CORE_OPS_LINEAR_IMAGE_H
#define CNN_CORE_OPS_LINEAR_IMAGE_H

#include "core/op.h"

/* The image [N, C, H, W] that `input` [N, C*H*W] is the flattened copy of, if going without the copy pays for a weight
 * [out, C*H*W]; else NULL. Borrowed. */
cnn_tensor *cnn_linear_image(const cnn_tensor *input, int64_t out_features);
/* The image as rows [N, H*W*C]: a view of its storage. */
CNN_CHECKED cnn_status cnn_linear_image_rows(const cnn_tensor *image, cnn_tensor **out, cnn_error *err);
/* A copy of weight with its columns in the image's order: [out, H*W*C]. */
CNN_CHECKED cnn_status cnn_linear_image_weight(const cnn_tensor *image, cnn_tensor *weight, cnn_tensor **out,
                                               cnn_error *err);
/* Gradients, outside the graph: of the input [N, C*H*W], waiting to be flattened, and of the weight [out, C*H*W]. */
CNN_CHECKED cnn_status cnn_linear_image_backward_input(const cnn_tensor *image, cnn_tensor *dout, cnn_tensor *weight,
                                                       cnn_tensor **out, cnn_error *err);
CNN_CHECKED cnn_status cnn_linear_image_backward_weight(const cnn_tensor *image, cnn_tensor *dout, cnn_tensor **out,
                                                        cnn_error *err);

#endif
