#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""Values that PyTorch computes, for the tests to compare with: generate.py [NAME …]

Writes NAME.safetensors beside this script. Inputs are float32; results and gradients are computed in float64 from them, so
that one file serves both types. A file's metadata holds `cases`: a Lua table that describes each case (`name`, the
parameters, which inputs want a gradient); its tensors are called CASE/INPUT, CASE/out (CASE/out2, …) and
CASE/d.INPUT for the gradient of sum(out * CASE/dout). Labels and positions are stored as Lua counts them, from 1.
Sources: torch 2.x; the files are committed, so tests need no Python.
"""
import json
import pathlib
import re
import struct
import sys

import numpy as np
import torch
import torch.nn as nn
import torch.nn.functional as F

HERE = pathlib.Path(__file__).resolve().parent
TYPES = {torch.float32: "F32", torch.float64: "F64", torch.int64: "I64", torch.uint8: "U8", torch.bool: "BOOL"}


def lua(value):
    """A Python value as Lua source."""
    if value is None:
        return "nil"
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, str):
        return json.dumps(value)
    if isinstance(value, dict):
        return "{" + ", ".join(f"{k}={lua(v)}" for k, v in value.items() if v is not None) + "}"
    if isinstance(value, (list, tuple)):
        return "{" + ", ".join(lua(v) for v in value) + "}"
    return repr(value)


def save(name, tensors, metadata):
    """The safetensors format: length of the header, header, numbers."""
    header, body, offset = {"__metadata__": metadata}, [], 0
    for key, t in tensors.items():
        data = t.detach().contiguous().numpy().tobytes()
        header[key] = {"dtype": TYPES[t.dtype], "shape": list(t.shape), "data_offsets": [offset, offset + len(data)]}
        body.append(data)
        offset += len(data)
    text = json.dumps(header, separators=(",", ":")).encode()
    text += b" " * (-len(text) % 8)
    (HERE / f"{name}.safetensors").write_bytes(struct.pack("<Q", len(text)) + text + b"".join(body))
    print(f"{name}.safetensors: {8 + len(text) + offset} bytes, {len(tensors)} tensors")


class File:
    """Collects the cases of one op."""

    def __init__(self, name):
        self.name, self.tensors, self.cases = name, {}, []
        torch.manual_seed(sum(map(ord, name)))

    def case(self, name, f, inputs, /, grads=None, fixed=(), shift=(), **parameters):
        """f(inputs as a dict of float64 tensors) -> result or tuple of results. `grads`: names of inputs to
        differentiate for (all real ones by default). `shift`: results that are positions, stored from 1."""
        wide = {}
        for key, t in inputs.items():
            if t is None:
                continue
            self.tensors[f"{name}/{key}"] = (t + 1 if key in fixed else t).clone()
            wide[key] = t.double() if t.dtype.is_floating_point else t
        grads = [k for k, t in wide.items() if t.dtype.is_floating_point] if grads is None else list(grads)
        for key in grads:
            wide[key].requires_grad_(True)
        out = f({k: wide.get(k) for k in inputs})
        outs = out if isinstance(out, tuple) else (out,)
        for i, o in enumerate(outs):
            self.tensors[f"{name}/out{i + 1 if i else ''}"] = (o + 1 if i in shift else o).detach().clone()
        if grads:
            dout = torch.randn(outs[0].shape, dtype=torch.float32)
            self.tensors[f"{name}/dout"] = dout
            outs[0].backward(dout.double())
            for key in grads:
                grad = wide[key].grad
                self.tensors[f"{name}/d.{key}"] = torch.zeros_like(wide[key]) if grad is None else grad
        self.cases.append(dict(name=name, inputs=[k for k in inputs if inputs[k] is not None], grads=grads,
                               outputs=len(outs), **parameters))

    def close(self):
        save(self.name, self.tensors, {"cases": lua(self.cases)})


def conv2d():
    g = File("conv2d")

    def case(name, n, c, h, w, k, r, s, stride=(1, 1), padding=(0, 0), dilation=(1, 1), groups=1, bias=True):
        g.case(name, lambda t: F.conv2d(t["input"], t["weight"], t["bias"], stride, padding, dilation, groups),
               dict(input=torch.randn(n, c, h, w), weight=torch.randn(k, c // groups, r, s) / (c * r * s) ** 0.5,
                    bias=torch.randn(k) if bias else None),
               stride=stride, padding=padding, dilation=dilation, groups=groups)

    case("plain", 2, 3, 9, 8, 4, 5, 5)
    case("first layer", 3, 1, 13, 14, 32, 7, 7)
    case("wide", 2, 32, 9, 9, 34, 3, 3)
    case("padded", 2, 16, 7, 6, 16, 3, 3, padding=(1, 1))
    case("odd channels", 2, 17, 6, 5, 19, 3, 3, padding=(1, 1), bias=False)
    case("stride", 2, 8, 11, 10, 9, 3, 3, stride=(2, 2), padding=(1, 1), bias=False)
    case("stride leaves a rest", 1, 3, 8, 10, 5, 3, 3, stride=(3, 4))
    case("rectangular", 2, 5, 9, 11, 6, 3, 5, stride=(2, 1), padding=(1, 2))
    case("tall", 2, 2, 12, 5, 3, 7, 1, padding=(3, 0))
    case("pointwise", 3, 24, 5, 4, 20, 1, 1)
    case("pointwise stride", 2, 6, 7, 7, 8, 1, 1, stride=(2, 2), bias=False)
    case("whole image", 4, 3, 5, 6, 7, 5, 6)
    case("padding beyond the kernel", 1, 2, 3, 3, 2, 2, 2, padding=(3, 4))
    case("dilated", 2, 4, 11, 12, 5, 3, 3, padding=(2, 2), dilation=(2, 3))
    case("groups", 2, 8, 6, 6, 12, 3, 3, padding=(1, 1), groups=4)
    case("depthwise", 2, 9, 7, 7, 9, 3, 3, stride=(2, 2), padding=(1, 1), groups=9)
    case("one of everything", 1, 1, 1, 1, 1, 1, 1)
    case("no images", 0, 3, 6, 6, 4, 3, 3)
    g.close()


def batch_norm():
    g = File("batch_norm")

    def case(name, x, training, momentum=0.1, eps=1e-5, affine=True, running=True):
        c = x.shape[1]
        inputs = dict(input=x, weight=torch.rand(c) + 0.5 if affine else None, bias=torch.randn(c) if affine else None,
                      running_mean=torch.randn(c) if running else None, running_var=torch.rand(c) + 0.5 if running else None)

        def f(t):
            y = F.batch_norm(t["input"], t["running_mean"], t["running_var"], t["weight"], t["bias"], training, momentum, eps)
            return (y, t["running_mean"], t["running_var"]) if running else y

        g.case(name, f, inputs, grads=["input"] + (["weight", "bias"] if affine else []), training=training,
               momentum=momentum, eps=eps)

    case("train", torch.randn(4, 5, 3, 4) * 2 + 1, True)
    case("train vector channels", torch.randn(3, 32, 4, 5), True, momentum=0.3, eps=1e-3)
    case("train odd channels", torch.randn(2, 19, 3, 3), True)
    case("train far from zero", torch.randn(4, 3, 4, 4) + 100, True)
    case("train plain", torch.randn(4, 6, 2, 3), True, affine=False)
    case("train no statistics", torch.randn(4, 6, 2, 3), True, running=False)
    case("train vectors", torch.randn(9, 7), True)
    case("eval", torch.randn(3, 5, 4, 4), False)
    case("eval vector channels", torch.randn(2, 32, 3, 3), False)
    case("eval plain", torch.randn(3, 5, 2, 2), False, affine=False)
    case("eval one image", torch.randn(1, 4, 3, 3), False)
    g.close()


def linear():
    g = File("linear")

    def case(name, shape, out, bias=True):
        g.case(name, lambda t: F.linear(t["input"], t["weight"], t["bias"]),
               dict(input=torch.randn(*shape), weight=torch.randn(out, shape[-1]) / shape[-1] ** 0.5,
                    bias=torch.randn(out) if bias else None))

    case("plain", (4, 7), 5)
    case("no bias", (3, 16), 8, bias=False)
    case("odd", (33, 129), 17)
    case("three dimensions", (2, 3, 6), 4)
    case("one vector", (9,), 4)
    case("no rows", (0, 5), 3)
    case("one", (1, 1), 1)
    g.close()


def pooling():
    g = File("max_pool2d")

    def largest(name, x, kernel, stride=None, padding=0, dilation=1, ceil_mode=False):
        g.case(name, lambda t: F.max_pool2d(t["input"], kernel, stride, padding, dilation, ceil_mode), dict(input=x),
               kernel_size=kernel, stride=stride, padding=padding, dilation=dilation, ceil_mode=ceil_mode)

    largest("half", torch.randn(2, 3, 8, 6), 2)
    largest("overlapping", torch.randn(2, 5, 7, 9), 3, 2)
    largest("padded", torch.randn(2, 16, 6, 7), 3, 2, 1)
    largest("rectangular", torch.randn(1, 4, 9, 8), (3, 2), (2, 1), (1, 0))
    largest("ceil", torch.randn(2, 3, 7, 7), 2, 2, ceil_mode=True)
    largest("ceil padded", torch.randn(2, 3, 6, 6), 3, 2, 1, ceil_mode=True)
    largest("dilated", torch.randn(2, 3, 9, 9), 3, 1, 1, dilation=2)
    largest("ties", torch.randint(0, 3, (2, 4, 6, 6)).float(), 3, 2)
    largest("all negative", -torch.rand(2, 3, 5, 5) - 1, 3, 2, 1)
    largest("no images", torch.randn(0, 3, 4, 4), 2)
    g.close()

    g = File("avg_pool2d")

    def mean(name, x, kernel, stride=None, padding=0, ceil_mode=False, count_include_pad=True, divisor_override=None):
        g.case(name, lambda t: F.avg_pool2d(t["input"], kernel, stride, padding, ceil_mode, count_include_pad, divisor_override),
               dict(input=x), kernel_size=kernel, stride=stride, padding=padding, ceil_mode=ceil_mode,
               count_include_pad=count_include_pad, divisor_override=divisor_override)

    mean("half", torch.randn(2, 3, 8, 6), 2)
    mean("whole image", torch.randn(2, 16, 8, 8), 8, 1)
    mean("overlapping", torch.randn(2, 5, 7, 9), 3, 2)
    mean("padded", torch.randn(2, 16, 6, 7), 3, 2, 1)
    mean("padding not counted", torch.randn(2, 3, 6, 7), 3, 2, 1, count_include_pad=False)
    mean("rectangular", torch.randn(1, 4, 9, 8), (3, 2), (2, 1), (1, 0))
    mean("ceil", torch.randn(2, 3, 7, 7), 2, 2, ceil_mode=True)
    mean("ceil padded", torch.randn(2, 3, 6, 6), 3, 2, 1, ceil_mode=True)
    mean("ceil padding not counted", torch.randn(2, 3, 6, 6), 3, 2, 1, ceil_mode=True, count_include_pad=False)
    mean("divisor", torch.randn(2, 3, 6, 6), 2, divisor_override=3)
    g.close()


def pad():
    g = File("pad")

    def case(name, x, size, value=0.0):
        g.case(name, lambda t: F.pad(t["input"], size, value=value), dict(input=x), pad=size, value=value)

    case("channels", torch.randn(2, 3, 4, 4), (0, 0, 0, 0, 0, 5))
    case("width", torch.randn(2, 3, 4, 5), (1, 2))
    case("all around", torch.randn(2, 3, 4, 5), (1, 2, 3, 0), 0.5)
    case("every dimension", torch.randn(2, 2, 3, 2), (1, 0, 0, 1, 2, 1, 1, 1), -1.0)
    case("vector", torch.randn(5), (2, 3), 7.0)
    case("nothing", torch.randn(2, 3), (0, 0))
    g.close()


def cross_entropy():
    g = File("cross_entropy")

    def case(name, logits, reduction="mean", target=None):
        rows, classes = logits.shape[:2]
        target = torch.randint(0, classes, (rows,)) if target is None else target
        g.case(name, lambda t: F.cross_entropy(t["input"], t["target"], reduction=reduction),
               dict(input=logits, target=target), fixed=["target"], reduction=reduction)

    case("mean", torch.randn(6, 10))
    case("sum", torch.randn(5, 3), "sum")
    case("none", torch.randn(4, 7), "none")
    case("two classes", torch.randn(3, 2))
    case("one row", torch.randn(1, 10))
    case("many classes", torch.randn(3, 133) * 3)
    case("large logits", torch.tensor([[1000.0, -1000.0, 0.0], [-500.0, 499.0, 500.0]]), "none", torch.tensor([0, 2]))
    case("sure and wrong", torch.tensor([[80.0, 0.0, 0.0], [0.0, 90.0, 1.0]]), "none", torch.tensor([1, 0]))
    g.close()


def pointwise():
    g = File("pointwise")
    x = torch.randn(3, 5)
    x[0, 0] = 0
    for name in ("relu", "neg", "exp", "abs", "sigmoid", "tanh", "square"):
        g.case(name, lambda t: getattr(torch, name)(t["x"]), dict(x=x), f=name)
    for name in ("log", "sqrt"):
        g.case(name, lambda t: getattr(torch, name)(t["x"]), dict(x=torch.rand(4, 3) + 0.1), f=name)
    for p in (2, 3, 0.5, -1):
        g.case(f"pow {p}", lambda t: t["x"] ** p, dict(x=torch.rand(4, 3) + 0.5), f="pow", p=p)
    g.case("scalar right", lambda t: ((t["x"] + 2) * 3 - 1) / 4, dict(x=x), f="scalar_right")
    g.case("scalar left", lambda t: 2 - (3 / (1.5 + t["x"] * t["x"])), dict(x=x), f="scalar_left")
    g.case("long vector", lambda t: torch.relu(t["x"]), dict(x=torch.randn(1031)), f="relu")
    operations = dict(add=torch.add, sub=torch.sub, mul=torch.mul, div=torch.div, maximum=torch.maximum, minimum=torch.minimum)
    shapes = {"same": ((3, 4), (3, 4)), "row": ((3, 4), (4,)), "column": ((2, 3, 4), (3, 1)), "outer": ((5, 1), (1, 7)),
              "left": ((4,), (2, 3, 4)), "channels": ((2, 3, 2, 2), (1, 3, 1, 1)), "scalar": ((2, 3), ()),
              "nothing": ((0, 4), (4,))}
    for op, f in operations.items():
        for kind, (a, b) in shapes.items():
            if kind in ("same", "row", "column", "outer") or op in ("mul", "sub"):
                g.case(f"{op} {kind}", lambda t: f(t["a"], t["b"]), dict(a=torch.randn(a), b=torch.rand(b) + 0.5), f=op)
    a, b = torch.randint(0, 3, (4, 5)).float(), torch.randint(0, 3, (5,)).float()
    for op in ("eq", "ne", "lt", "le", "gt", "ge"):
        g.case(f"{op}", lambda t: getattr(torch, op)(t["a"], t["b"]), dict(a=a, b=b), grads=[], f=op)
    g.close()


def activations():
    """nn's activations and, as `printed`, how their modules print (Lua source, text)."""
    g = File("activations")
    x = torch.randn(3, 4, 2, 5) * 3
    x[0, 0, 0] = torch.tensor([0.0, -0.0, 1e-3, -12.0, 12.0])

    def case(name, f, /, x=x, **more):
        g.case(name, lambda t: f(t["x"]), dict(x=x), **more)

    case("sigmoid", F.sigmoid, f="sigmoid")
    case("tanh", F.tanh, f="tanh")
    case("silu", F.silu, f="silu")
    case("silu long", F.silu, x=torch.randn(1031) * 4, f="silu")
    case("silu number", F.silu, x=torch.tensor(-1.5), f="silu")
    case("silu nothing", F.silu, x=torch.randn(0, 3), f="silu")
    for how in ("none", "tanh"):
        gelu = lambda x, how=how: F.gelu(x, approximate=how)
        case(f"gelu {how}", gelu, f="gelu", argument=how)
        case(f"gelu {how} long", gelu, x=torch.randn(1031) * 2, f="gelu", argument=how)
        case(f"gelu {how} number", gelu, x=torch.tensor(0.7), f="gelu", argument=how)
        case(f"gelu {how} nothing", gelu, x=torch.randn(0, 3), f="gelu", argument=how)
    for slope in (0.01, 0.2, 0, 1.5, -0.5):
        case(f"leaky relu {slope}", lambda x, slope=slope: F.leaky_relu(x, slope), f="leaky_relu", argument=slope)
    case("leaky relu long", lambda x: F.leaky_relu(x, 0.1), x=torch.randn(1031), f="leaky_relu", argument=0.1)
    for name in ("softmax", "log_softmax"):
        f = getattr(F, name)
        for dim in range(4):
            case(f"{name} {dim + 1} of 4", lambda x, dim=dim: f(x, dim), f=name, argument=dim + 1)
        case(f"{name} vector", lambda x: f(x, 0), x=torch.randn(7), f=name, argument=1)
        case(f"{name} last", lambda x: f(x, -1), x=torch.randn(5, 10), f=name, argument=-1)
        case(f"{name} large scores", lambda x: f(x, 1), x=torch.randn(4, 6) * 5 + torch.tensor([[1e4], [-1e4], [0], [300]]), f=name,
             argument=2)
        case(f"{name} long", lambda x: f(x, 1), x=torch.randn(2, 1003), f=name, argument=2)
        case(f"{name} one class", lambda x: f(x, 1), x=torch.randn(3, 1), f=name, argument=2)
        case(f"{name} no rows", lambda x: f(x, 1), x=torch.randn(0, 3), f=name, argument=2)
        case(f"{name} no classes", lambda x: f(x, 1), x=torch.randn(3, 0), f=name, argument=2)
    modules = [
        ("nn.LeakyReLU()", nn.LeakyReLU()),
        ("nn.LeakyReLU(0.2)", nn.LeakyReLU(0.2)),
        ("nn.LeakyReLU{0.1, inplace=true}", nn.LeakyReLU(0.1, inplace=True)),
        ("nn.GELU()", nn.GELU()),
        ('nn.GELU{approximate="tanh"}', nn.GELU(approximate="tanh")),
        ("nn.Sigmoid()", nn.Sigmoid()),
        ("nn.Tanh()", nn.Tanh()),
        ("nn.SiLU()", nn.SiLU()),
        ("nn.SiLU(true)", nn.SiLU(True)),
        ("nn.Softmax(2)", nn.Softmax(2)),
        ("nn.Softmax{dim=-1}", nn.Softmax(dim=-1)),
        ("nn.LogSoftmax(1)", nn.LogSoftmax(1)),
        ("nn.Sequential(nn.Linear(4, 3), nn.LeakyReLU(0.2), nn.Softmax(2))",
         nn.Sequential(nn.Linear(4, 3), nn.LeakyReLU(0.2), nn.Softmax(2))),
    ]
    save(g.name, g.tensors, {"cases": lua(g.cases), "printed": lua([(source, str(module)) for source, module in modules])})


