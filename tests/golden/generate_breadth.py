#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""Values that PyTorch computes for tests/ops/breadth.lua: generate_breadth.py

Writes breadth.safetensors beside this script, in the form that generate.py describes. The Lua side names the same call by
the case's name.
"""
import torch
import torch.nn.functional as F

from generate import File


def by_condition(g):
    x, y = torch.randn(3, 4), torch.randn(3, 4)
    mask = torch.tensor([[True, False, True, False], [False] * 4, [True] * 4])
    g.case("where", lambda t: torch.where(t["mask"], t["x"], t["y"]), dict(x=x, y=y, mask=mask))
    g.case("where broadcast", lambda t: torch.where(t["mask"], t["x"], t["y"]),
           dict(x=torch.randn(4), y=torch.randn(2, 1, 1), mask=mask))
    g.case("where number", lambda t: torch.where(t["mask"], t["x"], 0.5), dict(x=x, mask=mask))
    g.case("where method", lambda t: t["x"].where(t["mask"], t["y"]), dict(x=x, y=y, mask=mask))
    g.case("masked_fill", lambda t: t["x"].masked_fill(t["mask"], -2.5), dict(x=x, mask=mask))
    g.case("masked_fill row", lambda t: t["x"].masked_fill(t["mask"], 3), dict(x=x, mask=mask[0]))
    g.case("masked_fill value", lambda t: t["x"].masked_fill(t["mask"], t["value"]),
           dict(x=x, mask=mask, value=torch.tensor(1.5)))
    clamped = torch.tensor([[-2.0, -0.4, 0.1], [0.9, 1.7, 3.0]])
    g.case("clamp", lambda t: t["x"].clamp(-0.5, 1), dict(x=clamped))
    g.case("clamp below", lambda t: t["x"].clamp(min=0), dict(x=clamped))
    g.case("clamp above", lambda t: t["x"].clamp(max=0.5), dict(x=clamped))


def parts(g):
    def weighted(pieces):
        return torch.cat([piece * (i + 1) for i, piece in enumerate(pieces)], 1)

    x = torch.randn(2, 7, 3)
    g.case("split", lambda t: t["x"].split(3, 1), dict(x=x))
    g.case("split sizes", lambda t: t["x"].split([1, 0, 4, 2], -2), dict(x=x))
    g.case("split all", lambda t: weighted(t["x"].split(2, 1)), dict(x=x))
    g.case("chunk", lambda t: t["x"].chunk(2, 1), dict(x=x))
    g.case("chunk fewer", lambda t: t["x"].chunk(5, 1), dict(x=x))
    g.case("chunk all", lambda t: weighted(t["x"].chunk(3, 1)), dict(x=x))


def repetitions(g):
    x = torch.randn(2, 3)
    g.case("tile", lambda t: t["x"].tile((2, 3)), dict(x=x))
    g.case("tile last", lambda t: t["x"].tile((2,)), dict(x=x))
    g.case("tile more", lambda t: t["x"].tile((2, 1, 3)), dict(x=x))
    g.case("tile scalar", lambda t: t["x"].tile((3,)), dict(x=torch.tensor(1.25)))
    g.case("repeat", lambda t: t["x"].repeat(3, 1, 2), dict(x=x))


def extremes(g):
    x = torch.randn(3, 4, 5)
    for op in ("amax", "amin"):
        f = getattr(torch, op)
        g.case(f"{op} all", lambda t: f(t["x"]), dict(x=x))
        g.case(f"{op} one", lambda t: f(t["x"], 1), dict(x=x))
        g.case(f"{op} two", lambda t: f(t["x"], (0, 2)), dict(x=x))
        g.case(f"{op} kept", lambda t: f(t["x"], (2, 1), keepdim=True), dict(x=x))
        g.case(f"{op} all kept", lambda t: f(t["x"], (0, 1, 2), keepdim=True), dict(x=x))


def labels(g):
    few, many = torch.tensor([2, 0, 1, 2]), torch.tensor([[0, 3, 1], [2, 0, 0]])
    g.case("one_hot", lambda t: F.one_hot(t["labels"]), dict(labels=few), grads=[])
    g.case("one_hot classes", lambda t: F.one_hot(t["labels"], 6), dict(labels=many), grads=[])


if __name__ == "__main__":
    torch.set_num_threads(1)
    golden = File("breadth")
    for write in (by_condition, parts, repetitions, extremes, labels):
        write(golden)
    for case in golden.cases:  # labels are stored as Lua counts them, from 1
        for name in case["inputs"]:
            if name == "labels":
                golden.tensors[f"{case['name']}/{name}"] += 1
    golden.close()
