#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""Weights that change hands between PyTorch and cnnsh.

    python tests/golden/generate_exchange.py             writes exchange.safetensors: a state_dict that PyTorch saved, an
                                                         input and the logits that it gives in evaluation
    python tests/golden/generate_exchange.py check FILE  loads a file of cnnsh's, strictly, and compares the logits in it
"""
import pathlib
import sys

import torch

from generate import save
from generate_resnet20 import ResNet

HERE = pathlib.Path(__file__).resolve().parent


def logits(net, x):
    net.eval()
    with torch.no_grad():
        return net(x)


def generate():
    torch.manual_seed(5)
    net, data = ResNet(1), torch.randn(16, 3, 32, 32)
    optimizer = torch.optim.SGD(net.parameters(), lr=0.05)
    for _ in range(3):  # so that running statistics are no beginner's
        optimizer.zero_grad()
        torch.nn.functional.cross_entropy(net(data), torch.arange(16) % 10).backward()
        optimizer.step()
    x = torch.randn(4, 3, 32, 32)
    tensors = dict(net.state_dict())
    save("exchange", {**{"net/" + k: v for k, v in tensors.items()}, "x": x, "logits": logits(net, x)},
         {"keys": " ".join(tensors)})


def check(path):
    from safetensors.torch import load_file
    tensors = load_file(path)
    x, want = tensors.pop("x"), tensors.pop("logits")
    net = ResNet(1)
    net.load_state_dict(tensors, strict=True)
    worst = (logits(net, x) - want).abs().max().item()
    print("strict=True, logits differ by", worst)
    sys.exit(0 if worst < 1e-4 else 1)


if __name__ == "__main__":
    check(sys.argv[2]) if sys.argv[1:2] == ["check"] else generate()
