#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""Values that PyTorch computes for tests/ops/select.lua, sort.lua and scan.lua: generate_select.py

Writes select.safetensors, sort.safetensors and scan.safetensors beside this script, in the form that generate.py
describes. The Lua side names the same call by the case's name; indices and positions are stored from 1.
"""
import torch

from generate import File

NAN = float("nan")


def indices(high, *shape):
    return torch.randint(0, high, shape)


def gathers(g):
    x = torch.randn(3, 4, 5)

    def case(name, f, inputs, **more):
        g.case(name, f, inputs, fixed=("index", "row"), **more)

    for dim, index in ((0, indices(3, 6, 4, 5)), (1, indices(4, 3, 2, 5)), (2, indices(5, 3, 4, 9))):
        case(f"gather {dim + 1}", lambda t: t["x"].gather(dim, t["index"]), dict(x=x, index=index), dim=dim + 1)
    case("gather corner", lambda t: t["x"].gather(1, t["index"]), dict(x=x, index=indices(4, 2, 7, 3)))
    case("gather line", lambda t: t["x"].gather(0, t["index"]), dict(x=torch.randn(7), index=indices(7, 11)))
    case("gather nothing", lambda t: t["x"].gather(1, t["index"]), dict(x=x, index=indices(4, 3, 0, 5)))
    case("take_along_dim", lambda t: t["x"].take_along_dim(t["index"], 1),
         dict(x=torch.randn(3, 6, 1), index=indices(6, 1, 2, 4)))
    case("take_along_dim all", lambda t: t["x"].take_along_dim(t["index"]), dict(x=x, index=indices(60, 2, 3)))


def scatters(g):
    x = torch.randn(3, 4, 5)

    def case(name, f, inputs, **more):
        g.case(name, f, inputs, fixed=("index", "row"), **more)

    def permutations(n, *shape):  # writing twice to one place has no defined result in PyTorch
        return torch.argsort(torch.rand(*shape, n), -1)

    for dim, index in ((0, indices(3, 6, 4, 5)), (1, indices(4, 3, 7, 5)), (2, indices(5, 3, 4, 9))):
        case(f"scatter_add {dim + 1}", lambda t: t["x"].scatter_add(dim, t["index"], t["src"]),
             dict(x=x, index=index, src=torch.randn(index.shape)), dim=dim + 1)
    index = indices(4, 2, 6, 3)
    case("scatter_add corner", lambda t: t["x"].scatter_add(1, t["index"], t["src"]),
         dict(x=x, index=index, src=torch.randn(index.shape)))
    case("scatter_add larger source", lambda t: t["x"].scatter_add(1, t["index"], t["src"]),
         dict(x=x, index=index, src=torch.randn(3, 7, 5)), grads=[])
    index = permutations(5, 3, 4)[..., :3]
    case("scatter", lambda t: t["x"].scatter(2, t["index"], t["src"]),
         dict(x=x, index=index, src=torch.randn(index.shape)))
    case("scatter number", lambda t: t["x"].scatter(2, t["index"], 2.5), dict(x=x, index=index))
    for dim in range(3):
        shape = list(x.shape)
        shape[dim] = 6
        row = indices(x.shape[dim], 6)
        case(f"index_select {dim + 1}", lambda t: t["x"].index_select(dim, t["row"]), dict(x=x, row=row), dim=dim + 1)
        case(f"index_add {dim + 1}", lambda t: t["x"].index_add(dim, t["row"], t["src"], alpha=-1.5),
             dict(x=x, row=row, src=torch.randn(shape)), dim=dim + 1)
    image = torch.randn(4, 3, 5, 2)
    for dim in range(4):
        case(f"index_select image {dim + 1}", lambda t: t["x"].index_select(dim, t["row"]),
             dict(x=image, row=indices(image.shape[dim], 7)), dim=dim + 1)


def masks(g):
    x = torch.randn(3, 4)
    mask = torch.tensor([[True, False, True, True], [False] * 4, [False, False, True, False]])
    g.case("masked_select", lambda t: t["x"].masked_select(t["mask"]), dict(x=x, mask=mask))
    g.case("masked_select broadcast", lambda t: t["x"].masked_select(t["mask"]), dict(x=torch.randn(2, 1, 4), mask=mask))
    g.case("masked_select none", lambda t: t["x"].masked_select(t["mask"]), dict(x=x, mask=mask & False))
    numbers = torch.tensor([[[0.0, 1.5], [-0.0, NAN]], [[0.0, 0.0], [2.0, 0.0]], [[0.0, 3.0], [0.0, 0.0]]])
    g.case("nonzero", lambda t: t["x"].nonzero(), dict(x=numbers), grads=[], shift=(0,))
    g.case("nonzero tuple", lambda t: t["x"].nonzero(as_tuple=True), dict(x=numbers), grads=[], shift=(0, 1, 2))
    g.case("nonzero none", lambda t: t["x"].nonzero(), dict(x=torch.zeros(2, 3)), grads=[], shift=(0,))


def sorts(g):
    x = torch.randn(3, 70, 2)
    small = torch.randn(5, 4)
    odd = torch.tensor([[1.5, NAN, -0.0, 0.0, 2.0, NAN, 0.0], [float("inf"), 3, 3, 1, -float("inf"), 1, 3]])
    for name, t, dim in (("long", x, 1), ("short", small, -1), ("odd", odd, 1), ("first", small, 0)):
        for descending in (False, True):
            end = " down" if descending else ""
            g.case(f"sort {name}{end}", lambda t: tuple(t["x"].sort(dim=dim, descending=descending, stable=True)), dict(x=t),
                   grads=[] if name == "odd" else None, shift=(1,), dim=dim + 1 if dim >= 0 else dim, descending=descending)
    g.case("argsort", lambda t: t["x"].argsort(1), dict(x=x), grads=[], shift=(0,))
    g.case("argsort down", lambda t: t["x"].argsort(dim=-1, descending=True, stable=True), dict(x=odd), grads=[], shift=(0,))
    whole = torch.randint(-4, 5, (6, 50)) * 2**40
    g.case("sort integers", lambda t: tuple(t["x"].sort(dim=1, stable=True)), dict(x=whole), grads=[], shift=(1,))
    g.case("sort bytes", lambda t: tuple(t["x"].sort(dim=0, stable=True)), dict(x=whole.to(torch.uint8).T + 7), grads=[], shift=(1,))
    g.case("sort bools", lambda t: tuple(t["x"].sort(dim=1, stable=True)), dict(x=whole > 0), grads=[], shift=(1,))


def firsts(g):
    x = torch.randn(2, 90, 3)
    for k in (0, 1, 5, 40, 90):
        g.case(f"topk {k}", lambda t: tuple(t["x"].topk(k, 1)), dict(x=x), shift=(1,), k=k)
    g.case("topk smallest", lambda t: tuple(t["x"].topk(3, 1, largest=False)), dict(x=x), shift=(1,))
    g.case("topk last", lambda t: tuple(t["x"].topk(2)), dict(x=x), shift=(1,))
    for k in (1, 7, 80):
        g.case(f"kthvalue {k}", lambda t: tuple(t["x"].kthvalue(k, 1)), dict(x=x), shift=(1,), k=k)
    g.case("kthvalue kept", lambda t: tuple(t["x"].kthvalue(2, keepdim=True)), dict(x=x), shift=(1,))
    g.case("median", lambda t: t["x"].median(), dict(x=x))
    g.case("median of odd", lambda t: tuple(t["x"].median(2)), dict(x=x), shift=(1,))
    g.case("median of even", lambda t: tuple(t["x"].median(1, keepdim=True)), dict(x=x), shift=(1,))
    odd = torch.tensor([[1.0, NAN, 2.0], [3.0, 2.0, 4.0]])
    g.case("median of nan", lambda t: tuple(t["x"].median(1)), dict(x=odd), grads=[], shift=(1,))


def scans(g):
    x = torch.randn(3, 5, 4)
    zeros = torch.tensor([[0.5, 0.0, 2.0, -1.5], [0.0, 3.0, 0.0, 1.0], [1.5, 2.0, -0.5, 0.25]])
    for dim in range(3):
        g.case(f"cumsum {dim + 1}", lambda t: t["x"].cumsum(dim), dict(x=x), dim=dim + 1)
        g.case(f"cumprod {dim + 1}", lambda t: t["x"].cumprod(dim), dict(x=x), dim=dim + 1)
        g.case(f"prod {dim + 1}", lambda t: t["x"].prod(dim), dict(x=x), dim=dim + 1)
    for dim in range(2):
        g.case(f"cumprod zeros {dim + 1}", lambda t: t["x"].cumprod(dim), dict(x=zeros), dim=dim + 1)
        g.case(f"prod zeros {dim + 1}", lambda t: t["x"].prod(dim), dict(x=zeros), dim=dim + 1)
    g.case("cumsum image", lambda t: t["x"].cumsum(1), dict(x=torch.randn(2, 3, 4, 5)))
    g.case("cumsum scalar", lambda t: t["x"].cumsum(0), dict(x=torch.tensor(1.5)))
    g.case("cumsum integers", lambda t: t["x"].cumsum(1), dict(x=torch.tensor([[1, 2, 3], [4, 5, 6]])), grads=[])
    g.case("cumprod bytes", lambda t: t["x"].cumprod(0), dict(x=torch.tensor([20, 30, 40], dtype=torch.uint8)), grads=[])
    g.case("cumsum bools", lambda t: t["x"].cumsum(0), dict(x=torch.tensor([True, False, True])), grads=[])
    g.case("prod all", lambda t: t["x"].prod(), dict(x=torch.rand(2, 3) + 0.5))
    g.case("prod kept", lambda t: t["x"].prod(1, keepdim=True), dict(x=x))
    g.case("prod nothing", lambda t: t["x"].prod(1), dict(x=torch.zeros(2, 0, 3)), grads=[])
    g.case("prod integers", lambda t: t["x"].prod(), dict(x=torch.tensor([[1, 2], [3, 4]])), grads=[])


if __name__ == "__main__":
    torch.set_num_threads(1)
    for file, parts in (("select", (gathers, scatters, masks)), ("sort", (sorts, firsts)), ("scan", (scans,))):
        golden = File(file)
        for write in parts:
            write(golden)
        golden.close()
