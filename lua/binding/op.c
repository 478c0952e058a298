/* SPDX-License-Identifier: MIT
 * Every op as a Lua function, from its descriptor: core.conv2d(input, weight, bias, stride_h, …) -> output.
 *
 * One C function serves them all; the op is its upvalue. Arguments are the op's inputs (nil for an absent optional
 * one), then its fields in order; results are the outputs that are not hidden. A Lua number may stand for a tensor: it
 * becomes a scalar of the type that leaves the other operands' types alone. core.relu_ and its like work in place. */
#include <string.h>

#include "lua/binding/binding.h"

typedef struct op_run {
    const cnn_op *op;
    bool inplace;
    cnn_tensor *in[CNN_MAX_INPUTS]; /* borrowed from the stack; NULL where absent or a number      */
    int number_at[CNN_MAX_INPUTS];  /* stack index of a number that stands for input i, or 0       */
    bool number_is_integer[CNN_MAX_INPUTS];
    union {
        int64_t integer;
        double real;
    } number[CNN_MAX_INPUTS];
    cnn_dtype number_dtype;             /* type of the tensors beside the numbers                      */
    cnn_tensor **slot[CNN_MAX_OUTPUTS]; /* where visible outputs go; NULL for a hidden one             */
    _Alignas(16) unsigned char params[CNN_MAX_PARAM_BYTES];
} op_run;

/* ---- phase 1: arguments ---- */

static void check_number(lua_State *L, op_run *run, int i) {
    run->number_at[i] = i + 1;
    if (lua_isboolean(L, i + 1)) {
        run->number_is_integer[i] = true;
        run->number[i].integer = lua_toboolean(L, i + 1);
    } else if (lua_isinteger(L, i + 1)) {
        run->number_is_integer[i] = true;
        run->number[i].integer = lua_tointeger(L, i + 1);
    } else {
        run->number[i].real = lua_tonumber(L, i + 1);
    }
}

static const char *input_name(lua_State *L, int i) {
    return i == 0 ? "the input" : lua_pushfstring(L, "operand %d", i + 1);
}

static void check_inputs(lua_State *L, op_run *run) {
    const cnn_op *op = run->op;
    bool any = false;
    for (int i = 0; i < op->inputs; i++) {
        int type = lua_type(L, i + 1);
        bool is_number = (type == LUA_TNUMBER || type == LUA_TBOOLEAN) && op->inputs > 1 && !(run->inplace && i == 0);
        if (type <= LUA_TNIL && (op->optional >> i & 1)) continue;
        if (is_number) {
            check_number(L, run, i);
            continue;
        }
        run->in[i] = binding_test_tensor(L, i + 1);
        if (run->in[i] == NULL && op->elementwise && op->inputs > 1 && type != LUA_TUSERDATA)
            binding_fail(L, CNN_BAD_TYPE, op->name, "%s must be a tensor or a number; got %s", input_name(L, i),
                         binding_what(L, i + 1));
        if (run->in[i] == NULL) binding_check_tensor(L, i + 1, op->name, input_name(L, i));
        cnn_dtype dtype = cnn_tensor_dtype(run->in[i]);
        run->number_dtype = any ? cnn_dtype_promote(run->number_dtype, dtype) : dtype;
        any = true;
    }
    if (!any) binding_fail(L, CNN_BAD_TYPE, op->name, "one of the operands must be a tensor");
}

static void check_dims(lua_State *L, const op_run *run, int index, cnn_shape *dims) {
    uint32_t seen = 0;
    const cnn_shape *shape = run->in[0] ? cnn_tensor_shape(run->in[0]) : NULL;
    dims->ndim = 0;
    if (shape == NULL || lua_isnoneornil(L, index)) return;
    if (lua_type(L, index) == LUA_TNUMBER) {
        dims->ndim = 1;
        dims->size[0] = binding_check_integer(L, index, run->op->name, "the dimension");
    } else {
        binding_check_list(L, index, run->op->name, "the dimensions", dims);
    }
    for (int i = 0; i < dims->ndim; i++) {
        int64_t given = dims->size[i];
        dims->size[i] = binding_dim(L, run->op->name, shape, given);
        if (seen >> dims->size[i] & 1)
            binding_fail(L, CNN_BAD_VALUE, run->op->name, "dimension %lld is listed twice", (long long)given);
        seen |= UINT32_C(1) << dims->size[i];
    }
}

static void check_field(lua_State *L, op_run *run, const cnn_field *field, int index) {
    const char *op = run->op->name;
    void *at = run->params + field->offset;
    switch (field->type) {
    case CNN_FIELD_INT:
        *(int64_t *)at = binding_check_integer(L, index, op, field->name);
        break;
    case CNN_FIELD_REAL:
        *(double *)at = binding_check_number(L, index, op, field->name);
        break;
    case CNN_FIELD_BOOL:
        if (!lua_isnoneornil(L, index) && !lua_isboolean(L, index))
            binding_fail(L, CNN_BAD_TYPE, op, "%s must be true or false; got %s", field->name, binding_what(L, index));
        *(bool *)at = lua_toboolean(L, index);
        break;
    case CNN_FIELD_DTYPE:
        *(cnn_dtype *)at = binding_check_dtype(L, index, op);
        break;
    case CNN_FIELD_DIM:
        if (run->in[0] == NULL) binding_check_tensor(L, 1, op, "the input");
        *(int64_t *)at =
            binding_dim(L, op, cnn_tensor_shape(run->in[0]), binding_check_integer(L, index, op, field->name));
        break;
    case CNN_FIELD_DIMS:
        check_dims(L, run, index, at);
        break;
    case CNN_FIELD_SIZES:
        binding_check_list(L, index, op, field->name, at);
        break;
    case CNN_FIELD_END:
        break;
    }
}

