#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""More values that PyTorch computes: options of layers. Files, cases and types as generate.py describes them."""
import sys

import torch
import torch.nn.functional as F

from generate import File


def conv2d_options():
    g = File("conv2d_options")

    def case(name, shape, k, kernel, stride=(1, 1), padding=(0, 0), dilation=(1, 1), groups=1):
        c = shape[1]
        g.case(name, lambda t: F.conv2d(t["input"], t["weight"], t["bias"], stride, padding, dilation, groups),
               dict(input=torch.randn(shape), weight=torch.randn(k, c // groups, *kernel) / (c * kernel[0] * kernel[1]) ** 0.5,
                    bias=torch.randn(k)), stride=stride, padding=padding, dilation=dilation, groups=groups)

    case("same", (2, 3, 6, 7), 4, (3, 5), padding="same")
    case("same even", (2, 3, 6, 7), 4, (4, 2), padding="same")
    case("same dilated", (1, 2, 7, 8), 3, (2, 3), padding="same", dilation=(3, 2))
    case("same depthwise", (2, 5, 6, 5), 5, (3, 3), padding="same", groups=5)
    case("valid", (2, 3, 6, 7), 4, (3, 2), padding="valid", stride=(2, 1))
    case("dilated stride", (2, 4, 12, 11), 6, (3, 3), (2, 3), (2, 1), (2, 3))
    case("dilated groups", (2, 6, 9, 9), 4, (3, 2), padding=(1, 2), dilation=(2, 2), groups=2)
    case("dilated depthwise", (2, 16, 8, 8), 16, (3, 3), padding=(2, 2), dilation=(2, 2), groups=16)
    case("depthwise multiplier", (2, 4, 6, 7), 12, (3, 3), padding=(1, 1), groups=4)
    case("grouped pointwise", (2, 8, 4, 5), 6, (1, 1), groups=2)
    g.close()


def batch_norm1d():
    g = File("batch_norm1d")

    def case(name, x, training, momentum=0.1, eps=1e-5, affine=True):
        c = x.shape[1]
        inputs = dict(input=x, weight=torch.rand(c) + 0.5 if affine else None, bias=torch.randn(c) if affine else None,
                      running_mean=torch.randn(c), running_var=torch.rand(c) + 0.5)

        def f(t):
            y = F.batch_norm(t["input"], t["running_mean"], t["running_var"], t["weight"], t["bias"], training, momentum, eps)
            return y, t["running_mean"], t["running_var"]

        g.case(name, f, inputs, grads=["input"] + (["weight", "bias"] if affine else []), training=training,
               momentum=momentum, eps=eps, affine=affine)

    case("rows", torch.randn(6, 5) * 2 + 1, True)
    case("rows vector channels", torch.randn(5, 32), True, 0.3, 1e-3)
    # a large eps: with a small one the gradient of two rows is all cancellation, and float32 has no digits of it left
    case("two rows", torch.randn(2, 3), True, eps=0.1)
    case("rows plain", torch.randn(7, 9), True, affine=False)
    case("rows eval", torch.randn(3, 7), False)
    case("one row eval", torch.randn(1, 7), False)
    case("sequences", torch.randn(3, 5, 6) - 2, True)
    case("sequences vector channels", torch.randn(2, 16, 5), True)
    case("one sequence", torch.randn(1, 4, 9), True, affine=False)
    case("sequences eval", torch.randn(2, 19, 3), False)
    g.close()


def adaptive_avg_pool2d():
    g = File("adaptive_avg_pool2d")

    def case(name, shape, size):
        lua_size = [False if n is None else n for n in size] if isinstance(size, tuple) else size
        g.case(name, lambda t: F.adaptive_avg_pool2d(t["input"], size), dict(input=torch.randn(shape)), output_size=lua_size)

    case("whole image", (2, 16, 7, 5), 1)
    case("divides", (2, 3, 8, 6), (4, 3))
    case("uneven", (2, 3, 10, 7), (4, 3))
    case("rows uneven", (2, 5, 7, 6), (3, 2))
    case("columns uneven", (2, 5, 8, 9), (4, 7))
    case("keeps rows", (1, 3, 5, 9), (None, 4))
    case("keeps columns", (1, 3, 7, 4), (2, None))
    case("keeps both", (1, 2, 3, 4), (None, None))
    case("grows", (2, 3, 3, 4), (5, 7))
    case("grows from one", (2, 3, 1, 1), 3)
    case("as it is", (1, 3, 4, 4), 4)
    case("no images", (0, 3, 5, 5), 2)
    g.close()


def pad_modes():
    g = File("pad_modes")

    def case(name, shape, size, mode, value=None):
        g.case(name, lambda t: F.pad(t["input"], size, mode, value), dict(input=torch.randn(shape)), pad=size, mode=mode, value=value)

    case("constant negative", (2, 3, 5, 6), (-1, -2, -1, 0), "constant", 0.0)
    case("constant mixed", (2, 3, 4, 5), (2, -1, -2, 1), "constant", 1.5)
    case("constant negative channels", (2, 5, 3, 3), (0, 0, 0, 0, -1, -2), "constant", 0.0)
    for mode in ("reflect", "replicate"):
        case(f"{mode} one", (2, 3, 4, 5), (1, 1, 1, 1), mode)
        case(f"{mode} all different", (1, 2, 5, 6), (1, 2, 3, 4), mode)
        case(f"{mode} width only", (2, 3, 4, 5), (3, 0, 0, 0), mode)
        case(f"{mode} height only", (2, 3, 4, 5), (0, 0, 0, 3), mode)
        case(f"{mode} most", (1, 2, 3, 4), (3, 3, 2, 2), mode)
        case(f"{mode} sequence", (2, 3, 6), (2, 4), mode)
        case(f"{mode} one image", (2, 4, 5), (1, 2, 2, 1), mode)
        case(f"{mode} negative", (2, 3, 6, 7), (-1, -2, -3, 0), mode)
        case(f"{mode} mixed", (2, 3, 5, 6), (-2, 3, 2, -1), mode)
        case(f"{mode} from what is cut", (1, 2, 4, 4), (-3, 3, 2, -3), mode)
        case(f"{mode} nothing", (1, 2, 3, 3), (0, 0, 0, 0), mode)
    case("replicate beyond the size", (1, 2, 2, 3), (5, 0, 0, 4), "replicate")
    case("replicate one pixel", (2, 3, 1, 1), (2, 1, 1, 2), "replicate")
    g.close()


WRITERS = dict(conv2d_options=conv2d_options, batch_norm1d=batch_norm1d, adaptive_avg_pool2d=adaptive_avg_pool2d,
               pad_modes=pad_modes)

if __name__ == "__main__":
    torch.set_num_threads(1)
    for wanted in sys.argv[1:] or WRITERS:
        WRITERS[wanted]()
