/* SPDX-License-Identifier: MIT
 * Every sentence that an op says about arguments that do not fit: the rule with the numbers put in, what came, and the
 * mend. Nothing may be left behind by a refused call. */
#include "core/ops/params.h"
#include "core/ops/pool2d.h"
#include "tests/c/tensors.h"

/* Runs the op on in[0 … 4], which are released; the message must contain `text`, the mend `fix` (NULL: none). */
static void refuse(const cnn_op *op, const void *params, cnn_tensor *const *in, cnn_status wanted, const char *text,
                   const char *fix) {
    cnn_tensor *out[CNN_MAX_OUTPUTS] = {NULL}, *own[CNN_MAX_INPUTS] = {NULL};
    cnn_error err = {0};
    memcpy(own, in, (size_t)op->inputs * sizeof *own);
    cnn_status status = cnn_apply(op, params, own, out, &err);
    CHECK_SHOW(status == wanted, "%s: %s: %s", op->name, status ? cnn_status_name(status) : "no error", err.text);
    CHECK_CONTAINS(err.text, text);
    CHECK_SHOW(strcmp(err.op, op->name) == 0, "op is %s", err.op);
    if (fix) CHECK_CONTAINS(err.fix, fix);
    if (!fix) CHECK_SHOW(err.fix[0] == '\0', "%s mends with %s", op->name, err.fix);
    for (int i = 0; i < op->outputs; i++) CHECK(out[i] == NULL);
    for (int i = 0; i < op->inputs; i++) cnn_tensor_release(&own[i]);
}

#define IN(...)      ((cnn_tensor *[CNN_MAX_INPUTS]){__VA_ARGS__})
#define F(...)       tensor(CNN_F32, SHAPE(__VA_ARGS__), DENSE)
#define D(...)       tensor(CNN_F64, SHAPE(__VA_ARGS__), DENSE)
#define I(...)       tensor(CNN_I64, SHAPE(__VA_ARGS__), DENSE)
#define U(...)       tensor(CNN_U8, SHAPE(__VA_ARGS__), DENSE)
#define P(type, ...) (&(const type){__VA_ARGS__})

typedef int64_t conv_params[7];

static void test_conv2d(void) {
    static const conv_params plain = {1, 1, 0, 0, 1, 1, 1}, grouped = {1, 1, 0, 0, 1, 1, 2},
                             no_stride = {0, 1, 0, 0, 1, 1, 1};
    const cnn_op *op = &cnn_op_conv2d;
    refuse(op, plain, IN(F(1, 1, 28, 28), F(16, 3, 5, 5)), CNN_BAD_SHAPE,
           "conv2d needs input with 3 channels (weight is [16, 3, 5, 5]); got [1, 1, 28, 28]", "nn.Conv2d(1, 16, …)");
    refuse(op, plain, IN(F(8, 32, 32, 3), F(16, 3, 5, 5)), CNN_BAD_SHAPE, "got [8, 32, 32, 3]",
           "channels last? use x:permute(1, 4, 2, 3)");
    refuse(op, plain, IN(F(3, 32, 32), F(16, 3, 5, 5)), CNN_BAD_SHAPE,
           "got [3, 32, 32], which lacks the batch dimension", "x:unsqueeze(1)");
    refuse(op, plain, IN(F(8, 28, 28), F(16, 1, 5, 5)), CNN_BAD_SHAPE, "lacks the channel dimension", "x:unsqueeze(2)");
    refuse(op, plain, IN(F(1, 28, 28), F(16, 1, 5, 5)), CNN_BAD_SHAPE, "lacks the batch dimension", "x:unsqueeze(1)");
    refuse(op, plain, IN(F(28, 28), F(16, 1, 5, 5)), CNN_BAD_SHAPE, "lacks batch and channels", "x:view(1, 1, 28, 28)");
    refuse(op, plain, IN(F(784), F(16, 1, 5, 5)), CNN_BAD_SHAPE, "got [784] with 1 dimension", NULL);
    refuse(op, plain, IN(F(1, 1, 0, 4), F(16, 1, 5, 5)), CNN_BAD_SHAPE, "at least one channel, row and column", NULL);
    refuse(op, plain, IN(F(1, 1, 3, 4), F(16, 1, 5, 5)), CNN_BAD_SHAPE,
           "the 5x5 kernel fits into; [1, 1, 3, 4] with padding 0x0 is 3x4", "padding={1, 1} or a smaller kernel");
    refuse(op, plain, IN(F(1, 1, 8, 8), F(16, 1, 5)), CNN_BAD_SHAPE, "needs weight [K, C, R, S]", NULL);
    refuse(op, plain, IN(F(1, 1, 8, 8), F(16, 1, 0, 5)), CNN_BAD_SHAPE, "sizes of at least 1; got [16, 1, 0, 5]", NULL);
    refuse(op, grouped, IN(F(1, 4, 8, 8), F(15, 2, 5, 5)), CNN_BAD_SHAPE, "15 (weight is [15, 2, 5, 5])", NULL);
    refuse(op, grouped, IN(F(1, 3, 8, 8), F(16, 2, 5, 5)), CNN_BAD_SHAPE,
           "with 4 channels (weight is [16, 2, 5, 5] in 2 groups)", NULL);
    refuse(op, no_stride, IN(F(1, 1, 8, 8), F(16, 1, 5, 5)), CNN_BAD_VALUE, "a stride of at least 1; got 0", NULL);
    refuse(op, plain, IN(F(1, 1, 8, 8), F(16, 1, 5, 5), F(8)), CNN_BAD_SHAPE,
           "needs bias [16] (weight is [16, 1, 5, 5]); got [8]", NULL);
    refuse(op, plain, IN(U(1, 1, 8, 8), F(16, 1, 5, 5)), CNN_BAD_TYPE, "needs real numbers; input is uint8",
           "x:float() / 255");
    refuse(op, plain, IN(F(1, 1, 8, 8), D(16, 1, 5, 5)), CNN_BAD_TYPE, "of one type; got float32 and float64",
           "x:to(\"float64\")");
}

