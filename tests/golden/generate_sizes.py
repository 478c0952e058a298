#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""PyTorch's values of the layers at awkward sizes: writes sizes.safetensors, in the form of generate_functional.py.

Channels and widths lie below, at and above what a vector register holds (4, 8, 16 numbers), images are as small as a filter, and
batches of 1: where vector code begins and ends.
"""
import torch
import torch.nn.functional as F

from generate_functional import Functional


def convolutions(g):
    for n, c, k, h, w, r, s, options in (
            (1, 1, 1, 1, 1, 1, 1, {}), (2, 3, 4, 5, 5, 3, 3, {}), (1, 4, 8, 3, 3, 3, 3, {}), (3, 5, 7, 4, 9, 1, 1, {}),
            (1, 8, 16, 5, 6, 3, 3, dict(padding=1)), (1, 15, 17, 4, 4, 3, 3, dict(padding=1)), (2, 16, 9, 3, 5, 1, 3, {}),
            (1, 17, 15, 6, 4, 3, 1, dict(stride=2)), (1, 3, 33, 7, 7, 7, 7, dict(padding=3, stride=2)), (1, 2, 3, 9, 8, 2, 4, dict(dilation=2)),
            (1, 1, 32, 6, 6, 5, 5, dict(padding=2)), (2, 7, 1, 5, 3, 2, 2, dict(stride=[2, 1], padding=[1, 0])),
            (1, 16, 16, 4, 5, 3, 3, dict(padding=1, groups=16)), (2, 9, 18, 5, 5, 3, 3, dict(groups=9, padding=1, stride=2)),
            (1, 12, 8, 3, 4, 3, 3, dict(groups=4, padding=1)), (1, 33, 5, 2, 2, 1, 1, {})):
        name = f"{n}x{c}x{h}x{w} {k}x{r}x{s}" + "".join(f" {key} {value}" for key, value in options.items())
        g.of("conv2d", name, dict(input=torch.randn(n, c, h, w), weight=torch.randn(k, c // options.get("groups", 1), r, s),
                                  bias=torch.randn(k)), **options)


def pools(g):
    for n, c, h, w, options in ((1, 1, 2, 2, dict(kernel_size=2)), (1, 3, 7, 5, dict(kernel_size=3)), (2, 8, 5, 5, dict(kernel_size=2, stride=2)),
                                (1, 15, 4, 6, dict(kernel_size=[3, 2], stride=1)), (1, 17, 6, 6, dict(kernel_size=3, stride=2, padding=1)),
                                (2, 4, 5, 7, dict(kernel_size=2, stride=2, ceil_mode=True)), (1, 33, 3, 3, dict(kernel_size=3)),
                                (1, 16, 8, 8, dict(kernel_size=8))):
        for f in ("max_pool2d", "avg_pool2d"):
            g.of(f, f"{n}x{c}x{h}x{w} {options}", dict(input=torch.randn(n, c, h, w)), **options)


def rows(g):
    for n, i, o in ((1, 1, 1), (3, 4, 5), (5, 8, 16), (2, 15, 17), (7, 17, 3), (1, 33, 10), (9, 2, 31), (4, 64, 1)):
        g.of("linear", f"{n}x{i} {o}", dict(input=torch.randn(n, i), weight=torch.randn(o, i), bias=torch.randn(o)))
    for shape in ((1, 2), (3, 4), (2, 7, 3), (1, 15), (5, 16), (2, 17), (1, 3, 5, 7), (2, 33)):
        x = torch.randn(shape) * 2
        for f in ("relu", "leaky_relu", "gelu", "silu", "sigmoid", "tanh"):
            function = getattr(F, f)
            g.case(f"{f} {shape}", lambda t: function(t["input"]), dict(input=x), f=f, options={})
        g.of("softmax", f"{shape}", dict(input=x), dim=1, lua_options=dict(dim=2))
        g.of("log_softmax", f"{shape}", dict(input=x), dim=1, lua_options=dict(dim=2))
    for n, c, h, w in ((2, 1, 1, 1), (1, 3, 2, 2), (2, 8, 3, 3), (3, 15, 1, 2), (1, 17, 4, 3), (2, 33, 2, 1)):
        x = torch.randn(n, c, h, w)
        if c * h * w > 1:
            g.of("layer_norm", f"{n}x{c}x{h}x{w}", dict(input=x, weight=torch.rand(c, h, w), bias=torch.randn(c, h, w)),
                 normalized_shape=[c, h, w])
        g.of("batch_norm", f"{n}x{c}x{h}x{w}", dict(input=x, running_mean=torch.randn(c), running_var=torch.rand(c) + 0.5, weight=torch.rand(c),
                                                    bias=torch.randn(c)), grads=["input", "weight", "bias"])


if __name__ == "__main__":
    torch.set_num_threads(1)
    golden = Functional("sizes")
    for write in (convolutions, pools, rows):
        write(golden)
    golden.close()
