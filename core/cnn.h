/* SPDX-License-Identifier: MIT
 * The library's one public header: tensors, ops, gradients, files. No Lua, no CUDA, no globals to set up.
 *
 * Errors      Whatever can fail returns cnn_status and takes `cnn_error *err` last; results go to `**out` and are
 * written only on success. The text is complete for a user; `fix` is one line to paste or do, or empty. Ownership
 * `cnn_tensor *x` is borrowed. `cnn_tensor **out` receives a reference that the caller releases. cnn_x_retain returns
 * one; cnn_x_release(cnn_x **) accepts NULL and clears the pointer. Nothing consumes. Counting    Dimensions, indices
 * and positions count from 0 here; the binding translates Lua's 1. Labels, argmax and other numbers *inside* tensors
 * count from 1, since users see them. Threads     One thread at a time may call the library; it runs its own OpenMP
 * threads inside. */
#ifndef CNN_CORE_CNN_H
#define CNN_CORE_CNN_H

#include "kernels/base.h" /* cnn_dtype, CNN_MAX_DIMS, cnn_team */

/* ---- errors ---- */

typedef enum cnn_status {
    CNN_OK = 0,
    CNN_BAD_SHAPE,   /* sizes that do not fit                      */
    CNN_BAD_TYPE,    /* wrong dtype or kind of argument            */
    CNN_BAD_VALUE,   /* out of range, not finite, not allowed here */
    CNN_NO_MEMORY,   /* budget or machine exhausted                */
    CNN_INTERRUPTED, /* the user pressed Ctrl-C                    */
    CNN_IO,          /* file missing, truncated, not writable      */
    CNN_DEVICE,      /* the device is absent or lacks the op       */
    CNN_CALLBACK     /* a function given by the caller failed, who knows how */
} cnn_status;

typedef struct cnn_error {
    cnn_status status;
    char op[32];    /* "conv2d", or "" where no op was running */
    char text[640]; /* what is wrong: the rule with the numbers put in, then what came */
    char fix[240];  /* what to write instead; may be empty */
} cnn_error;

#define CNN_CHECKED __attribute__((warn_unused_result))

/* Fills in the error and returns `status`, so that `return cnn_fail(err, …)` reads well. Clears op and fix. */
cnn_status cnn_fail(cnn_error *err, cnn_status status, const char *format, ...) __attribute__((format(printf, 3, 4)));
/* Adds the mend to a failed error. */
void cnn_error_fix(cnn_error *err, const char *format, ...) __attribute__((format(printf, 2, 3)));
/* "shape error", "type error", … as messages begin. */
const char *cnn_status_name(cnn_status status);

/* ---- shapes and types ---- */

typedef struct cnn_shape {
    int ndim;                   /* 0 (a scalar) … CNN_MAX_DIMS */
    int64_t size[CNN_MAX_DIMS]; /* >= 0 */
} cnn_shape;

#define CNN_SHAPE_TEXT 192
/* "[128, 3, 32, 32]" into a buffer of CNN_SHAPE_TEXT bytes; returns the buffer. */
const char *cnn_shape_print(const cnn_shape *shape, char *buffer);
cnn_shape cnn_shape_make(int ndim, const int64_t *size);
bool cnn_shape_equal(const cnn_shape *a, const cnn_shape *b);
/* Product of the sizes. Only for shapes that passed cnn_shape_check. */
int64_t cnn_shape_numel(const cnn_shape *shape);
/* No negative size, at most CNN_MAX_DIMS, and numel * 8 bytes fits in int64. */
CNN_CHECKED cnn_status cnn_shape_check(const cnn_shape *shape, cnn_error *err);
/* The common shape of two operands by the broadcasting rule: aligned at the last dimension, 1 stretches. */
CNN_CHECKED cnn_status cnn_shape_broadcast(const cnn_shape *a, const cnn_shape *b, cnn_shape *out, cnn_error *err);

