#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""Values that PyTorch computes for tests/ops/numbers.lua: generate_numbers.py

Writes numbers.safetensors beside this script, in the form that generate.py describes. The Lua side names the same call by
the case's name.
"""
import torch

from generate import File


def of_one_number(g):
    x = torch.tensor([[-2.5, -1.5, -0.5, -0.3, 0.0], [0.3, 0.5, 1.5, 2.5, 7.9]])
    for f in ("sin", "cos", "expm1", "sign", "floor", "ceil", "trunc", "round", "frac"):
        g.case(f, lambda t: getattr(t["x"], f)(), dict(x=x))
        g.case(f"{f} images", lambda t: getattr(t["x"], f)(), dict(x=torch.randn(2, 3, 4, 5) * 3))
    g.case("round 1", lambda t: t["x"].round(decimals=1), dict(x=torch.randn(3, 4)), grads=[])
    positive = torch.rand(3, 4) * 5 + 0.01
    for f in ("log1p", "reciprocal", "rsqrt", "log2", "log10"):
        g.case(f, lambda t: getattr(t["x"], f)(), dict(x=positive))
    g.case("log1p small", lambda t: t["x"].log1p(), dict(x=torch.tensor([1e-9, -1e-9, 1e-4, -0.75, 0.0])))
    g.case("expm1 small", lambda t: t["x"].expm1(), dict(x=torch.tensor([1e-9, -1e-9, 1e-4, -20.0, 0.0, 10.0])))
    clamped = torch.tensor([[-2.0, -0.5, 0.1], [0.9, 0.5, torch.nan]])
    g.case("clamp", lambda t: t["x"].clamp(-0.5, 0.5), dict(x=clamped))
    g.case("clamp_min", lambda t: t["x"].clamp_min(-0.5), dict(x=clamped))
    g.case("clamp_max", lambda t: t["x"].clamp_max(0.5), dict(x=clamped))
    for f in ("sin", "cos", "expm1", "log1p", "sign", "floor", "round"):
        g.case(f"{f} special", lambda t: getattr(t["x"], f)(), dict(x=torch.tensor([torch.inf, -torch.inf, torch.nan])), grads=[])
    i = torch.tensor([[-3, 0, 7], [200, -1, 1]])
    for f in ("sign", "floor", "ceil", "trunc", "round"):
        g.case(f"{f} integers", lambda t: getattr(t["x"], f)(), dict(x=i), grads=[])


def of_several(g):
    x, y, w = torch.randn(3, 4), torch.randn(3, 4), torch.rand(4)
    g.case("lerp", lambda t: t["x"].lerp(t["y"], 0.3), dict(x=x, y=y))
    g.case("lerp tensor", lambda t: t["x"].lerp(t["y"], t["w"]), dict(x=x, y=y, w=w))
    away = torch.rand(3, 4) + 0.5
    g.case("addcmul", lambda t: t["x"].addcmul(t["y"], t["w"], value=0.5), dict(x=x, y=y, w=w))
    g.case("addcdiv", lambda t: t["x"].addcdiv(t["y"], t["w"], value=-2), dict(x=x, y=y, w=away))
    a, b = torch.tensor([[0, 1, 2]]), torch.tensor([[0], [3]])
    for f in ("logical_and", "logical_or", "logical_xor"):
        g.case(f, lambda t: getattr(torch, f)(t["a"], t["b"]), dict(a=a, b=b), grads=[])
    g.case("logical_not", lambda t: t["a"].logical_not(), dict(a=a), grads=[])
    odd = torch.tensor([1.0, torch.inf, -torch.inf, torch.nan, 0.0])
    g.case("isfinite", lambda t: t["x"].isfinite(), dict(x=odd), grads=[])
    near = torch.tensor([1.0 + 5e-6, torch.inf, torch.inf, torch.nan, 1e-7])
    g.case("isclose", lambda t: t["x"].isclose(t["y"]), dict(x=odd, y=near), grads=[])
    g.case("isclose nan", lambda t: t["x"].isclose(t["y"], rtol=0, atol=1e-3, equal_nan=True), dict(x=odd, y=near), grads=[])


def products(g):
    g.case("mv", lambda t: t["a"].mv(t["b"]), dict(a=torch.randn(3, 4), b=torch.randn(4)))
    g.case("dot", lambda t: t["a"].dot(t["b"]), dict(a=torch.randn(5), b=torch.randn(5)))
    g.case("bmm", lambda t: t["a"].bmm(t["b"]), dict(a=torch.randn(2, 3, 4), b=torch.randn(2, 4, 5)))
    m = dict(x=torch.randn(5), a=torch.randn(3, 4), b=torch.randn(4, 5))
    g.case("addmm", lambda t: t["x"].addmm(t["a"], t["b"]), m)
    g.case("addmm scaled", lambda t: t["x"].addmm(t["a"], t["b"], beta=0.5, alpha=2), m)


def counts(g):
    x = torch.tensor([[0.0, 1.0, 0.0], [2.0, torch.nan, 0.0]])
    g.case("count_nonzero", lambda t: t["x"].count_nonzero(), dict(x=x), grads=[])
    g.case("count_nonzero dim", lambda t: t["x"].count_nonzero(1), dict(x=x), grads=[])
    x = torch.randn(4, 3, 2)
    for f in (torch.std_mean, torch.var_mean):
        g.case(f.__name__, lambda t: f(t["x"]), dict(x=x))
        g.case(f"{f.__name__} dims", lambda t: f(t["x"], dim=(0, 2), correction=0, keepdim=True), dict(x=x))
    labels = torch.tensor([0, 2, 2, 4, 0, 2])
    g.case("bincount", lambda t: t["labels"].bincount(), dict(labels=labels), grads=[])
    g.case("bincount more", lambda t: t["labels"].bincount(minlength=8), dict(labels=labels), grads=[])
    g.case("bincount weights", lambda t: t["labels"].bincount(weights=t["w"]), dict(labels=labels, w=torch.rand(6)), grads=[])
    g.case("histc", lambda t: t["x"].histc(5), dict(x=torch.randn(50)), grads=[])
    g.case("histc ends", lambda t: t["x"].histc(4, -1, 1), dict(x=torch.tensor([-1.0, 1.0, 0.0, -0.5, 1.5, -3.0, 0.25])), grads=[])
    g.case("histc one value", lambda t: t["x"].histc(3), dict(x=torch.full((4,), 2.0)), grads=[])


    values = torch.tensor([[3, 1, 3, 200], [2, 1, 1, 3]])
    g.case("unique", lambda t: t["x"].unique(), dict(x=values), grads=[])
    g.case("unique all", lambda t: t["x"].unique(return_inverse=True, return_counts=True), dict(x=values), grads=[], shift=[1])
    g.case("unique counts", lambda t: t["x"].unique(return_counts=True), dict(x=torch.tensor([0.5, -1.0, 0.5, torch.inf, -1.0])), grads=[])


def shapes(g):
    x = torch.randn(2, 3, 4, 5)
    g.case("movedim", lambda t: t["x"].movedim(3, 1), dict(x=x))
    g.case("movedim several", lambda t: t["x"].movedim((0, 1), (-1, 0)), dict(x=x))
    g.case("unflatten", lambda t: t["x"].unflatten(2, (2, -1)), dict(x=x))
    g.case("broadcast_to", lambda t: t["x"].broadcast_to(2, 3, 4), dict(x=torch.randn(3, 1)))
    a, b, c = torch.randn(2), torch.randn(3), torch.randn(4)
    for i in range(3):
        g.case(f"meshgrid ij {i + 1}", lambda t: torch.meshgrid(t["a"], t["b"], t["c"], indexing="ij")[i], dict(a=a, b=b, c=c),
               grads=["abc"[i]])
        g.case(f"meshgrid xy {i + 1}", lambda t: torch.meshgrid(t["a"], t["b"], t["c"], indexing="xy")[i], dict(a=a, b=b, c=c),
               grads=["abc"[i]])


if __name__ == "__main__":
    torch.set_num_threads(1)
    golden = File("numbers")
    for write in (of_one_number, of_several, products, counts, shapes):
        write(golden)
    for case in golden.cases:  # labels are stored as Lua counts them, from 1
        for name in case["inputs"]:
            if name == "labels":
                golden.tensors[f"{case['name']}/{name}"] += 1
    golden.close()