def reductions():
    g = File("reductions")
    x = torch.randn(3, 4, 5)

    def case(name, f, lua_dims, keepdim=False, /, x=x, **more):
        g.case(name, f, dict(x=x), dims=lua_dims, keepdim=keepdim, **more)

    for op in ("sum", "mean"):
        f = getattr(torch, op)
        case(f"{op} all", lambda t: f(t["x"]), None, f=op)
        case(f"{op} first", lambda t: f(t["x"], 0), 1, f=op)
        case(f"{op} last kept", lambda t: f(t["x"], -1, keepdim=True), -1, True, f=op)
        case(f"{op} outer", lambda t: f(t["x"], (0, 2)), [1, 3], f=op)
        case(f"{op} inner kept", lambda t: f(t["x"], (1, 2), keepdim=True), [2, -1], True, f=op)
        case(f"{op} long", lambda t: f(t["x"]), None, x=torch.randn(1777) + 10, f=op)
    case("sum of nothing", lambda t: torch.sum(t["x"], 0), 1, x=torch.randn(0, 3), f="sum")
    for op in ("std", "var"):
        f = getattr(torch, op)
        case(f"{op} all", lambda t: f(t["x"]), None, f=op)
        case(f"{op} dim", lambda t: f(t["x"], 1), 2, f=op)
        case(f"{op} dims kept", lambda t: f(t["x"], (0, 2), keepdim=True), [1, 3], True, f=op)
        case(f"{op} far from zero", lambda t: f(t["x"], 1), 2, x=torch.randn(3, 50) + 100, f=op)
    for op in ("max", "min"):
        f = getattr(torch, op)
        case(f"{op} all", lambda t: f(t["x"]), None, f=op)
        for dim in (0, 1, 2):
            g.case(f"{op} {dim}", lambda t: tuple(f(t["x"], dim)), dict(x=x), shift=[1], f=op, dims=dim + 1, keepdim=False)
        g.case(f"{op} kept", lambda t: tuple(f(t["x"], 1, keepdim=True)), dict(x=x), shift=[1], f=op, dims=-2, keepdim=True)
    tied = torch.tensor([[1.0, 3.0, 3.0, 2.0], [5.0, 5.0, 5.0, 5.0]])
    for op in ("argmax", "argmin"):
        f = getattr(torch, op)
        g.case(f"{op} all", lambda t: f(t["x"]), dict(x=x), grads=[], shift=[0], f=op)
        g.case(f"{op} 1", lambda t: f(t["x"], 1), dict(x=x), grads=[], shift=[0], f=op, dims=2)
        g.case(f"{op} tied", lambda t: f(t["x"], 1), dict(x=tied), grads=[], shift=[0], f=op, dims=2)
    g.close()


