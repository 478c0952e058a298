-- SPDX-License-Identifier: MIT
-- What of torch.nn, torch.optim, torch.utils.data and torchvision is left out on purpose, or spelled differently.
local left_out, spelled = {}, {}

local sequences = "recurrent networks and attention are for sequences; cnnsh is for convolutional networks"
local volumes = "three-dimensional images are not what cnnsh is for; its kernels know [N, C, H, W]"
local lazy = "sizes are written out: the error of a layer that does not fit names the number to write"
local copies = "one process computes on one device"

left_out.nn = {
    { names = "LSTM LSTMCell GRU GRUCell RNN RNNBase RNNCell RNNCellBase",
        why = sequences, instead = "nn.Conv1d over the time steps" },
    { names = [[MultiheadAttention Transformer TransformerDecoder TransformerDecoderLayer TransformerEncoder
        TransformerEncoderLayer]],
        why = sequences, instead = "q:matmul(k:transpose(-1, -2)):softmax(-1):matmul(v)" },
    { names = "Embedding EmbeddingBag",
        why = "tables of words are for language", instead = "weight[i], or nn.functional.one_hot(labels)" },
    { names = "CTCLoss AdaptiveLogSoftmaxWithLoss LinearCrossEntropyLoss",
        why = "losses of language and speech are not what cnnsh is for", instead = "nn.CrossEntropyLoss()" },
    { names = [[AdaptiveAvgPool3d AdaptiveMaxPool3d AvgPool3d BatchNorm3d CircularPad3d ConstantPad3d Conv3d ConvTranspose3d
        Dropout3d FractionalMaxPool3d InstanceNorm3d LPPool3d MaxPool3d MaxUnpool3d ReflectionPad3d
        ReplicationPad3d ZeroPad3d]],
        why = volumes, instead = "the layer's 2d form on slices: x:reshape(N * D, C, H, W)" },
    { names = [[LazyBatchNorm1d LazyBatchNorm2d LazyBatchNorm3d LazyConv1d LazyConv2d LazyConv3d LazyConvTranspose1d
        LazyConvTranspose2d LazyConvTranspose3d LazyInstanceNorm1d LazyInstanceNorm2d LazyInstanceNorm3d
        LazyLinear]],
        why = lazy, instead = "the layer without Lazy" },
    { names = "DataParallel SyncBatchNorm", why = copies, instead = "cnn.set_num_threads(n)" },
    { names = "Container NLLLoss2d UpsamplingNearest2d UpsamplingBilinear2d CrossMapLRN2d",
        why = "PyTorch itself advises against it", instead = "nn.Module, nn.NLLLoss, nn.Upsample" },
    { names = "LocalResponseNorm", why = "batch normalisation took its place", instead = "nn.BatchNorm2d" },
    { names = "Softmax2d", why = "it is softmax over the channels", instead = "nn.Softmax(2)" },
    { names = "Softmin", why = "it is softmax of -x", instead = "nn.functional.softmax(-x, dim)" },
    { names = "AlphaDropout FeatureAlphaDropout Dropout1d",
        why = "hardly a network uses it", instead = "nn.Dropout, nn.Dropout2d" },
    { names = [[LPPool1d LPPool2d FractionalMaxPool2d MaxUnpool1d MaxUnpool2d AdaptiveMaxPool1d AdaptiveAvgPool1d]],
        why = "hardly a network uses it",
        instead = "nn.MaxPool2d, nn.AdaptiveAvgPool2d; nn.Upsample to make images larger" },
    { names = "Fold Unfold",
        why = "convolutions compute their windows themselves", instead = "nn.Conv2d, or slices: x:narrow(3, i, n)" },
    { names = "Bilinear", why = "hardly a network uses it", instead = "nn.Linear" },
    { names = "InstanceNorm1d RMSNorm", why = "it is for sequences", instead = "nn.InstanceNorm2d, nn.LayerNorm" },
    { names = "ConvTranspose1d", why = "courses use its 2d form",
        instead = "nn.ConvTranspose2d(c, k, { 1, s }) on x:unsqueeze(3)" },
    { names = "CircularPad1d ConstantPad1d ReflectionPad1d ReplicationPad1d ZeroPad1d",
        why = "one function pads every tensor", instead = "nn.functional.pad(x, {left, right}, mode)" },
    { names = "ChannelShuffle PixelUnshuffle",
        why = "a reshape and a permute say it", instead = "x:view(n, g, c, h, w):transpose(2, 3):flatten(2, 3)" },
    { names = "ParameterDict",
        why = "a module's fields are its parameters' names", instead = "self[name] = nn.Parameter(x)" },
}

