#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""PyTorch's values of functions of nn.functional: writes functional.safetensors, in the form that generate.py describes.

A case's `f` names the function, its inputs are called as the function's parameters, and `options` are the other arguments as
they are written in Lua (dimensions from 1). `printed` in the metadata holds modules as PyTorch prints them.
"""
import torch
import torch.nn as nn
import torch.nn.functional as F

from generate import File, lua, save


class Functional(File):
    def of(self, f, name, inputs, grads=None, lua_options=None, **options):
        function = getattr(F, f)
        self.case(f"{f} {name}".strip(), lambda t: function(**t, **options), inputs, grads=grads, f=f,
                  options={**options, **(lua_options or {})})


def curves(g):
    x = torch.tensor([[-4.0, -3.0, -2.9, -1.0, -0.5, 0.0], [0.25, 1.0, 2.9, 3.0, 6.0, 7.5]])
    images = torch.randn(2, 3, 4, 5) * 3
    for f in ("elu", "selu", "hardtanh", "relu6", "hardsigmoid", "hardswish", "softplus", "softsign", "logsigmoid", "mish"):
        for label, data in (("", x), ("images", images)):
            function = getattr(F, f)
            if f == "hardsigmoid":  # PyTorch's own derivative of it is float32's 1/6, also for float64
                function = lambda t: F.relu6(t + 3) / 6
            g.case(f"{f} {label}".strip(), lambda t: function(t["input"]), dict(input=data), f=f, options={})
    g.of("elu", "alpha", dict(input=images), alpha=0.7)
    g.of("hardtanh", "limits", dict(input=images), min_val=-2.0, max_val=0.5)
    g.of("softplus", "sharp", dict(input=images), beta=3.0)
    g.of("softplus", "threshold", dict(input=images), beta=0.5, threshold=1.0)
    far = torch.tensor([-1e4, -100.0, -20.0, 20.0, 100.0, 1e4])
    for f in ("elu", "softplus", "mish", "logsigmoid", "softsign"):
        function = getattr(F, f)
        g.case(f"{f} far", lambda t: function(t["input"]), dict(input=far), f=f, options={})
    g.of("prelu", "one", dict(input=images, weight=torch.tensor([0.2])))
    g.of("prelu", "channels", dict(input=images, weight=torch.rand(3)))
    g.of("prelu", "rows", dict(input=torch.randn(4, 3), weight=torch.rand(3)))


def normal(g):
    for label, x, size in (("rows", torch.randn(4, 6), [6]), ("last two", torch.randn(2, 3, 4, 5), [4, 5]),
                           ("all but the batch", torch.randn(2, 3, 4, 5), [3, 4, 5])):
        g.of("layer_norm", label, dict(input=x), normalized_shape=size)
        g.of("layer_norm", f"{label}, affine", dict(input=x, weight=torch.rand(size), bias=torch.randn(size)), normalized_shape=size,
             eps=1e-3)
    images = torch.randn(2, 6, 4, 3) * 2 + 1
    for groups in (1, 2, 6):
        g.of("group_norm", f"{groups}", dict(input=images), num_groups=groups)
        g.of("group_norm", f"{groups}, affine", dict(input=images, weight=torch.rand(6), bias=torch.randn(6)), num_groups=groups, eps=1e-2)
    g.of("group_norm", "rows", dict(input=torch.randn(5, 6)), num_groups=2)
    g.of("instance_norm", "", dict(input=images))
    g.of("instance_norm", "affine", dict(input=images, weight=torch.rand(6), bias=torch.randn(6)), eps=1e-3)
    g.of("instance_norm", "sequences", dict(input=torch.randn(2, 3, 7)))
    for kept in (True, False):
        def call(t):
            mean, var = t["running_mean"].clone(), t["running_var"].clone()
            out = F.instance_norm(t["input"], mean, var, t["weight"], t["bias"], kept, 0.2, 1e-4)
            return out, mean, var
        g.case(f"instance_norm running, {'training' if kept else 'evaluation'}", call,
               dict(input=images, running_mean=torch.randn(6), running_var=torch.rand(6) + 0.5, weight=torch.rand(6), bias=torch.randn(6)),
               grads=["input", "weight", "bias"], f="instance_norm", options=dict(use_input_stats=kept, momentum=0.2, eps=1e-4))
    x = torch.randn(3, 4, 2)
    g.of("normalize", "", dict(input=x))
    g.of("normalize", "last", dict(input=x), dim=2, lua_options=dict(dim=3))
    g.of("normalize", "sum", dict(input=x), p=1.0, dim=0, lua_options=dict(dim=1))
    g.of("normalize", "cube", dict(input=x), p=3.0, dim=-1)
    g.of("normalize", "short", dict(input=torch.tensor([[1e-3, 0.0], [3.0, 4.0]])), eps=0.1)


def sliding(g):
    x, w, b = torch.randn(2, 4, 11), torch.randn(6, 4, 3), torch.randn(6)
    g.of("conv1d", "", dict(input=x, weight=w))
    g.of("conv1d", "bias", dict(input=x, weight=w, bias=b), stride=2, padding=1)
    g.of("conv1d", "dilation", dict(input=x, weight=w, bias=b), dilation=2, padding=3)
    g.of("conv1d", "groups", dict(input=x, weight=torch.randn(6, 2, 3), bias=b), groups=2)
    g.of("conv1d", "same", dict(input=x, weight=torch.randn(6, 4, 4)), padding="same")
    for f in ("max_pool1d", "avg_pool1d"):
        g.of(f, "", dict(input=x), kernel_size=3)
        g.of(f, "stride", dict(input=x), kernel_size=3, stride=2, padding=1)
        g.of(f, "ceil", dict(input=x), kernel_size=4, stride=3, ceil_mode=True)
    g.of("max_pool1d", "dilation", dict(input=x), kernel_size=3, dilation=2)
    g.of("avg_pool1d", "without padding", dict(input=x), kernel_size=3, padding=1, count_include_pad=False)
    x = torch.randn(2, 4, 5, 6)
    for name, k, options in (("", 3, {}), ("stride", 3, dict(stride=2)), ("padding", 4, dict(stride=2, padding=1)),
                             ("output_padding", 3, dict(stride=2, padding=1, output_padding=1)), ("dilation", 3, dict(dilation=2, padding=2)),
                             ("pairs", 3, dict(stride=[2, 3], padding=[0, 1], output_padding=[1, 2]))):
        g.of("conv_transpose2d", name, dict(input=x, weight=torch.randn(4, 3, k, k)), **options)
        g.of("conv_transpose2d", f"{name}, bias".strip(", "), dict(input=x, weight=torch.randn(4, 3, k, k), bias=torch.randn(3)), **options)
    g.of("conv_transpose2d", "groups", dict(input=x, weight=torch.randn(4, 3, 2, 3), bias=torch.randn(6)), groups=2, stride=2)
    for size in ([1, 1], [5, 3], [3, 4], [2, 6], [7, 8]):
        g.of("adaptive_max_pool2d", f"{size}", dict(input=x), output_size=size)
    g.of("pixel_shuffle", "", dict(input=torch.randn(2, 12, 3, 4)), upscale_factor=2)
    g.of("pixel_shuffle", "without batch", dict(input=torch.randn(9, 3, 2)), upscale_factor=3)
    for name, options in (("twice", dict(scale_factor=2.0)), ("half", dict(scale_factor=0.5)), ("factor", dict(scale_factor=1.7)),
                          ("factors", dict(scale_factor=[2.0, 1.5])), ("size", dict(size=[7, 9])), ("smaller", dict(size=[3, 2])),
                          ("whole", dict(size=[10, 18]))):
        g.of("interpolate", f"nearest {name}", dict(input=x), mode="nearest", **options)
        g.of("interpolate", f"bilinear {name}", dict(input=x), mode="bilinear", align_corners=False, **options)
        g.of("interpolate", f"corners {name}", dict(input=x), mode="bilinear", align_corners=True, **options)


def similarity(g):
    for reduction in ("mean", "sum", "none"):
        x, t = torch.randn(3, 4) * 2, torch.randn(3, 4)
        both = dict(input=x, target=t)
        g.of("smooth_l1_loss", reduction, both, reduction=reduction)
        g.of("smooth_l1_loss", f"beta, {reduction}", both, reduction=reduction, beta=0.5)
        g.of("smooth_l1_loss", f"no beta, {reduction}", both, reduction=reduction, beta=0.0)
        g.of("huber_loss", reduction, both, reduction=reduction)
        g.of("huber_loss", f"delta, {reduction}", both, reduction=reduction, delta=0.3)
        g.of("huber_loss", f"weight, {reduction}", dict(weight=torch.rand(3, 4), **both), grads=["input", "target"], reduction=reduction)
        p = dict(input=torch.rand(3, 4) * 0.98 + 0.01, target=torch.rand(3, 4))
        g.of("binary_cross_entropy", reduction, p, reduction=reduction)
        g.of("binary_cross_entropy", f"weight, {reduction}", dict(weight=torch.rand(4), **p), grads=["input", "target"], reduction=reduction)
    edge = dict(input=torch.tensor([0.0, 1.0, 0.0, 1.0]), target=torch.tensor([1.0, 0.0, 0.0, 1.0]))
    g.of("binary_cross_entropy", "sure", edge, grads=[], reduction="none")
    x, t = torch.log_softmax(torch.randn(4, 5), 1), torch.softmax(torch.randn(4, 5), 1)
    for reduction in ("mean", "sum", "none", "batchmean"):
        if reduction == "mean":
            import warnings
            warnings.simplefilter("ignore")
        g.of("kl_div", reduction, dict(input=x, target=t), reduction=reduction)
        g.of("kl_div", f"log, {reduction}", dict(input=x, target=t.log()), reduction=reduction, log_target=True)
    g.of("kl_div", "nothing", dict(input=x[:1], target=torch.tensor([[0.0, 0.5, 0.0, 0.5, 0.0]])), grads=["input"], reduction="sum")
    a, b = torch.randn(3, 4), torch.randn(3, 4)
    g.of("cosine_similarity", "", dict(x1=a, x2=b))
    g.of("cosine_similarity", "first", dict(x1=a, x2=b), dim=0, lua_options=dict(dim=1))
    g.of("cosine_similarity", "broadcast", dict(x1=torch.randn(3, 1, 4), x2=torch.randn(2, 4)), dim=-1)
    g.of("pairwise_distance", "", dict(x1=a, x2=b))
    g.of("pairwise_distance", "kept", dict(x1=a, x2=b), keepdim=True, p=1.0)
    g.of("pairwise_distance", "broadcast", dict(x1=a, x2=torch.randn(1, 4)))


PRINTED = """ELU() ELU(0.5) ELU(0.5,True) SELU() SELU(True) ReLU6() ReLU6(True) Hardtanh() Hardtanh(-2.0,2.0,True) Hardsigmoid() Hardswish()
Softplus() Softplus(2.0,10.0) Softsign() LogSigmoid() Mish() Mish(True) PReLU() PReLU(3) LayerNorm(10) LayerNorm((3,4)) GroupNorm(3,6)
GroupNorm(2,4,1e-3,False) InstanceNorm2d(3) InstanceNorm2d(3,1e-3,0.2,True,True) Conv1d(4,8,3) Conv1d(4,8,3,2,1,2,2,False) MaxPool1d(2)
MaxPool1d(3,2,1) AvgPool1d(2) AvgPool1d(3,2,1) ConvTranspose2d(4,8,3) ConvTranspose2d(4,8,3,2,1,1,2,False,2) AdaptiveMaxPool2d(1)
AdaptiveMaxPool2d((5,7)) Upsample(None,2) PixelShuffle(2) SmoothL1Loss() HuberLoss() BCELoss() KLDivLoss() CosineSimilarity()
PairwiseDistance() ConstantPad2d(2,3.5) ConstantPad2d((1,2,3,4),0) ReplicationPad2d(1)"""


if __name__ == "__main__":
    torch.set_num_threads(1)
    golden = Functional("functional")
    for write in (curves, normal, sliding, similarity):
        write(golden)
    printed = [[text, str(eval("nn." + text))] for text in PRINTED.split()]
    save("functional", golden.tensors, {"cases": lua(golden.cases), "printed": lua(printed)})