def views():
    """Each case is a chain on x [2, 3, 4, 5]; the Lua side names the same chain by its name."""
    g = File("views")
    chains = {
        "view": lambda x: x.view(6, 20) * 2,
        "view rest": lambda x: x.view(2, -1) * 2,
        "reshape of transposed": lambda x: x.transpose(1, 3).reshape(10, 12) * 2,
        "flatten": lambda x: x.flatten(),
        "flatten from": lambda x: torch.flatten(x, 1) * 2,
        "flatten between": lambda x: x.flatten(1, 2),
        "permute": lambda x: x.permute(2, 0, 3, 1) * 2,
        "transpose": lambda x: x.transpose(1, 2) * 2,
        "narrow": lambda x: x.narrow(2, 1, 2) * 2,
        "select": lambda x: x.select(1, 2) * 2,
        "select twice": lambda x: x[1][2],
        "index": lambda x: x[:, 1],
        "index ranges": lambda x: x[0, 1:3, :, 1:4],
        "unsqueeze": lambda x: x.unsqueeze(1) * 2,
        "squeeze": lambda x: x.narrow(0, 1, 1).squeeze(0) * 2,
        "contiguous": lambda x: x.permute(3, 2, 1, 0).contiguous() * 2,
        "expand": lambda x: x.narrow(1, 0, 1).expand(2, 6, 4, 5) * 2,
        "cat": lambda x: torch.cat([x, x.narrow(1, 0, 1) * 2, x], 1),
        "stack": lambda x: torch.stack([x, x * 3], 2),
        "overlapping sum": lambda x: x.narrow(3, 0, 4) + x.narrow(3, 1, 4),
    }
    for name, f in chains.items():
        g.case(name, lambda t: f(t["x"]), dict(x=torch.randn(2, 3, 4, 5)))
    g.close()


