-- SPDX-License-Identifier: MIT
-- The lab's residual network for small images (He et al. 2015, arXiv:1512.03385, section 4.2), and the same network
-- without its shortcuts, to see what they are good for.
--
-- As a module: local resnet = require "resnet"; resnet.ResNet(3, resnet.ResidualBlock), or resnet.by_name "resnet20", is
-- the one with 20 layers. As a program it prints a network and follows an image through it.
local cnn = require "cnn"
local nn, F = cnn.nn, cnn.nn.functional

-- ---- blocks --------------------------------------------------------------------------------------------------------

local ResidualBlock = nn.class("ResidualBlock")

function ResidualBlock:init(in_channels, out_channels, stride, down_sample)
    stride = stride or 1
    self.conv1 = nn.Conv2d { in_channels, out_channels, 3, stride = stride, padding = 1, bias = false }
    self.bn1 = nn.BatchNorm2d(out_channels)
    self.relu = nn.ReLU { inplace = true }
    self.conv2 = nn.Conv2d { out_channels, out_channels, 3, stride = 1, padding = 1, bias = false }
    self.bn2 = nn.BatchNorm2d(out_channels)

    self.down_sample = down_sample or false
    self.stride = stride
    self.in_channels = in_channels
    self.out_channels = out_channels
end

-- The shortcut has no parameters: new channels are zeros, and the image shrinks by max pooling.
function ResidualBlock:down_sampling(x)
    local out = F.pad(x, { 0, 0, 0, 0, 0, self.out_channels - self.in_channels })
    return F.max_pool2d { out, 2, stride = self.stride }
end

function ResidualBlock:forward(x)
    local shortcut = x
    local out = self.relu(self.bn1(self.conv1(x)))
    out = self.bn2(self.conv2(out))
    if self.down_sample then shortcut = self:down_sampling(x) end
    out = out + shortcut
    return self.relu(out)
end

local Block = nn.class("Block") -- the same without the shortcut

function Block:init(in_channels, out_channels, stride)
    self.conv1 = nn.Conv2d { in_channels, out_channels, 3, stride = stride or 1, padding = 1, bias = false }
    self.bn1 = nn.BatchNorm2d(out_channels)
    self.relu = nn.ReLU { inplace = true }
    self.conv2 = nn.Conv2d { out_channels, out_channels, 3, stride = 1, padding = 1, bias = false }
    self.bn2 = nn.BatchNorm2d(out_channels)
end

function Block:forward(x)
    local out = self.relu(self.bn1(self.conv1(x)))
    return self.relu(self.bn2(self.conv2(out)))
end

-- ---- the network ---------------------------------------------------------------------------------------------------

local ResNet = nn.class("ResNet") -- 6 * num_layers + 2 layers

function ResNet:init(num_layers, block, num_classes)
    self.num_layers = num_layers
    self.conv1 = nn.Conv2d { 3, 16, 3, stride = 1, padding = 1, bias = false }
    self.bn1 = nn.BatchNorm2d(16)
    self.relu = nn.ReLU { inplace = true }
    self.layers_2n = self:get_layers(block, 16, 16, 1) -- 16 channels of 32x32
    self.layers_4n = self:get_layers(block, 16, 32, 2) -- 32 channels of 16x16
    self.layers_6n = self:get_layers(block, 32, 64, 2) -- 64 channels of 8x8
    self.avg_pool = nn.AvgPool2d { 8, stride = 1 }
    self.fc_out = nn.Linear(64, num_classes or 10)

    for m in self:modules() do
        if nn.is(m, nn.Conv2d) then
            nn.init.kaiming_normal_(m.weight, { mode = "fan_out", nonlinearity = "relu" })
        elseif nn.is(m, nn.BatchNorm2d) then
            nn.init.constant_(m.weight, 1)
            nn.init.constant_(m.bias, 0)
        end
    end
end

-- Only the first block changes the size.
function ResNet:get_layers(block, in_channels, out_channels, stride)
    local layer_list = nn.ModuleList()
    layer_list:append(block(in_channels, out_channels, stride, stride == 2))
    for _ = 2, self.num_layers do
        layer_list:append(block(out_channels, out_channels))
    end
    return nn.Sequential(layer_list)
end

function ResNet:forward(x)
    x = self.relu(self.bn1(self.conv1(x)))
    x = self.layers_2n(x)
    x = self.layers_4n(x)
    x = self.layers_6n(x)
    x = self.avg_pool(x)
    x = x:view(x:size(1), -1)
    return self.fc_out(x)
end

-- ---- by name -------------------------------------------------------------------------------------------------------

--- The network that a name stands for: "resnet20" has 20 layers and shortcuts, "plain20" has none. nil for others.
local function by_name(name)
    local kind, layers = name:match("^(%l+)(%d+)$")
    local block = kind == "resnet" and ResidualBlock or kind == "plain" and Block
    local num_layers = block and (tonumber(layers) - 2) / 6
    if not num_layers or num_layers < 1 or num_layers % 1 ~= 0 then return nil end
    return ResNet(math.tointeger(num_layers), block)
end

-- ---- as a program --------------------------------------------------------------------------------------------------

if arg and arg[0] and arg[0]:match("resnet%.lua$") then
    local net = by_name(arg[1] or "resnet20")
    if not net then
        io.stderr:write("usage: resnet.lua [resnet20 | plain20 | resnet32 | …]: 6n + 2 layers\n")
        os.exit(1)
    end
    print(net)
    cnn.summary(net, 3, 32, 32)
end

return { ResNet = ResNet, ResidualBlock = ResidualBlock, Block = Block, by_name = by_name }
