/* SPDX-License-Identifier: MIT
 * The checks that several ops share: see support.h. Each failure says the rule with the numbers put in, then what
 * came; where the mend is known, it says that too. Dimensions are counted from 1 in every message. */
#include "core/ops/support.h"

#include <stdio.h>
#include <string.h>

static void tell_autocast(cnn_error *err) {
    size_t used = strlen(err->text);
    snprintf(err->text + used, sizeof err->text - used, " (autocast leaves float64 alone)");
    cnn_error_fix(err, "x:float()");
}

cnn_status cnn_ops_need_real(const cnn_call *call, int count, const char *const *names, cnn_error *err) {
    cnn_dtype first = call->in[0]->dtype;
    if (!cnn_dtype_is_real(first)) {
        cnn_fail(err, CNN_BAD_TYPE, "%s needs real numbers; %s is %s", call->op->name, names[0], cnn_dtype_name(first));
        cnn_error_fix(err, first == CNN_U8 ? "x:float() / 255" : "x:float()"); /* bytes are images, nearly always */
        return CNN_BAD_TYPE;
    }
    for (int i = 1; i < count; i++) {
        if (!call->in[i] || call->in[i]->dtype == first) continue;
        cnn_fail(err, CNN_BAD_TYPE, "%s needs %s and %s of one type; got %s and %s", call->op->name, names[0], names[i],
                 cnn_dtype_name(first), cnn_dtype_name(call->in[i]->dtype));
        if (cnn_autocast_enabled() && (first == CNN_F64 || call->in[i]->dtype == CNN_F64))
            tell_autocast(err);
        else if (cnn_dtype_is_real(call->in[i]->dtype))
            cnn_error_fix(err, "x:to(\"%s\")", cnn_dtype_name(call->in[i]->dtype));
        return CNN_BAD_TYPE;
    }
    return CNN_OK;
}

cnn_status cnn_ops_need_image(const char *op, const cnn_tensor *x, cnn_error *err) {
    char got[CNN_SHAPE_TEXT];
    const cnn_shape *s = &x->shape;
    cnn_shape_print(s, got);
    if (s->ndim == 3) {
        cnn_fail(err, CNN_BAD_SHAPE, "%s needs input [N, C, H, W]; got %s, which lacks the batch dimension", op, got);
        cnn_error_fix(err, "x:unsqueeze(1)");
        return CNN_BAD_SHAPE;
    }
    if (s->ndim == 2) {
        cnn_fail(err, CNN_BAD_SHAPE, "%s needs input [N, C, H, W]; got %s, which lacks batch and channels", op, got);
        cnn_error_fix(err, "x:view(1, 1, %lld, %lld)", (long long)s->size[0], (long long)s->size[1]);
        return CNN_BAD_SHAPE;
    }
    if (s->ndim != 4) {
        return cnn_fail(err, CNN_BAD_SHAPE, "%s needs input [N, C, H, W]; got %s with %d dimension%s", op, got, s->ndim,
                        s->ndim == 1 ? "" : "s");
    }
    for (int i = 1; i < 4; i++) {
        if (s->size[i] >= 1) continue;
        return cnn_fail(err, CNN_BAD_SHAPE, "%s needs at least one channel, row and column; got %s", op, got);
    }
    return CNN_OK;
}

cnn_status cnn_ops_need_dim(const char *op, int64_t dim, const cnn_shape *shape, cnn_error *err) {
    if (dim >= 0 && dim < shape->ndim) return CNN_OK;
    char got[CNN_SHAPE_TEXT];
    cnn_shape_print(shape, got);
    if (shape->ndim == 0) {
        return cnn_fail(err, CNN_BAD_VALUE, "%s needs a dimension; a tensor of shape [] has none", op);
    }
    return cnn_fail(err, CNN_BAD_VALUE, "%s: dimensions count from 1 to %d for %s; got %lld", op, shape->ndim, got,
                    (long long)(dim >= 0 ? dim + 1 : dim));
}

cnn_status cnn_ops_dims_mask(const char *op, const cnn_shape *dims, int ndim, uint32_t *mask, cnn_error *err) {
    uint32_t bits = 0;
    cnn_shape all = {.ndim = ndim};
    for (int i = 0; i < dims->ndim; i++) {
        int64_t dim = dims->size[i];
        if (dim < 0 || dim >= ndim) {
            return cnn_fail(err, CNN_BAD_VALUE, "%s: dimensions count from 1 to %d here; got %lld", op, all.ndim,
                            (long long)(dim >= 0 ? dim + 1 : dim));
        }
        if (bits >> dim & 1) {
            return cnn_fail(err, CNN_BAD_VALUE, "%s: dimension %lld is named twice", op, (long long)dim + 1);
        }
        bits |= 1u << dim;
    }
    *mask = dims->ndim == 0 ? (1u << ndim) - 1 : bits;
    return CNN_OK;
}

/* The last dimensions of `was` whose sizes multiply to `size`, with those of size 1 before them except the batch: how
 * many, 0 if none do. */
static int factors_of(const cnn_shape *was, int64_t size) {
    int64_t product = 1;
    int found = 0;
    for (int count = 1; count <= was->ndim; count++) {
        product *= was->size[was->ndim - count];
        if (product == size && (found == 0 || count < was->ndim)) found = count;
    }
    return found;
}

static void print_product(const cnn_shape *shape, int count, char *text, size_t bytes) {
    size_t used = 0;
    for (int i = shape->ndim - count; i < shape->ndim && used < bytes; i++)
        used += (size_t)snprintf(text + used, bytes - used, "%s%lld", used > 0 ? "*" : "", (long long)shape->size[i]);
}

bool cnn_ops_tell_origin(const cnn_tensor *x, cnn_error *err) {
    char from[CNN_SHAPE_TEXT], now[CNN_SHAPE_TEXT], product[CNN_SHAPE_TEXT] = "";
    const cnn_shape *was = &x->was, *s = &x->shape;
    size_t used = strlen(err->text);
    if (was->ndim == 0 || s->ndim == 0) return false;
    int64_t size = s->size[s->ndim - 1];
    int count = factors_of(was, size);
    bool mixed = count <= 1 && s->ndim > 1 && was->size[0] != s->size[0];
    cnn_shape_print(was, from);
    print_product(was, count, product, sizeof product);
    if (count > 1)
        snprintf(err->text + used, sizeof err->text - used, "\n%lld = %s, flattened from %s", (long long)size, product,
                 from);
    if (mixed)
        snprintf(err->text + used, sizeof err->text - used,
                 "\n%s is %s in another shape: its %lld rows are not the %lld samples", cnn_shape_print(s, now), from,
                 (long long)s->size[0], (long long)was->size[0]);
    return mixed;
}

cnn_status cnn_ops_need_int(const char *op, const char *name, int64_t value, int64_t low, cnn_error *err) {
    if (value >= low && value <= INT32_MAX) return CNN_OK;
    return cnn_fail(err, CNN_BAD_VALUE, "%s needs %s of at least %lld%s; got %lld", op, name, (long long)low,
                    value > INT32_MAX ? " and below 2^31" : "", (long long)value);
}

int64_t cnn_ops_windows(int64_t extent, int64_t window, int64_t stride, int64_t pad, int64_t dilation, bool ceil) {
    int64_t room = extent + 2 * pad - dilation * (window - 1) - 1;
    if (ceil) room += stride - 1; /* the last window, be it the only one, may reach over the edge … */
    if (room < 0) return 0;
    int64_t count = room / stride + 1;
    if (ceil && (count - 1) * stride >= extent + pad) count--; /* … but must begin before it */
    return count;
}
