#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""Pictures, and what torchvision.io reads of them, for tests/data/pictures.lua: generate_pictures.py

Writes pictures.safetensors beside this script: `NAME.file` holds the bytes of a file that PIL made, `NAME/MODE` the
picture that torchvision reads with a mode, [C, H, W]. Needs torchvision and PIL.
"""
import io

import numpy as np
import torch
from PIL import Image
from torchvision.io import ImageReadMode, decode_image

from generate import save

MODES = ("UNCHANGED", "GRAY", "GRAY_ALPHA", "RGB", "RGB_ALPHA")
tensors = {}


def put(name, image, kind, modes=MODES, **options):
    file = io.BytesIO()
    image.save(file, kind, **options)
    data = torch.frombuffer(bytearray(file.getvalue()), dtype=torch.uint8)
    tensors[name + ".file"] = data
    for mode in modes:
        tensors[f"{name}/{mode}"] = decode_image(data, ImageReadMode[mode]).contiguous()


def smooth(channels, h=13, w=18):
    """Something that JPEG can keep."""
    y, x = np.mgrid[0:h, 0:w]
    planes = [(np.sin(x / (3 + c)) + np.cos(y / (4 - c))) * 60 + 128 for c in range(channels)]
    return np.stack(planes, -1).astype(np.uint8).squeeze()


def noise(*shape):
    return np.random.randint(0, 256, shape).astype(np.uint8)


if __name__ == "__main__":
    np.random.seed(1)
    put("grey.png", Image.fromarray(noise(5, 7)), "PNG")
    put("rgb.png", Image.fromarray(noise(6, 5, 3)), "PNG")
    put("alpha.png", Image.fromarray(noise(4, 9, 4)), "PNG")
    put("grey_alpha.png", Image.fromarray(noise(4, 4, 2)), "PNG")
    put("palette.png", Image.fromarray(noise(6, 6, 3)).quantize(8), "PNG", ("RGB",))
    put("bits.png", Image.fromarray(noise(5, 11) > 127), "PNG", ("UNCHANGED", "GRAY", "RGB"))
    put("one.png", Image.fromarray(noise(1, 1)), "PNG")
    jpeg = ("UNCHANGED", "GRAY", "RGB")
    put("rgb.jpg", Image.fromarray(smooth(3)), "JPEG", jpeg, quality=90)
    put("grey.jpg", Image.fromarray(smooth(1)), "JPEG", jpeg)
    put("progressive.jpg", Image.fromarray(smooth(3, 20, 9)), "JPEG", jpeg, progressive=True, quality=60)
    put("cmyk.jpg", Image.fromarray(smooth(4), "CMYK"), "JPEG", ("RGB",), quality=95)
    put("deep.png", Image.fromarray(np.random.randint(0, 65536, (5, 4)).astype(np.uint16)), "PNG", ())
    put("wide.png", Image.fromarray(np.zeros((1, 50000), np.uint8)), "PNG", ())
    put("wide.jpg", Image.fromarray(np.zeros((1, 50000), np.uint8)), "JPEG", ())
    save("pictures", tensors, {})
