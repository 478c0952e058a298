#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""Values that PyTorch computes for tests/ops/index.lua and rearrange.lua: generate_index.py

Writes index.safetensors and rearrange.safetensors beside this script, in the form that generate.py describes. The Lua side
names the same call by the case's name; indices and positions are stored from 1.
"""
import torch

from generate import File


def reading(g):
    x = torch.randn(3, 4, 5)
    rows, grid = torch.tensor([2, 0, 2]), torch.tensor([[0, 2, 2], [1, 0, 1]])
    mask = torch.tensor([True, False, True])
    wide = torch.randn(4, 5) > 0
    image = torch.randn(2, 3, 4, 5)

    def case(name, f, **inputs):
        g.case(name, f, inputs, fixed=("index",))

    case("first", lambda t: t["x"][t["index"]], x=x, index=rows)
    case("grid", lambda t: t["x"][t["index"]], x=x, index=grid)
    case("scalar", lambda t: t["x"][t["index"]], x=x, index=torch.tensor(1))
    case("middle", lambda t: t["x"][:, t["index"], 1:3], x=x, index=rows)
    case("last grid", lambda t: t["x"][1, :, t["index"]], x=x, index=grid)
    case("image", lambda t: t["x"][:, t["index"]], x=image, index=rows)
    case("mask", lambda t: t["x"][t["mask"]], x=x, mask=mask)
    case("mask whole", lambda t: t["x"][t["mask"]], x=x, mask=torch.randn(3, 4, 5) > 0)
    case("mask two", lambda t: t["x"][1:, t["mask"]], x=x, mask=wide)
    case("mask after number", lambda t: t["x"][2, t["mask"]], x=x, mask=wide)
    case("mask image", lambda t: t["x"][:, t["mask"], 0], x=image, mask=mask)


def writing(g):
    x = torch.randn(3, 4)

    def case(name, f, **inputs):
        def run(t):
            y = t["x"].clone()
            f(y, t)
            return y
        g.case(name, run, inputs, grads=[], fixed=("index",))

    case("write number", lambda y, t: y.__setitem__(t["index"], 7), x=x, index=torch.tensor([2, 0]))
    case("write rows", lambda y, t: y.__setitem__((slice(None), t["index"]), t["v"]), x=x, index=torch.tensor([3, 0]),
         v=torch.randn(3, 2))
    case("write broadcast", lambda y, t: y.__setitem__(t["index"], t["v"]), x=x, index=torch.tensor([1, 2]), v=torch.randn(4))
    case("write mask", lambda y, t: y.__setitem__(t["mask"], -1.5), x=x, mask=x > 0)
    case("write masked row", lambda y, t: y.__setitem__((1, t["mask"]), t["v"]), x=x,
         mask=torch.tensor([True, False, False, True]), v=torch.randn(2))


def moves(g):
    x = torch.randn(3, 4, 5)
    image = torch.randn(2, 3, 4, 5)
    g.case("flip", lambda t: t["x"].flip(0, 2), dict(x=x))
    g.case("flip last", lambda t: t["x"].flip(-1), dict(x=image))
    g.case("roll", lambda t: t["x"].roll(7), dict(x=x))
    g.case("roll one", lambda t: t["x"].roll(-2, 1), dict(x=x))
    g.case("roll two", lambda t: t["x"].roll((1, 13), (0, -1)), dict(x=x))
    g.case("unbind", lambda t: t["x"].unbind(1)[2], dict(x=x))
    for k in (-2, 0, 1, 9):
        g.case(f"tril {k}", lambda t: t["x"].tril(k), dict(x=x), k=k)
        g.case(f"triu {k}", lambda t: t["x"].triu(k), dict(x=x), k=k)
        g.case(f"diag {k}", lambda t: t["x"].diag(k), dict(x=torch.randn(4, 3)), k=k)
    for k in (-2, 0, 1):
        g.case(f"diag of vector {k}", lambda t: t["x"].diag(k), dict(x=torch.randn(3)), k=k)
    g.case("outer", lambda t: t["x"].outer(t["y"]), dict(x=torch.randn(3), y=torch.randn(4)))
    large = torch.tensor([[1000.0, 999.0, -5.0], [-1000.0, -1000.0, -1001.0]])
    g.case("logsumexp", lambda t: t["x"].logsumexp(1), dict(x=large))
    g.case("logsumexp two", lambda t: t["x"].logsumexp((0, 2), keepdim=True), dict(x=x))
    endless = torch.tensor([[float("inf"), 1.0], [-float("inf"), -float("inf")], [float("nan"), 0.0]])
    g.case("logsumexp endless", lambda t: t["x"].logsumexp(1), dict(x=endless), grads=[])
    numbers = torch.randint(-3, 4, (4, 7))
    g.case("unique", lambda t: t["x"].unique(), dict(x=numbers), grads=[])
    g.case("unique all", lambda t: tuple(t["x"].unique(return_inverse=True, return_counts=True)), dict(x=numbers), grads=[],
           shift=(1,))
    g.case("unique reals", lambda t: tuple(t["x"].unique(return_counts=True)), dict(x=torch.tensor([0.5, 1.5, 0.5])), grads=[])


if __name__ == "__main__":
    torch.set_num_threads(1)
    for file, parts in (("index", (reading, writing)), ("rearrange", (moves,))):
        golden = File(file)
        for write in parts:
            write(golden)
        golden.close()
