-- SPDX-License-Identifier: MIT
-- datasets.FashionMNIST: 70,000 pictures of clothes by Zalando Research, in MNIST's format. The files have MNIST's
-- names, so they are looked for only in folders of this data set's own name.
return require "cnn.datasets.idx_images".define {
    name = "FashionMNIST",
    folders = { "/FashionMNIST/raw", "/FashionMNIST" },
    mirrors = {
        "https://raw.githubusercontent.com/zalandoresearch/fashion-mnist/master/data/fashion/",
        "http://fashion-mnist.s3-website.eu-central-1.amazonaws.com/",
    },
    files = {
        ["train-images-idx3-ubyte"] = {
            bytes = 26421880, sha256 = "3aede38d61863908ad78613f6a32ed271626dd12800ba2636569512369268a84",
        },
        ["train-labels-idx1-ubyte"] = {
            bytes = 29515, sha256 = "a04f17134ac03560a47e3764e11b92fc97de4d1bfaf8ba1a3aa29af54cc90845",
        },
        ["t10k-images-idx3-ubyte"] = {
            bytes = 4422102, sha256 = "346e55b948d973a97e58d2351dde16a484bd415d4595297633bb08f03db6a073",
        },
        ["t10k-labels-idx1-ubyte"] = {
            bytes = 5148, sha256 = "67da17c76eaffca5446c3361aaab5c3cd6d1c2608764d35dfb1850b086bf8dd5",
        },
    },
    classes = { "T-shirt/top", "Trouser", "Pullover", "Dress", "Coat", "Sandal", "Shirt", "Sneaker", "Bag", "Ankle boot" },
    doc = [[Fashion-MNIST, ten kinds of clothes, from files in root/FashionMNIST/raw or root/FashionMNIST.
d.classes[label] is the name. With download=true files that are missing are fetched, as datasets.MNIST does.]],
    example = [[
local found, d = pcall(datasets.FashionMNIST, { "./", train = false, transform = transforms.ToTensor() })
print(found and #d or "no Fashion-MNIST here")]],
    see = { "datasets.MNIST", "datasets.KMNIST", "data.DataLoader" },
}
