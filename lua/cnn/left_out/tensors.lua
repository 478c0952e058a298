-- SPDX-License-Identifier: MIT
-- What of the tensors' methods and of torch's functions is left out on purpose, or spelled differently. A name stands for
-- both, and for the form that ends in `_`.
local algebra = "linear algebra beyond products is not what networks of convolutions need"
local special = "a special function that no layer here uses"
local complex = "numbers are real here"
local bits = "whole numbers are labels and positions here, not bits"

local left_out = {
    { names = [[cholesky cholesky_inverse cholesky_solve det eig geqrf inverse lobpcg logdet lstsq lu lu_solve lu_unpack
        matrix_exp matrix_power orgqr ormqr pca_lowrank pinverse qr slogdet solve svd svd_lowrank symeig
        triangular_solve vander kron trace chain_matmul cross block_diag]],
        why = algebra, instead = "x:matmul(y); LAPACK through the C library of your choice" },
    { names = "einsum tensordot addbmm addmv addr baddbmm inner vdot",
        why = "products are said with matmul, sums with sum", instead = "a:matmul(b), (a * b):sum(dims)" },
    { names = [[acos acosh arccos arccosh asin asinh arcsin arcsinh atan atanh arctan arctanh atan2 arctan2 cosh sinh tan
        deg2rad rad2deg sinc hypot]],
        why = "of the trigonometric functions networks use sin, cos and tanh", instead = "x:sin(), x:cos(), x:tanh()" },
    { names = [[digamma erf erfc erfinv exp2 frexp i0 igamma igammac ldexp lgamma logaddexp logaddexp2 logit mvlgamma nextafter
        polygamma xlogy heaviside copysign signbit sgn gcd lcm renorm float_power logcumsumexp]],
        why = special, instead = "exp, log, log1p, expm1, logsumexp, and what is made of them" },
    { names = [[angle conj conj_physical complex imag real polar is_complex is_conj is_neg isreal adjoint mH resolve_conj
        resolve_neg view_as_complex view_as_real cdouble cfloat chalf can_cast]],
        why = complex, instead = "two tensors, or one more dimension of size 2" },
    { names = "bitwise_and bitwise_left_shift bitwise_not bitwise_or bitwise_right_shift bitwise_xor",
        why = bits, instead = "logical_and, logical_or, logical_not of truth values" },
    { names = "char half short int",
        why = "types are float32, float64, bfloat16, int64, uint8 and bool", instead = "x:float(), x:long(), x:byte()" },
    { names = [[coalesce dense_dim is_coalesced is_sparse to_dense to_sparse values indices hspmm to_padded_tensor]],
        why = "tensors are dense", instead = "x:nonzero() for the positions" },
    { names = "bartlett_window blackman_window hamming_window hann_window kaiser_window istft stft",
        why = "sound is not what cnnsh is for", instead = "nn.Conv1d over the samples" },
    { names = [[nanmean nanmedian nanquantile nansum mode multinomial quantile corrcoef cov cummax cummin cumulative_trapezoid
        gradient histogram histogramdd searchsorted bucketize trapezoid trapz combinations cartesian_prod]],
        why = "statistics of data are better made before training",
        instead = "mean, std, median, histc, sort, topk, cumsum" },
    { names = "cauchy_ exponential_ geometric_ log_normal_ poisson random_",
        why = "networks are filled and trained with uniform, normal and Bernoulli numbers",
        instead = "x:uniform_(a, b), x:normal_(mean, std), x:bernoulli_(p)" },
    { names = "apply_ is_distributed",
        why = "a Lua function per element would be slow", instead = "tensor methods, or x:totable()" },
    { names = [[as_strided resize resize_ resize_as resize_as_ empty_permuted empty_strided new_empty_strided data_ptr
        from_dlpack to_dlpack from_file frombuffer]],
        why = "memory is the library's: views are made by view, narrow, select, permute and expand",
        instead = "x:narrow(dim, start, length)" },
    { names = "pin_memory is_pinned is_shared share_memory_ record_stream is_set_to get_device",
        why = "one process computes on one device", instead = "data.DataLoader { d, num_workers = n }" },
    { names = [[index_fill index_put index_reduce scatter_reduce put take nonzero_static]],
        why = "what is written by position is written by index",
        instead = "x[i] = value, x:gather(dim, index), x:index_select(dim, index), masked_fill" },
    { names = [[diag_embed diagflat diagonal tril_indices triu_indices unravel_index rot90 range logspace fill_diagonal_
        randint_like]],
        why = "rare, and a line says it", instead = "cnn.eye(n), cnn.arange, x:tril(), x:flip(dims)" },
    { names = [[alpha_dropout_ feature_alpha_dropout_ feature_dropout_ celu_ rrelu_ selu_ threshold_ hardshrink
        adaptive_avg_pool1d avg_pool1d bilinear channel_shuffle conv3d conv_transpose1d
        conv_transpose3d pdist cdist
        pixel_unshuffle]],
        why = "layers without state are in nn.functional", instead = "nn.functional.name(x)" },
    { names = "grad_dtype is_signed is_same_size compiled_with_cxx11_abi",
        why = "a question that nobody has to ask here", instead = "x.dtype, x.shape, cnn.no_grad(f)" },
    { names = [[get_default_device get_default_dtype set_default_device set_default_dtype set_default_tensor_type
        get_float32_matmul_precision set_float32_matmul_precision set_flush_denormal get_num_interop_threads
        set_num_interop_threads promote_types result_type]],
        why = "nothing about numbers changes from afar: float32 is the type unless another is written",
        instead = "dtype = cnn.float64 where a tensor is made" },
    { names = "set_printoptions", why = "tensors print as PyTorch prints them by default", instead = "x:totable()" },
    { names = [[unique_consecutive msort repeat_interleave argwhere dsplit dstack hsplit vsplit column_stack atleast_1d
        atleast_2d atleast_3d fmax fmin isin new]],
        why = "rare, and another method says it",
        instead = "unique, sort, tile, nonzero, split, stack, view, maximum" },
    { names = "register_post_accumulate_grad_hook",
        why = "the optimiser's step reads the gradients", instead = "x:register_hook(f)" },
}