static void test_conv2d_backward(void) {
    static const int64_t input[9] = {1, 1, 0, 0, 1, 1, 1, 8, 8}, weight[9] = {1, 1, 0, 0, 1, 1, 1, 5, 5};
    static const int64_t groups[9] = {1, 1, 0, 0, 1, 1, 2, 5, 5}, huge[9] = {1, 1, 0, 0, 1, 1, INT64_MAX, 8, 8};
    refuse(&cnn_op_conv2d_backward_input, input, IN(F(1, 16, 5, 4), F(16, 1, 5, 5)), CNN_BAD_SHAPE,
           "doutput [1, 16, 4, 4], the convolution's own size; got [1, 16, 5, 4]", NULL);
    refuse(&cnn_op_conv2d_backward_input, huge, IN(F(1, 16, 4, 4), F(16, 1, 5, 5)), CNN_BAD_VALUE, "groups", NULL);
    refuse(&cnn_op_conv2d_backward_weight, weight, IN(F(1, 3, 8, 8), F(2, 16, 4, 4)), CNN_BAD_SHAPE,
           "doutput [1, 16, 4, 4], the convolution's own size; got [2, 16, 4, 4]", NULL);
    refuse(&cnn_op_conv2d_backward_weight, groups, IN(F(1, 3, 8, 8), F(1, 16, 4, 4)), CNN_BAD_SHAPE,
           "3 channels do not make 2 groups", NULL);
}

static void test_pools(void) {
    const pool2d_window plain = {2, 2, 2, 2, 0, 0, 1, 1, .ceil_mode = false},
                        padded = {2, 2, 2, 2, 2, 0, 1, 1, .ceil_mode = false}, large = {8, 8, 1, 1, .ceil_mode = false};
    const pool2d_window divisor = {.r = 2, .s = 2, .stride_h = 1, .stride_w = 1, .divisor = -1};
    const pool2d_backward_params back = {plain, 4, 4, false};
    refuse(&cnn_op_max_pool2d, &plain, IN(F(3, 4, 4)), CNN_BAD_SHAPE, "lacks the batch dimension", "x:unsqueeze(1)");
    refuse(&cnn_op_max_pool2d, &padded, IN(F(1, 3, 4, 4)), CNN_BAD_VALUE, "at most half the window, 1x1; got 2x0",
           NULL);
    refuse(&cnn_op_max_pool2d, &plain, IN(F(1, 3, 1, 4)), CNN_BAD_SHAPE, "the 2x2 window fits into; [1, 3, 1, 4]",
           "a window of at most 1x4");
    refuse(&cnn_op_avg_pool2d, &large, IN(F(1, 3, 4, 4)), CNN_BAD_SHAPE, "the 8x8 window fits into", "at most 4x4");
    refuse(&cnn_op_avg_pool2d, &divisor, IN(F(1, 3, 4, 4)), CNN_BAD_VALUE, "a divisor of at least 0; got -1", NULL);
    refuse(&cnn_op_avg_pool2d, &large, IN(I(1, 3, 9, 9)), CNN_BAD_TYPE, "input is int64", "x:float()");
    cnn_tensor *indices = I(1, 1, 2, 2);
    put(indices, 3, 16);
    refuse(&cnn_op_max_pool2d_backward, &back, IN(F(1, 1, 2, 2), indices), CNN_BAD_VALUE, "indices 0 … 15; got 16",
           NULL);
    refuse(&cnn_op_max_pool2d_backward, &back, IN(F(1, 1, 3, 2), I(1, 1, 2, 2)), CNN_BAD_SHAPE, "needs [1, 1, 2, 2]",
           NULL);
}

