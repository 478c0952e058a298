-- SPDX-License-Identifier: MIT
-- datasets.KMNIST: 70,000 cursive Japanese characters by the ROIS-DS Center for Open Data in the Humanities, in MNIST's
-- format. The files have MNIST's names, so they are looked for only in folders of this data set's own name.
return require "cnn.datasets.idx_images".define {
    name = "KMNIST",
    folders = { "/KMNIST/raw", "/KMNIST" },
    mirrors = { "https://codh.rois.ac.jp/kmnist/dataset/kmnist/", "http://codh.rois.ac.jp/kmnist/dataset/kmnist/" },
    files = {
        ["train-images-idx3-ubyte"] = {
            bytes = 18165135, sha256 = "51467d22d8cc72929e2a028a0428f2086b092bb31cfb79c69cc0a90ce135fde4",
        },
        ["train-labels-idx1-ubyte"] = {
            bytes = 29497, sha256 = "e38f9ebcd0f3ebcdec7fc8eabdcdaef93bb0df8ea12bee65224341c8183d8e17",
        },
        ["t10k-images-idx3-ubyte"] = {
            bytes = 3041136, sha256 = "edd7a857845ad6bb1d0ba43fe7e794d164fe2dce499a1694695a792adfac43c5",
        },
        ["t10k-labels-idx1-ubyte"] = {
            bytes = 5120, sha256 = "20bb9a0ef54c7db3efc55a92eef5582c109615df22683c380526788f98e42a1c",
        },
    },
    classes = { "o", "ki", "su", "tsu", "na", "ha", "ma", "ya", "re", "wo" },
    doc = [[Kuzushiji-MNIST, ten characters of old Japanese script, from files in root/KMNIST/raw or root/KMNIST.
d.classes[label] is the character's sound. With download=true files that are missing are fetched, as datasets.MNIST does.]],
    example = [[
local found, d = pcall(datasets.KMNIST, { "./", train = false, transform = transforms.ToTensor() })
print(found and #d or "no KMNIST here")]],
    see = { "datasets.MNIST", "datasets.FashionMNIST", "data.DataLoader" },
}