left_out["nn.functional"] = {
    { names = "multi_head_attention_forward scaled_dot_product_attention",
        why = sequences, instead = "q:matmul(k:transpose(-1, -2)):softmax(-1):matmul(v)" },
    { names = "embedding embedding_bag",
        why = "tables of words are for language", instead = "nn.functional.one_hot(labels):float():matmul(weight)" },
    { names = "ctc_loss linear_cross_entropy",
        why = "losses of language and speech are not what cnnsh is for", instead = "nn.functional.cross_entropy" },
    { names = [[adaptive_avg_pool3d adaptive_max_pool3d avg_pool3d conv3d conv_transpose3d dropout3d fractional_max_pool3d
        lp_pool3d max_pool3d max_unpool3d]],
        why = volumes, instead = "the function's 2d form on slices: x:reshape(N * D, C, H, W)" },
    { names = "alpha_dropout feature_alpha_dropout dropout1d",
        why = "hardly a network uses it", instead = "nn.functional.dropout" },
    { names = "celu_ elu_ hardtanh_ leaky_relu_ relu_ rrelu_ selu_ threshold_",
        why = "the function has inplace=true", instead = "nn.functional.relu { x, inplace = true }" },
    { names = "softmin", why = "it is softmax of -x", instead = "nn.functional.softmax(-x, dim)" },
    { names = "gumbel_softmax",
        why = "it is for sampling in generative models of language", instead = "nn.functional.softmax(x, dim)" },
    { names = [[lp_pool1d lp_pool2d fractional_max_pool2d max_unpool1d max_unpool2d adaptive_max_pool1d adaptive_avg_pool1d]],
        why = "hardly a network uses it", instead = "nn.functional.max_pool2d, nn.functional.adaptive_avg_pool2d" },
    { names = "fold unfold",
        why = "convolutions compute their windows themselves",
        instead = "nn.functional.conv2d, or slices: x:narrow(3, i, n)" },
    { names = "affine_grid grid_sample",
        why = "it is for spatial transformers", instead = "nn.functional.interpolate, or the transforms" },
    { names = "bilinear pdist",
        why = "hardly a network uses it", instead = "nn.functional.linear, nn.functional.pairwise_distance" },
    { names = "conv_transpose1d",
        why = "courses use its 2d form", instead = "nn.functional.conv_transpose2d on x:unsqueeze(3)" },
    { names = "local_response_norm", why = "batch normalisation took its place", instead = "nn.functional.batch_norm" },
    { names = "rms_norm", why = "it is for sequences", instead = "nn.functional.layer_norm" },
    { names = "channel_shuffle pixel_unshuffle",
        why = "a reshape and a permute say it", instead = "x:view(n, g, c, h, w):transpose(2, 3):flatten(2, 3)" },
    { names = "upsample upsample_bilinear upsample_nearest",
        why = "PyTorch itself advises against it", instead = "nn.functional.interpolate" },
}