typedef struct {
    bool training;
    double momentum, eps;
} norm_params;

static void test_batch_norm(void) {
    const norm_params train = {true, 0.1, 1e-5}, eval = {false, 0.1, 1e-5};
    const cnn_op *op = &cnn_op_batch_norm;
    refuse(op, &train, IN(F(1, 64)), CNN_BAD_SHAPE,
           "more than one value per channel when training; got [1, 64], which has 1", "a larger batch, or net:eval()");
    refuse(op, &train, IN(F(64)), CNN_BAD_SHAPE, "needs input [N, C], [N, C, L] or [N, C, H, W]; got [64]", NULL);
    refuse(op, &train, IN(F(4, 3, 5, 5), F(8)), CNN_BAD_SHAPE,
           "needs input with 8 channels (weight is [8]); got [4, 3, 5, 5]", "nn.BatchNorm2d(3)");
    refuse(op, &train, IN(F(4, 5, 5, 8), F(8)), CNN_BAD_SHAPE, "8 channels", "channels last?");
    refuse(op, &train, IN(F(4, 3), F(3), F(1, 3)), CNN_BAD_SHAPE, "bias [C], one value per channel; got [1, 3]", NULL);
    refuse(op, &eval, IN(F(4, 3), F(3)), CNN_BAD_VALUE, "outside of training needs running_mean and running_var", NULL);
    refuse(op, &train, IN(F(4, 3), NULL, NULL, F(3)), CNN_BAD_VALUE, "together, or neither", NULL);
    refuse(op, &train, IN(F(4, 3), D(3)), CNN_BAD_TYPE, "input and weight of one type", "x:to(\"float64\")");
}

static void test_linear(void) {
    const matmul_params plain = {false, false};
    refuse(&cnn_op_linear, NULL, IN(F(128, 12544), F(10, 16384)), CNN_BAD_SHAPE,
           "Linear(16384 → 10) needs [N, 16384]; got [128, 12544]", "nn.Linear(12544, 10)");
    refuse(&cnn_op_linear, NULL, IN(F(8, 2, 3, 4), F(10, 24)), CNN_BAD_SHAPE, "got [8, 2, 3, 4]", "cnn.flatten(x, 2)");
    refuse(&cnn_op_linear, NULL, IN(F(8, 4), F(10, 4), F(4)), CNN_BAD_SHAPE, "needs bias [10]", NULL);
    refuse(&cnn_op_linear, NULL, IN(I(8, 4), F(10, 4)), CNN_BAD_TYPE, "input is int64", "x:float()");
    refuse(&cnn_op_matmul, &plain, IN(F(2, 3), F(4, 3)), CNN_BAD_SHAPE, "k is 3 in one, 4 in the other",
           "a:matmul(b:t())");
    refuse(&cnn_op_matmul, &plain, IN(F(3), F(3, 4)), CNN_BAD_SHAPE,
           "two matrices [m, k] and [k, n]; got [3] and [3, 4]", NULL);
}

static cnn_tensor *labels(int64_t a, int64_t b) {
    cnn_tensor *x = I(2);
    put(x, 0, (double)a);
    put(x, 1, (double)b);
    return x;
}

