/* SPDX-License-Identifier: MIT
 * Tensors from Lua values and back: empty, full, from, get, item, totable.
 *
 * `from` reads nested tables twice: once for shape and type, with a sentence for whatever is ragged or mixed; then,
 * when the tensor exists in its slot, for the numbers. */
#include <math.h>
#include <string.h>

#include "lua/binding/binding.h"

/* ---- empty, full ---- */

typedef struct create_run {
    cnn_dtype dtype;
    cnn_shape shape;
    bool fill, hollow;
    cnn_number value;
    cnn_tensor **slot;
} create_run;

static cnn_status create_work(void *context, cnn_error *err) {
    create_run *run = context;
    cnn_tensor *x = NULL;
    cnn_status status = run->hollow ? cnn_tensor_hollow(run->dtype, &run->shape, &x, err)
                                    : cnn_tensor_empty(run->dtype, &run->shape, &x, err);
    if (status == CNN_OK && run->fill) status = cnn_fill_number(x, &run->value, err);
    if (status == CNN_OK)
        *run->slot = x;
    else
        cnn_tensor_release(&x);
    return status;
}

static int create(lua_State *L, create_run *run) {
    cnn_error err;
    run->slot = binding_slot(L);
    if (binding_run(L, create_work, run, &err) != CNN_OK) return binding_raise(L, &err);
    return 1;
}

/* (dtype, sizes) -> tensor with whatever was in memory */
static int empty(lua_State *L) {
    create_run run = {.dtype = binding_check_dtype(L, 1, "empty")};
    binding_check_sizes(L, 2, "empty", &run.shape);
    return create(L, &run);
}

/* (dtype, sizes) -> tensor that has a shape but no numbers */
static int hollow(lua_State *L) {
    create_run run = {.dtype = binding_check_dtype(L, 1, "hollow"), .hollow = true};
    binding_check_sizes(L, 2, "hollow", &run.shape);
    return create(L, &run);
}

/* () -> multiplications with an addition, and bytes of results, that ops on hollow tensors have spared so far */
static int spared(lua_State *L) {
    const cnn_work work = cnn_work_spared();
    lua_pushinteger(L, work.multiply_adds);
    lua_pushinteger(L, work.bytes);
    return 2;
}

/* (dtype, sizes, value) -> tensor */
static int full(lua_State *L) {
    create_run run = {.dtype = binding_check_dtype(L, 1, "full"), .fill = true};
    binding_check_sizes(L, 2, "full", &run.shape);
    run.value = binding_check_value(L, 3, "full", "the value");
    return create(L, &run);
}

static double range_value(const double *start_step_end, int64_t i, int64_t count) {
    if (start_step_end[2] != start_step_end[2] || i < count / 2)
        return start_step_end[0] + (double)i * start_step_end[1];
    return start_step_end[2] - (double)(count - 1 - i) * start_step_end[1]; /* from the end, which is then exact */
}

static void range_fill(cnn_tensor *x, const double *start_step_end, int64_t integer_start, int64_t integer_step) {
    int64_t count = cnn_tensor_numel(x);
    void *data = cnn_tensor_data(x);
    cnn_dtype dtype = cnn_tensor_dtype(x);
    for (int64_t i = 0; i < count; i++) {
        if (dtype == CNN_F32)
            ((float *)data)[i] = (float)range_value(start_step_end, i, count);
        else if (dtype == CNN_F64)
            ((double *)data)[i] = range_value(start_step_end, i, count);
        else if (dtype == CNN_BF16)
            ((uint16_t *)data)[i] = cnn_bfloat16(range_value(start_step_end, i, count));
        else if (dtype == CNN_I64)
            ((int64_t *)data)[i] = (int64_t)((uint64_t)integer_start + (uint64_t)i * (uint64_t)integer_step);
        else
            ((uint8_t *)data)[i] = (uint8_t)(integer_start + i * integer_step);
    }
}

/* (dtype, start, step, count, end or nil) -> start, start + step, …; with an end, the last is exactly that */
static int range(lua_State *L) {
    create_run run = {.dtype = binding_check_dtype(L, 1, "range"), .shape = {.ndim = 1}};
    const double real[3] = {binding_check_number(L, 2, "range", "the start"),
                            binding_check_number(L, 3, "range", "the step"),
                            lua_isnoneornil(L, 5) ? NAN : binding_check_number(L, 5, "range", "the end")};
    run.shape.size[0] = binding_check_integer(L, 4, "range", "the count");
    int64_t start = 0, step = 0, count = run.shape.size[0];
    cnn_error err;
    if (cnn_shape_check(&run.shape, &err) != CNN_OK) return binding_raise(L, &err);
    if (!cnn_dtype_is_real(run.dtype)) {
        start = binding_check_integer(L, 2, "range", "the start of whole numbers");
        step = binding_check_integer(L, 3, "range", "the step of whole numbers");
    }
    double last = real[0] + (double)(count - 1) * real[1], limit = run.dtype == CNN_BOOL ? 1 : 255;
    if ((run.dtype == CNN_U8 || run.dtype == CNN_BOOL) && count > 0 &&
        (real[0] < 0 || real[0] > limit || last < 0 || last > limit))
        return binding_fail(L, CNN_BAD_VALUE, "range", "numbers from %g to %g do not fit in %s", real[0], last,
                            cnn_dtype_name(run.dtype));
    create(L, &run);
    range_fill(*run.slot, real, start, step);
    return 1;
}