const char *cnn_dtype_name(cnn_dtype dtype); /* "float32" "float64" "bfloat16" "int64" "uint8" "bool" */
size_t cnn_dtype_bytes(cnn_dtype dtype);
bool cnn_dtype_is_real(cnn_dtype dtype);
/* The bits of the bfloat16 that is nearest to a number: a float32's upper half. */
uint16_t cnn_bfloat16(double value);
/* The type that holds both: bool < uint8 < int64 < bfloat16 < float32 < float64. */
cnn_dtype cnn_dtype_promote(cnn_dtype a, cnn_dtype b);

/* ---- process-wide state ---- */

int cnn_threads(void);                                               /* CNN_NUM_THREADS, default all cores */
CNN_CHECKED cnn_status cnn_threads_set(int threads, cnn_error *err); /* 1 … 1024 */
const char *cnn_cpu_level(void);                                     /* "reference" "baseline" "avx2" "avx512" */
/* Forces a level at run time; BAD_VALUE for an unknown name or one the machine lacks. CNN_CPU sets it at start. */
CNN_CHECKED cnn_status cnn_cpu_level_set(const char *name, cnn_error *err);
/* How convolutions are computed: "auto" (by their sizes) "direct" "winograd" "fft" "reference". Where a forced one
 * cannot compute some sizes, direct does. CNN_CONV sets it at start. */
const char *cnn_conv_algorithm(void);
CNN_CHECKED cnn_status cnn_conv_algorithm_set(const char *name, cnn_error *err); /* BAD_VALUE for an unknown name */
/* Reads CNN_CPU, CNN_CONV, CNN_NUM_THREADS, CNN_MEMORY once; the binding calls it when it is opened and raises what it
 * says. */
CNN_CHECKED cnn_status cnn_start(cnn_error *err);

/* Set from a signal handler (async-signal-safe); running kernels stop soon and the op returns CNN_INTERRUPTED. */
void cnn_interrupt(void);
bool cnn_interrupted(void);
void cnn_interrupt_clear(void);

typedef struct cnn_memory_info {
    size_t live_bytes;         /* in storages that somebody holds      */
    size_t peak_bytes;         /* most that was ever live               */
    size_t cached_bytes;       /* freed, kept for the next allocation   */
    size_t budget_bytes;       /* live may not exceed this              */
    size_t system_allocations; /* how often the system was asked: constant once a training loop is warm */
} cnn_memory_info;
cnn_memory_info cnn_memory(void);
void cnn_memory_budget_set(size_t bytes);
void cnn_memory_trim(void); /* gives cached blocks back to the system */
void cnn_memory_reset_peak(void);

bool cnn_grad_enabled(void);
bool cnn_grad_enable(bool enabled); /* returns what it was */

/* Autocast: while it is on, convolutions and matrix products take float32 as bfloat16 and give bfloat16, and what would
 * lose too much (cross_entropy) takes bfloat16 as float32. Everything else computes in the types it gets. Parameters
 * are cast once until it is switched off. Backward passes run in the types of their forward passes. Returns what it
 * was. */
bool cnn_autocast_enabled(void);
bool cnn_autocast_enable(bool enabled);

/* The global generator: (seed, offset) of Philox 4x32-10. */
typedef struct cnn_generator {
    uint64_t seed, offset;
} cnn_generator;
cnn_generator *cnn_default_generator(void);

/* ---- tensors ---- */

typedef struct cnn_tensor cnn_tensor;

/* Uninitialised, row-major. */
CNN_CHECKED cnn_status cnn_tensor_empty(cnn_dtype dtype, const cnn_shape *shape, cnn_tensor **out, cnn_error *err);
/* Every element = value, converted to dtype. */
CNN_CHECKED cnn_status cnn_tensor_full(cnn_dtype dtype, const cnn_shape *shape, double value, cnn_tensor **out,
                                       cnn_error *err);
/* A number to compute with beside real tensors of this type, which keep it whatever their shapes are. bfloat16's is
 * kept as float32 where that type cannot hold it: x * 0.1 multiplies by 0.1. */
CNN_CHECKED cnn_status cnn_tensor_number(cnn_dtype dtype, double value, cnn_tensor **out, cnn_error *err);
/* A shape without numbers, for asking what a network would do with it: ops that read one check and infer shapes as
 * ever, and make hollow results. Whatever reads or writes numbers fails with BAD_VALUE; cnn_tensor_data is NULL. */