class Generator:
    """The integer generator that both languages have: x -> 1664525 x + 1013904223 mod 2^32; the top byte is used."""

    def __init__(self, state):
        self.state = state

    def byte(self):
        self.state = (self.state * 1664525 + 1013904223) & 0xFFFFFFFF
        return self.state >> 24

    def batch(self, n, channels, size, classes):
        """Noise with a bright bar whose row tells the class; labels from 0 here."""
        images = np.empty((n, channels, size, size), dtype=np.uint8)
        labels = np.empty(n, dtype=np.int64)
        for i in range(n):
            labels[i] = self.byte() % classes
            for c in range(channels):
                for row in range(size):
                    lit = 128 if row * classes // size == labels[i] else 0
                    for column in range(size):
                        images[i, c, row, column] = self.byte() // 2 + lit - (lit >> 7)
        return torch.from_numpy(images).float() / 255, torch.from_numpy(labels)


class Net(nn.Module):
    """The lab's first network."""

    def __init__(self):
        super().__init__()
        self.layer1 = nn.Sequential(nn.Conv2d(1, 32, 7), nn.BatchNorm2d(32), nn.ReLU())
        self.layer2 = nn.Sequential(nn.Conv2d(32, 64, 7), nn.BatchNorm2d(64), nn.ReLU())
        self.fc = nn.Linear(64 * 16 * 16, 10)

    def forward(self, x):
        return self.fc(torch.flatten(self.layer2(self.layer1(x)), 1))