/* ---- from ---- */

enum { HAS_INTEGER = 1, HAS_REAL = 2, HAS_BOOLEAN = 4 };

typedef struct table_scan {
    cnn_shape shape;
    int kinds;  /* of the values seen */
    char *data; /* second pass: where the next element goes */
    cnn_dtype dtype;
} table_scan;

/* Sizes along the first values: the table (or value) is on top of the stack and stays there. */
static void scan_shape(lua_State *L, table_scan *scan) {
    int top = lua_gettop(L);
    while (lua_type(L, -1) == LUA_TTABLE) {
        lua_Unsigned count = lua_rawlen(L, -1);
        if (scan->shape.ndim == CNN_MAX_DIMS)
            binding_fail(L, CNN_BAD_SHAPE, "tensor",
                         "tables are nested deeper than the %d dimensions a tensor may have", CNN_MAX_DIMS);
        scan->shape.size[scan->shape.ndim++] = (int64_t)count;
        if (count == 0) break;
        lua_rawgeti(L, -1, 1);
    }
    lua_settop(L, top);
}

static void scan_value(lua_State *L, table_scan *scan) {
    switch (lua_type(L, -1)) {
    case LUA_TNUMBER:
        scan->kinds |= lua_isinteger(L, -1) ? HAS_INTEGER : HAS_REAL;
        break;
    case LUA_TBOOLEAN:
        scan->kinds |= HAS_BOOLEAN;
        break;
    case LUA_TTABLE:
        binding_fail(L, CNN_BAD_SHAPE, "tensor", "one table is nested deeper than the others");
        break;
    default:
        if (binding_test_tensor(L, -1) != NULL)
            binding_fail_fix(L, CNN_BAD_TYPE, "tensor", "cnn.stack(list)", "a tensor lies among the values");
        binding_fail(L, CNN_BAD_TYPE, "tensor", "values are numbers or booleans; got %s", binding_what(L, -1));
    }
    if ((scan->kinds & HAS_BOOLEAN) && scan->kinds != HAS_BOOLEAN)
        binding_fail(L, CNN_BAD_TYPE, "tensor", "numbers and booleans are mixed");
}

/* Checks the table or value on top of the stack against the shape, from dimension `depth` on. */
static void scan_values(lua_State *L, table_scan *scan, int depth) {
    if (depth == scan->shape.ndim) {
        scan_value(L, scan);
        return;
    }
    if (lua_type(L, -1) != LUA_TTABLE)
        binding_fail(L, CNN_BAD_SHAPE, "tensor", "a list of %lld is expected at nesting %d; got %s",
                     (long long)scan->shape.size[depth], depth + 1, binding_what(L, -1));
    lua_Unsigned count = lua_rawlen(L, -1);
    if ((int64_t)count != scan->shape.size[depth])
        binding_fail(L, CNN_BAD_SHAPE, "tensor",
                     "lists at nesting %d differ in length: the first has %lld, another %lld", depth + 1,
                     (long long)scan->shape.size[depth], (long long)count);
    for (lua_Unsigned i = 1; i <= count; i++) {
        lua_rawgeti(L, -1, (lua_Integer)i);
        scan_values(L, scan, depth + 1);
        lua_pop(L, 1);
    }
}

/* A Lua number as an integer type holds it: cut towards zero, as PyTorch does. */
static int64_t whole(lua_State *L, cnn_dtype dtype) {
    int is_integer;
    int64_t value = lua_tointegerx(L, -1, &is_integer);
    if (lua_isboolean(L, -1)) return lua_toboolean(L, -1);
    if (!is_integer) {
        double real = lua_tonumber(L, -1);
        if (!(real > -9.2e18 && real < 9.2e18))
            binding_fail(L, CNN_BAD_VALUE, "tensor", "%g is no %s", real, cnn_dtype_name(dtype));
        value = (int64_t)real;
    }
    if (dtype == CNN_U8 && (value < 0 || value > 255))
        binding_fail(L, CNN_BAD_VALUE, "tensor", "%lld does not fit in uint8, which holds 0 to 255", (long long)value);
    return value;
}