static void check_arguments(lua_State *L, op_run *run) {
    luaL_checkstack(L, CNN_MAX_OUTPUTS + 8, "an op");
    check_inputs(L, run);
    int index = run->op->inputs + 1;
    if (run->op->fields == NULL) return;
    for (const cnn_field *field = run->op->fields; field->type != CNN_FIELD_END; field++)
        check_field(L, run, field, index++);
}

/* ---- phase 3: only the core ---- */

/* A scalar tensor for a Lua number. Beside real tensors it has their type; a real number beside integers is float32. */
static cnn_status make_number(const op_run *run, int i, cnn_tensor **out, cnn_error *err) {
    const cnn_shape scalar = {.ndim = 0};
    cnn_dtype dtype = run->number_dtype;
    if (!cnn_dtype_is_real(dtype)) dtype = run->number_is_integer[i] ? CNN_I64 : CNN_F32;
    double real = run->number_is_integer[i] ? (double)run->number[i].integer : run->number[i].real;
    if (dtype == CNN_BF16) return cnn_tensor_number(dtype, real, out, err);
    cnn_status status = cnn_tensor_empty(dtype, &scalar, out, err);
    if (status != CNN_OK) return status;
    void *data = cnn_tensor_data(*out);
    if (dtype == CNN_I64)
        *(int64_t *)data = run->number[i].integer;
    else if (dtype == CNN_F32)
        *(float *)data = (float)real;
    else
        *(double *)data = real;
    return CNN_OK;
}

static cnn_status apply(op_run *run, cnn_tensor *const *in, cnn_error *err) {
    cnn_tensor *out[CNN_MAX_OUTPUTS] = {NULL};
    if (run->inplace) return cnn_apply_inplace(run->op, run->params, in, err);
    cnn_status status = cnn_apply(run->op, run->params, in, out, err);
    for (int i = 0; status == CNN_OK && i < run->op->outputs; i++) {
        if (run->slot[i] != NULL)
            *run->slot[i] = out[i];
        else
            cnn_tensor_release(&out[i]);
    }
    return status;
}

static cnn_status work(void *context, cnn_error *err) {
    op_run *run = context;
    cnn_tensor *in[CNN_MAX_INPUTS] = {NULL}, *scalar[CNN_MAX_INPUTS] = {NULL};
    cnn_status status = CNN_OK;
    for (int i = 0; status == CNN_OK && i < run->op->inputs; i++) {
        if (run->number_at[i]) status = make_number(run, i, &scalar[i], err);
        in[i] = run->number_at[i] ? scalar[i] : run->in[i];
    }
    if (status == CNN_OK) status = apply(run, in, err);
    for (int i = 0; i < run->op->inputs; i++) cnn_tensor_release(&scalar[i]);
    return status;
}

/* ---- the Lua function ---- */

static int op_call(lua_State *L) {
    op_run run;
    cnn_error err;
    int results = 0;
    memset(&run, 0, sizeof run);
    run.op = lua_touserdata(L, lua_upvalueindex(1));
    check_arguments(L, &run);
    for (int i = 0; i < run.op->outputs; i++) {
        if (run.op->hidden_out >> i & 1) continue;
        run.slot[i] = binding_slot(L);
        results++;
    }
    if (binding_run(L, work, &run, &err) != CNN_OK) return binding_raise(L, &err);
    return results;
}

static int op_call_inplace(lua_State *L) {
    op_run run;
    cnn_error err;
    memset(&run, 0, sizeof run);
    run.op = lua_touserdata(L, lua_upvalueindex(1));
    run.inplace = true;
    check_arguments(L, &run);
    if (binding_run(L, work, &run, &err) != CNN_OK) return binding_raise(L, &err);
    lua_settop(L, 1);
    return 1;
}

void binding_push_op(lua_State *L, const cnn_op *op, bool inplace) {
    lua_pushlightuserdata(L, (void *)op);
    lua_pushcclosure(L, inplace ? op_call_inplace : op_call, 1);
}

void binding_set_field(const cnn_op *op, void *params, int field, int64_t value) {
    memcpy((char *)params + op->fields[field].offset, &value, sizeof value);
}

void binding_open_op(lua_State *L) {
    for (int i = 0; cnn_ops[i] != NULL; i++) {
        const cnn_op *op = cnn_ops[i];
        binding_push_op(L, op, false);
        lua_setfield(L, -2, op->name);
        if (!op->elementwise) continue;
        lua_pushfstring(L, "%s_", op->name);
        binding_push_op(L, op, true);
        lua_rawset(L, -3);
    }
}
