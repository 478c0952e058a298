#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""PyTorch's values of the losses: writes losses.safetensors, in the form that generate.py describes.

A case's `f` names the function of nn.functional and `options` its keyword arguments, tensors apart. Labels and a class to
ignore are stored from 1; -100, which marks rows to ignore, is no class and stays as it is.
"""
import torch
import torch.nn.functional as F

from generate import File


def with_shift(labels):
    """Labels as Lua counts them, where -100 marks ignored rows."""
    return torch.where(labels == -100, labels, labels + 1)


class Losses(File):
    def loss(self, f, name, inputs, grads=("input",), **options):
        function, labels = getattr(F, f), inputs["target"] if inputs["target"].dtype == torch.int64 else None
        given = dict(inputs)
        if labels is not None and f in ("cross_entropy", "nll_loss"):
            given["target"] = with_shift(labels)

        def call(t):
            t = dict(t)
            if given["target"] is not inputs["target"]:
                t["target"] = labels
            return function(t.pop("input"), t.pop("target"), **t, **options)

        stored = dict(options)
        if stored.get("ignore_index", -100) >= 0:
            stored["ignore_index"] += 1
        self.case(f"{f} {name}", call, given, grads=grads, f=f, options=stored)


def labels(classes, *shape, ignored=()):
    y = torch.randint(0, classes, shape)
    y.view(-1)[list(ignored)] = -100
    return y


def classifiers(g, f, prepare):
    """What cross_entropy and nll_loss share."""
    for reduction in ("mean", "sum", "none"):
        x, w = prepare(torch.randn(7, 5)), torch.rand(5) + 0.25
        g.loss(f, f"plain, {reduction}", dict(input=x, target=labels(5, 7)), reduction=reduction)
        g.loss(f, f"weight, {reduction}", dict(input=x, target=labels(5, 7), weight=w), reduction=reduction)
        g.loss(f, f"ignored rows, {reduction}", dict(input=x, target=labels(5, 7, ignored=(0, 3))), reduction=reduction)
        g.loss(f, f"ignored class, {reduction}", dict(input=x, target=torch.tensor([2, 1, 0, 4, 2, 2, 3])), reduction=reduction,
               ignore_index=2)
        g.loss(f, f"ignored rows and weight, {reduction}", dict(input=x, target=labels(5, 7, ignored=(1, 6)), weight=w),
               reduction=reduction)
        image = prepare(torch.randn(2, 4, 3, 2))
        g.loss(f, f"images, {reduction}", dict(input=image, target=labels(4, 2, 3, 2, ignored=(2, 5, 11)),
                                               weight=torch.rand(4)), reduction=reduction)
    g.loss(f, "one row", dict(input=prepare(torch.randn(1, 6))[0], target=labels(6), weight=torch.rand(6)))
    g.loss(f, "a class of weight 0", dict(input=prepare(torch.randn(4, 3)), target=torch.tensor([0, 1, 2, 1]),
                                          weight=torch.tensor([1.0, 0.0, 2.0])))


def smoothed(g):
    for reduction in ("mean", "sum", "none"):
        x, w = torch.randn(6, 5), torch.rand(5) + 0.25
        options = dict(reduction=reduction, label_smoothing=0.2)
        g.loss("cross_entropy", f"smoothing, {reduction}", dict(input=x, target=labels(5, 6)), **options)
        g.loss("cross_entropy", f"smoothing and weight, {reduction}", dict(input=x, target=labels(5, 6), weight=w), **options)
        g.loss("cross_entropy", f"smoothing, weight and ignored rows, {reduction}",
               dict(input=x, target=labels(5, 6, ignored=(0, 4)), weight=w), **options)
        g.loss("cross_entropy", f"smoothing and ignored rows, {reduction}",
               dict(input=x, target=labels(5, 6, ignored=(5,))), **options)
        g.loss("cross_entropy", f"smoothing of images, {reduction}",
               dict(input=torch.randn(2, 3, 4), target=labels(3, 2, 4, ignored=(1,)), weight=torch.rand(3)), **options)
    g.loss("cross_entropy", "smoothing to the end", dict(input=torch.randn(3, 4), target=labels(4, 3)), label_smoothing=1.0)


def probabilities(g):
    for reduction in ("mean", "sum", "none"):
        x, p, w = torch.randn(4, 5), torch.softmax(torch.randn(4, 5), 1), torch.rand(5)
        both = ("input", "target")
        g.loss("cross_entropy", f"probabilities, {reduction}", dict(input=x, target=p), both, reduction=reduction)
        g.loss("cross_entropy", f"probabilities, weight and smoothing, {reduction}", dict(input=x, target=p, weight=w), both,
               reduction=reduction, label_smoothing=0.1)
        g.loss("cross_entropy", f"probabilities of images, {reduction}",
               dict(input=torch.randn(2, 3, 2, 2), target=torch.softmax(torch.randn(2, 3, 2, 2), 1), weight=torch.rand(3)),
               both, reduction=reduction)
    g.loss("cross_entropy", "probabilities, one row", dict(input=torch.randn(4), target=torch.softmax(torch.randn(4), 0)),
           ("input", "target"))


def distances(g):
    for f in ("mse_loss", "l1_loss"):
        for reduction in ("mean", "sum", "none"):
            g.loss(f, reduction, dict(input=torch.randn(3, 4, 2), target=torch.randn(3, 4, 2)), ("input", "target"),
                   reduction=reduction)
        g.loss(f, "equal elements", dict(input=torch.tensor([1.0, -2.0, 0.5]), target=torch.tensor([1.0, 2.0, 0.5])),
               ("input", "target"))


def binary(g):
    f = "binary_cross_entropy_with_logits"
    for reduction in ("mean", "sum", "none"):
        x, t = torch.randn(5, 3) * 3, torch.rand(5, 3)
        w, p = torch.rand(5, 1), torch.rand(3) * 4
        both = ("input", "target")
        g.loss(f, f"plain, {reduction}", dict(input=x, target=t), both, reduction=reduction)
        g.loss(f, f"weight, {reduction}", dict(input=x, target=t, weight=w), both, reduction=reduction)
        g.loss(f, f"pos_weight, {reduction}", dict(input=x, target=t, pos_weight=p), both, reduction=reduction)
        g.loss(f, f"both weights, {reduction}", dict(input=x, target=t, weight=w, pos_weight=p), both, reduction=reduction)
    far = torch.tensor([0.0, 0.0, 200.0, -200.0, 200.0, -200.0, 1e4, -1e4, 20.0, -20.0])
    yes = torch.tensor([0.0, 1.0, 1.0, 0.0, 0.0, 1.0, 0.0, 1.0, 0.0, 1.0])
    g.loss(f, "zero and large logits", dict(input=far, target=yes), reduction="none")
    g.loss(f, "zero and large logits, pos_weight", dict(input=far, target=yes, pos_weight=torch.tensor([3.0])), reduction="none")
    for x in (15.0, 20.0, 40.0):
        g.loss(f, f"small losses at {x:.0f}", dict(input=torch.tensor([x, -x]), target=torch.tensor([1.0, 0.0])),
               reduction="none")


if __name__ == "__main__":
    torch.set_num_threads(1)
    g = Losses("losses")
    classifiers(g, "cross_entropy", lambda x: x)
    classifiers(g, "nll_loss", lambda x: torch.log_softmax(x, 1))
    smoothed(g)
    probabilities(g)
    distances(g)
    binary(g)
    g.close()
