#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""Writes doc/pytorch_names.txt: the public names of the installed PyTorch that doc/coverage.md answers to, one per line.

    python3 scripts/pytorch_names.py

A line is the kind and the name. Names that PyTorch does not document, that only its own machinery uses, or that only
rename a type are not listed. torchvision need not be installed: the few names of it that courses use stand below.
"""
import inspect
import os

import torch
import torch.nn as nn
import torch.nn.functional as F
from torch import autograd, optim
from torch.optim import lr_scheduler
from torch.utils import data

TRANSFORMS = """CenterCrop ColorJitter Compose Grayscale Lambda Normalize PILToTensor Pad RandomAffine RandomApply RandomCrop
RandomErasing RandomGrayscale RandomHorizontalFlip RandomResizedCrop RandomRotation RandomVerticalFlip Resize TenCrop ToPILImage
ToTensor"""
DATASETS = "CIFAR10 CIFAR100 EMNIST FakeData FashionMNIST ImageFolder ImageNet KMNIST MNIST QMNIST STL10 SVHN"

# parts of the machinery that carry documentation
INNER = ("_copy", "_scatter", "quantize", "fbgemm", "miopen", "mkldnn", "cudnn", "native_", "sym_", "autocast", "grad_ops", "fork",
         "parse_", "import_ir", "vitals", "sparse_", "crow_", "ccol_", "row_indices", "col_indices", "profiler", "unify_type",
         "handle_torch", "has_torch", "boolean_dispatch", "assert_int", "merge_type", "prepare_multi", "get_file_path", "classproperty",
         "wait", "init_num", "unsafe_", "batch_norm_", "_with_indices", "scaled_mm", "scaled_addmm", "grouped_mm", "q_per_", "q_scale",
         "q_zero", "qscheme", "int_repr", "deterministic", "warn_always", "is_anomaly", "anomaly_enabled", "thread_safe", "conv_tbc",
         "mtia", "maia", "slice_inverse", "hash_tensor", "segment_reduce", "resize_as_sparse", "sspaddmm", "saddmm",
         "reinforce", "as_subclass", "module_load", "while_loop", "module_from", "inference_mode_enabled", "vulkan", "xla", "_mps",
         "dim_order", "const_data_ptr", "norm_except", "frobenius", "nuclear", "typename", "is_meta", "is_nested", "is_inference",
         "volatile", "smm", "storage", "cuda_")
ALSO_INNER = "Optional ipu xpu is_ipu is_xpu get_device_module compile vmap cond output_nr name layout H index set_ put_ map_ map2_".split()
INNER_DATA = ("Pipe", "pipe", "validation", "deterministic", "DataChunk", "NestedIO", "layout_policy", "multithreading")


def public(module, wanted):
    names = (n for n in dir(module) if not n.startswith("_") and n not in ALSO_INNER)
    return sorted(n for n in names if wanted(n, getattr(module, n, None)))


def documented(name, value):
    return (callable(value) and not inspect.isclass(value) and bool(getattr(value, "__doc__", None))
            and not any(part in name for part in INNER))


def of_tensor(name, value):
    return not any(part in name for part in INNER)


def subclass_of(parent):
    return lambda name, value: inspect.isclass(value) and issubclass(value, parent)


def defined_in(module):
    def wanted(name, value):
        return (callable(value) and getattr(value, "__module__", "").startswith(module)
                and not any(part in name for part in INNER_DATA))
    return wanted


LISTS = {
    "nn": public(nn, subclass_of(nn.Module)) + ["Parameter"],
    "nn.Module": public(nn.Module, lambda name, value: callable(value) and of_tensor(name, value)),
    "nn.functional": public(F, documented),
    "nn.init": public(nn.init, lambda name, value: documented(name, value) and name.endswith("_") or name == "calculate_gain"),
    "nn.utils": public(nn.utils, lambda name, value: callable(value)),
    "tensor": public(torch.Tensor, of_tensor),
    "torch": public(torch, documented) + ["enable_grad", "float32", "inference_mode", "no_grad", "set_grad_enabled"],
    "optim": public(optim, subclass_of(optim.Optimizer)),
    "optim.lr_scheduler": public(lr_scheduler, subclass_of(lr_scheduler.LRScheduler)),
    "autograd": public(autograd, defined_in("torch.autograd")),
    "data": public(data, defined_in("torch.utils.data")),
    "transforms": TRANSFORMS.split(),
    "datasets": DATASETS.split(),
}

if __name__ == "__main__":
    target = os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "doc", "pytorch_names.txt")
    with open(target, "w", encoding="utf-8") as out:
        print(f"# written by scripts/pytorch_names.py from PyTorch {torch.__version__.split('+')[0]}", file=out)
        for kind, names in LISTS.items():
            for name in sorted(set(names)):
                print(kind, name, file=out)
