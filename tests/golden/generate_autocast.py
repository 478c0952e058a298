#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""What PyTorch computes in bfloat16 and under torch.autocast("cpu"), for tests/ops/bfloat16.lua and tests/nn/autocast.lua.

Writes autocast.safetensors beside this script, in the form that generate.py describes, but as the types' own results:
`type` is that of the first result. bfloat16 numbers are stored as float32, which holds them exactly. Cases of kind "bits"
are single roundings, which any correct implementation repeats bit by bit; kind "net" is a step of training.
"""
import torch
import torch.nn as nn
import torch.nn.functional as F

from generate import File

B = torch.bfloat16


def case(g, name, kind, inputs, out, gradients=None, **more):
    for key, t in inputs.items():
        g.tensors[f"{name}/{key}"] = t.detach().float() if t.is_floating_point() else t + 1
    for key, t in (gradients or {}).items():
        g.tensors[f"{name}/d.{key}"] = t.detach().float()
    g.tensors[f"{name}/out"] = out.detach().float()
    g.cases.append(dict(name=name, kind=kind, type=str(out.dtype)[6:], inputs=list(inputs), grads=list(gradients or {}),
                        **more))


def bits(g):
    # ties, carries into the next power, overflow, subnormals: every second number is half way between two
    ties = (torch.arange(0x3F80, 0x3F90, dtype=torch.int32) * 65536 + 0x8000).view(torch.float32)
    odd = torch.tensor([0x7F7F8000, 0x7F7F7FFF, 0x00008000, 0x00018000, 0x3FFFFFFF, 0x7F800001], dtype=torch.int32)
    x = torch.cat([ties, -ties, odd.view(torch.float32), torch.tensor([float("inf"), -0.0, 1e-45, 1e38, 3.3961e38])])
    case(g, "round", "bits", dict(x=x), x.to(B))
    a, b = torch.randn(4, 33).to(B), (torch.randn(4, 33) * 3).to(B)
    for name, f in dict(add=torch.add, sub=torch.sub, mul=torch.mul, div=torch.div, maximum=torch.maximum).items():
        case(g, name, "bits", dict(a=a, b=b), f(a, b))
    case(g, "number", "bits", dict(a=a), a * 0.1)
    case(g, "rounded number", "bits", dict(a=a), (a * torch.tensor(0.1, dtype=B)))
    case(g, "relu", "bits", dict(a=a), F.relu(a))
    case(g, "square", "bits", dict(a=a), a * a)
    case(g, "sqrt", "bits", dict(a=a.abs()), a.abs().sqrt())
    case(g, "with float32", "bits", dict(a=a, b=b), a * b.float())


class Net(nn.Module):
    def __init__(self):
        super().__init__()
        self.conv1 = nn.Conv2d(1, 8, 3, padding=1)
        self.bn = nn.BatchNorm2d(8)
        self.conv2 = nn.Conv2d(8, 8, 3, stride=2)
        self.fc = nn.Linear(8 * 3 * 3, 5)

    def forward(self, x):
        x = F.relu(self.bn(self.conv1(x)))
        x = F.avg_pool2d(F.relu(self.conv2(F.max_pool2d(x, 2))), 1)
        return self.fc(x.flatten(1))


def net(g):
    model, x = Net(), torch.randn(6, 1, 14, 14)
    y = torch.tensor([0, 1, 2, 3, 4, 0])
    before = {k: v.clone() for k, v in model.state_dict().items() if v.is_floating_point()}
    with torch.autocast("cpu", dtype=B):
        out = model(x)
        loss = F.cross_entropy(out, y)
    loss.backward()
    g.tensors["net/loss"] = loss.detach()
    g.tensors["net/running_mean"] = model.bn.running_mean.clone()
    g.tensors["net/running_var"] = model.bn.running_var.clone()
    case(g, "net", "net", dict(x=x, y=y, **before), out, {k: p.grad for k, p in model.named_parameters()},
         loss_type=str(loss.dtype)[6:])


if __name__ == "__main__":
    torch.set_num_threads(1)
    golden = File("autocast")
    for write in (bits, net):
        write(golden)
    golden.close()