-- Lua's way, another name of the same, or a line of it.
local spelled = {
    remainder = "x - (x / y):floor() * y", fmod = "x - (x / y):trunc() * y", floor_divide = "(x / y):floor()",
    nan_to_num = "x:masked_fill(x:isnan(), 0)",
    absolute = "x:abs()", negative = "-x, x:neg()", positive = "x", subtract = "x - y, x:sub(y)", multiply = "x * y, x:mul(y)",
    divide = "x / y, x:div(y)", true_divide = "x / y", greater = "x:gt(y)", greater_equal = "x:ge(y)",
    less = "x:lt(y)", less_equal = "x:le(y)", not_equal = "x:ne(y)", clip = "x:clamp(min, max)", fix = "x:trunc()",
    concat = "cnn.cat(list, dim)", concatenate = "cnn.cat(list, dim)", hstack = "cnn.cat(list, 2)", vstack = "cnn.cat(list, 1)",
    row_stack = "cnn.cat(list, 1)", moveaxis = "x:movedim(from, to)", swapaxes = "x:transpose(a, b)", swapdims = "x:transpose(a, b)",
    ravel = "x:flatten()", ger = "x:outer(y)", nelement = "x:numel()", ndim = "x:dim()", mT = "x:transpose(-1, -2)",
    numpy = "x:totable()", as_tensor = "cnn.tensor(data)", asarray = "cnn.tensor(data)", from_numpy = "cnn.tensor(data)",
    is_nonzero = "x:item() ~= 0", is_cpu = 'x.device == "cpu"', is_cuda = 'x.device == "cuda:0"',
    type = "x.dtype, x:to(dtype)", float32 = "cnn.float32", seed = "cnn.manual_seed(os.time())", initial_seed = "cnn.manual_seed(n)",
    dist = "(x - y):norm(p)", diff = "x:narrow(dim, 2, n - 1) - x:narrow(dim, 1, n - 1)", split_with_sizes = "x:split({2, 3})",
    tensor_split = "x:chunk(n, dim)", sum_to_size = "x:sum(dims, true)", isposinf = "x:eq(math.huge)", isneginf = "x:eq(-math.huge)",
    aminmax = "x:amin(dim), x:amax(dim)", fill = "x:fill_(value)", broadcast_shapes = "(x + y).shape",
    broadcast_tensors = "x:expand_as(y)", prelu = "nn.functional.prelu(x, weight)",
    pixel_shuffle = "nn.functional.pixel_shuffle(x, r)", pairwise_distance = "nn.functional.pairwise_distance(x, y)",
    cosine_similarity = "nn.functional.cosine_similarity(x, y)", conv1d = "nn.functional.conv1d(x, w)",
    conv2d = "nn.functional.conv2d(x, w)", conv_transpose2d = "nn.functional.conv_transpose2d(x, w)", relu_ = "x:relu_()",
    itemsize = "x:element_size()", nbytes = "x:numel() * x:element_size()", is_leaf = "x.is_leaf",
    flipud = "x:flip(1)", fliplr = "x:flip(2)", unfold = "x:narrow(dim, i, n)",
    unsqueeze_ = "x = x:unsqueeze(dim)", squeeze_ = "x = x:squeeze(dim)", transpose_ = "x = x:transpose(a, b)", t_ = "x = x:t()",
    ["repeat"] = 'x["repeat"](x, 2, 2), x:tile(2, 2)', eq_ = "x:copy_(x:eq(y))",
}

return { left_out = { cnn = left_out }, spelled = { cnn = spelled } }