static void write_value(lua_State *L, table_scan *scan) {
    double real = lua_isboolean(L, -1) ? lua_toboolean(L, -1) : lua_tonumber(L, -1);
    switch (scan->dtype) {
    case CNN_F32:
        *(float *)scan->data = (float)real;
        break;
    case CNN_F64:
        *(double *)scan->data = real;
        break;
    case CNN_BF16:
        *(uint16_t *)scan->data = cnn_bfloat16(real);
        break;
    case CNN_I64:
        *(int64_t *)scan->data = whole(L, scan->dtype);
        break;
    case CNN_BOOL:
        *(uint8_t *)scan->data = real != 0;
        break;
    default:
        *(uint8_t *)scan->data = (uint8_t)whole(L, scan->dtype);
    }
    scan->data += cnn_dtype_bytes(scan->dtype);
}

static void write_values(lua_State *L, table_scan *scan, int depth) {
    if (depth == scan->shape.ndim) {
        write_value(L, scan);
        return;
    }
    for (int64_t i = 1; i <= scan->shape.size[depth]; i++) {
        lua_rawgeti(L, -1, i);
        write_values(L, scan, depth + 1);
        lua_pop(L, 1);
    }
}

/* (number, boolean or nested table; dtype or nil) -> tensor. Integers give int64, booleans bool, other numbers float32.
 */
static int from(lua_State *L) {
    table_scan scan = {.kinds = 0};
    luaL_checkstack(L, 2 * CNN_MAX_DIMS + 8, "nested tables");
    lua_settop(L, 2);
    lua_pushvalue(L, 1);
    scan_shape(L, &scan);
    scan_values(L, &scan, 0);
    scan.dtype = scan.kinds == HAS_BOOLEAN ? CNN_BOOL : scan.kinds == HAS_INTEGER ? CNN_I64 : CNN_F32;
    if (!lua_isnil(L, 2)) scan.dtype = binding_check_dtype(L, 2, "tensor");
    create_run run = {.dtype = scan.dtype, .shape = scan.shape};
    create(L, &run);
    scan.data = cnn_tensor_data(*run.slot);
    lua_pushvalue(L, 1);
    write_values(L, &scan, 0);
    lua_pop(L, 1);
    return 1;
}

/* ---- back to Lua ---- */

/* (x, position from 1, row-major) -> number or boolean */
static int get(lua_State *L) {
    const cnn_tensor *x = binding_check_numbers(L, 1, "get", "the value");
    int64_t position = binding_check_integer(L, 2, "get", "the position");
    if (position < 1 || position > cnn_tensor_numel(x))
        binding_fail(L, CNN_BAD_VALUE, "get", "position %lld is out of range 1 … %lld", (long long)position,
                     (long long)cnn_tensor_numel(x));
    binding_push_element(L, x, position - 1);
    return 1;
}

/* (x) -> the number in a tensor of one element */
static int item(lua_State *L) {
    const cnn_tensor *x = binding_check_numbers(L, 1, "item", "the value");
    char text[CNN_SHAPE_TEXT];
    if (cnn_tensor_numel(x) != 1)
        return binding_fail_fix(L, CNN_BAD_SHAPE, "item", "x:totable(), or x:mean():item()",
                                "only a tensor of one element is a number; this one is %s",
                                cnn_shape_print(cnn_tensor_shape(x), text));
    binding_push_element(L, x, 0);
    return 1;
}

static int64_t push_nested(lua_State *L, const cnn_tensor *x, int depth, int64_t position) {
    const cnn_shape *shape = cnn_tensor_shape(x);
    if (depth == shape->ndim) {
        binding_push_element(L, x, position);
        return position + 1;
    }
    int64_t count = shape->size[depth];
    lua_createtable(L, count < INT32_MAX ? (int)count : 0, 0);
    for (int64_t i = 1; i <= count; i++) {
        position = push_nested(L, x, depth + 1, position);
        lua_rawseti(L, -2, i);
    }
    return position;
}

/* (x) -> nested tables; a number for a scalar */
static int totable(lua_State *L) {
    const cnn_tensor *x = binding_check_numbers(L, 1, "totable", "the value");
    luaL_checkstack(L, CNN_MAX_DIMS + 4, "nested tables");
    push_nested(L, x, 0, 0);
    return 1;
}

void binding_open_create(lua_State *L) {
    static const luaL_Reg functions[] = {{"empty", empty},     {"hollow", hollow}, {"spared", spared}, {"full", full},
                                         {"from", from},       {"range", range},   {"get", get},       {"item", item},
                                         {"totable", totable}, {NULL, NULL}};
    luaL_setfuncs(L, functions, 0);
}
