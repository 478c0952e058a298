#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""Values that torchvision computes for tests/data/transforms.lua: generate_transforms.py

Writes transforms.safetensors beside this script: for each case `NAME.in` and `NAME.out`, images [C, H, W]. Needs
torchvision; its semantics for tensors count.
"""
import torch
from torchvision.transforms import InterpolationMode
from torchvision.transforms.v2 import functional as F

from generate import save

NEAREST, BILINEAR = InterpolationMode.NEAREST, InterpolationMode.BILINEAR

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


SIZES = ((4, 4), (3, 5), (9, 6), (11, 13), (5, 7), (7, 3), (1, 2), (6, 7), (5, 9))


def resizes():
    for kind, x in (("bytes", torch.randint(0, 256, (3, 7, 9), dtype=torch.uint8)), ("floats", torch.rand(2, 7, 9))):
        for h, w in SIZES:
            case(f"resize {h} {w} {kind}", lambda t: F.resize(t, [h, w], antialias=True), x)
            case(f"resize plain {h} {w} {kind}", lambda t: F.resize(t, [h, w], antialias=False), x)
            case(f"resize nearest {h} {w} {kind}", lambda t: F.resize(t, [h, w], interpolation=NEAREST), x)
        for size in (3, 5, 12):
            case(f"resize short {size} {kind}", lambda t: F.resize(t, [size], antialias=True), x)
            case(f"resize tall {size} {kind}", lambda t: F.resize(t, [size], antialias=True), x.transpose(1, 2))
        case(f"resize max {kind}", lambda t: F.resize(t, [6], max_size=7, antialias=True), x)
    big = torch.randint(0, 256, (1, 50, 40), dtype=torch.uint8)
    case("resize much", lambda t: F.resize(t, [6, 5], antialias=True), big)


def colours():
    for kind, x in (("bytes", torch.randint(0, 256, (3, 6, 6), dtype=torch.uint8)), ("floats", torch.rand(3, 6, 6)),
                    ("grey", torch.randint(0, 256, (1, 4, 4), dtype=torch.uint8))):
        for factor in (0.0, 0.4, 1.7):
            case(f"brightness {factor} {kind}", lambda t: F.adjust_brightness(t, factor), x)
            case(f"contrast {factor} {kind}", lambda t: F.adjust_contrast(t, factor), x)
            case(f"saturation {factor} {kind}", lambda t: F.adjust_saturation(t, factor), x)
        for turn in (-0.5, -0.2, 0.1, 0.45):
            case(f"hue {turn} {kind}", lambda t: F.adjust_hue(t, turn), x)
        case(f"grey 1 {kind}", lambda t: F.rgb_to_grayscale(t, 1), x)
        case(f"grey 3 {kind}", lambda t: F.rgb_to_grayscale(t, 3), x)


def rotations():
    for kind, x in (("bytes", torch.randint(0, 256, (3, 6, 8), dtype=torch.uint8)), ("floats", torch.rand(2, 7, 5))):
        for angle in (17.0, -33.0, 90.0, 123.0, 180.0):
            case(f"rotate nearest {angle} {kind}", lambda t: F.rotate(t, angle, interpolation=NEAREST, fill=0), x)
            case(f"rotate bilinear {angle} {kind}", lambda t: F.rotate(t, angle, interpolation=BILINEAR, fill=3), x)
        case(f"rotate fill {kind}", lambda t: F.rotate(t, 40.0, fill=[7.0, 8.0, 9.0][: t.shape[0]]), x)


if __name__ == "__main__":
    torch.manual_seed(1)
    moves()
    values()
    resizes()
    colours()
    rotations()
    save("transforms", cases, {})
