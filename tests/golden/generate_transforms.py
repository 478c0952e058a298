#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""Values that torchvision computes for tests/data/transforms.lua: generate_transforms.py

Writes transforms.safetensors beside this script: for each case `NAME.in` and `NAME.out`, images [C, H, W]. Needs
torchvision; its semantics for tensors count.
"""
import torch
from torchvision.transforms.v2 import functional as F

from generate import save

cases = {}


def case(name, f, x):
    cases[name + ".in"], cases[name + ".out"] = x.contiguous(), f(x).contiguous()


def moves():
    for kind, x in (("bytes", torch.randint(0, 256, (3, 5, 7), dtype=torch.uint8)), ("floats", torch.rand(2, 6, 5))):
        for mode in ("constant", "edge", "reflect", "symmetric"):
            case(f"pad {mode} {kind}", lambda t: F.pad(t, [1, 2, 3, 4], fill=0, padding_mode=mode), x)
        case(f"pad fill {kind}", lambda t: F.pad(t, [2, 1], fill=[9.0, 8.0, 7.0][: t.shape[0]]), x)
        for h, w in ((3, 4), (4, 3), (2, 2), (5, 7), (8, 9), (9, 4), (6, 10)):
            case(f"center_crop {h} {w} {kind}", lambda t: F.center_crop(t, [h, w]), x)
        case(f"hflip {kind}", F.horizontal_flip, x)
        case(f"vflip {kind}", F.vertical_flip, x)


def values():
    x = torch.randint(0, 256, (3, 6, 6), dtype=torch.uint8)
    case("to_tensor", lambda t: t.float().div(255), x)
    case("normalize", lambda t: F.normalize(t.float().div(255), [0.4914, 0.4822, 0.4465], [0.2470, 0.2435, 0.2616]), x)


if __name__ == "__main__":
    torch.manual_seed(1)
    moves()
    values()
    save("transforms", cases, {})