CNN_CHECKED cnn_status cnn_tensor_hollow(cnn_dtype dtype, const cnn_shape *shape, cnn_tensor **out, cnn_error *err);
bool cnn_tensor_is_hollow(const cnn_tensor *x);
/* What ops on hollow tensors have spared so far: multiplications with an addition, and bytes of results (no views). */
typedef struct cnn_work {
    int64_t multiply_adds, bytes;
} cnn_work;
cnn_work cnn_work_spared(void);
cnn_tensor *cnn_tensor_retain(cnn_tensor *x);
void cnn_tensor_release(cnn_tensor **x);

cnn_dtype cnn_tensor_dtype(const cnn_tensor *x);
const cnn_shape *cnn_tensor_shape(const cnn_tensor *x);
int64_t cnn_tensor_numel(const cnn_tensor *x);
int64_t cnn_tensor_stride(const cnn_tensor *x, int dim); /* in elements */
bool cnn_tensor_is_contiguous(const cnn_tensor *x);      /* dense, row-major */
bool cnn_tensor_is_channels_last(const cnn_tensor *x);   /* 4-d and dense as [N, H, W, C] */
/* Address of the first element; with the strides this is all there is to reading or writing a tensor. A writer calls
 * cnn_tensor_touch first, so that gradients notice. */
void *cnn_tensor_data(const cnn_tensor *x);
void cnn_tensor_touch(cnn_tensor *x);
uint64_t cnn_tensor_version(const cnn_tensor *x);
bool cnn_tensor_shares_storage(const cnn_tensor *a, const cnn_tensor *b);
/* What is the same for all tensors that share memory, and the bytes of that memory: more than x needs if x is a view.
 */
const void *cnn_tensor_storage(const cnn_tensor *x, size_t *bytes);
/* Element at a flat row-major position, as a number. */
double cnn_tensor_get(const cnn_tensor *x, int64_t position);
int64_t cnn_tensor_get_integer(const cnn_tensor *x, int64_t position);

/* ---- gradients ---- */

bool cnn_tensor_requires_grad(const cnn_tensor *x);
bool cnn_tensor_is_leaf(const cnn_tensor *x);        /* not computed by a recorded op */
const char *cnn_tensor_grad_fn(const cnn_tensor *x); /* name of the op that made it, or NULL */
/* Only leaves of a real type may be switched; BAD_VALUE / BAD_TYPE otherwise. */
CNN_CHECKED cnn_status cnn_tensor_requires_grad_set(cnn_tensor *x, bool requires_grad, cnn_error *err);
cnn_tensor *cnn_tensor_grad(const cnn_tensor *x); /* borrowed, or NULL */
/* grad must have x's shape and dtype; NULL clears. An expanded one is copied, so that others can be added to it. */
CNN_CHECKED cnn_status cnn_tensor_grad_set(cnn_tensor *x, cnn_tensor *grad, cnn_error *err);
/* x, a leaf, becomes what source is: its type and memory, which the two share from then on. Marks, hooks and the
 * gradient stay. BAD_VALUE for a computed tensor, BAD_SHAPE unless the shapes are equal, BAD_TYPE if x requires a
 * gradient and source is not real. */
CNN_CHECKED cnn_status cnn_tensor_adopt(cnn_tensor *x, const cnn_tensor *source, cnn_error *err);
bool cnn_tensor_is_parameter(const cnn_tensor *x); /* a mark that nn.Module looks at */
void cnn_tensor_parameter_set(cnn_tensor *x, bool is_parameter);
/* The same numbers, outside the graph: shares storage. */
CNN_CHECKED cnn_status cnn_tensor_detach(cnn_tensor *x, cnn_tensor **out, cnn_error *err);
/* Takes x itself out of the graph: it is a leaf without a gradient from then on. BAD_VALUE for a view of something
 * recorded, whose base stays in the graph. */