static void test_cross_entropy(void) {
    const cnn_op *op = &cnn_op_cross_entropy;
    refuse(op, NULL, IN(F(2, 10), labels(3, 0)), CNN_BAD_VALUE,
           "labels count from 1 to 10 (logits are [2, 10]); the smallest here is 0, in row 2",
           "y + 1 (labels that come from Python count from 0)");
    refuse(op, NULL, IN(F(2, 10), labels(11, 1)), CNN_BAD_VALUE, "the largest here is 11, in row 1",
           "11 outputs of the last layer");
    refuse(op, NULL, IN(F(2, 10), labels(-7, 1)), CNN_BAD_VALUE, "the smallest here is -7, in row 1",
           "ignore_index=-7");
    refuse(op, NULL, IN(F(2, 10), F(2)), CNN_BAD_TYPE,
           "needs int64 labels, the numbers of the right classes; got float32 [2]", "y:long()");
    refuse(op, NULL, IN(F(2, 10), I(2, 10)), CNN_BAD_SHAPE, "one label per row, [2]", "y:argmax(2)");
    refuse(op, NULL, IN(F(2, 10), I(2, 1)), CNN_BAD_SHAPE, "got [2, 1]", "y:view(-1)");
    refuse(op, NULL, IN(F(2, 10), I(3)), CNN_BAD_SHAPE, "[2] (logits are [2, 10]); got [3]", NULL);
    refuse(op, NULL, IN(F(10), I(1)), CNN_BAD_SHAPE, "needs logits [rows, classes]; got [10]", "x:unsqueeze(1)");
}

typedef struct {
    int64_t dim, index;
} select_params;

static void test_shapes(void) {
    const size_params five = {SHAPE(5, -1)}, seven = {SHAPE(7)}, two = {SHAPE(-1, -1)}, flat = {SHAPE(-1)};
    const size_params narrow = {SHAPE(2, 3)}, wide = {SHAPE(3, 5, 6)};
    refuse(&cnn_op_view, &five, IN(F(4, 6)), CNN_BAD_SHAPE, "[4, 6] has 24 elements; [5, -1] needs a multiple of 5",
           NULL);
    refuse(&cnn_op_reshape, &seven, IN(F(4, 6)), CNN_BAD_SHAPE, "[4, 6] has 24 elements; [7] needs 7", NULL);
    refuse(&cnn_op_reshape, &two, IN(F(4, 6)), CNN_BAD_SHAPE, "one of them may be -1; got [-1, -1]", NULL);
    refuse(&cnn_op_view, &flat, IN(tensor(CNN_F32, SHAPE(4, 6), BACKWARDS)), CNN_BAD_SHAPE,
           "so that a view can be [24]", "x:reshape(…)");
    refuse(&cnn_op_expand, &wide, IN(F(4, 6)), CNN_BAD_SHAPE, "[4, 6] does not expand to [3, 5, 6]: dimension 2", NULL);
    refuse(&cnn_op_expand, &narrow, IN(F(4, 2, 3)), CNN_BAD_SHAPE, "does not expand to [2, 3]", NULL);
    refuse(&cnn_op_sum_to, &narrow, IN(F(4, 6)), CNN_BAD_SHAPE, "[4, 6] does not sum to [2, 3]", NULL);
    refuse(&cnn_op_permute, P(permute_params, SHAPE(0)), IN(F(4, 6)), CNN_BAD_VALUE,
           "each of the 2 dimensions of [4, 6] once; got 1", NULL);
    refuse(&cnn_op_permute, P(permute_params, SHAPE(0, 0)), IN(F(4, 6)), CNN_BAD_VALUE, "dimension 1 is named twice",
           NULL);
    refuse(&cnn_op_permute, P(permute_params, SHAPE(0, 2)), IN(F(4, 6)), CNN_BAD_VALUE, "count from 1 to 2 here; got 3",
           NULL);
    refuse(&cnn_op_slice, P(slice_params, 1, 4, 3), IN(F(4, 6)), CNN_BAD_VALUE,
           "dimension 2 of [4, 6] has 6 places; a slice of 3 beginning at 5", NULL);
    refuse(&cnn_op_slice, P(slice_params, 1, 1, INT64_MAX), IN(F(4, 6)), CNN_BAD_VALUE, "does not fit", NULL);
    refuse(&cnn_op_select, P(select_params, 0, 4), IN(F(4, 6)), CNN_BAD_VALUE,
           "indices count from 1 to 4 in dimension 1 of [4, 6]; got 5", NULL);
    refuse(&cnn_op_select, P(select_params, 2, 0), IN(F(4, 6)), CNN_BAD_VALUE,
           "dimensions count from 1 to 2 for [4, 6]; got 3", NULL);
    refuse(&cnn_op_pad, P(pad_params, SHAPE(1), 0), IN(F(4, 6)), CNN_BAD_VALUE, "pairs (before, after)",
           "F.pad(x, {left, right, top, bottom})");
    refuse(&cnn_op_pad, P(pad_params, SHAPE(-4, -3), 0), IN(F(4, 6)), CNN_BAD_SHAPE,
           "leaves nothing of dimension 2 of [4, 6]", NULL);
    const int64_t first_dim = 0;
    refuse(&cnn_op_cat, &first_dim, IN(F(4, 6), F(4, 5)), CNN_BAD_SHAPE,
           "joined along dimension 1 must agree in all others; got [4, 6] and [4, 5]", NULL);
    refuse(&cnn_op_cat, &first_dim, IN(F(4, 6), D(4, 6)), CNN_BAD_TYPE, "of one type; got float32 and float64", NULL);
    refuse(&cnn_op_channels_last, NULL, IN(F(4, 6)), CNN_BAD_SHAPE, "needs images [N, C, H, W]; got [4, 6]", NULL);
}

