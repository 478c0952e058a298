/* SPDX-License-Identifier: MIT
 * The process-wide state as ops see it: the kernels of the chosen level, the team, the generator's counter. */
#ifndef CNN_CORE_STATE_H
#define CNN_CORE_STATE_H

#include "core/cnn.h"
#include "kernels/kernels.h"

const cnn_kernels *cnn_current_kernels(void);
const cnn_team *cnn_current_team(void);
cnn_conv2d_algorithm
cnn_current_conv_algorithm(void); /* what convolutions are asked to run; CNN_CONV2D_AUTO unless set */

#endif