-- What a line of tensor methods says, as a class and as a function; x and y are inputs, t is the target.
local line = "it is a line of tensor methods, and rare in courses"
for _, names in ipairs {
    { "CELU", "celu", "a * nn.functional.elu(x / a)" },
    { "GLU", "glu", "cnn.narrow(x, 2, 1, n) * cnn.narrow(x, 2, n + 1, n):sigmoid()" },
    { "Hardshrink", "hardshrink", "cnn.where(x:abs():gt(a), x, 0)" },
    { "Softshrink", "softshrink", "x:sign() * (x:abs() - a):relu()" },
    { "Tanhshrink", "tanhshrink", "x - x:tanh()" },
    { "Threshold", "threshold", "cnn.where(x:gt(a), x, b)" },
    { "RReLU", "rrelu", "nn.functional.leaky_relu(x, 11 / 48)" },
    { "CosineEmbeddingLoss", "cosine_embedding_loss", "(1 - nn.functional.cosine_similarity(x, y)):mean()" },
    { "GaussianNLLLoss", "gaussian_nll_loss", "(v:log() + (x - t):square() / v):mean() / 2" },
    { "HingeEmbeddingLoss", "hinge_embedding_loss", "cnn.where(t:gt(0), x, (a - x):relu()):mean()" },
    { "MarginRankingLoss", "margin_ranking_loss", "(a - t * (x - y)):relu():mean()" },
    { "MultiLabelSoftMarginLoss", "multilabel_soft_margin_loss", "nn.functional.binary_cross_entropy_with_logits(x, p)" },
    { "MultiLabelMarginLoss", "multilabel_margin_loss", "nn.functional.binary_cross_entropy_with_logits(x, p)" },
    { "MultiMarginLoss", "multi_margin_loss", "nn.functional.cross_entropy(x, labels)" },
    { "PoissonNLLLoss", "poisson_nll_loss", "(x:exp() - t * x):mean()" },
    { "SoftMarginLoss", "soft_margin_loss", "nn.functional.softplus(-t * x):mean()" },
    { "TripletMarginLoss", "triplet_margin_loss",
        "(nn.functional.pairwise_distance(x, y) - nn.functional.pairwise_distance(x, z) + a):relu():mean()" },
    { "TripletMarginWithDistanceLoss", "triplet_margin_with_distance_loss",
        "(distance(x, y) - distance(x, z) + a):relu():mean()" },
} do
    table.insert(left_out.nn, { names = names[1], why = line, instead = names[3] })
    table.insert(left_out["nn.functional"], { names = names[2], why = line, instead = names[3] })
end

left_out["nn.Module"] = {
    { names = "half share_memory to_empty type",
        why = "a network computes in float32, float64 or bfloat16", instead = "net:to(cnn.float64)" },
    { names = [[get_extra_state set_extra_state register_load_state_dict_post_hook register_load_state_dict_pre_hook
        register_state_dict_post_hook register_state_dict_pre_hook]],
        why = "a state_dict holds tensors, and nothing else", instead = "register_buffer(name, tensor)" },
    { names = "register_backward_hook register_full_backward_pre_hook",
        why = "one kind of backward hook is enough", instead = "register_full_backward_hook(f)" },
}

left_out["nn.utils"] = {
    { names = [[convert_conv2d_weight_memory_format convert_conv3d_weight_memory_format fuse_conv_bn_eval fuse_conv_bn_weights
        fuse_linear_bn_eval fuse_linear_bn_weights skip_init]],
        why = "images lie channels-last anyway, and nothing is compiled for serving", instead = "net:eval()" },
    { names = "spectral_norm remove_spectral_norm weight_norm remove_weight_norm",
        why = "PyTorch itself advises against it", instead = "nn.BatchNorm2d" },
    { names = "clip_grad_norm clip_grads_with_norm_",
        why = "one function does it", instead = "nn.utils.clip_grad_norm_(parameters, max_norm)" },
}

