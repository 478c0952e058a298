#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""The other side of scripts/bench.lua: runs one of its cases with PyTorch and reports in the same lines.

    bench_peer.py CASE --threads N --warm STEPS --steps STEPS [--channels-last] [--tensors]

Prints `seconds S` for each timed step, `memory BYTES` (the peak) and `name TEXT`."""
import argparse
import resource
import sys
import time

try:
    import torch
    import torch.nn as nn
    import torch.nn.functional as F
except ImportError:
    sys.exit("PyTorch cannot be imported")

BATCH = 128


class Net(nn.Module):
    def __init__(self):
        super().__init__()
        self.layer1 = nn.Sequential(nn.Conv2d(1, 32, 7), nn.BatchNorm2d(32), nn.ReLU())
        self.layer2 = nn.Sequential(nn.Conv2d(32, 64, 7), nn.BatchNorm2d(64), nn.ReLU())
        self.fc = nn.Linear(16384, 10)

    def forward(self, x):
        return self.fc(torch.flatten(self.layer2(self.layer1(x)), 1))


class ResidualBlock(nn.Module):
    def __init__(self, inputs, outputs, stride=1):
        super().__init__()
        self.conv1 = nn.Conv2d(inputs, outputs, 3, stride, 1, bias=False)
        self.bn1 = nn.BatchNorm2d(outputs)
        self.relu = nn.ReLU(inplace=True)
        self.conv2 = nn.Conv2d(outputs, outputs, 3, 1, 1, bias=False)
        self.bn2 = nn.BatchNorm2d(outputs)
        self.inputs, self.outputs, self.stride = inputs, outputs, stride

    def forward(self, x):
        out = self.bn2(self.conv2(self.relu(self.bn1(self.conv1(x)))))
        if self.stride == 2:
            x = F.max_pool2d(F.pad(x, (0, 0, 0, 0, 0, self.outputs - self.inputs)), 2, self.stride)
        out += x
        return self.relu(out)


class ResNet20(nn.Module):
    def __init__(self):
        super().__init__()
        self.conv1 = nn.Conv2d(3, 16, 3, 1, 1, bias=False)
        self.bn1 = nn.BatchNorm2d(16)
        self.relu = nn.ReLU(inplace=True)
        blocks = []
        for inputs, outputs, stride in ((16, 16, 1), (16, 32, 2), (32, 64, 2)):
            blocks += [ResidualBlock(inputs, outputs, stride)] + [ResidualBlock(outputs, outputs) for _ in range(2)]
        self.layers = nn.Sequential(*blocks)
        self.avg_pool = nn.AvgPool2d(8, stride=1)
        self.fc_out = nn.Linear(64, 10)

    def forward(self, x):
        x = self.avg_pool(self.layers(self.relu(self.bn1(self.conv1(x)))))
        return self.fc_out(x.view(x.size(0), -1))


class Images(torch.utils.data.Dataset):
    """Random images with the lab's augmentation, as torchvision's CIFAR10 gives them: an array, then PIL's image."""

    def __init__(self, n, tensors):
        from torchvision import transforms
        from torchvision.transforms import v2

        self.tensors, self.data = tensors, torch.randint(0, 256, (n, 3, 32, 32), dtype=torch.uint8)
        if not tensors:
            self.data = self.data.permute(0, 2, 3, 1).contiguous().numpy()
        kit, first = (v2, v2.ToDtype(torch.float32, scale=True)) if tensors else (transforms, transforms.ToTensor())
        self.transform = kit.Compose([kit.RandomCrop(32, padding=4), kit.RandomHorizontalFlip(), first,
                                      kit.Normalize((0.4914, 0.4822, 0.4465), (0.2470, 0.2435, 0.2616))])

    def __len__(self):
        return len(self.data)

    def __getitem__(self, i):
        from PIL import Image

        return self.transform(self.data[i] if self.tensors else Image.fromarray(self.data[i])), 0


def prepare_loader(tensors):
    try:
        import torchvision  # noqa: F401
    except ImportError:
        sys.exit("torchvision cannot be imported")
    loader = torch.utils.data.DataLoader(Images(25600, tensors), batch_size=BATCH, shuffle=True, num_workers=2,
                                         persistent_workers=True)

    def epoch():
        for x, _ in loader:
            assert len(x) == BATCH

    return epoch


def prepare(case, channels_last):
    network, mode = case.split("-")
    net, shape = (Net(), (BATCH, 1, 28, 28)) if network == "net" else (ResNet20(), (BATCH, 3, 32, 32))
    x, y = torch.randn(*shape), torch.randint(0, 10, (BATCH,))
    if channels_last:
        net, x = net.to(memory_format=torch.channels_last), x.contiguous(memory_format=torch.channels_last)
    if mode == "infer":
        net.eval()

        def infer():
            with torch.no_grad():
                return net(x)

        return infer
    optimizer = torch.optim.SGD(net.parameters(), lr=0.01, momentum=0.9, weight_decay=1e-4)
    criterion = nn.CrossEntropyLoss()

    def train():
        loss = criterion(net(x), y)
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
        return loss.item()

    return train


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("case")
    parser.add_argument("--threads", type=int, required=True)
    parser.add_argument("--warm", type=int, default=2)
    parser.add_argument("--steps", type=int, default=5)
    parser.add_argument("--channels-last", action="store_true")
    parser.add_argument("--tensors", action="store_true")
    options = parser.parse_args()
    torch.set_num_threads(options.threads)
    torch.manual_seed(1)
    loader = options.case.startswith("loader")
    step = prepare_loader(options.tensors) if loader else prepare(options.case, options.channels_last)
    for _ in range(options.warm):
        step()
    for _ in range(options.steps):
        start = time.perf_counter()
        step()
        print("seconds", time.perf_counter() - start)
    print("memory", resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * 1024)
    print("name PyTorch", torch.__version__)


main()
