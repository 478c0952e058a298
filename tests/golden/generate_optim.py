#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""Where PyTorch's optimisers and schedulers go, for tests/optim: generate_optim.py [optim] [schedules] [clip]

optim.safetensors     a, b, p and, per case, CASE/after: the parameters (float64) after each of ten steps down
                      sum((a p - b)^2) / 2
schedules.safetensors per case, CASE/lr: the learning rates (float64) at the start and after each step, one column per
                      group of parameters; CASE/momentum where the scheduler moves momentum or beta1 too
clip.safetensors      g1, g2, and per case, CASE/norm and the gradients after clipping, CASE/g1 and CASE/g2
The metadata's `cases` is a Lua table that says what each case is.
"""
import sys
import warnings

import torch
from torch.optim import lr_scheduler as schedule

from generate import lua, save


def optim():
    torch.manual_seed(6)
    a, b, p0 = torch.randn(9), torch.randn(9), torch.randn(9)
    tensors, cases = dict(a=a, b=b, p=p0), []
    for kind, options in [
        ("Adam", dict(lr=0.1)),
        ("Adam", dict(lr=0.1, betas=(0.5, 0.9), eps=1e-3)),
        ("Adam", dict(lr=0.1, weight_decay=0.1)),
        ("Adam", dict(lr=0.1, weight_decay=0.1, decoupled_weight_decay=True)),
        ("Adam", dict(lr=0.2, betas=(0.3, 0.4), amsgrad=True)),
        ("Adam", dict(lr=0.01, amsgrad=True, weight_decay=0.1, maximize=True)),
        ("AdamW", dict(lr=0.1)),
        ("AdamW", dict(lr=0.1, weight_decay=0.2, amsgrad=True, betas=(0.8, 0.5))),
        ("AdamW", dict(lr=0.01, weight_decay=0.2, maximize=True)),
        ("RMSprop", dict(lr=0.05)),
        ("RMSprop", dict(lr=0.05, alpha=0.8, eps=1e-3, weight_decay=0.1)),
        ("RMSprop", dict(lr=0.05, momentum=0.9)),
        ("RMSprop", dict(lr=0.05, alpha=0.9, centered=True)),
        ("RMSprop", dict(lr=0.02, alpha=0.9, momentum=0.5, centered=True, weight_decay=0.1, maximize=True)),
        ("Adagrad", dict(lr=0.3)),
        ("Adagrad", dict(lr=0.3, lr_decay=0.1, weight_decay=0.1, initial_accumulator_value=0.5, eps=1e-3)),
        ("Adagrad", dict(lr=0.1, maximize=True)),
    ]:
        p = p0.double().requires_grad_(True)
        optimizer = getattr(torch.optim, kind)([p], **options)
        rows = []
        for _ in range(10):
            optimizer.zero_grad()
            (((a.double() * p - b.double()) ** 2).sum() / 2).backward()
            optimizer.step()
            rows.append(p.detach().clone())
        name = f"{kind} {len(cases) + 1}"
        tensors[f"{name}/after"] = torch.stack(rows)
        cases.append(dict(name=name, kind=kind, options=options))
    save("optim", tensors, {"cases": lua(cases)})


def group(lr, kind="SGD", **options):
    p = [torch.nn.Parameter(torch.zeros(1)), torch.nn.Parameter(torch.zeros(1))]
    optimizer = getattr(torch.optim, kind)([{"params": [p[0]]}, {"params": [p[1]], "lr": lr / 4}], lr=lr, **options)
    return optimizer


def build(optimizer, spec):
    """A scheduler from its description: (kind, options), where an option may be such descriptions in a list."""
    kind, options = spec
    options = dict(options)
    if "schedulers" in options:
        parts = [build(optimizer, part) for part in options.pop("schedulers")]
        if kind == "ChainedScheduler":
            return schedule.ChainedScheduler(parts)
        return schedule.SequentialLR(optimizer, parts, **options)
    if "lr_lambda" in options:
        options["lr_lambda"] = LAMBDAS[options["lr_lambda"]]
    return getattr(schedule, kind)(optimizer, **options)


LAMBDAS = {"inverse": lambda epoch: 1 / (1 + epoch), "shrink": lambda epoch: 0.9}


def described(spec):
    kind, options = spec
    options = dict(options)
    if "schedulers" in options:
        options["schedulers"] = [described(part) for part in options["schedulers"]]
    return dict(kind=kind, options=options)


def schedules():
    tensors, cases = {}, []
    cosine, warm = ("CosineAnnealingLR", dict(T_max=6)), ("LinearLR", dict(start_factor=0.1, total_iters=4))
    step = ("StepLR", dict(step_size=3, gamma=0.5))
    exponential = ("ExponentialLR", dict(gamma=0.9))
    for spec, steps, optimizer in [
        (step, 10, "SGD"),
        (("MultiStepLR", dict(milestones=[2, 5, 5, 9], gamma=0.1)), 12, "SGD"),
        (("ConstantLR", dict(factor=0.25, total_iters=3)), 6, "SGD"),
        (("LinearLR", dict()), 8, "SGD"),
        (("LinearLR", dict(start_factor=1.0, end_factor=0.2, total_iters=6)), 9, "SGD"),
        (exponential, 8, "SGD"),
        (("PolynomialLR", dict(total_iters=5, power=2.0)), 8, "SGD"),
        (cosine, 20, "SGD"),
        (("CosineAnnealingLR", dict(T_max=5, eta_min=0.01)), 17, "SGD"),
        (("CosineAnnealingLR", dict(T_max=1, eta_min=0.01)), 5, "SGD"),
        (("CosineAnnealingWarmRestarts", dict(T_0=4)), 14, "SGD"),
        (("CosineAnnealingWarmRestarts", dict(T_0=3, T_mult=2, eta_min=0.001)), 24, "SGD"),
        (("LambdaLR", dict(lr_lambda="inverse")), 8, "SGD"),
        (("MultiplicativeLR", dict(lr_lambda="shrink")), 8, "SGD"),
        (("OneCycleLR", dict(max_lr=0.5, total_steps=20)), 19, "SGD"),
        (("OneCycleLR", dict(max_lr=0.5, epochs=3, steps_per_epoch=5, anneal_strategy="linear", pct_start=0.4)), 14, "Adam"),
        (("OneCycleLR", dict(max_lr=[0.5, 0.2], total_steps=20, three_phase=True, div_factor=10.0, final_div_factor=100.0,
                             base_momentum=0.8, max_momentum=0.9)), 19, "SGD"),
        (("OneCycleLR", dict(max_lr=0.5, total_steps=10, cycle_momentum=False)), 9, "SGD"),
        (("SequentialLR", dict(schedulers=[warm, cosine], milestones=[4])), 14, "SGD"),
        (("SequentialLR", dict(schedulers=[("ConstantLR", dict(factor=0.1, total_iters=20)), exponential, step],
                               milestones=[2, 7])), 16, "SGD"),
        (("SequentialLR", dict(schedulers=[warm, ("CosineAnnealingWarmRestarts", dict(T_0=4))], milestones=[5])), 14, "SGD"),
        (("ChainedScheduler", dict(schedulers=[warm, exponential])), 10, "SGD"),
    ]:
        opt = group(0.1, optimizer, **(dict(momentum=0.9) if optimizer == "SGD" else {}))
        scheduler = build(opt, spec)
        rates, momenta = [], []
        for i in range(steps + 1):
            rates.append([g["lr"] for g in opt.param_groups])
            momenta.append([g["momentum"] if optimizer == "SGD" else g["betas"][0] for g in opt.param_groups])
            opt.step()
            if i < steps:
                scheduler.step()
        name = f"{spec[0]} {len(cases) + 1}"
        tensors[f"{name}/lr"] = torch.tensor(rates, dtype=torch.float64)
        if spec[0] == "OneCycleLR":
            tensors[f"{name}/momentum"] = torch.tensor(momenta, dtype=torch.float64)
        cases.append(dict(name=name, optimizer=optimizer, **described(spec)))
    losses = [1.0, 0.9, 0.9, 0.9, 0.89995, 0.8, 0.81, 0.82, 0.83, 0.84, 0.85, 0.86, 0.87, 0.88, 0.5, 0.6, 0.6, 0.6, 0.6, 0.6]
    for options in [
        dict(patience=1),
        dict(patience=1, factor=0.5, cooldown=2, threshold=0.01, threshold_mode="abs"),
        dict(mode="max", patience=0, factor=0.5, min_lr=0.01),
        dict(mode="max", patience=0, factor=0.5, threshold=0.05, threshold_mode="abs", eps=0.01),
        dict(patience=0, factor=0.5, min_lr=[0.02, 0.001]),
    ]:
        opt = group(0.1)
        scheduler = schedule.ReduceLROnPlateau(opt, **options)
        rates = []
        for loss in losses:
            scheduler.step(loss)
            rates.append([g["lr"] for g in opt.param_groups])
        name = f"ReduceLROnPlateau {len(cases) + 1}"
        tensors[f"{name}/lr"] = torch.tensor(rates, dtype=torch.float64)
        cases.append(dict(name=name, optimizer="SGD", kind="ReduceLROnPlateau", options=options, losses=losses))
    save("schedules", tensors, {"cases": lua(cases)})


def clip():
    torch.manual_seed(7)
    g1, g2 = torch.randn(3, 4) * 3, torch.randn(5)
    g2[2] = 0
    tensors, cases = dict(g1=g1, g2=g2), []
    for options in [dict(max_norm=1.0), dict(max_norm=100.0), dict(max_norm=2.0, norm_type=1.0), dict(max_norm=0.0),
                    dict(max_norm=2.0, norm_type=3.0), dict(max_norm=2.0, norm_type=float("inf")), dict(clip_value=0.7)]:
        a, b = torch.nn.Parameter(torch.zeros(3, 4).double()), torch.nn.Parameter(torch.zeros(5).double())
        a.grad, b.grad = g1.double(), g2.double()
        name = f"clip {len(cases) + 1}"
        if "clip_value" in options:
            torch.nn.utils.clip_grad_value_([a, b], **options)
        else:
            tensors[f"{name}/norm"] = torch.nn.utils.clip_grad_norm_([a, b], **options)
        tensors[f"{name}/g1"], tensors[f"{name}/g2"] = a.grad.clone(), b.grad.clone()
        if options.get("norm_type") == float("inf"):
            options["norm_type"] = "inf"
        cases.append(dict(name=name, options=options))
    save("clip", tensors, {"cases": lua(cases)})


if __name__ == "__main__":
    warnings.simplefilter("ignore")
    torch.set_num_threads(1)
    for wanted in sys.argv[1:] or ["optim", "schedules", "clip"]:
        {"optim": optim, "schedules": schedules, "clip": clip}[wanted]()