CNN_CHECKED cnn_status cnn_tensor_detach_inplace(cnn_tensor *x, cnn_error *err);
/* Adds d(sum of x * grad)/d(leaf) to the .grad of every leaf below x. grad NULL means 1 and needs a one-element x.
 * The graph is freed as it is walked unless retain_graph. create_graph records the gradients' own ops. */
CNN_CHECKED cnn_status cnn_backward(cnn_tensor *x, cnn_tensor *grad, bool retain_graph, bool create_graph,
                                    cnn_error *err);

/* What the graphs behind x have saved for their gradients, each tensor with the op that will read it and the first of x
 * that leads to it. Up to `most` are given, retained; *found is how many there are. NO_MEMORY. */
typedef struct cnn_kept {
    const char *op;
    cnn_tensor *tensor;
    int below; /* which x */
} cnn_kept;
CNN_CHECKED cnn_status cnn_graph_kept(cnn_tensor *const *x, int count, cnn_kept *kept, size_t most, size_t *found,
                                      cnn_error *err);

/* The same for several results at once, and the gradients of chosen tensors only. */
typedef struct cnn_gradients {
    int outputs;
    cnn_tensor *const *output;
    cnn_tensor *const *grad_output; /* per output, an entry may be NULL for 1; or NULL: all are */
    int inputs;                     /* 0: every leaf's .grad collects, as in cnn_backward */
    cnn_tensor *const *input;       /* leaves or computed tensors */
    bool retain_graph, create_graph;
    bool allow_unused; /* an input without a way from it to the outputs gets NULL; else it is BAD_VALUE */
} cnn_gradients;
/* Writes a reference, or NULL, to result[i] for each input. Touches no .grad, computes only what the inputs need, and
 * frees only the part of the graph that it walked. */
CNN_CHECKED cnn_status cnn_gradients_run(const cnn_gradients *request, cnn_tensor **result, cnn_error *err);

/* A function that is called with the gradient of a tensor when a backward pass has gathered it, before it is passed on.
 * It may write a reference to another gradient of the same shape and type to *by. It may run ops and other backward
 * passes, but none through the graph that is being walked. A pass that meets hooks writes no .grad before all of them
 * have returned: one that fails leaves none half done. */
typedef struct cnn_hook cnn_hook;
typedef cnn_status (*cnn_hook_call)(void *context, cnn_tensor *grad, cnn_tensor **by, cnn_error *err);
typedef void (*cnn_hook_end)(void *context);
/* `end` (may be NULL) is called once, when the hook is removed or its graph is gone. A hook on a computed tensor ends
 * with the graph. Hooks run in the order in which they were added. BAD_VALUE if x requires no gradient. */
CNN_CHECKED cnn_status cnn_hook_add(cnn_tensor *x, cnn_hook_call call, cnn_hook_end end, void *context, cnn_hook **out,
                                    cnn_error *err);
void cnn_hook_remove(cnn_hook *hook); /* it is not called any more; the reference stays */
bool cnn_hook_is_live(const cnn_hook *hook);
void cnn_hook_release(cnn_hook **hook);

/* Lets backward passes fill in the .grad of a computed tensor too. BAD_VALUE if it requires no gradient. */
CNN_CHECKED cnn_status cnn_tensor_retain_grad(cnn_tensor *x, cnn_error *err);
bool cnn_tensor_retains_grad(const cnn_tensor *x);
/* Does anybody besides the caller hold x, or the graph behind it? */
bool cnn_tensor_is_shared(const cnn_tensor *x);

/* Anomaly mode: a backward pass stops at the first op whose gradient has a NaN, and ops note where they ran, so that
 * errors can say it. `place` (may be NULL) writes the caller's place into a buffer, or nothing. Returns what it was. */
typedef void (*cnn_place)(char *buffer, size_t bytes);
bool cnn_anomaly_enable(bool enable, cnn_place place);
bool cnn_anomaly_enabled(void);

/* ---- files ---- */

/* Writes `bytes` bytes at `data` to `path`: beside it first, synced, then renamed, so that a reader sees the old or
 * the new file, whole. IO with the path and the system's words. */
CNN_CHECKED cnn_status cnn_file_write(const char *path, const void *data, size_t bytes, cnn_error *err);

#endif
