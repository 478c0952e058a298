/* SPDX-License-Identifier: MIT
 * core.transform: steps over one image, with the random stream that a loader would give it. */
#include "core/pipeline.h"
#include "lua/binding/steps.h"

/* ---- steps ---- */

/* The step on top of the stack. */
static void check_step(lua_State *L, const char *op, cnn_step *step) {
    if (!lua_istable(L, -1))
        binding_fail(L, CNN_BAD_TYPE, op, "a step is a list {name, numbers…}; got %s", binding_what(L, -1));
    lua_rawgeti(L, -1, 1);
    const char *name = lua_type(L, -1) == LUA_TSTRING ? lua_tostring(L, -1) : "";
    const cnn_step_kind *kind = cnn_step_kind_named(name);
    if (kind == NULL) {
        binding_fail(L, CNN_BAD_VALUE, op, "there is no step called %s", binding_what(L, -1));
        return;
    }
    step->kind = kind;
    lua_pop(L, 1);
    const lua_Unsigned numbers = lua_rawlen(L, -1) - 1;
    if (numbers < (lua_Unsigned)kind->least || numbers > (lua_Unsigned)kind->most)
        binding_fail(L, CNN_BAD_VALUE, op, "the step %s takes %d to %d numbers; got %d", kind->name, kind->least,
                     kind->most, (int)numbers);
    step->numbers = (int)numbers;
    for (int i = 0; i < step->numbers; i++) {
        lua_rawgeti(L, -1, i + 2);
        step->number[i] = binding_check_number(L, lua_gettop(L), op, "a step's number");
        lua_pop(L, 1);
    }
}

int binding_check_steps(lua_State *L, int first, const char *op, cnn_step *step) {
    const lua_Integer length = (lua_Integer)lua_rawlen(L, -1);
    const int steps = length < first ? 0 : (int)(length - first + 1);
    if (steps > CNN_MAX_STEPS)
        binding_fail(L, CNN_BAD_VALUE, op, "transforms have at most %d steps together; got %d", CNN_MAX_STEPS, steps);
    for (int i = 0; i < steps; i++) {
        lua_rawgeti(L, -1, first + i);
        check_step(L, op, &step[i]);
        lua_pop(L, 1);
    }
    return steps;
}

/* ---- one image ---- */

typedef struct transform_run {
    cnn_tensor *x, **slot;
    cnn_step step[CNN_MAX_STEPS];
    int steps;
    cnn_chance chance;
} transform_run;

static cnn_status transform_work(void *context, cnn_error *err) {
    transform_run *run = context;
    cnn_chance chance = run->chance;
    cnn_tensor *y = NULL;
    const cnn_status status = cnn_transform_image(run->x, run->step, run->steps, &chance, &y, err);
    if (status != CNN_OK) return status;
    *run->slot = y;
    run->chance = chance;
    return CNN_OK;
}

/* (image, {{step, numbers…}…}, seed, number, drawn) -> image, drawn: the stream `number` of the seed, of which `drawn`
 * words were used up before. */
static int transform(lua_State *L) {
    cnn_error err;
    transform_run run = {.x = binding_check_numbers(L, 1, "transform", "the image")};
    if (!lua_istable(L, 2)) binding_fail(L, CNN_BAD_TYPE, "transform", "steps are a list; got %s", binding_what(L, 2));
    const uint64_t seed = (uint64_t)binding_check_integer(L, 3, "transform", "the seed");
    const uint64_t number = (uint64_t)binding_check_integer(L, 4, "transform", "the number of the stream");
    const int64_t drawn = binding_check_integer(L, 5, "transform", "the number of words drawn");
    lua_settop(L, 2);
    run.steps = binding_check_steps(L, 1, "transform", run.step);
    run.chance = cnn_chance_at(seed, number, (uint64_t)drawn);
    run.slot = binding_slot(L);
    if (binding_run(L, transform_work, &run, &err) != CNN_OK) return binding_raise(L, &err);
    lua_pushinteger(L, (lua_Integer)cnn_chance_drawn(&run.chance, number));
    return 2;
}

void binding_open_transform(lua_State *L) {
    static const luaL_Reg functions[] = {{"transform", transform}, {NULL, NULL}};
    luaL_setfuncs(L, functions, 0);
}