def net():
    """30 steps: initial parameters (float32) and the loss of each step, computed in float64 and in float32."""
    torch.manual_seed(3)
    model = Net()
    tensors = {f"init/{k}": v.clone() for k, v in model.state_dict().items() if "num_batches" not in k}
    losses = {}
    for name, dtype in (("float64", torch.float64), ("float32", torch.float32)):
        torch.manual_seed(3)
        model = Net().to(torch.float32)
        model.load_state_dict({k[5:]: v for k, v in tensors.items()}, strict=False)
        model = model.to(dtype)
        optimizer = torch.optim.SGD(model.parameters(), lr=0.01)
        source, row = Generator(7), []
        for _ in range(30):
            x, y = source.batch(16, 1, 28, 10)
            loss = F.cross_entropy(model(x.to(dtype)), y)
            optimizer.zero_grad()
            loss.backward()
            optimizer.step()
            row.append(loss.item())
        losses[name] = row
        model.eval()
        x, y = source.batch(16, 1, 28, 10)
        tensors[f"eval/{name}"] = model(x.to(dtype)).detach().double()
    print("float32 drift", max(abs(a - b) / abs(b) for a, b in zip(losses["float32"], losses["float64"])), losses["float64"][::6])
    tensors["losses"] = torch.tensor(losses["float64"], dtype=torch.float64)
    save("net", tensors, {"cases": lua(dict(steps=30, batch=16, lr=0.01, seed=7))})