typedef struct {
    cnn_shape dims;
    int64_t correction;
    bool keepdim;
} var_params;

typedef struct {
    int64_t dim;
    bool largest, keepdim;
} extreme_params;

typedef struct {
    double p;
    bool channels;
} dropout_params;

static void test_others(void) {
    refuse(&cnn_op_add, NULL, IN(F(4, 6), F(4)), CNN_BAD_SHAPE, "[4, 6] and [4] do not broadcast", NULL);
    refuse(&cnn_op_where, NULL, IN(F(4), F(4), F(4)), CNN_BAD_TYPE, "a bool condition; got float32", "x:ne(0)");
    refuse(&cnn_op_sum, P(sum_params, SHAPE(5), false), IN(F(4, 6)), CNN_BAD_VALUE, "count from 1 to 2 here; got 6",
           NULL);
    refuse(&cnn_op_mean, P(sum_params, {0}, false), IN(I(4, 6)), CNN_BAD_TYPE, "mean needs real numbers; x is int64",
           "x:float()");
    refuse(&cnn_op_mean, P(sum_params, {0}, false), IN(F(0, 6)), CNN_BAD_SHAPE, "the mean of no elements", NULL);
    refuse(&cnn_op_var, P(var_params, {0}, 1, false), IN(F(1)), CNN_BAD_SHAPE,
           "var with correction 1 needs at least 2 elements; [1] gives 1", "correction = 0");
    refuse(&cnn_op_extreme, P(extreme_params, 1, true, false), IN(F(4, 0)), CNN_BAD_SHAPE,
           "max needs at least one element in dimension 2; got [4, 0]", NULL);
    refuse(&cnn_op_extreme, P(extreme_params, 0, false, false), IN(number(CNN_F32, 1)), CNN_BAD_VALUE,
           "shape [] has none", NULL);
    refuse(&cnn_op_dropout, P(dropout_params, 1.5, false), IN(F(4)), CNN_BAD_VALUE,
           "a probability between 0 and 1; got 1.5", NULL);
    refuse(&cnn_op_dropout, P(dropout_params, 0.5, true), IN(F(4)), CNN_BAD_SHAPE,
           "dropout of channels needs [N, C, …]; got [4]", NULL);
}

/* The slope of (largest of x)^2 is 2 x at its place, and the slope of that 2. */
static void test_second_order(void) {
    const pool2d_window plain = {2, 2, 2, 2, 0, 0, 1, 1, .ceil_mode = false};
    const cnn_shape all = {0};
    cnn_error err = {0};
    cnn_tensor *x = F(1, 1, 2, 2), *sum = NULL;
    must(cnn_tensor_requires_grad_set(x, true, &err), &err);
    cnn_tensor *y = apply1(&cnn_op_max_pool2d, &plain, x), *square = apply1(&cnn_op_square, NULL, y);
    must(cnn_sum(square, &all, false, &sum, &err), &err);
    must(cnn_backward(sum, NULL, true, true, &err), &err);
    cnn_tensor *slope = cnn_tensor_retain(cnn_tensor_grad(x)), *total = NULL;
    must(cnn_sum(slope, &all, false, &total, &err), &err);
    must(cnn_tensor_grad_set(x, NULL, &err), &err); /* else x and its gradient's graph hold each other */
    must(cnn_backward(total, NULL, false, false, &err), &err);
    double found = 0;
    for (int i = 0; i < 4; i++) found += cnn_tensor_get(cnn_tensor_grad(x), i);
    CHECK(found == 2);
    drop(slope);
    drop(total);
    drop(x);
    drop(y);
    drop(square);
    drop(sum);
}

int main(void) {
    size_t before = cnn_memory().live_bytes;
    cnn_error err;
    must(cnn_start(&err), &err);
    test_conv2d();
    test_conv2d_backward();
    test_pools();
    test_batch_norm();
    test_linear();
    test_cross_entropy();
    test_shapes();
    test_others();
    test_second_order();
    CHECK(cnn_memory().live_bytes == before);
    return check_result();
}
