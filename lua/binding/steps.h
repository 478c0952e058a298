/* SPDX-License-Identifier: MIT
 * Steps of transforms as Lua writes them: a list {name, numbers…}. */
#ifndef CNN_BINDING_STEPS_H
#define CNN_BINDING_STEPS_H

#include "core/sample.h"
#include "lua/binding/binding.h"

/* The steps in places `first` … of the list on top of the stack, CNN_MAX_STEPS at most; returns how many. [raises] */
int binding_check_steps(lua_State *L, int first, const char *op, cnn_step *step);

#endif
