/* SPDX-License-Identifier: MIT
 * How convolutions are computed: forcing an algorithm, and asking which one a convolution would run. */
#include "core/ops/conv2d.h"
#include "lua/binding/binding.h"

/* ([name]) -> the algorithm that is forced, or "auto" */
static int conv_algorithm(lua_State *L) {
    cnn_error err;
    if (!lua_isnoneornil(L, 1)) {
        if (lua_type(L, 1) != LUA_TSTRING)
            binding_fail(L, CNN_BAD_TYPE, "conv_algorithm", "an algorithm is a name such as \"direct\"; got %s",
                         binding_what(L, 1));
        if (cnn_conv_algorithm_set(lua_tostring(L, 1), &err) != CNN_OK) return binding_raise(L, &err);
    }
    lua_pushstring(L, cnn_conv_algorithm());
    return 1;
}

/* (input, weight, stride_h, stride_w, pad_h, pad_w, dilation_h, dilation_w, groups): tensors, or hollow ones
 *   -> algorithm and reason of the forward pass, of the input's gradient, of the weight's gradient: six strings */
static int conv_choices(lua_State *L) {
    static const char op[] = "conv_choices";
    const cnn_tensor *input = binding_check_tensor(L, 1, op, "input"),
                     *weight = binding_check_tensor(L, 2, op, "weight");
    int64_t fields[7];
    for (int i = 0; i < 7; i++) fields[i] = binding_check_integer(L, 3 + i, op, "stride, padding, dilation and groups");
    const conv2d_params params = {fields[0], fields[1], fields[2], fields[3], fields[4], fields[5], fields[6]};
    cnn_conv2d_chosen chosen;
    cnn_error err;
    luaL_checkstack(L, 6, NULL);
    for (cnn_conv2d_pass pass = CNN_CONV2D_FORWARD; pass <= CNN_CONV2D_BACKWARD_WEIGHT; pass++) {
        if (cnn_conv2d_choice(op, &params, input, weight, pass, &chosen, &err) != CNN_OK) return binding_raise(L, &err);
        lua_pushstring(L, cnn_conv2d_algorithm_name(chosen.algorithm));
        lua_pushstring(L, chosen.why);
    }
    return 6;
}

void binding_open_conv(lua_State *L) {
    static const luaL_Reg functions[] = {
        {"conv_algorithm", conv_algorithm}, {"conv_choices", conv_choices}, {NULL, NULL}};
    luaL_setfuncs(L, functions, 0);
}