class Block(nn.Module):
    """A residual block as the lab writes it: the shortcut pads channels with zeros and pools."""

    def __init__(self, inputs, outputs, stride=1):
        super().__init__()
        self.conv1 = nn.Conv2d(inputs, outputs, 3, stride, 1, bias=False)
        self.bn1 = nn.BatchNorm2d(outputs)
        self.relu = nn.ReLU(inplace=True)
        self.conv2 = nn.Conv2d(outputs, outputs, 3, 1, 1, bias=False)
        self.bn2 = nn.BatchNorm2d(outputs)
        self.grow, self.stride = outputs - inputs, stride

    def forward(self, x):
        shortcut = x
        out = self.bn2(self.conv2(self.relu(self.bn1(self.conv1(x)))))
        if self.stride == 2:
            shortcut = F.max_pool2d(F.pad(x, (0, 0, 0, 0, 0, self.grow)), 2, 2)
        out += shortcut
        return self.relu(out)


def resnet():
    """A small residual network: every parameter's gradient, the running statistics, and five losses with momentum."""
    torch.manual_seed(4)
    model = nn.Sequential(nn.Conv2d(3, 4, 3, 1, 1, bias=False), nn.BatchNorm2d(4), nn.ReLU(inplace=True), Block(4, 4), Block(4, 8, 2),
                          Block(8, 16, 2), nn.AvgPool2d(3, stride=1), nn.Flatten(), nn.Linear(16, 10))
    tensors = {f"init/{k}": v.clone() for k, v in model.state_dict().items() if "num_batches" not in k}
    model = model.double()
    optimizer = torch.optim.SGD(model.parameters(), lr=0.1, momentum=0.9, weight_decay=1e-2)
    source, losses = Generator(11), []
    for step in range(5):
        x, y = source.batch(6, 3, 12, 10)
        loss = F.cross_entropy(model(x.double()), y)
        optimizer.zero_grad()
        loss.backward()
        if step == 0:
            for k, p in model.named_parameters():
                tensors[f"grad/{k}"] = p.grad.clone()
        optimizer.step()
        losses.append(loss.item())
    for k, v in model.state_dict().items():
        if "running" in k:
            tensors[f"after/{k}"] = v.clone()
    tensors["losses"] = torch.tensor(losses, dtype=torch.float64)
    save("resnet", tensors, {"cases": lua(dict(steps=5, batch=6, seed=11))})


