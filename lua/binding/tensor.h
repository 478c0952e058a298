/* SPDX-License-Identifier: MIT
 * The registry key (its address) under which the metatable of tensors lies. */
#ifndef CNN_BINDING_TENSOR_H
#define CNN_BINDING_TENSOR_H

extern const char binding_tensor_key;

#endif
