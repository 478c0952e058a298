-- SPDX-License-Identifier: MIT
-- datasets.MNIST: 70,000 handwritten digits from the four files that Y. LeCun published, gzipped or not.
return require "cnn.datasets.idx_images".define {
    name = "MNIST",
    folders = { "/MNIST/raw", "/raw", "" }, -- below the root: where torchvision puts them, and what else is common
    mirrors = { "https://ossci-datasets.s3.amazonaws.com/mnist/", "https://storage.googleapis.com/cvdf-datasets/mnist/" },
    files = {
        ["train-images-idx3-ubyte"] = {
            bytes = 9912422, sha256 = "440fcabf73cc546fa21475e81ea370265605f56be210a4024d2ca8f203523609",
            content = "ba891046e6505d7aadcbbe25680a0738ad16aec93bde7f9b65e87a2fc25776db",
        },
        ["train-labels-idx1-ubyte"] = {
            bytes = 28881, sha256 = "3552534a0a558bbed6aed32b30c495cca23d567ec52cac8be1a0730e8010255c",
            content = "65a50cbbf4e906d70832878ad85ccda5333a97f0f4c3dd2ef09a8a9eef7101c5",
        },
        ["t10k-images-idx3-ubyte"] = {
            bytes = 1648877, sha256 = "8d422c7b0a1c1c79245a5bcf07fe86e33eeafee792b84584aec276f5a2dbc4e6",
            content = "0fa7898d509279e482958e8ce81c8e77db3f2f8254e26661ceb7762c4d494ce7",
        },
        ["t10k-labels-idx1-ubyte"] = {
            bytes = 4542, sha256 = "f7ae60f92e00ec6debd23a6088c31dbd2371eca3ffa0defaefb259924204aec6",
            content = "ff7bcfd416de33731a308c3f266cc351222c34898ecbeaf847f06e48f7ec33f2",
        },
    },
    classes = { "0", "1", "2", "3", "4", "5", "6", "7", "8", "9" },
    doc = [[The MNIST data set of handwritten digits, from files in root/MNIST/raw, root/raw or root itself.
Label 1 is the digit 0, label 10 the digit 9: d.classes[label] is the name. With download=true files that are missing are
fetched into root/MNIST/raw, from the addresses in the environment variable CNN_MIRROR if that is set; they are checked,
and a download that was interrupted goes on where it was.]],
    example = [[
local found, d = pcall(datasets.MNIST, { "./", train = false, transform = transforms.ToTensor() })
print(found and #d or "no MNIST here")]],
    see = { "datasets.FashionMNIST", "datasets.Digits", "data.DataLoader", "transforms.ToTensor" },
}