def sgd():
    """Parameters after each of six steps down sum((a p - b)^2) / 2, for the options of SGD."""
    torch.manual_seed(5)
    a, b, p0 = torch.randn(7), torch.randn(7), torch.randn(7)
    tensors, cases = dict(a=a, b=b, p=p0), []
    for name, options in {
        "plain": dict(lr=0.1),
        "momentum": dict(lr=0.05, momentum=0.9),
        "weight decay": dict(lr=0.1, weight_decay=0.1),
        "momentum and decay": dict(lr=0.05, momentum=0.9, weight_decay=0.01),
        "nesterov": dict(lr=0.05, momentum=0.9, nesterov=True, weight_decay=0.01),
        "dampening": dict(lr=0.05, momentum=0.8, dampening=0.5),
        "maximize": dict(lr=0.01, momentum=0.5, maximize=True),
    }.items():
        p = p0.double().requires_grad_(True)
        optimizer = torch.optim.SGD([p], **options)
        rows = []
        for _ in range(6):
            optimizer.zero_grad()
            (((a.double() * p - b.double()) ** 2).sum() / 2).backward()
            optimizer.step()
            rows.append(p.detach().clone())
        tensors[f"{name}/after"] = torch.stack(rows)
        cases.append(dict(name=name, options=options))
    save("sgd", tensors, {"cases": lua(cases)})


