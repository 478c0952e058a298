/* SPDX-License-Identifier: MIT
 * What an op is, and the one way to run it.
 *
 * Each op is a descriptor in core/ops/NAME.c, named cnn_op_NAME, and a line OP(NAME) in ops.list. cnn_apply runs it:
 * infer (shapes, no numbers) → allocate or view → forward → record for the gradient. Nobody switches on an op.
 * An op's parameters are a flat struct; `fields` describes it, and the binding reads them from Lua by that description.
 */
#ifndef CNN_CORE_OP_H
#define CNN_CORE_OP_H

#include "core/tensor.h"
#include "kernels/kernels.h"

#define CNN_MAX_INPUTS      6
#define CNN_MAX_OUTPUTS     4
#define CNN_MAX_PARAM_BYTES 192

typedef enum cnn_field_type {
    CNN_FIELD_END = 0,
    CNN_FIELD_INT,   /* int64_t                                                        */
    CNN_FIELD_REAL,  /* double                                                         */
    CNN_FIELD_BOOL,  /* bool                                                           */
    CNN_FIELD_DTYPE, /* cnn_dtype, from its name                                       */
    CNN_FIELD_DIM,   /* int64_t, a dimension of input 0: Lua's 1 … n, -1 … -n → 0 … n-1 */
    CNN_FIELD_DIMS,  /* cnn_shape, a list of such dimensions; nil gives ndim = 0        */
    CNN_FIELD_SIZES  /* cnn_shape, a list of integers (sizes, may be negative)          */
} cnn_field_type;

typedef struct cnn_field {
    const char *name;
    cnn_field_type type;
    size_t offset;
} cnn_field;

#define CNN_FIELD(params, type, member)                                                                                \
    { #member, CNN_FIELD_##type, offsetof(params, member) }

/* What a result will be. It comes zeroed; infer fills it in with one of the three functions below (or, for a view, sets
 * every field itself). */
typedef struct cnn_spec {
    cnn_dtype dtype;
    cnn_shape shape;
    int64_t stride[CNN_MAX_DIMS]; /* of the result, in elements */
    bool is_view;                 /* shares input 0's storage, at its offset + `offset`; forward is not called */
    int64_t offset;
    bool reshaped; /* input 0's elements in their order: the result remembers input 0's shape, for messages */
} cnn_spec;

/* Row-major strides; channels-last strides (4-d [N, C, H, W] dense as [N, H, W, C]); the dense strides whose
 * order is that of `like`, where the shapes are equal, else row-major. */
void cnn_spec_dense(cnn_spec *spec, cnn_dtype dtype, const cnn_shape *shape);
void cnn_spec_channels_last(cnn_spec *spec, cnn_dtype dtype, const cnn_shape *shape);
void cnn_spec_like(cnn_spec *spec, cnn_dtype dtype, const cnn_shape *shape, const cnn_tensor *like);

/* What autocast (autocast.h) makes of an op's inputs. */
typedef enum cnn_autocast_rule {
    CNN_AUTOCAST_KEEP, /* nothing                */
    CNN_AUTOCAST_BF16, /* float32 to bfloat16    */
    CNN_AUTOCAST_F32   /* bfloat16 to float32    */
} cnn_autocast_rule;

typedef struct cnn_op cnn_op;

/* One run of an op. */
typedef struct cnn_call {
    const cnn_op *op;
    const void *params;
    cnn_tensor *const *in; /* op->inputs of them; an optional one may be NULL. On one device. */
    const cnn_kernels *kernels;
    const cnn_team *team;
} cnn_call;

/* One gradient. */
typedef struct cnn_gradient {
    const void *params;
    const cnn_spec *in_spec; /* dtype and shape of every input (dtype is CNN_DTYPES for an absent one) */
    cnn_tensor *const *in;   /* inputs that `saves_in` names; the others are NULL   */
    cnn_tensor *const *out;  /* outputs that `saves_out` names; the others are NULL */
    cnn_tensor *const *dout; /* per output; NULL where nothing flows back           */
    const bool *wanted;      /* per input: is its gradient asked for?               */
    const bool *unseen;      /* per input: it came from relu, whose gradient is all that will read this one */
} cnn_gradient;

struct cnn_op {
    const char *name;
    int inputs, outputs;
    uint32_t optional; /* bit i: input i may be NULL                                         */
    uint32_t saves_in; /* bit i: backward reads input i                                      */
    /* Finer: bit j of saves_for[i] says that input i's gradient reads input j. Then only what the wanted gradients
     * read is saved (x * 2 keeps no x). All zero: saves_in holds, whatever is wanted. */
    uint32_t saves_for[CNN_MAX_INPUTS];
    uint32_t saves_out;  /* bit i: backward reads output i                                     */
    uint32_t writes_in;  /* bit i: forward changes input i                                     */
    uint32_t hidden_out; /* bit i: output i is for backward only, users do not get it          */
    cnn_autocast_rule autocast;
    bool elementwise; /* forward may write output 0 over input 0's memory: the in-place form    */
    /* Whether forward takes bfloat16 as it is in this run (narrow.h); NULL: it is given float32 in its place. */
    bool (*reads_bf16)(const cnn_call *call, cnn_tensor *const *out);
    /* Multiplications with an addition in one forward run: what is said of a network's cost. NULL: none to speak of. */
    int64_t (*multiply_adds)(const cnn_call *call, const cnn_tensor *out);
    size_t param_bytes;
    const cnn_field *fields; /* ends with {0}; NULL when param_bytes is 0                          */
    cnn_status (*infer)(const cnn_call *call, cnn_spec *out, cnn_error *err);
    cnn_status (*forward)(const cnn_call *call, cnn_tensor *const *out, cnn_error *err);
    /* Writes din[i] (a new reference) for every wanted input, by running ops. NULL: not differentiable; results
     * then never require a gradient. */
    cnn_status (*backward)(const cnn_gradient *g, cnn_tensor **din, cnn_error *err);
};

/* Runs the op on `in` (op->inputs pointers) and writes op->outputs references to `out`. Fails as infer, forward and
 * the allocator do; err->op is set to the op's name; then `out` is untouched. */
CNN_CHECKED cnn_status cnn_apply(const cnn_op *op, const void *params, cnn_tensor *const *in, cnn_tensor **out,
                                 cnn_error *err);
/* In place: result of `op` (one output, input 0's shape and dtype) is written over input 0, which becomes the op's
 * output in the graph too. A leaf that requires a gradient, or a view of something recorded, is refused. */
CNN_CHECKED cnn_status cnn_apply_inplace(const cnn_op *op, const void *params, cnn_tensor *const *in, cnn_error *err);

#define OP(name) extern const cnn_op cnn_op_##name;
#include "core/ops.list"
#undef OP

/* All descriptors, ended by NULL: for the binding and the tests. */
extern const cnn_op *const cnn_ops[];

#endif
