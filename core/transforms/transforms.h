/* SPDX-License-Identifier: MIT
 * The descriptors of all kinds of steps. */
#ifndef CNN_CORE_TRANSFORMS_H
#define CNN_CORE_TRANSFORMS_H

#include "core/sample.h"

#define STEP(name) extern const cnn_step_kind cnn_step_##name;
#include "core/transforms.list"
#undef STEP

#endif
