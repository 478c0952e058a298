#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""PyTorch's 300 steps of ResNet-20 on real CIFAR-10 -> tests/golden/resnet20.safetensors

    python tests/golden/generate_resnet20.py DIR

DIR holds cifar-10-batches-bin. The images are not in the file: the test reads the same ones from its own copy. Saved are
the initial weights (PyTorch's, as the lab initialises them) and the loss of every step.
"""
import sys
import numpy as np
import torch
import torch.nn as nn
import torch.nn.functional as F

from generate import save

STEPS, BATCH, SEED = 300, 128, 20


class ResidualBlock(nn.Module):
    def __init__(self, c_in, c_out, stride):
        super().__init__()
        self.conv1 = nn.Conv2d(c_in, c_out, 3, stride=stride, padding=1, bias=False)
        self.bn1 = nn.BatchNorm2d(c_out)
        self.conv2 = nn.Conv2d(c_out, c_out, 3, padding=1, bias=False)
        self.bn2 = nn.BatchNorm2d(c_out)
        self.stride, self.more = stride, c_out - c_in

    def forward(self, x):
        out = self.bn2(self.conv2(F.relu(self.bn1(self.conv1(x)))))
        if self.stride == 2:
            x = F.max_pool2d(F.pad(x, (0, 0, 0, 0, 0, self.more)), 2, stride=2)
        return F.relu(out + x)


class ResNet(nn.Module):
    def __init__(self, n):
        super().__init__()
        self.conv1 = nn.Conv2d(3, 16, 3, padding=1, bias=False)
        self.bn1 = nn.BatchNorm2d(16)
        self.layers_2n = self.layers(n, 16, 16, 1)
        self.layers_4n = self.layers(n, 16, 32, 2)
        self.layers_6n = self.layers(n, 32, 64, 2)
        self.fc_out = nn.Linear(64, 10)
        for m in self.modules():
            if isinstance(m, nn.Conv2d):
                nn.init.kaiming_normal_(m.weight, mode="fan_out", nonlinearity="relu")

    @staticmethod
    def layers(n, c_in, c_out, stride):
        return nn.Sequential(ResidualBlock(c_in, c_out, stride), *[ResidualBlock(c_out, c_out, 1) for _ in range(n - 1)])

    def forward(self, x):
        x = F.relu(self.bn1(self.conv1(x)))
        x = self.layers_6n(self.layers_4n(self.layers_2n(x)))
        return self.fc_out(F.avg_pool2d(x, 8).flatten(1))


def images(folder):
    raw = np.fromfile(f"{folder}/cifar-10-batches-bin/data_batch_1.bin", dtype=np.uint8).reshape(-1, 3073)
    x = torch.from_numpy(raw[:, 1:].reshape(-1, 3, 32, 32).copy()).float() / 255
    mean, std = torch.tensor([0.4914, 0.4822, 0.4465]), torch.tensor([0.2023, 0.1994, 0.2010])
    return (x - mean.view(3, 1, 1)) / std.view(3, 1, 1), torch.from_numpy(raw[:, 0].astype(np.int64))


def rows(step, count):
    """Which images a step learns from: the test has the same rule."""
    return [(step * BATCH + i) * 7919 % count for i in range(BATCH)]


def main(folder):
    torch.manual_seed(SEED)
    x, y = images(folder)
    net = ResNet(3)
    saved = {"init/" + name: p.detach().clone() for name, p in net.named_parameters()}
    optimizer = torch.optim.SGD(net.parameters(), lr=0.1, momentum=0.9, weight_decay=1e-4)
    losses = []
    for step in range(STEPS):
        at = rows(step, len(x))
        loss = F.cross_entropy(net(x[at]), y[at])
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
        losses.append(loss.item())
    saved["losses"] = torch.tensor(losses)
    save("resnet20", saved, {"steps": str(STEPS), "batch": str(BATCH)})
    print("mean loss of the last 50 steps:", sum(losses[-50:]) / 50)


if __name__ == "__main__":
    main(sys.argv[1])
