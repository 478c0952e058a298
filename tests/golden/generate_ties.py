#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""Values that PyTorch computes for tests/ops/ties.lua: generate_ties.py

Writes ties.safetensors beside this script, in the form that generate.py describes: gradients where several elements are
the largest or smallest, and padding that goes around. The Lua side names the same call by the case's name.
"""
import torch
import torch.nn.functional as F

from generate import File


def extremes(g):
    x = torch.tensor([[[2.0, -1.0, 2.0], [0.0, 2.0, -3.0]], [[-3.0, 1.0, 1.0], [-3.0, 0.5, 2.0]]])
    for op in ("max", "min"):
        g.case(op, lambda t: getattr(torch, op)(t["x"]), dict(x=x))
        g.case(f"{op} along", lambda t: tuple(getattr(torch, op)(t["x"], 2)), dict(x=x), shift=(1,))
        f = getattr(torch, f"a{op}")
        g.case(f"a{op}", lambda t: f(t["x"]), dict(x=x))
        g.case(f"a{op} two", lambda t: f(t["x"], (0, 2), keepdim=True), dict(x=x))
        f = getattr(torch, f"{op}imum")
        g.case(f"{op}imum", lambda t: f(t["x"], t["y"]), dict(x=x, y=torch.tensor([[2.0, -1.0, 1.0], [0.0, 0.5, 3.0]])))
    nans = torch.tensor([1.0, float("nan"), 3.0, float("nan")])
    g.case("max nan", lambda t: t["x"].max(), dict(x=nans))
    g.case("maximum nan", lambda t: torch.maximum(t["x"], t["y"]), dict(x=nans, y=torch.tensor([2.0, 2.0, float("nan"), 1.0])))
    g.case("norm", lambda t: torch.linalg.vector_norm(t["x"], float("inf")), dict(x=x))
    g.case("norm along", lambda t: torch.linalg.vector_norm(t["x"], float("inf"), (0, 2)), dict(x=x))


def around(g):
    g.case("circular", lambda t: F.pad(t["x"], (1, 2, 3, 0), "circular"), dict(x=torch.randn(2, 3, 4, 5)))
    g.case("circular whole", lambda t: F.pad(t["x"], (5, 5), "circular"), dict(x=torch.randn(2, 3, 5)))
    g.case("circular cut", lambda t: F.pad(t["x"], (-1, 2, 1, -2), "circular"), dict(x=torch.randn(2, 3, 4, 5)))


if __name__ == "__main__":
    torch.set_num_threads(1)
    golden = File("ties")
    for write in (extremes, around):
        write(golden)
    golden.close()