def printing():
    """How PyTorch prints tensors and modules: Lua source → text."""
    nan, inf = float("nan"), float("inf")
    cases = []

    def values(data, dtype=None):
        """The same nested numbers in both languages; Python's ints and floats become Lua's."""
        text = lua(data).replace("nan", "0/0").replace("inf", "math.huge")
        option = f', {{dtype="{str(dtype)[6:]}"}}' if dtype else ""
        cases.append((f"cnn.tensor({text}{option})", str(torch.tensor(data, dtype=dtype))))

    def call(source, tensor):
        cases.append((source, str(tensor)))

    # one row, all kinds of numbers
    for row in ([1, 2, 3], [-1, 20, 300], [1.0, 2.0, 3.0], [1.5, 2.25, -3.125], [0.1, 0.2, 0.3], [1e-5, 1.0], [1e-8, 1.0],
                [1e5, 1.0, 0.5], [1e8, 1.0], [123456789.0], [1e-10], [1e20, -1e-20], [0.0, -0.0], [1.0, nan], [nan, nan],
                [1.5, inf, -inf], [1.0, inf], [inf], [99999.0, 0.5], [1000.5, 0.001], [0.00012, 0.5], [0.99999999], [1 / 3],
                [True, False], [7], [-7.0], [1e4, 2e4], [123456.0, 654321.0], [0.5, 1000000.0], [2.0, -0.25, 1e3]):
        values(row)
    for row in ([1, -2, 3], [1.5, 0.1], [1e-9, 1.0], [1.0, 2.0]):
        values(row, torch.float64)
    values([1, 2, 255], torch.uint8)
    # numbers without dimensions
    for x in (3, 2.5, 3.0, 1e-7, 123456.789, nan, True):
        values(x)
    # more dimensions
    values([[1.0, 2.0], [3.0, 4.5]])
    values([[1, -200], [3, 4]])
    values([[True, False], [False, True]])
    values([[[1.0, 2.0], [3.0, 4.0]], [[5.0, 6.0], [7.0, 8.0]]])
    values([[0.1, 100.0], [-5.25, 1e-3]])
    call("cnn.zeros(2, 3)", torch.zeros(2, 3))
    call("cnn.ones(1, 1, 2, 2)", torch.ones(1, 1, 2, 2))
    call("cnn.zeros(0)", torch.zeros(0))
    call("cnn.zeros(0, 3)", torch.zeros(0, 3))
    call("cnn.zeros(2, 0)", torch.zeros(2, 0))
    call("cnn.arange(12):view(3, 4)", torch.arange(12).view(3, 4) + 0)
    call("cnn.arange(12):view(3, 4):t()", torch.arange(12).view(3, 4).t())
    # long rows wrap, long dimensions are summarised
    call("cnn.arange(30)", torch.arange(30))
    call("cnn.arange(100) / 7", torch.arange(100) / 7)
    call("cnn.arange(1000)", torch.arange(1000))
    call("cnn.arange(1001)", torch.arange(1001))
    call("cnn.arange(1001) / 3", torch.arange(1001) / 3)
    call("cnn.zeros(1500)", torch.zeros(1500))
    call("(cnn.arange(2500) / 10):view(50, 50)", (torch.arange(2500) / 10).view(50, 50))
    call("cnn.arange(4000):view(10, 20, 20)", torch.arange(4000).view(10, 20, 20))
    call("cnn.ones(128, 3, 32, 32)", torch.ones(128, 3, 32, 32))
    call("(cnn.arange(60) / 8 - 3):view(3, 4, 5)", (torch.arange(60) / 8 - 3).view(3, 4, 5))
    call("cnn.arange(40):view(2, 20):float()", torch.arange(40).view(2, 20).float())
    # gradients
    call("cnn.ones(3):requires_grad_()", torch.ones(3, requires_grad=True))
    call("cnn.zeros(2, 2):requires_grad_()", torch.zeros(2, 2, requires_grad=True))

    modules = [
        ("nn.Conv2d(3, 10, 5)", nn.Conv2d(3, 10, 5)),
        ("nn.Conv2d{3, 10, kernel_size={3, 5}, stride=2, padding={1, 2}}", nn.Conv2d(3, 10, (3, 5), 2, (1, 2))),
        ("nn.Conv2d{4, 8, 3, padding=1, bias=false}", nn.Conv2d(4, 8, 3, padding=1, bias=False)),
        ("nn.Conv2d{4, 8, 3, dilation=2, groups=4}", nn.Conv2d(4, 8, 3, dilation=2, groups=4)),
        ("nn.BatchNorm2d(16)", nn.BatchNorm2d(16)),
        ("nn.BatchNorm2d{16, momentum=0.3, affine=false}", nn.BatchNorm2d(16, momentum=0.3, affine=False)),
        ("nn.ReLU()", nn.ReLU()),
        ("nn.ReLU{inplace=true}", nn.ReLU(inplace=True)),
        ("nn.Linear(16384, 10)", nn.Linear(16384, 10)),
        ("nn.Linear{5, 2, bias=false}", nn.Linear(5, 2, bias=False)),
        ("nn.MaxPool2d{2, stride=2}", nn.MaxPool2d(2, stride=2)),
        ("nn.MaxPool2d{kernel_size={3, 2}, stride={2, 1}, padding={1, 0}}", nn.MaxPool2d((3, 2), (2, 1), (1, 0))),
        ("nn.AvgPool2d{8, stride=1}", nn.AvgPool2d(8, stride=1)),
        ("nn.Dropout2d(0.3)", nn.Dropout2d(0.3)),
        ("nn.CrossEntropyLoss()", nn.CrossEntropyLoss()),
        ("nn.Sequential()", nn.Sequential()),
        ("nn.Sequential(nn.Conv2d(1, 32, 7), nn.BatchNorm2d(32), nn.ReLU())",
         nn.Sequential(nn.Conv2d(1, 32, 7), nn.BatchNorm2d(32), nn.ReLU())),
        ("nn.Sequential(nn.Sequential(nn.ReLU()), nn.Linear(2, 3))", nn.Sequential(nn.Sequential(nn.ReLU()), nn.Linear(2, 3))),
        ("nn.ModuleList{nn.Linear(2, 3), nn.ReLU()}", nn.ModuleList([nn.Linear(2, 3), nn.ReLU()])),
        ("Net()", Net()),
        ("Block(16, 32, 2)", Block(16, 32, 2)),
    ]
    # the newest versions add a `bias` to batch norm; older ones, and we, do not have it
    cases += [(source, re.sub(r"(affine=\w+), bias=\w+", r"\1", str(module))) for source, module in modules]
    text = "-- SPDX-License-Identifier: MIT\n-- Written by generate.py: Lua source, and what PyTorch prints for the same value.\nreturn {\n"
    for source, printed in cases:
        text += f"    {{ [==[{source}]==], [==[\n{printed}]==] }},\n"
    (HERE / "printing.lua").write_text(text + "}\n")
    print(f"printing.lua: {len(cases)} cases")


WRITERS = dict(conv2d=conv2d, batch_norm=batch_norm, linear=linear, pooling=pooling, pad=pad, cross_entropy=cross_entropy,
               pointwise=pointwise, activations=activations, reductions=reductions, views=views, net=net, resnet=resnet, sgd=sgd,
               printing=printing)

if __name__ == "__main__":
    torch.set_num_threads(1)
    for wanted in sys.argv[1:] or WRITERS:
        WRITERS[wanted]()
