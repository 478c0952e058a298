#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""The other side of scripts/bench.lua: measures one of its cases with PyTorch for each line on standard input.

A request is `case=NAME key=value …`, as scripts/bench/worker.lua reads it as well; the answer is a line `ok SECONDS …`
(one number per repetition) or `error TEXT`. What a case needs (the network, its images) is kept until a few others came.
Besides cases: `memory` answers the process's peak in bytes, `name` the versions."""
import contextlib
import gc
import resource
import sys
import time

try:
    import torch
    import torch.nn as nn
    import torch.nn.functional as F
except ImportError:
    sys.exit("PyTorch cannot be imported")


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


class ResNet(nn.Module):
    """6 n + 2 layers."""

    def __init__(self, n):
        super().__init__()
        self.conv1 = nn.Conv2d(3, 16, 3, 1, 1, bias=False)
        self.bn1 = nn.BatchNorm2d(16)
        self.relu = nn.ReLU(inplace=True)
        blocks = []
        for inputs, outputs, stride in ((16, 16, 1), (16, 32, 2), (32, 64, 2)):
            blocks += [ResidualBlock(inputs, outputs, stride)] + [ResidualBlock(outputs, outputs) for _ in range(n - 1)]
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


def number(request, key, default=None):
    return int(request.get(key, default))


def laid_out(x, request):
    return x.contiguous(memory_format=torch.channels_last) if request.get("layout") == "nhwc" else x


def network_step(request):
    batch, depth = number(request, "batch"), number(request, "n", 0)
    net, shape = (ResNet(depth), (batch, 3, 32, 32)) if depth else (Net(), (batch, 1, 28, 28))
    x, y = laid_out(torch.randn(*shape), request), torch.randint(0, 10, (batch,))
    if request.get("layout") == "nhwc":
        net = net.to(memory_format=torch.channels_last)
    bf16 = request.get("dtype") == "bfloat16"

    def cast():
        return torch.autocast("cpu", torch.bfloat16) if bf16 else contextlib.nullcontext()

    if request["mode"] == "infer":
        net.eval()

        def infer():
            with torch.no_grad(), cast():
                return net(x)

        return infer
    optimizer = torch.optim.SGD(net.parameters(), lr=0.01, momentum=0.9, weight_decay=1e-4)
    criterion = nn.CrossEntropyLoss()

    def train():
        with cast():
            loss = criterion(net(x), y)
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
        return loss.item()

    return train


def conv_step(request):
    n, c, h, w, k, r, stride, pad = (number(request, key) for key in "batch c h w k r stride pad".split())
    x, weight = laid_out(torch.randn(n, c, h, w), request), laid_out(torch.randn(k, c, r, r), request)
    if request["pass"] == "forward":

        def forward():
            with torch.no_grad():
                F.conv2d(x, weight, None, stride, pad)

        return forward
    dy = torch.randn_like(F.conv2d(x, weight, None, stride, pad))
    mask = [request["pass"] != "dweight", request["pass"] != "dinput", False]

    def backward():
        torch.ops.aten.convolution_backward(dy, x, weight, None, [stride] * 2, [pad] * 2, [1, 1], False, [0, 0], 1, mask)

    return backward


def norm_step(request):
    n, c, h, w = (number(request, key) for key in "batch c h w".split())
    x, bn = laid_out(torch.randn(n, c, h, w), request), nn.BatchNorm2d(c)
    if request["pass"] == "forward":

        def forward():
            with torch.no_grad():
                bn(x)

        return forward
    x.requires_grad_()
    dy = torch.randn_like(x.detach())

    def both():
        x.grad = None
        bn(x).backward(dy)

    return both


def loader_epoch(request):
    loader = torch.utils.data.DataLoader(Images(number(request, "images"), request.get("kind") == "tensors"), batch_size=128,
                                         shuffle=True, num_workers=number(request, "workers"), persistent_workers=True)

    def epoch():
        for x, _ in loader:
            assert x.shape[1] == 3

    return epoch


MAKERS = {"network": network_step, "conv": conv_step, "norm": norm_step, "loader": loader_epoch}
SCHEDULE = ("warm", "least", "most", "budget")


KEPT = 4  # cases: as many as take turns in a row


class Server:
    def __init__(self):
        self.steps = {}

    def step_of(self, request):
        what = tuple(sorted((key, value) for key, value in request.items() if key not in SCHEDULE))
        if what not in self.steps:
            if len(self.steps) == KEPT:
                del self.steps[next(iter(self.steps))]
                gc.collect()
            torch.manual_seed(1)
            self.steps[what] = MAKERS[request["case"]](request)
        return self.steps[what]

    def measure(self, request):
        torch.set_num_threads(number(request, "threads"))
        step = self.step_of(request)
        for _ in range(number(request, "warm", 1)):
            step()
        times, spent = [], 0.0
        least, most, budget = number(request, "least", 3), number(request, "most", 100), float(request.get("budget", 0.3))
        while len(times) < least or (spent < budget and len(times) < most):
            start = time.perf_counter()
            step()
            times.append(time.perf_counter() - start)
            spent += times[-1]
        return " ".join("%.9f" % t for t in times)

    def answer(self, line):
        if line == "memory":
            return str(resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * 1024)
        if line == "name":
            onednn = next((part.split("v")[1].split()[0] for part in torch.__config__.show().splitlines() if "MKL-DNN" in part), "?")
            return "PyTorch %s, oneDNN %s" % (torch.__version__, onednn)
        return self.measure(dict(part.split("=", 1) for part in line.split()))


def main():
    server = Server()
    for line in sys.stdin:
        try:
            print("ok", server.answer(line.strip()), flush=True)
        except Exception as e:  # the other side decides what a case that cannot run means
            print("error", type(e).__name__, str(e).split("\n")[0], flush=True)


main()