left_out.optim = {
    { names = "ASGD Adadelta Adafactor Adamax LBFGS Muon NAdam RAdam Rprop SparseAdam",
        why = "courses train with SGD and Adam",
        instead = "optim.SGD, optim.Adam, optim.AdamW or optim.RMSprop; a class of your own can build on optim.Optimizer" },
}
left_out["optim.lr_scheduler"] = {
    { names = "CyclicLR",
        why = "a function of the step says it",
        instead = "optim.lr_scheduler.LambdaLR(optimizer, function(step) return factor end)" },
}
left_out.autograd = {
    { names = "Function",
        why = "ops with gradients of their own are written in C (doc/architecture.md)",
        instead = "tensor methods, whose gradients are known" },
    { names = "inference_mode", why = "no_grad does it", instead = "cnn.no_grad(f)" },
    { names = "Variable variable", why = "tensors have been variables since 2018", instead = "x:requires_grad_()" },
}
left_out.data = {
    { names = [[BatchSampler RandomSampler SequentialSampler Sampler SubsetRandomSampler WeightedRandomSampler
        DistributedSampler]],
        why = "the loader shuffles and cuts by itself, in its worker threads",
        instead = "data.DataLoader { d, shuffle = true }, data.Subset(d, indices)" },
    { names = "ChainDataset ConcatDataset StackDataset IterableDataset",
        why = "a dataset is a table with __len and __index",
        instead = "a class of your own that builds on data.Dataset" },
    { names = "default_collate default_convert get_worker_info",
        why = "workers are threads in C, which run no Lua", instead = "data.DataLoader" },
}
left_out.transforms = {
    { names = [[TenCrop RandomAffine RandomApply ]],
        why = "rare in courses, and slow in a loop", instead = "transforms.Lambda(function(image) … end)" },
    { names = "PILToTensor ToPILImage",
        why = "there is no other kind of image than a tensor", instead = "transforms.ToTensor()" },
}
left_out.datasets = {
    { names = "ImageNet SVHN STL10 EMNIST QMNIST ",
        why = "courses begin with MNIST and CIFAR-10", instead = "datasets.ImageFolder for images of your own" },
    { names = "FakeData", why = "drawn digits need no download either", instead = "datasets.Digits" },
}

spelled["nn.Module"] = {
    add_module = "self.name = module", register_module = "self.name = module", forward = "function Net:forward(x) … end",
    extra_repr = "function Net:extra_repr() return text end", get_parameter = "net.layer.weight", get_buffer = "net.layer.running_mean",
    set_submodule = "net.layer = module", cpu = "net:to(\"cpu\")", cuda = "net:to(\"cuda:0\")", double = "net:to(cnn.float64)",
    float = "net:to(cnn.float32)",
}
spelled["nn.utils"] = {
    parameters_to_vector = "cnn.cat of p:flatten() for each p in net:parameters()",
    vector_to_parameters = "p:copy_(v:narrow(1, at, p:numel()):view_as(p)) for each p in net:parameters()",
}
spelled.autograd = { backward = "loss:backward()", enable_grad = "cnn.enable_grad(f)", no_grad = "cnn.no_grad(f)",
    set_grad_enabled = "cnn.set_grad_enabled(bool)" }
spelled.plt = { -- matplotlib's
    subplots = "plt.subplot(2, 2, 1), then what is drawn there; plt.subplot(2, 2, 2) …",
    semilogx = "plt.plot(x, y); plt.xscale(\"log\")", semilogy = "plt.plot(x, y); plt.yscale(\"log\")",
    loglog = "plt.plot(x, y); plt.xscale(\"log\"); plt.yscale(\"log\")", suptitle = "plt.title(text) of the first place",
    axhline = "plt.plot({ left, right }, { y, y })", axvline = "plt.plot({ x, x }, { low, high })",
    axis = "plt.xlim(low, high); plt.ylim(low, high)", imsave = "cnn.io.write_image(path, image)",
    imread = "cnn.io.read_image(path)", matshow = "plt.imshow(x)", cla = "plt.clf()",
    gcf = "nothing: there is one figure", gca = "nothing: plt.subplot chooses the axes",
    ion = "nothing: plt.show() never waits", ioff = "nothing: plt.show() never waits", step = "plt.plot(x, y)",
    barh = "plt.bar(x, height)", fill_between = "plt.plot of both edges", errorbar = "plt.plot of both edges",
}
spelled.data = { Dataset = "class.make(…) with __len and __index: see doc/modules/data.md" }

return { left_out = left_out, spelled = spelled }
