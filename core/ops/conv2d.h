/* SPDX-License-Identifier: MIT
 * What conv2d and its two gradients share: parameters, sizes and their checks. The gradients' parameters begin with
 * the convolution's. */
#ifndef CNN_CORE_OPS_CONV2D_H
#define CNN_CORE_OPS_CONV2D_H

#include "core/waiting.h"

typedef struct conv2d_params {
    int64_t stride_h, stride_w;
    int64_t pad_h, pad_w;
    int64_t dilation_h, dilation_w;
    int64_t groups;
} conv2d_params;

typedef struct conv2d_backward_params {
    conv2d_params conv;
    int64_t size_h, size_w; /* of what is computed: the input (h, w) or the kernel (r, s) */
} conv2d_backward_params;

/* Of both gradients in one: conv2d's, and whether the input's may have zeros where the input, a ReLU's result, is 0. */
typedef struct conv2d_both_params {
    conv2d_params conv;
    bool gated;
} conv2d_both_params;

#define CONV2D_FIELDS(params, prefix)                                                                                  \
    {"stride_h", CNN_FIELD_INT, offsetof(params, prefix stride_h)},                                                    \
        {"stride_w", CNN_FIELD_INT, offsetof(params, prefix stride_w)},                                                \
        {"pad_h", CNN_FIELD_INT, offsetof(params, prefix pad_h)},                                                      \
        {"pad_w", CNN_FIELD_INT, offsetof(params, prefix pad_w)},                                                      \
        {"dilation_h", CNN_FIELD_INT, offsetof(params, prefix dilation_h)},                                            \
        {"dilation_w", CNN_FIELD_INT, offsetof(params, prefix dilation_w)}, {                                          \
        "groups", CNN_FIELD_INT, offsetof(params, prefix groups)                                                       \
    }

/* Checks shapes of input and weight against the parameters and computes every size of the kernel contract. */
CNN_CHECKED cnn_status cnn_conv2d_sizes(const char *op, const conv2d_params *params, const cnn_tensor *input,
                                        const cnn_tensor *weight, cnn_conv2d_params *sizes, cnn_error *err);
/* The same from shapes alone, for the gradients, where one of the two does not exist yet. */
CNN_CHECKED cnn_status cnn_conv2d_sizes_of(const char *op, const conv2d_params *params, const cnn_shape *input,
                                           const cnn_shape *weight, cnn_conv2d_params *sizes, cnn_error *err);
/* Which algorithm a pass would run at the moment, and why. The tensors may be hollow. */
typedef struct cnn_conv2d_chosen {
    cnn_conv2d_algorithm algorithm;
    char why[CNN_CONV2D_WHY];
} cnn_conv2d_chosen;
CNN_CHECKED cnn_status cnn_conv2d_choice(const char *op, const conv2d_params *params, const cnn_tensor *input,
                                         const cnn_tensor *weight, cnn_conv2d_pass pass, cnn_conv2d_chosen *out,
                                         cnn_error *err);
/* input, weight, bias (may be NULL) -> output, recorded as any op. */
CNN_CHECKED cnn_status cnn_conv2d(const conv2d_params *params, cnn_tensor *input, cnn_tensor *weight, cnn_tensor *bias,
                                  cnn_tensor **out, cnn_error *err);

/* What a pass takes on its way: the batch norm and ReLU that its input waits for, and the batch norm's gradient that
 * doutput waits to be, as far as the kernel can do them; what it cannot is run first. */
typedef struct conv2d_wishes {
    cnn_conv2d_pass pass;
    bool gated;            /* dinput may be 0 where a ReLU that is taken gives 0 */
    float *moments, *sums; /* see cnn_conv2d_fusion; NULL: not wanted. sums come with a ReLU that is taken only */
} conv2d_wishes;

typedef struct conv2d_taken {
    cnn_conv2d_fusion fusion;
    bool fused;                  /* there is one                                                   */
    bool staged;                 /* the pass writes the input's numbers as well: it waits no longer */
    const void *input, *doutput; /* what the kernel reads; NULL where none was given                */
} conv2d_taken;

conv2d_taken cnn_conv2d_take(const cnn_call *call, const cnn_conv2d_kernels *kernels, const cnn_conv2d_params *sizes,
                             const conv2d_wishes *wishes, const cnn_tensor *input, const cnn_tensor *doutput);

/* Room for what forward keeps, in floats, with a stamp at the end; what is kept is of use only to the kernels and the
 * algorithm that wrote it, which may have been changed since: then NULL. `kept` may be NULL. */
int64_t cnn_conv2d_kept_floats(const cnn_call *call, const cnn_conv2d_params *sizes);
void cnn_conv2d_stamp(const cnn_call *call, const cnn_conv2d_params *sizes, cnn_tensor *kept);
const void *cnn_conv2d_kept(const cnn_call *call, const cnn_conv2d_params *sizes, const cnn_tensor *kept);

/* The kernels' table for these images is bfloat16's, whose weights are float32: weights, or a bias, dense and so; and
 * room for a weight's gradient, which is `out` itself where that is float32, to be rounded into it by the other. */
CNN_CHECKED cnn_status cnn_conv2d_weight(const cnn_call *call, cnn_tensor *weight, cnn_tensor **out, cnn_error *err);
CNN_CHECKED cnn_status cnn_conv2d_dweight(cnn_tensor *out, cnn_tensor **dweight, cnn_error *err);
CNN_CHECKED cnn_status cnn_conv2d_dweight_done(const cnn_call *call, cnn_tensor *dweight, cnn_tensor *out,
                                               cnn_error *err);
/* For cnn_op.reads_bf16: there are kernels for it. */
bool cnn_conv2d_reads_bf16(const cnn_call *call, cnn_tensor *const *out);

/* Scratch memory for one pass. */
CNN_CHECKED cnn_status cnn_conv2d_workspace(const cnn_call *call, const cnn_conv2d_kernels *kernels,
                                            const cnn_conv2d_params *sizes, cnn_conv2d_pass pass, cnn_storage **out,
                                            cnn_error *err);

#endif
