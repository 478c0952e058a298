---@meta cnn
-- Written by scripts/luacats.lua from the descriptions in the sources. Nothing here runs: an editor reads it.

---@alias cnn.dtype "float32"|"float64"|"int64"|"uint8"|"bool"
---@alias cnn.sizes integer|integer[]

---@class cnn.Tensor
---@field shape integer[] the sizes of its dimensions
---@field dtype cnn.dtype
---@field device string
---@field grad cnn.Tensor? filled in by backward()
---@field requires_grad boolean
---@field is_leaf boolean
---@field grad_fn string? the operation that it is the result of
---@field T cnn.Tensor transposed
---@field data cnn.Tensor the same numbers outside of the graph
---@operator add(cnn.Tensor|number): cnn.Tensor
---@operator sub(cnn.Tensor|number): cnn.Tensor
---@operator mul(cnn.Tensor|number): cnn.Tensor
---@operator div(cnn.Tensor|number): cnn.Tensor
---@operator pow(cnn.Tensor|number): cnn.Tensor
---@operator unm: cnn.Tensor
local Tensor = {}

---@class cnn
local cnn = {}

---The absolute value of each element.
---@return cnn.Tensor
function Tensor:abs() end

---As tensor:abs, written into the tensor itself.
---@return cnn.Tensor
function Tensor:abs_() end

---@class cnn.Tensor.add.options
---@field other? cnn.Tensor|number
---@field alpha? number default 1

---x + alpha * other, element by element; the operands broadcast.
---@param other cnn.Tensor|number
---@param alpha? number default 1
---@return cnn.Tensor
---@overload fun(self, options: cnn.Tensor.add.options): cnn.Tensor
function Tensor:add(other, alpha) end

---@class cnn.Tensor.add_.options
---@field other? cnn.Tensor|number
---@field alpha? number default 1

---As tensor:add, written into the tensor itself.
---@param other cnn.Tensor|number
---@param alpha? number default 1
---@return cnn.Tensor
---@overload fun(self, options: cnn.Tensor.add_.options): cnn.Tensor
function Tensor:add_(other, alpha) end

---@class cnn.Tensor.addcdiv.options
---@field a? cnn.Tensor
---@field b? cnn.Tensor
---@field value? number default 1

---x + value * a / b, element by element.
---@param a cnn.Tensor
---@param b cnn.Tensor
---@param value? number default 1
---@return cnn.Tensor
---@overload fun(self, options: cnn.Tensor.addcdiv.options): cnn.Tensor
function Tensor:addcdiv(a, b, value) end

---@class cnn.Tensor.addcdiv_.options
---@field a? cnn.Tensor
---@field b? cnn.Tensor
---@field value? number default 1

---As tensor:addcdiv, written into the tensor itself.
---@param a cnn.Tensor
---@param b cnn.Tensor
---@param value? number default 1
---@return cnn.Tensor
---@overload fun(self, options: cnn.Tensor.addcdiv_.options): cnn.Tensor
function Tensor:addcdiv_(a, b, value) end

---@class cnn.Tensor.addcmul.options
---@field a? cnn.Tensor
---@field b? cnn.Tensor
---@field value? number default 1

---x + value * a * b, element by element.
---@param a cnn.Tensor
---@param b cnn.Tensor
---@param value? number default 1
---@return cnn.Tensor
---@overload fun(self, options: cnn.Tensor.addcmul.options): cnn.Tensor
function Tensor:addcmul(a, b, value) end

---@class cnn.Tensor.addcmul_.options
---@field a? cnn.Tensor
---@field b? cnn.Tensor
---@field value? number default 1

---As tensor:addcmul, written into the tensor itself.
---@param a cnn.Tensor
---@param b cnn.Tensor
---@param value? number default 1
---@return cnn.Tensor
---@overload fun(self, options: cnn.Tensor.addcmul_.options): cnn.Tensor
function Tensor:addcmul_(a, b, value) end

---@class cnn.Tensor.addmm.options
---@field mat1? cnn.Tensor
---@field mat2? cnn.Tensor
---@field beta? number default 1
---@field alpha? number default 1

---beta * x + alpha * (mat1 times mat2).
---@param mat1 cnn.Tensor
---@param mat2 cnn.Tensor
---@param beta? number default 1
---@param alpha? number default 1
---@return cnn.Tensor
---@overload fun(self, options: cnn.Tensor.addmm.options): cnn.Tensor
function Tensor:addmm(mat1, mat2, beta, alpha) end

---@class cnn.Tensor.all.options
---@field dim? cnn.sizes over these dimensions, counted from 1; over all if not given
---@field keepdim? boolean leave the dimensions, with size 1; default false

---Whether all elements are true, or not 0.
---@param dim? cnn.sizes over these dimensions, counted from 1; over all if not given
---@param keepdim? boolean leave the dimensions, with size 1; default false
---@return boolean
---@overload fun(self, options: cnn.Tensor.all.options): boolean
function Tensor:all(dim, keepdim) end

---@class cnn.Tensor.allclose.options
---@field other? cnn.Tensor
---@field rtol? number default 1e-05
---@field atol? number default 1e-08
---@field equal_nan? boolean default false

---Whether |x - other| <= atol + rtol * |other| for every element.
---@param other cnn.Tensor
---@param rtol? number default 1e-05
---@param atol? number default 1e-08
---@param equal_nan? boolean default false
---@return boolean
---@overload fun(self, options: cnn.Tensor.allclose.options): boolean
function Tensor:allclose(other, rtol, atol, equal_nan) end

---@class cnn.Tensor.amax.options
---@field dim? cnn.sizes over these, counted from 1; over all if not given
---@field keepdim? boolean leave the dimensions, with size 1; default false

---The largest element over dimensions.
---@param dim? cnn.sizes over these, counted from 1; over all if not given
---@param keepdim? boolean leave the dimensions, with size 1; default false
---@return cnn.Tensor
---@overload fun(self, options: cnn.Tensor.amax.options): cnn.Tensor
function Tensor:amax(dim, keepdim) end

---@class cnn.Tensor.amin.options
---@field dim? cnn.sizes over these, counted from 1; over all if not given
---@field keepdim? boolean leave the dimensions, with size 1; default false

---The smallest element over dimensions.
---@param dim? cnn.sizes over these, counted from 1; over all if not given
---@param keepdim? boolean leave the dimensions, with size 1; default false
---@return cnn.Tensor
---@overload fun(self, options: cnn.Tensor.amin.options): cnn.Tensor
function Tensor:amin(dim, keepdim) end

---@class cnn.Tensor.any.options
---@field dim? cnn.sizes over these dimensions, counted from 1; over all if not given
---@field keepdim? boolean leave the dimensions, with size 1; default false

---Whether any element is true, or not 0.
---@param dim? cnn.sizes over these dimensions, counted from 1; over all if not given
---@param keepdim? boolean leave the dimensions, with size 1; default false
---@return boolean
---@overload fun(self, options: cnn.Tensor.any.options): boolean
function Tensor:any(dim, keepdim) end

---@class cnn.Tensor.argmax.options
---@field dim? integer along which; among all elements if not given
---@field keepdim? boolean leave the dimensions, with size 1; default false

---The position, from 1, of the largest element along a dimension.
---@param dim? integer along which; among all elements if not given
---@param keepdim? boolean leave the dimensions, with size 1; default false
---@return cnn.Tensor
---@overload fun(self, options: cnn.Tensor.argmax.options): cnn.Tensor
function Tensor:argmax(dim, keepdim) end

---@class cnn.Tensor.argmin.options
---@field dim? integer along which; among all elements if not given
---@field keepdim? boolean leave the dimensions, with size 1; default false

---The position, from 1, of the smallest element along a dimension.
---@param dim? integer along which; among all elements if not given
---@param keepdim? boolean leave the dimensions, with size 1; default false
---@return cnn.Tensor
---@overload fun(self, options: cnn.Tensor.argmin.options): cnn.Tensor
function Tensor:argmin(dim, keepdim) end

---@class cnn.Tensor.argsort.options
---@field dim? integer along which; the last if not given; default -1
---@field descending? boolean the largest first; default false
---@field stable? boolean equal elements keep their order; they always do; default true

---Where the elements stand that make the dimension sorted, from 1.
---@param dim? integer along which; the last if not given; default -1
---@param descending? boolean the largest first; default false
---@param stable? boolean equal elements keep their order; they always do; default true
---@return cnn.Tensor
---@overload fun(self, options: cnn.Tensor.argsort.options): cnn.Tensor
function Tensor:argsort(dim, descending, stable) end

---@class cnn.Tensor.backward.options
---@field gradient? cnn.Tensor what the result is multiplied with; 1 for a scalar
---@field retain_graph? boolean keep the graph, to walk it again
---@field create_graph? boolean record the gradients' own ops; default false

---Adds the gradient of this tensor to x.grad of every leaf that requires one.
---@param gradient? cnn.Tensor what the result is multiplied with; 1 for a scalar
---@param retain_graph? boolean keep the graph, to walk it again
---@param create_graph? boolean record the gradients' own ops; default false
---@overload fun(self, options: cnn.Tensor.backward.options)
function Tensor:backward(gradient, retain_graph, create_graph) end

---1 with the probability that each element gives, else 0.
---@return cnn.Tensor
function Tensor:bernoulli() end

---Fills with 1 (with probability p) and 0.
---@param p? number default 0.5
---@return cnn.Tensor
function Tensor:bernoulli_(p) end

---The tensor as bfloat16; itself where it is that already.
---@return any
function Tensor:bfloat16() end

---@class cnn.Tensor.bincount.options
---@field weights? cnn.Tensor what each label counts, instead of 1
---@field minlength? integer count at least so many classes; default 0

---How often each label stands in a list: the first number counts the 1s, the last the largest label.
---@param weights? cnn.Tensor what each label counts, instead of 1
---@param minlength? integer count at least so many classes; default 0
---@return cnn.Tensor
---@overload fun(self, options: cnn.Tensor.bincount.options): cnn.Tensor
function Tensor:bincount(weights, minlength) end

---Multiplies two stacks of matrices, and nothing else.
---@param other cnn.Tensor
---@return cnn.Tensor
function Tensor:bmm(other) end

---The tensor as bool; itself where it is that already.
---@return boolean
function Tensor:bool() end

---A view in which dimensions of size 1 are repeated: expand by another name.
---@param size cnn.sizes of the result
---@return cnn.Tensor
function Tensor:broadcast_to(size) end

---The tensor as uint8; itself where it is that already.
---@return cnn.Tensor
function Tensor:byte() end

---The smallest whole number that is not below each element.
---@return cnn.Tensor
function Tensor:ceil() end

---As tensor:ceil, written into the tensor itself.
---@return cnn.Tensor
function Tensor:ceil_() end

---@class cnn.Tensor.chunk.options
---@field chunks? integer how many parts, at most
---@field dim? integer default 1

---Cuts a tensor along a dimension into parts of one size (the last may be smaller, and parts fewer); views.
---@param chunks integer how many parts, at most
---@param dim? integer default 1
---@return any
---@overload fun(self, options: cnn.Tensor.chunk.options): any
function Tensor:chunk(chunks, dim) end

---@class cnn.Tensor.clamp.options
---@field min? cnn.Tensor|number
---@field max? cnn.Tensor|number

---Values below min become min, values above max become max.
---@param min? cnn.Tensor|number
---@param max? cnn.Tensor|number
---@return cnn.Tensor
---@overload fun(self, options: cnn.Tensor.clamp.options): cnn.Tensor
function Tensor:clamp(min, max) end

---@class cnn.Tensor.clamp_.options
---@field min? cnn.Tensor|number
---@field max? cnn.Tensor|number

---As tensor:clamp, written into the tensor itself.
---@param min? cnn.Tensor|number
---@param max? cnn.Tensor|number
---@return cnn.Tensor
---@overload fun(self, options: cnn.Tensor.clamp_.options): cnn.Tensor
function Tensor:clamp_(min, max) end

---Values above max become max.
---@param max cnn.Tensor|number
---@return cnn.Tensor
function Tensor:clamp_max(max) end

---As tensor:clamp_max, written into the tensor itself.
---@param max cnn.Tensor|number
---@return cnn.Tensor
function Tensor:clamp_max_(max) end

---Values below min become min.
---@param min cnn.Tensor|number
---@return cnn.Tensor
function Tensor:clamp_min(min) end

---As tensor:clamp_min, written into the tensor itself.
---@param min cnn.Tensor|number
---@return cnn.Tensor
function Tensor:clamp_min_(min) end

---A copy with memory of its own; gradients pass through it.
---@return cnn.Tensor
function Tensor:clone() end

---The tensor itself where its elements lie row by row, else a copy in which they do.
---@return cnn.Tensor
function Tensor:contiguous() end

---Overwrites the elements with another tensor's, broadcast and converted.
---@param source cnn.Tensor
---@return cnn.Tensor
function Tensor:copy_(source) end

---The cosine of each element, in radians.
---@return cnn.Tensor
function Tensor:cos() end

---As tensor:cos, written into the tensor itself.
---@return cnn.Tensor
function Tensor:cos_() end

---How many elements are not 0.
---@param dim? cnn.sizes over these dimensions; over all if not given
---@return cnn.Tensor
function Tensor:count_nonzero(dim) end

---The tensor in the computer's own memory.
---@return cnn.Tensor
function Tensor:cpu() end

---The tensor on the first GPU, where this build supports one.
---@return cnn.Tensor
function Tensor:cuda() end

---The product of all elements up to each one along a dimension.
---@param dim integer along which
---@return cnn.Tensor
function Tensor:cumprod(dim) end

---The sum of all elements up to each one along a dimension.
---@param dim integer along which
---@return cnn.Tensor
function Tensor:cumsum(dim) end

---The same numbers outside the graph: no gradient flows back.
---@return cnn.Tensor
function Tensor:detach() end

---Takes the tensor itself out of the graph.
---@return cnn.Tensor
function Tensor:detach_() end

---A diagonal of a matrix; or, of a vector, the square matrix that has it as a diagonal.
---@param diagonal? integer 1 is above the main one, -1 below; default 0
---@return cnn.Tensor
function Tensor:diag(diagonal) end

---The number of dimensions.
---@return integer
function Tensor:dim() end

---x / other, element by element; integers give float32.
---@param other cnn.Tensor|number
---@return cnn.Tensor
function Tensor:div(other) end

---As tensor:div, written into the tensor itself.
---@param other cnn.Tensor|number
---@return cnn.Tensor
function Tensor:div_(other) end

---Multiplies two vectors, and nothing else.
---@param other cnn.Tensor
---@return cnn.Tensor
function Tensor:dot(other) end

---The tensor as float64; itself where it is that already.
---@return cnn.Tensor
function Tensor:double() end

---The number of bytes that an element takes.
---@return integer
function Tensor:element_size() end

---Where each element equals the other's; the operands broadcast.
---@param other cnn.Tensor|number|boolean
---@return boolean
function Tensor:eq(other) end

---Whether two tensors have the same shape and the same elements.
---@param other cnn.Tensor
---@return boolean
function Tensor:equal(other) end

---e to the power of each element.
---@return cnn.Tensor
function Tensor:exp() end

---As tensor:exp, written into the tensor itself.
---@return cnn.Tensor
function Tensor:exp_() end

---A view in which dimensions of size 1 are repeated without taking memory.
---@param size cnn.sizes of the result; -1 keeps a size
---@return cnn.Tensor
function Tensor:expand(size) end

---expand to the shape of another tensor.
---@param other cnn.Tensor
---@return cnn.Tensor
function Tensor:expand_as(other) end

---exp(x) - 1 of each element, which keeps the digits of a small x.
---@return cnn.Tensor
function Tensor:expm1() end

---As tensor:expm1, written into the tensor itself.
---@return cnn.Tensor
function Tensor:expm1_() end

---Overwrites all elements with a value.
---@param value number|boolean
---@return cnn.Tensor
function Tensor:fill_(value) end

---@class cnn.Tensor.flatten.options
---@field start_dim? integer default 1
---@field end_dim? integer default -1

---Joins the dimensions from start_dim to end_dim into one.
---@param start_dim? integer default 1
---@param end_dim? integer default -1
---@return cnn.Tensor
---@overload fun(self, options: cnn.Tensor.flatten.options): cnn.Tensor
function Tensor:flatten(start_dim, end_dim) end

---The elements in reverse order along dimensions: flip(-1) mirrors images left to right.
---@param dims cnn.sizes which dimensions; they count from 1
---@return cnn.Tensor
function Tensor:flip(dims) end

---The tensor as float32; itself where it is that already.
---@return cnn.Tensor
function Tensor:float() end

---The largest whole number that is not above each element.
---@return cnn.Tensor
function Tensor:floor() end

---As tensor:floor, written into the tensor itself.
---@return cnn.Tensor
function Tensor:floor_() end

---The fraction of each element: x - trunc(x).
---@return cnn.Tensor
function Tensor:frac() end

---@class cnn.Tensor.gather.options
---@field dim? integer along which
---@field index? cnn.Tensor int64, from 1; as many dimensions as the tensor

---One element for each element of the index, which says where along `dim` it stands.
---@param dim integer along which
---@param index cnn.Tensor int64, from 1; as many dimensions as the tensor
---@return cnn.Tensor
---@overload fun(self, options: cnn.Tensor.gather.options): cnn.Tensor
function Tensor:gather(dim, index) end

---Where each element is at least the other's; the operands broadcast.
---@param other cnn.Tensor|number|boolean
---@return boolean
function Tensor:ge(other) end

---Where each element is greater than the other's; the operands broadcast.
---@param other cnn.Tensor|number|boolean
---@return boolean
function Tensor:gt(other) end

---@class cnn.Tensor.histc.options
---@field bins? integer default 100
---@field min? number default 0
---@field max? number min and max both 0: the smallest and the largest element; default 0

---How many elements fall into each of equally wide bins from min to max; others are not counted.
---@param bins? integer default 100
---@param min? number default 0
---@param max? number min and max both 0: the smallest and the largest element; default 0
---@return cnn.Tensor
---@overload fun(self, options: cnn.Tensor.histc.options): cnn.Tensor
function Tensor:histc(bins, min, max) end

---@class cnn.Tensor.index_add.options
---@field dim? integer along which
---@field index? cnn.Tensor int64 [m], from 1
---@field source? cnn.Tensor as the tensor, with m along dim
---@field alpha? number default 1

---The tensor with alpha times each entry of source added at the places that an index names along a dimension.
---@param dim integer along which
---@param index cnn.Tensor int64 [m], from 1
---@param source cnn.Tensor as the tensor, with m along dim
---@param alpha? number default 1
---@return cnn.Tensor
---@overload fun(self, options: cnn.Tensor.index_add.options): cnn.Tensor
function Tensor:index_add(dim, index, source, alpha) end

---@class cnn.Tensor.index_add_.options
---@field dim? integer along which
---@field index? cnn.Tensor int64 [m], from 1
---@field source? cnn.Tensor as the tensor, with m along dim
---@field alpha? number default 1

---As tensor:index_add, written into the tensor itself.
---@param dim integer along which
---@param index cnn.Tensor int64 [m], from 1
---@param source cnn.Tensor as the tensor, with m along dim
---@param alpha? number default 1
---@return cnn.Tensor
---@overload fun(self, options: cnn.Tensor.index_add_.options): cnn.Tensor
function Tensor:index_add_(dim, index, source, alpha) end

---@class cnn.Tensor.index_select.options
---@field dim? integer along which
---@field index? cnn.Tensor int64 [m], from 1

---The entries along a dimension that an index names, in its order; x[index] is the same for the first dimension.
---@param dim integer along which
---@param index cnn.Tensor int64 [m], from 1
---@return cnn.Tensor
---@overload fun(self, options: cnn.Tensor.index_select.options): cnn.Tensor
function Tensor:index_select(dim, index) end

---Whether the elements lie in memory row by row, without gaps.
---@return boolean
function Tensor:is_contiguous() end

---Whether the type is one of real numbers: float32, float64 or bfloat16.
---@return boolean
function Tensor:is_floating_point() end

---@class cnn.Tensor.isclose.options
---@field other? cnn.Tensor
---@field rtol? number default 1e-05
---@field atol? number default 1e-08
---@field equal_nan? boolean default false

---Where |x - other| <= atol + rtol * |other|.
---@param other cnn.Tensor
---@param rtol? number default 1e-05
---@param atol? number default 1e-08
---@param equal_nan? boolean default false
---@return boolean
---@overload fun(self, options: cnn.Tensor.isclose.options): boolean
function Tensor:isclose(other, rtol, atol, equal_nan) end

---Where an element is neither infinite nor NaN.
---@return boolean
function Tensor:isfinite() end

---Where an element is infinite.
---@return boolean
function Tensor:isinf() end

---Where an element is not a number.
---@return boolean
function Tensor:isnan() end

---The one element of a tensor, as a Lua number.
---@return number
function Tensor:item() end

---@class cnn.Tensor.kthvalue.options
---@field k? integer which one: 1 is the smallest
---@field dim? integer along which; the last if not given; default -1
---@field keepdim? boolean leave the dimension, with size 1; default false

---The k-th smallest element along a dimension, and where it stood.
---@param k integer which one: 1 is the smallest
---@param dim? integer along which; the last if not given; default -1
---@param keepdim? boolean leave the dimension, with size 1; default false
---@return any
---@overload fun(self, options: cnn.Tensor.kthvalue.options): any
function Tensor:kthvalue(k, dim, keepdim) end

---Where each element is at most the other's; the operands broadcast.
---@param other cnn.Tensor|number|boolean
---@return boolean
function Tensor:le(other) end

---@class cnn.Tensor.lerp.options
---@field ["end"]? cnn.Tensor
---@field weight? cnn.Tensor|number 0 gives x, 1 gives end

---On the way from x to another tensor: x + weight * (end - x).
---@param end_ cnn.Tensor
---@param weight cnn.Tensor|number 0 gives x, 1 gives end
---@return cnn.Tensor
---@overload fun(self, options: cnn.Tensor.lerp.options): cnn.Tensor
function Tensor:lerp(end_, weight) end

---@class cnn.Tensor.lerp_.options
---@field ["end"]? cnn.Tensor
---@field weight? cnn.Tensor|number 0 gives x, 1 gives end

---As tensor:lerp, written into the tensor itself.
---@param end_ cnn.Tensor
---@param weight cnn.Tensor|number 0 gives x, 1 gives end
---@return cnn.Tensor
---@overload fun(self, options: cnn.Tensor.lerp_.options): cnn.Tensor
function Tensor:lerp_(end_, weight) end

---The natural logarithm of each element.
---@return cnn.Tensor
function Tensor:log() end

---The logarithm to base 10 of each element.
---@return cnn.Tensor
function Tensor:log10() end

---log(1 + x) of each element, which keeps the digits of a small x.
---@return cnn.Tensor
function Tensor:log1p() end

---As tensor:log1p, written into the tensor itself.
---@return cnn.Tensor
function Tensor:log1p_() end

---The logarithm to base 2 of each element.
---@return cnn.Tensor
function Tensor:log2() end

---As tensor:log, written into the tensor itself.
---@return cnn.Tensor
function Tensor:log_() end

---The logarithm of softmax.
---@param dim integer the classes
---@return cnn.Tensor
function Tensor:log_softmax(dim) end

---Where both elements are true, or not 0; the operands broadcast.
---@param other cnn.Tensor
---@return boolean
function Tensor:logical_and(other) end

---Where an element is 0 or false.
---@return boolean
function Tensor:logical_not() end

---Where at least one of two elements is true, or not 0; the operands broadcast.
---@param other cnn.Tensor
---@return boolean
function Tensor:logical_or(other) end

---Where exactly one of two elements is true, or not 0; the operands broadcast.
---@param other cnn.Tensor
---@return boolean
function Tensor:logical_xor(other) end

---@class cnn.Tensor.logsumexp.options
---@field dim? cnn.sizes over these dimensions, counted from 1
---@field keepdim? boolean leave the dimensions, with size 1; default false

---The logarithm of the sum of the exponentials over dimensions, without overflow.
---@param dim cnn.sizes over these dimensions, counted from 1
---@param keepdim? boolean leave the dimensions, with size 1; default false
---@return cnn.Tensor
---@overload fun(self, options: cnn.Tensor.logsumexp.options): cnn.Tensor
function Tensor:logsumexp(dim, keepdim) end

---The tensor as int64; itself where it is that already.
---@return cnn.Tensor
function Tensor:long() end

---Where each element is less than the other's; the operands broadcast.
---@param other cnn.Tensor|number|boolean
---@return boolean
function Tensor:lt(other) end

---@class cnn.Tensor.masked_fill.options
---@field mask? cnn.Tensor bool; broadcasts
---@field value? number|boolean|cnn.Tensor one number

---The elements, with one value where the mask is true.
---@param mask cnn.Tensor bool; broadcasts
---@param value number|boolean|cnn.Tensor one number
---@return cnn.Tensor
---@overload fun(self, options: cnn.Tensor.masked_fill.options): cnn.Tensor
function Tensor:masked_fill(mask, value) end

---@class cnn.Tensor.masked_fill_.options
---@field mask? cnn.Tensor bool; broadcasts
---@field value? number|boolean|cnn.Tensor one number

---Overwrites the elements where the mask is true with one value.
---@param mask cnn.Tensor bool; broadcasts
---@param value number|boolean|cnn.Tensor one number
---@return cnn.Tensor
---@overload fun(self, options: cnn.Tensor.masked_fill_.options): cnn.Tensor
function Tensor:masked_fill_(mask, value) end

---The elements where the mask is true, in a row; x[mask] is the same.
---@param mask cnn.Tensor bool; broadcasts with the tensor
---@return cnn.Tensor
function Tensor:masked_select(mask) end

---The matrix product; vectors count as a row and a column, more dimensions as stacks of matrices.
---@param other cnn.Tensor
---@return cnn.Tensor
function Tensor:matmul(other) end

---@class cnn.Tensor.max.options
---@field dim? integer|cnn.Tensor along which; or another tensor, to compare with
---@field keepdim? boolean leave the dimensions, with size 1; default false

---The largest of all elements, or along a dimension, with its position.
---@param dim? integer|cnn.Tensor along which; or another tensor, to compare with
---@param keepdim? boolean leave the dimensions, with size 1; default false
---@return cnn.Tensor
---@overload fun(self, options: cnn.Tensor.max.options): cnn.Tensor
function Tensor:max(dim, keepdim) end

---The larger of two values, element by element; NaN if one is NaN.
---@param other cnn.Tensor|number
---@return cnn.Tensor
function Tensor:maximum(other) end

---As tensor:maximum, written into the tensor itself.
---@param other cnn.Tensor|number
---@return cnn.Tensor
function Tensor:maximum_(other) end

---@class cnn.Tensor.mean.options
---@field dim? cnn.sizes over these dimensions, counted from 1; over all if not given
---@field keepdim? boolean leave the dimensions, with size 1; default false

---The mean of all elements, or along dimensions.
---@param dim? cnn.sizes over these dimensions, counted from 1; over all if not given
---@param keepdim? boolean leave the dimensions, with size 1; default false
---@return cnn.Tensor
---@overload fun(self, options: cnn.Tensor.mean.options): cnn.Tensor
function Tensor:mean(dim, keepdim) end

---@class cnn.Tensor.median.options
---@field dim? integer along which; among all elements if not given
---@field keepdim? boolean leave the dimension, with size 1; default false

---The element in the middle, along a dimension with its position; of two in the middle the smaller one.
---@param dim? integer along which; among all elements if not given
---@param keepdim? boolean leave the dimension, with size 1; default false
---@return cnn.Tensor
---@overload fun(self, options: cnn.Tensor.median.options): cnn.Tensor
function Tensor:median(dim, keepdim) end

---@class cnn.Tensor.min.options
---@field dim? integer|cnn.Tensor along which; or another tensor, to compare with
---@field keepdim? boolean leave the dimensions, with size 1; default false

---The smallest of all elements, or along a dimension, with its position.
---@param dim? integer|cnn.Tensor along which; or another tensor, to compare with
---@param keepdim? boolean leave the dimensions, with size 1; default false
---@return cnn.Tensor
---@overload fun(self, options: cnn.Tensor.min.options): cnn.Tensor
function Tensor:min(dim, keepdim) end

---The smaller of two values, element by element; NaN if one is NaN.
---@param other cnn.Tensor|number
---@return cnn.Tensor
function Tensor:minimum(other) end

---As tensor:minimum, written into the tensor itself.
---@param other cnn.Tensor|number
---@return cnn.Tensor
function Tensor:minimum_(other) end

---The product of two matrices.
---@param other cnn.Tensor
---@return cnn.Tensor
function Tensor:mm(other) end

---@class cnn.Tensor.movedim.options
---@field source? cnn.sizes
---@field destination? cnn.sizes as many

---A view with some dimensions moved to other places; the others keep their order.
---@param source cnn.sizes
---@param destination cnn.sizes as many
---@return cnn.Tensor
---@overload fun(self, options: cnn.Tensor.movedim.options): cnn.Tensor
function Tensor:movedim(source, destination) end

---x * other, element by element; the operands broadcast.
---@param other cnn.Tensor|number
---@return cnn.Tensor
function Tensor:mul(other) end

---As tensor:mul, written into the tensor itself.
---@param other cnn.Tensor|number
---@return cnn.Tensor
function Tensor:mul_(other) end

---Multiplies a matrix with a vector, and nothing else.
---@param other cnn.Tensor
---@return cnn.Tensor
function Tensor:mv(other) end

---@class cnn.Tensor.narrow.options
---@field dim? integer
---@field start? integer the first that stays, from 1
---@field length? integer

---A view of `length` entries along a dimension.
---@param dim integer
---@param start integer the first that stays, from 1
---@param length integer
---@return cnn.Tensor
---@overload fun(self, options: cnn.Tensor.narrow.options): cnn.Tensor
function Tensor:narrow(dim, start, length) end

---The number of dimensions.
---@return integer
function Tensor:ndimension() end

---Where each element differs from the other's; the operands broadcast.
---@param other cnn.Tensor|number|boolean
---@return boolean
function Tensor:ne(other) end

---The negative of each element.
---@return cnn.Tensor
function Tensor:neg() end

---As tensor:neg, written into the tensor itself.
---@return cnn.Tensor
function Tensor:neg_() end

---@class cnn.Tensor.new_empty.options
---@field size? cnn.sizes
---@field dtype? cnn.dtype the tensor's if not given

---A tensor of this one's type, of any size, filled with whatever was in memory.
---@param size cnn.sizes
---@param dtype? cnn.dtype the tensor's if not given
---@return cnn.Tensor
---@overload fun(self, options: cnn.Tensor.new_empty.options): cnn.Tensor
function Tensor:new_empty(size, dtype) end

---@class cnn.Tensor.new_full.options
---@field size? cnn.sizes
---@field fill_value? number|boolean
---@field dtype? cnn.dtype the tensor's if not given

---A tensor of this one's type, of any size, filled with one value.
---@param size cnn.sizes
---@param fill_value number|boolean
---@param dtype? cnn.dtype the tensor's if not given
---@return cnn.Tensor
---@overload fun(self, options: cnn.Tensor.new_full.options): cnn.Tensor
function Tensor:new_full(size, fill_value, dtype) end

---@class cnn.Tensor.new_ones.options
---@field size? cnn.sizes
---@field dtype? cnn.dtype the tensor's if not given

---A tensor of this one's type, of any size, filled with 1.
---@param size cnn.sizes
---@param dtype? cnn.dtype the tensor's if not given
---@return cnn.Tensor
---@overload fun(self, options: cnn.Tensor.new_ones.options): cnn.Tensor
function Tensor:new_ones(size, dtype) end

---@class cnn.Tensor.new_tensor.options
---@field data? any numbers, or nested tables of them
---@field dtype? cnn.dtype the tensor's if not given

---A tensor of this one's type from Lua's numbers.
---@param data any numbers, or nested tables of them
---@param dtype? cnn.dtype the tensor's if not given
---@return cnn.Tensor
---@overload fun(self, options: cnn.Tensor.new_tensor.options): cnn.Tensor
function Tensor:new_tensor(data, dtype) end

---@class cnn.Tensor.new_zeros.options
---@field size? cnn.sizes
---@field dtype? cnn.dtype the tensor's if not given

---A tensor of this one's type, of any size, filled with 0.
---@param size cnn.sizes
---@param dtype? cnn.dtype the tensor's if not given
---@return cnn.Tensor
---@overload fun(self, options: cnn.Tensor.new_zeros.options): cnn.Tensor
function Tensor:new_zeros(size, dtype) end

---Where the elements are not 0: a row of positions, from 1, for each of them.
---@param as_tuple? boolean one result for each dimension; default false
---@return cnn.Tensor
function Tensor:nonzero(as_tuple) end

---@class cnn.Tensor.norm.options
---@field p? number default 2
---@field dim? cnn.sizes over these dimensions, counted from 1; over all if not given
---@field keepdim? boolean leave the dimensions, with size 1; default false

---(sum of |x|^p)^(1/p): the Euclidean length for p = 2, the largest value for math.huge.
---@param p? number default 2
---@param dim? cnn.sizes over these dimensions, counted from 1; over all if not given
---@param keepdim? boolean leave the dimensions, with size 1; default false
---@return cnn.Tensor
---@overload fun(self, options: cnn.Tensor.norm.options): cnn.Tensor
function Tensor:norm(p, dim, keepdim) end

---@class cnn.Tensor.normal_.options
---@field mean? number default 0
---@field std? number default 1

---Fills with normally distributed random numbers.
---@param mean? number default 0
---@param std? number default 1
---@return cnn.Tensor
---@overload fun(self, options: cnn.Tensor.normal_.options): cnn.Tensor
function Tensor:normal_(mean, std) end

---The number of elements.
---@return integer
function Tensor:numel() end

---Each element of one vector times each of another.
---@param vec2 cnn.Tensor [m]
---@return cnn.Tensor
function Tensor:outer(vec2) end

---A view with the dimensions in another order.
---@param dims cnn.sizes all dimensions in their new order
---@return cnn.Tensor
function Tensor:permute(dims) end

---x ^ other, element by element.
---@param exponent cnn.Tensor|number
---@return cnn.Tensor
function Tensor:pow(exponent) end

---As tensor:pow, written into the tensor itself.
---@param exponent cnn.Tensor|number
---@return cnn.Tensor
function Tensor:pow_(exponent) end

---@class cnn.Tensor.prod.options
---@field dim? integer along which; of all elements if not given
---@field keepdim? boolean leave the dimension, with size 1; default false

---The product of all elements, or along a dimension.
---@param dim? integer along which; of all elements if not given
---@param keepdim? boolean leave the dimension, with size 1; default false
---@return cnn.Tensor
---@overload fun(self, options: cnn.Tensor.prod.options): cnn.Tensor
function Tensor:prod(dim, keepdim) end

---1 / x of each element.
---@return cnn.Tensor
function Tensor:reciprocal() end

---Calls a function with the gradient of this tensor whenever backward() has computed it.
---@param hook function gets the gradient; what it returns, if anything, takes its place
---@return any
function Tensor:register_hook(hook) end

---max(0, x) of each element.
---@return cnn.Tensor
function Tensor:relu() end

---As tensor:relu, written into the tensor itself.
---@return cnn.Tensor
function Tensor:relu_() end

---As tile, with a number for every dimension.
---@param repeats cnn.sizes how often along each dimension, at least one number each
---@return cnn.Tensor
Tensor["repeat"] = function(self, repeats) end

---Asks for a gradient: backward() will fill x.grad.
---@param requires_grad? boolean default true
---@return cnn.Tensor
function Tensor:requires_grad_(requires_grad) end

---The same numbers in another shape: a view where the memory allows it, else a copy.
---@param size cnn.sizes of the result; one may be -1: what is left
---@return cnn.Tensor
function Tensor:reshape(size) end

---reshape to the shape of another tensor.
---@param other cnn.Tensor
---@return cnn.Tensor
function Tensor:reshape_as(other) end

---Lets backward() fill in x.grad of a computed tensor too; without this it stays nil.
---@return any
function Tensor:retain_grad() end

---@class cnn.Tensor.roll.options
---@field shifts? integer|cnn.sizes by how many places, for each dimension
---@field dims? integer|cnn.sizes along which; as one long line if not given

---The elements moved along dimensions; those that leave at the end come back at the beginning.
---@param shifts integer|cnn.sizes by how many places, for each dimension
---@param dims? integer|cnn.sizes along which; as one long line if not given
---@return cnn.Tensor
---@overload fun(self, options: cnn.Tensor.roll.options): cnn.Tensor
function Tensor:roll(shifts, dims) end

---The nearest whole number, or decimal fraction; halves go to the even neighbour.
---@param decimals? integer digits that stay after the point; default 0
---@return cnn.Tensor
function Tensor:round(decimals) end

---As tensor:round, written into the tensor itself.
---@param decimals? integer digits that stay after the point; default 0
---@return cnn.Tensor
function Tensor:round_(decimals) end

---1 / sqrt(x) of each element.
---@return cnn.Tensor
function Tensor:rsqrt() end

---@class cnn.Tensor.scatter.options
---@field dim? integer along which
---@field index? cnn.Tensor int64, from 1; as many dimensions as the tensor
---@field src? cnn.Tensor|number of the index's shape, or larger

---The tensor with elements of src written to the places that the index names along `dim`.
---@param dim integer along which
---@param index cnn.Tensor int64, from 1; as many dimensions as the tensor
---@param src cnn.Tensor|number of the index's shape, or larger
---@return cnn.Tensor
---@overload fun(self, options: cnn.Tensor.scatter.options): cnn.Tensor
function Tensor:scatter(dim, index, src) end

---@class cnn.Tensor.scatter_.options
---@field dim? integer along which
---@field index? cnn.Tensor int64, from 1; as many dimensions as the tensor
---@field src? cnn.Tensor|number of the index's shape, or larger

---As tensor:scatter, written into the tensor itself.
---@param dim integer along which
---@param index cnn.Tensor int64, from 1; as many dimensions as the tensor
---@param src cnn.Tensor|number of the index's shape, or larger
---@return cnn.Tensor
---@overload fun(self, options: cnn.Tensor.scatter_.options): cnn.Tensor
function Tensor:scatter_(dim, index, src) end

---@class cnn.Tensor.scatter_add.options
---@field dim? integer along which
---@field index? cnn.Tensor int64, from 1; as many dimensions as the tensor
---@field src? cnn.Tensor of the index's shape, or larger

---The tensor with elements of src added at the places that the index names along `dim`.
---@param dim integer along which
---@param index cnn.Tensor int64, from 1; as many dimensions as the tensor
---@param src cnn.Tensor of the index's shape, or larger
---@return cnn.Tensor
---@overload fun(self, options: cnn.Tensor.scatter_add.options): cnn.Tensor
function Tensor:scatter_add(dim, index, src) end

---@class cnn.Tensor.scatter_add_.options
---@field dim? integer along which
---@field index? cnn.Tensor int64, from 1; as many dimensions as the tensor
---@field src? cnn.Tensor of the index's shape, or larger

---As tensor:scatter_add, written into the tensor itself.
---@param dim integer along which
---@param index cnn.Tensor int64, from 1; as many dimensions as the tensor
---@param src cnn.Tensor of the index's shape, or larger
---@return cnn.Tensor
---@overload fun(self, options: cnn.Tensor.scatter_add_.options): cnn.Tensor
function Tensor:scatter_add_(dim, index, src) end

---@class cnn.Tensor.select.options
---@field dim? integer
---@field index? integer from 1; -1 is the last

---A view of one entry along a dimension, which disappears.
---@param dim integer
---@param index integer from 1; -1 is the last
---@return cnn.Tensor
---@overload fun(self, options: cnn.Tensor.select.options): cnn.Tensor
function Tensor:select(dim, index) end

---1 / (1 + exp(-x)) of each element.
---@return cnn.Tensor
function Tensor:sigmoid() end

---As tensor:sigmoid, written into the tensor itself.
---@return cnn.Tensor
function Tensor:sigmoid_() end

----1, 0 or 1: on which side of 0 each element lies.
---@return cnn.Tensor
function Tensor:sign() end

---As tensor:sign, written into the tensor itself.
---@return cnn.Tensor
function Tensor:sign_() end

---The sine of each element, in radians.
---@return cnn.Tensor
function Tensor:sin() end

---As tensor:sin, written into the tensor itself.
---@return cnn.Tensor
function Tensor:sin_() end

---The sizes of all dimensions, or of one.
---@param dim? integer which one; all of them if not given
---@return any
function Tensor:size(dim) end

---exp(x), divided by its sum along a dimension.
---@param dim integer the classes
---@return cnn.Tensor
function Tensor:softmax(dim) end

---@class cnn.Tensor.sort.options
---@field dim? integer along which; the last if not given; default -1
---@field descending? boolean the largest first; default false
---@field stable? boolean equal elements keep their order; they always do; default true

---The elements along a dimension in order, and where each of them stood.
---@param dim? integer along which; the last if not given; default -1
---@param descending? boolean the largest first; default false
---@param stable? boolean equal elements keep their order; they always do; default true
---@return any
---@overload fun(self, options: cnn.Tensor.sort.options): any
function Tensor:sort(dim, descending, stable) end

---@class cnn.Tensor.split.options
---@field split_size? integer|cnn.sizes of every part (the last may be smaller), or a list
---@field dim? integer default 1

---Cuts a tensor along a dimension into parts of a size, or of the sizes in a list; they are views.
---@param split_size integer|cnn.sizes of every part (the last may be smaller), or a list
---@param dim? integer default 1
---@return any
---@overload fun(self, options: cnn.Tensor.split.options): any
function Tensor:split(split_size, dim) end

---The square root of each element.
---@return cnn.Tensor
function Tensor:sqrt() end

---As tensor:sqrt, written into the tensor itself.
---@return cnn.Tensor
function Tensor:sqrt_() end

---The square of each element.
---@return cnn.Tensor
function Tensor:square() end

---As tensor:square, written into the tensor itself.
---@return cnn.Tensor
function Tensor:square_() end

---A view without the dimensions of size 1.
---@param dim? cnn.sizes only these; all if not given
---@return cnn.Tensor
function Tensor:squeeze(dim) end

---@class cnn.Tensor.std.options
---@field dim? cnn.sizes over these dimensions, counted from 1; over all if not given
---@field unbiased? boolean divide by n - 1 (true) or n (false)
---@field keepdim? boolean leave the dimensions, with size 1; default false
---@field correction? integer divide by n - correction; default 1

---The standard deviation of all elements, or along dimensions.
---@param dim? cnn.sizes over these dimensions, counted from 1; over all if not given
---@param unbiased? boolean divide by n - 1 (true) or n (false)
---@param keepdim? boolean leave the dimensions, with size 1; default false
---@param correction? integer divide by n - correction; default 1
---@return cnn.Tensor
---@overload fun(self, options: cnn.Tensor.std.options): cnn.Tensor
function Tensor:std(dim, unbiased, keepdim, correction) end

---How many elements lie between neighbours along each dimension, or along one.
---@param dim? integer
---@return table
function Tensor:stride(dim) end

---@class cnn.Tensor.sub.options
---@field other? cnn.Tensor|number
---@field alpha? number default 1

---x - alpha * other, element by element; the operands broadcast.
---@param other cnn.Tensor|number
---@param alpha? number default 1
---@return cnn.Tensor
---@overload fun(self, options: cnn.Tensor.sub.options): cnn.Tensor
function Tensor:sub(other, alpha) end

---@class cnn.Tensor.sub_.options
---@field other? cnn.Tensor|number
---@field alpha? number default 1

---As tensor:sub, written into the tensor itself.
---@param other cnn.Tensor|number
---@param alpha? number default 1
---@return cnn.Tensor
---@overload fun(self, options: cnn.Tensor.sub_.options): cnn.Tensor
function Tensor:sub_(other, alpha) end

---@class cnn.Tensor.sum.options
---@field dim? cnn.sizes over these dimensions, counted from 1; over all if not given
---@field keepdim? boolean leave the dimensions, with size 1; default false

---The sum of all elements, or along dimensions.
---@param dim? cnn.sizes over these dimensions, counted from 1; over all if not given
---@param keepdim? boolean leave the dimensions, with size 1; default false
---@return cnn.Tensor
---@overload fun(self, options: cnn.Tensor.sum.options): cnn.Tensor
function Tensor:sum(dim, keepdim) end

---A matrix transposed, as a view; a vector as it is.
---@return cnn.Tensor
function Tensor:t() end

---@class cnn.Tensor.take_along_dim.options
---@field indices? cnn.Tensor int64, from 1; broadcasts with the tensor
---@field dim? integer along which; among all elements if not given

---gather, with the other dimensions broadcast: brings the positions of argmax, argsort or topk back to values.
---@param indices cnn.Tensor int64, from 1; broadcasts with the tensor
---@param dim? integer along which; among all elements if not given
---@return cnn.Tensor
---@overload fun(self, options: cnn.Tensor.take_along_dim.options): cnn.Tensor
function Tensor:take_along_dim(indices, dim) end

---The hyperbolic tangent of each element.
---@return cnn.Tensor
function Tensor:tanh() end

---As tensor:tanh, written into the tensor itself.
---@return cnn.Tensor
function Tensor:tanh_() end

---The tensor repeated along its dimensions; more numbers than dimensions add some in front.
---@param dims cnn.sizes how often along each dimension; fewer count from the last
---@return cnn.Tensor
function Tensor:tile(dims) end

---@class cnn.Tensor.to.options
---@field device? string|cnn.Tensor "cpu", a type, or a tensor to be like
---@field dtype? cnn.dtype

---The tensor on a device and of a type; itself where nothing changes.
---@param device? string|cnn.Tensor "cpu", a type, or a tensor to be like
---@param dtype? cnn.dtype
---@return cnn.Tensor
---@overload fun(self, options: cnn.Tensor.to.options): cnn.Tensor
function Tensor:to(device, dtype) end

---The elements as Lua tables.
---@return any
function Tensor:tolist() end

---@class cnn.Tensor.topk.options
---@field k? integer how many
---@field dim? integer along which; the last if not given; default -1
---@field largest? boolean the largest; false: the smallest; default true
---@field sorted? boolean in order; they always are; default true

---The k largest (or smallest) elements along a dimension, the first of them first, and where they stood.
---@param k integer how many
---@param dim? integer along which; the last if not given; default -1
---@param largest? boolean the largest; false: the smallest; default true
---@param sorted? boolean in order; they always are; default true
---@return any
---@overload fun(self, options: cnn.Tensor.topk.options): any
function Tensor:topk(k, dim, largest, sorted) end

---The elements as Lua tables.
---@return any
function Tensor:totable() end

---@class cnn.Tensor.transpose.options
---@field dim0? integer
---@field dim1? integer

---A view with two dimensions exchanged.
---@param dim0 integer
---@param dim1 integer
---@return cnn.Tensor
---@overload fun(self, options: cnn.Tensor.transpose.options): cnn.Tensor
function Tensor:transpose(dim0, dim1) end

---A matrix, or a stack of them, with zeros above a diagonal.
---@param diagonal? integer the last one that stays: 1 is above the main one, -1 below; default 0
---@return cnn.Tensor
function Tensor:tril(diagonal) end

---As tensor:tril, written into the tensor itself.
---@param diagonal? integer the last one that stays: 1 is above the main one, -1 below; default 0
---@return cnn.Tensor
function Tensor:tril_(diagonal) end

---A matrix, or a stack of them, with zeros below a diagonal.
---@param diagonal? integer the last one that stays: 1 is above the main one, -1 below; default 0
---@return cnn.Tensor
function Tensor:triu(diagonal) end

---As tensor:triu, written into the tensor itself.
---@param diagonal? integer the last one that stays: 1 is above the main one, -1 below; default 0
---@return cnn.Tensor
function Tensor:triu_(diagonal) end

---Each element without its fraction.
---@return cnn.Tensor
function Tensor:trunc() end

---As tensor:trunc, written into the tensor itself.
---@return cnn.Tensor
function Tensor:trunc_() end

---The tensor in the type of another.
---@param other cnn.Tensor
---@return cnn.Tensor
function Tensor:type_as(other) end

---All entries along a dimension, which disappears; they are views.
---@param dim? integer default 1
---@return any
function Tensor:unbind(dim) end

---@class cnn.Tensor.unflatten.options
---@field dim? integer
---@field sizes? cnn.sizes instead of that one; one may be -1: what is left

---Makes several dimensions of one: the opposite of flatten.
---@param dim integer
---@param sizes cnn.sizes instead of that one; one may be -1: what is left
---@return cnn.Tensor
---@overload fun(self, options: cnn.Tensor.unflatten.options): cnn.Tensor
function Tensor:unflatten(dim, sizes) end

---@class cnn.Tensor.uniform_.options
---@field from? number default 0
---@field to? number default 1

---Fills with random numbers from `from` up to `to`, all alike probable.
---@param from? number default 0
---@param to? number default 1
---@return cnn.Tensor
---@overload fun(self, options: cnn.Tensor.uniform_.options): cnn.Tensor
function Tensor:uniform_(from, to) end

---@class cnn.Tensor.unique.options
---@field sorted? boolean in order; they always are; default true
---@field return_inverse? boolean also: which one each element is; default false
---@field return_counts? boolean also: how often each is there; default false

---The different values among all elements, in order.
---@param sorted? boolean in order; they always are; default true
---@param return_inverse? boolean also: which one each element is; default false
---@param return_counts? boolean also: how often each is there; default false
---@return cnn.Tensor
---@overload fun(self, options: cnn.Tensor.unique.options): cnn.Tensor
function Tensor:unique(sorted, return_inverse, return_counts) end

---A view with one more dimension, of size 1.
---@param dim integer where the new dimension stands in the result
---@return cnn.Tensor
function Tensor:unsqueeze(dim) end

---@class cnn.Tensor.var.options
---@field dim? cnn.sizes over these dimensions, counted from 1; over all if not given
---@field unbiased? boolean divide by n - 1 (true) or n (false)
---@field keepdim? boolean leave the dimensions, with size 1; default false
---@field correction? integer divide by n - correction; default 1

---The variance of all elements, or along dimensions.
---@param dim? cnn.sizes over these dimensions, counted from 1; over all if not given
---@param unbiased? boolean divide by n - 1 (true) or n (false)
---@param keepdim? boolean leave the dimensions, with size 1; default false
---@param correction? integer divide by n - correction; default 1
---@return cnn.Tensor
---@overload fun(self, options: cnn.Tensor.var.options): cnn.Tensor
function Tensor:var(dim, unbiased, keepdim, correction) end

---The same numbers in another shape; never copies, so the memory must allow it.
---@param size cnn.sizes of the result; one may be -1: what is left
---@return cnn.Tensor
function Tensor:view(size) end

---A view in the shape of another tensor.
---@param other cnn.Tensor
---@return cnn.Tensor
function Tensor:view_as(other) end

---@class cnn.Tensor.where.options
---@field condition? cnn.Tensor bool
---@field other? cnn.Tensor|number|boolean where it is false

---The elements where the condition is true, other's where it is false; all three broadcast.
---@param condition cnn.Tensor bool
---@param other cnn.Tensor|number|boolean where it is false
---@return cnn.Tensor
---@overload fun(self, options: cnn.Tensor.where.options): cnn.Tensor
function Tensor:where(condition, other) end

---Overwrites all elements with 0.
---@return cnn.Tensor
function Tensor:zero_() end

---The absolute value of each element.
---@param input cnn.Tensor
---@return cnn.Tensor
function cnn.abs(input) end

---@class cnn.add.options
---@field input? cnn.Tensor
---@field other? cnn.Tensor|number
---@field alpha? number default 1

---x + alpha * other, element by element; the operands broadcast.
---@param input cnn.Tensor
---@param other cnn.Tensor|number
---@param alpha? number default 1
---@return cnn.Tensor
---@overload fun(options: cnn.add.options): cnn.Tensor
function cnn.add(input, other, alpha) end

---@class cnn.addcdiv.options
---@field input? cnn.Tensor
---@field a? cnn.Tensor
---@field b? cnn.Tensor
---@field value? number default 1

---x + value * a / b, element by element.
---@param input cnn.Tensor
---@param a cnn.Tensor
---@param b cnn.Tensor
---@param value? number default 1
---@return cnn.Tensor
---@overload fun(options: cnn.addcdiv.options): cnn.Tensor
function cnn.addcdiv(input, a, b, value) end

---@class cnn.addcmul.options
---@field input? cnn.Tensor
---@field a? cnn.Tensor
---@field b? cnn.Tensor
---@field value? number default 1

---x + value * a * b, element by element.
---@param input cnn.Tensor
---@param a cnn.Tensor
---@param b cnn.Tensor
---@param value? number default 1
---@return cnn.Tensor
---@overload fun(options: cnn.addcmul.options): cnn.Tensor
function cnn.addcmul(input, a, b, value) end

---@class cnn.addmm.options
---@field input? cnn.Tensor
---@field mat1? cnn.Tensor
---@field mat2? cnn.Tensor
---@field beta? number default 1
---@field alpha? number default 1

---beta * x + alpha * (mat1 times mat2).
---@param input cnn.Tensor
---@param mat1 cnn.Tensor
---@param mat2 cnn.Tensor
---@param beta? number default 1
---@param alpha? number default 1
---@return cnn.Tensor
---@overload fun(options: cnn.addmm.options): cnn.Tensor
function cnn.addmm(input, mat1, mat2, beta, alpha) end

---@class cnn.all.options
---@field input? cnn.Tensor
---@field dim? cnn.sizes over these dimensions, counted from 1; over all if not given
---@field keepdim? boolean leave the dimensions, with size 1; default false

---Whether all elements are true, or not 0.
---@param input cnn.Tensor
---@param dim? cnn.sizes over these dimensions, counted from 1; over all if not given
---@param keepdim? boolean leave the dimensions, with size 1; default false
---@return boolean
---@overload fun(options: cnn.all.options): boolean
function cnn.all(input, dim, keepdim) end

---@class cnn.allclose.options
---@field input? cnn.Tensor
---@field other? cnn.Tensor
---@field rtol? number default 1e-05
---@field atol? number default 1e-08
---@field equal_nan? boolean default false

---Whether |x - other| <= atol + rtol * |other| for every element.
---@param input cnn.Tensor
---@param other cnn.Tensor
---@param rtol? number default 1e-05
---@param atol? number default 1e-08
---@param equal_nan? boolean default false
---@return boolean
---@overload fun(options: cnn.allclose.options): boolean
function cnn.allclose(input, other, rtol, atol, equal_nan) end

---@class cnn.amax.options
---@field input? cnn.Tensor
---@field dim? cnn.sizes over these, counted from 1; over all if not given
---@field keepdim? boolean leave the dimensions, with size 1; default false

---The largest element over dimensions.
---@param input cnn.Tensor
---@param dim? cnn.sizes over these, counted from 1; over all if not given
---@param keepdim? boolean leave the dimensions, with size 1; default false
---@return cnn.Tensor
---@overload fun(options: cnn.amax.options): cnn.Tensor
function cnn.amax(input, dim, keepdim) end

---@class cnn.amin.options
---@field input? cnn.Tensor
---@field dim? cnn.sizes over these, counted from 1; over all if not given
---@field keepdim? boolean leave the dimensions, with size 1; default false

---The smallest element over dimensions.
---@param input cnn.Tensor
---@param dim? cnn.sizes over these, counted from 1; over all if not given
---@param keepdim? boolean leave the dimensions, with size 1; default false
---@return cnn.Tensor
---@overload fun(options: cnn.amin.options): cnn.Tensor
function cnn.amin(input, dim, keepdim) end

---@class cnn.any.options
---@field input? cnn.Tensor
---@field dim? cnn.sizes over these dimensions, counted from 1; over all if not given
---@field keepdim? boolean leave the dimensions, with size 1; default false

---Whether any element is true, or not 0.
---@param input cnn.Tensor
---@param dim? cnn.sizes over these dimensions, counted from 1; over all if not given
---@param keepdim? boolean leave the dimensions, with size 1; default false
---@return boolean
---@overload fun(options: cnn.any.options): boolean
function cnn.any(input, dim, keepdim) end

---@class cnn.arange.options
---@field start? number the first; with one argument, the end, and 0 is the first
---@field ["end"]? number not included
---@field step? number default 1
---@field dtype? cnn.dtype
---@field device? string "cpu"
---@field requires_grad? boolean default false

---Numbers from start to just before end.
---@param start number the first; with one argument, the end, and 0 is the first
---@param end_? number not included
---@param step? number default 1
---@param dtype? cnn.dtype
---@param device? string "cpu"
---@param requires_grad? boolean default false
---@return cnn.Tensor
---@overload fun(options: cnn.arange.options): cnn.Tensor
function cnn.arange(start, end_, step, dtype, device, requires_grad) end

---@class cnn.argmax.options
---@field input? cnn.Tensor
---@field dim? integer along which; among all elements if not given
---@field keepdim? boolean leave the dimensions, with size 1; default false

---The position, from 1, of the largest element along a dimension.
---@param input cnn.Tensor
---@param dim? integer along which; among all elements if not given
---@param keepdim? boolean leave the dimensions, with size 1; default false
---@return cnn.Tensor
---@overload fun(options: cnn.argmax.options): cnn.Tensor
function cnn.argmax(input, dim, keepdim) end

---@class cnn.argmin.options
---@field input? cnn.Tensor
---@field dim? integer along which; among all elements if not given
---@field keepdim? boolean leave the dimensions, with size 1; default false

---The position, from 1, of the smallest element along a dimension.
---@param input cnn.Tensor
---@param dim? integer along which; among all elements if not given
---@param keepdim? boolean leave the dimensions, with size 1; default false
---@return cnn.Tensor
---@overload fun(options: cnn.argmin.options): cnn.Tensor
function cnn.argmin(input, dim, keepdim) end

---@class cnn.argsort.options
---@field input? cnn.Tensor
---@field dim? integer along which; the last if not given; default -1
---@field descending? boolean the largest first; default false
---@field stable? boolean equal elements keep their order; they always do; default true

---Where the elements stand that make the dimension sorted, from 1.
---@param input cnn.Tensor
---@param dim? integer along which; the last if not given; default -1
---@param descending? boolean the largest first; default false
---@param stable? boolean equal elements keep their order; they always do; default true
---@return cnn.Tensor
---@overload fun(options: cnn.argsort.options): cnn.Tensor
function cnn.argsort(input, dim, descending, stable) end

---@class cnn.autocast.options
---@field f? function
---@field enabled? boolean false: as if it were not there, also inside another autocast; default true
---@field dtype? cnn.dtype bfloat16 is what CPUs have; default "bfloat16"

---Runs a function in which convolutions, linear layers and matrix products compute in bfloat16: half the memory.
---@param f function
---@param enabled? boolean false: as if it were not there, also inside another autocast; default true
---@param dtype? cnn.dtype bfloat16 is what CPUs have; default "bfloat16"
---@return any
---@overload fun(options: cnn.autocast.options): any
function cnn.autocast(f, enabled, dtype) end

---1 with the probability that each element gives, else 0.
---@param input cnn.Tensor
---@return cnn.Tensor
function cnn.bernoulli(input) end

---@class cnn.bincount.options
---@field input? cnn.Tensor
---@field weights? cnn.Tensor what each label counts, instead of 1
---@field minlength? integer count at least so many classes; default 0

---How often each label stands in a list: the first number counts the 1s, the last the largest label.
---@param input cnn.Tensor
---@param weights? cnn.Tensor what each label counts, instead of 1
---@param minlength? integer count at least so many classes; default 0
---@return cnn.Tensor
---@overload fun(options: cnn.bincount.options): cnn.Tensor
function cnn.bincount(input, weights, minlength) end

---@class cnn.bmm.options
---@field input? cnn.Tensor
---@field other? cnn.Tensor

---Multiplies two stacks of matrices, and nothing else.
---@param input cnn.Tensor
---@param other cnn.Tensor
---@return cnn.Tensor
---@overload fun(options: cnn.bmm.options): cnn.Tensor
function cnn.bmm(input, other) end

---@class cnn.broadcast_to.options
---@field input? cnn.Tensor
---@field size? cnn.sizes of the result

---A view in which dimensions of size 1 are repeated: expand by another name.
---@param input cnn.Tensor
---@param size cnn.sizes of the result
---@return cnn.Tensor
---@overload fun(options: cnn.broadcast_to.options): cnn.Tensor
function cnn.broadcast_to(input, size) end

---@class cnn.cat.options
---@field tensors? table
---@field dim? integer default 1

---Joins tensors along a dimension; they agree in all others.
---@param tensors table
---@param dim? integer default 1
---@return cnn.Tensor
---@overload fun(options: cnn.cat.options): cnn.Tensor
function cnn.cat(tensors, dim) end

---The smallest whole number that is not below each element.
---@param input cnn.Tensor
---@return cnn.Tensor
function cnn.ceil(input) end

---@class cnn.check_finite.options
---@field loss? cnn.Tensor|number
---@field epoch? integer for the message
---@field step? integer for the message
---@field net? nn.Module a network whose parameters are looked at when the loss is not finite

---The loss as a number; an error that tells epoch and step if that is nan or infinite.
---@param loss cnn.Tensor|number
---@param epoch? integer for the message
---@param step? integer for the message
---@param net? nn.Module a network whose parameters are looked at when the loss is not finite
---@return any
---@overload fun(options: cnn.check_finite.options): any
function cnn.check_finite(loss, epoch, step, net) end

---@class cnn.chunk.options
---@field input? cnn.Tensor
---@field chunks? integer how many parts, at most
---@field dim? integer default 1

---Cuts a tensor along a dimension into parts of one size (the last may be smaller, and parts fewer); views.
---@param input cnn.Tensor
---@param chunks integer how many parts, at most
---@param dim? integer default 1
---@return any
---@overload fun(options: cnn.chunk.options): any
function cnn.chunk(input, chunks, dim) end

---@class cnn.clamp.options
---@field input? cnn.Tensor
---@field min? cnn.Tensor|number
---@field max? cnn.Tensor|number

---Values below min become min, values above max become max.
---@param input cnn.Tensor
---@param min? cnn.Tensor|number
---@param max? cnn.Tensor|number
---@return cnn.Tensor
---@overload fun(options: cnn.clamp.options): cnn.Tensor
function cnn.clamp(input, min, max) end

---@class cnn.clamp_max.options
---@field input? cnn.Tensor
---@field max? cnn.Tensor|number

---Values above max become max.
---@param input cnn.Tensor
---@param max cnn.Tensor|number
---@return cnn.Tensor
---@overload fun(options: cnn.clamp_max.options): cnn.Tensor
function cnn.clamp_max(input, max) end

---@class cnn.clamp_min.options
---@field input? cnn.Tensor
---@field min? cnn.Tensor|number

---Values below min become min.
---@param input cnn.Tensor
---@param min cnn.Tensor|number
---@return cnn.Tensor
---@overload fun(options: cnn.clamp_min.options): cnn.Tensor
function cnn.clamp_min(input, min) end

---Seconds since some moment in the past.
---@return number
function cnn.clock() end

---A copy with memory of its own; gradients pass through it.
---@param input cnn.Tensor
---@return cnn.Tensor
function cnn.clone(input) end

---How convolutions are computed: "auto" takes what is cheapest for the sizes of each, and that is what you want.
---@param name? string
---@return any
function cnn.conv_algorithm(name) end

---The cosine of each element, in radians.
---@param input cnn.Tensor
---@return cnn.Tensor
function cnn.cos(input) end

---@class cnn.count_nonzero.options
---@field input? cnn.Tensor
---@field dim? cnn.sizes over these dimensions; over all if not given

---How many elements are not 0.
---@param input cnn.Tensor
---@param dim? cnn.sizes over these dimensions; over all if not given
---@return cnn.Tensor
---@overload fun(options: cnn.count_nonzero.options): cnn.Tensor
function cnn.count_nonzero(input, dim) end

---@class cnn.cumprod.options
---@field input? cnn.Tensor
---@field dim? integer along which

---The product of all elements up to each one along a dimension.
---@param input cnn.Tensor
---@param dim integer along which
---@return cnn.Tensor
---@overload fun(options: cnn.cumprod.options): cnn.Tensor
function cnn.cumprod(input, dim) end

---@class cnn.cumsum.options
---@field input? cnn.Tensor
---@field dim? integer along which

---The sum of all elements up to each one along a dimension.
---@param input cnn.Tensor
---@param dim integer along which
---@return cnn.Tensor
---@overload fun(options: cnn.cumsum.options): cnn.Tensor
function cnn.cumsum(input, dim) end

---The same numbers outside the graph: no gradient flows back.
---@param input cnn.Tensor
---@return cnn.Tensor
function cnn.detach(input) end

---@class cnn.diag.options
---@field input? cnn.Tensor
---@field diagonal? integer 1 is above the main one, -1 below; default 0

---A diagonal of a matrix; or, of a vector, the square matrix that has it as a diagonal.
---@param input cnn.Tensor
---@param diagonal? integer 1 is above the main one, -1 below; default 0
---@return cnn.Tensor
---@overload fun(options: cnn.diag.options): cnn.Tensor
function cnn.diag(input, diagonal) end

---@class cnn.div.options
---@field input? cnn.Tensor
---@field other? cnn.Tensor|number

---x / other, element by element; integers give float32.
---@param input cnn.Tensor
---@param other cnn.Tensor|number
---@return cnn.Tensor
---@overload fun(options: cnn.div.options): cnn.Tensor
function cnn.div(input, other) end

---@class cnn.dot.options
---@field input? cnn.Tensor
---@field other? cnn.Tensor

---Multiplies two vectors, and nothing else.
---@param input cnn.Tensor
---@param other cnn.Tensor
---@return cnn.Tensor
---@overload fun(options: cnn.dot.options): cnn.Tensor
function cnn.dot(input, other) end

---@class cnn.empty.options
---@field size? cnn.sizes
---@field dtype? cnn.dtype default "float32"
---@field device? string "cpu"
---@field requires_grad? boolean default false

---A tensor whose elements are whatever was in memory; for those who fill it next.
---@param size cnn.sizes
---@param dtype? cnn.dtype default "float32"
---@param device? string "cpu"
---@param requires_grad? boolean default false
---@return cnn.Tensor
---@overload fun(options: cnn.empty.options): cnn.Tensor
function cnn.empty(size, dtype, device, requires_grad) end

---@class cnn.empty_like.options
---@field input? cnn.Tensor
---@field dtype? cnn.dtype
---@field device? string "cpu"
---@field requires_grad? boolean default false

---An unfilled tensor of the input's shape and type.
---@param input cnn.Tensor
---@param dtype? cnn.dtype
---@param device? string "cpu"
---@param requires_grad? boolean default false
---@return cnn.Tensor
---@overload fun(options: cnn.empty_like.options): cnn.Tensor
function cnn.empty_like(input, dtype, device, requires_grad) end

---Runs a function with gradients recorded, inside no_grad too.
---@param f function
---@param ... any its arguments
---@return any
function cnn.enable_grad(f, ...) end

---@class cnn.eq.options
---@field input? cnn.Tensor
---@field other? cnn.Tensor|number|boolean

---Where each element equals the other's; the operands broadcast.
---@param input cnn.Tensor
---@param other cnn.Tensor|number|boolean
---@return boolean
---@overload fun(options: cnn.eq.options): boolean
function cnn.eq(input, other) end

---@class cnn.equal.options
---@field input? cnn.Tensor
---@field other? cnn.Tensor

---Whether two tensors have the same shape and the same elements.
---@param input cnn.Tensor
---@param other cnn.Tensor
---@return boolean
---@overload fun(options: cnn.equal.options): boolean
function cnn.equal(input, other) end

---e to the power of each element.
---@param input cnn.Tensor
---@return cnn.Tensor
function cnn.exp(input) end

---Says how a layer comes to the size of its output: the formula with the numbers put in, what the first and the last output look at, what padding would keep the size, parameters and multiply-adds with their formulas, which algorithm a convolution's passes run and what each would cost one thread, by estimate (`algorithms`: {pass, algorithm, why}), and, where it is small enough, a drawing of the kernel's walk along the image.
---@param layer nn.Module a layer, or a network
---@param ... any of one sample: 3, 32, 32; or a list with the batch in front, or a tensor, per input: {128, 3, 32, 32}
---@return any
function cnn.explain(layer, ...) end

---exp(x) - 1 of each element, which keeps the digits of a small x.
---@param input cnn.Tensor
---@return cnn.Tensor
function cnn.expm1(input) end

---@class cnn.eye.options
---@field n? integer
---@field m? integer columns; n if not given
---@field dtype? cnn.dtype default "float32"
---@field device? string "cpu"
---@field requires_grad? boolean default false

---Ones on the diagonal, zeros elsewhere.
---@param n integer
---@param m? integer columns; n if not given
---@param dtype? cnn.dtype default "float32"
---@param device? string "cpu"
---@param requires_grad? boolean default false
---@return cnn.Tensor
---@overload fun(options: cnn.eye.options): cnn.Tensor
function cnn.eye(n, m, dtype, device, requires_grad) end

---@class cnn.flatten.options
---@field input? cnn.Tensor
---@field start_dim? integer default 1
---@field end_dim? integer default -1

---Joins the dimensions from start_dim to end_dim into one.
---@param input cnn.Tensor
---@param start_dim? integer default 1
---@param end_dim? integer default -1
---@return cnn.Tensor
---@overload fun(options: cnn.flatten.options): cnn.Tensor
function cnn.flatten(input, start_dim, end_dim) end

---@class cnn.flip.options
---@field input? cnn.Tensor
---@field dims? cnn.sizes which dimensions; they count from 1

---The elements in reverse order along dimensions: flip(-1) mirrors images left to right.
---@param input cnn.Tensor
---@param dims cnn.sizes which dimensions; they count from 1
---@return cnn.Tensor
---@overload fun(options: cnn.flip.options): cnn.Tensor
function cnn.flip(input, dims) end

---The largest whole number that is not above each element.
---@param input cnn.Tensor
---@return cnn.Tensor
function cnn.floor(input) end

---The fraction of each element: x - trunc(x).
---@param input cnn.Tensor
---@return cnn.Tensor
function cnn.frac(input) end

---@class cnn.from.options
---@field data? any a number, a boolean, nested tables of them, or a tensor
---@field dtype? cnn.dtype
---@field device? string "cpu"
---@field requires_grad? boolean default false

---A tensor from Lua's numbers.
---@param data any a number, a boolean, nested tables of them, or a tensor
---@param dtype? cnn.dtype
---@param device? string "cpu"
---@param requires_grad? boolean default false
---@return cnn.Tensor
---@overload fun(options: cnn.from.options): cnn.Tensor
function cnn.from(data, dtype, device, requires_grad) end

---@class cnn.full.options
---@field size? cnn.sizes
---@field fill_value? number|boolean
---@field dtype? cnn.dtype
---@field device? string "cpu"
---@field requires_grad? boolean default false

---A tensor filled with one value; an integer makes it int64, true or false make it bool.
---@param size cnn.sizes
---@param fill_value number|boolean
---@param dtype? cnn.dtype
---@param device? string "cpu"
---@param requires_grad? boolean default false
---@return cnn.Tensor
---@overload fun(options: cnn.full.options): cnn.Tensor
function cnn.full(size, fill_value, dtype, device, requires_grad) end

---@class cnn.full_like.options
---@field input? cnn.Tensor
---@field fill_value? number|boolean
---@field dtype? cnn.dtype
---@field device? string "cpu"
---@field requires_grad? boolean default false

---A tensor of the input's shape and type, filled with one value.
---@param input cnn.Tensor
---@param fill_value number|boolean
---@param dtype? cnn.dtype
---@param device? string "cpu"
---@param requires_grad? boolean default false
---@return cnn.Tensor
---@overload fun(options: cnn.full_like.options): cnn.Tensor
function cnn.full_like(input, fill_value, dtype, device, requires_grad) end

---@class cnn.gather.options
---@field input? cnn.Tensor
---@field dim? integer along which
---@field index? cnn.Tensor int64, from 1; as many dimensions as the tensor

---One element for each element of the index, which says where along `dim` it stands.
---@param input cnn.Tensor
---@param dim integer along which
---@param index cnn.Tensor int64, from 1; as many dimensions as the tensor
---@return cnn.Tensor
---@overload fun(options: cnn.gather.options): cnn.Tensor
function cnn.gather(input, dim, index) end

---@class cnn.ge.options
---@field input? cnn.Tensor
---@field other? cnn.Tensor|number|boolean

---Where each element is at least the other's; the operands broadcast.
---@param input cnn.Tensor
---@param other cnn.Tensor|number|boolean
---@return boolean
---@overload fun(options: cnn.ge.options): boolean
function cnn.ge(input, other) end

---How many CPU threads compute.
---@return integer
function cnn.get_num_threads() end

---Where the random numbers are: their seed, and how many have been drawn.
---@return cnn.Tensor
function cnn.get_rng_state() end

---@class cnn.gt.options
---@field input? cnn.Tensor
---@field other? cnn.Tensor|number|boolean

---Where each element is greater than the other's; the operands broadcast.
---@param input cnn.Tensor
---@param other cnn.Tensor|number|boolean
---@return boolean
---@overload fun(options: cnn.gt.options): boolean
function cnn.gt(input, other) end

---Switches hints on or off.
---@param enabled? boolean false: say nothing; true: speak again, also of what was said before
---@return any
function cnn.hints(enabled) end

---@class cnn.histc.options
---@field input? cnn.Tensor
---@field bins? integer default 100
---@field min? number default 0
---@field max? number min and max both 0: the smallest and the largest element; default 0

---How many elements fall into each of equally wide bins from min to max; others are not counted.
---@param input cnn.Tensor
---@param bins? integer default 100
---@param min? number default 0
---@param max? number min and max both 0: the smallest and the largest element; default 0
---@return cnn.Tensor
---@overload fun(options: cnn.histc.options): cnn.Tensor
function cnn.histc(input, bins, min, max) end

---Lets the first Ctrl-C wait: a training loop ends its step, asks hold:pending(), writes a checkpoint and stops by itself.
---@return any
function cnn.hold_interrupt() end

---@class cnn.index_add.options
---@field input? cnn.Tensor
---@field dim? integer along which
---@field index? cnn.Tensor int64 [m], from 1
---@field source? cnn.Tensor as the tensor, with m along dim
---@field alpha? number default 1

---The tensor with alpha times each entry of source added at the places that an index names along a dimension.
---@param input cnn.Tensor
---@param dim integer along which
---@param index cnn.Tensor int64 [m], from 1
---@param source cnn.Tensor as the tensor, with m along dim
---@param alpha? number default 1
---@return cnn.Tensor
---@overload fun(options: cnn.index_add.options): cnn.Tensor
function cnn.index_add(input, dim, index, source, alpha) end

---@class cnn.index_select.options
---@field input? cnn.Tensor
---@field dim? integer along which
---@field index? cnn.Tensor int64 [m], from 1

---The entries along a dimension that an index names, in its order; x[index] is the same for the first dimension.
---@param input cnn.Tensor
---@param dim integer along which
---@param index cnn.Tensor int64 [m], from 1
---@return cnn.Tensor
---@overload fun(options: cnn.index_select.options): cnn.Tensor
function cnn.index_select(input, dim, index) end

---The same as no_grad: the library has no faster mode.
---@param f function
---@param ... any its arguments
---@return any
function cnn.inference_mode(f, ...) end

---Whether autocast is on.
---@return boolean
function cnn.is_autocast_enabled() end

---Whether the type is one of real numbers: float32, float64 or bfloat16.
---@param input cnn.Tensor
---@return boolean
function cnn.is_floating_point(input) end

---Whether gradients are recorded.
---@return boolean
function cnn.is_grad_enabled() end

---Whether a value is a tensor.
---@param value? any
---@return boolean
function cnn.is_tensor(value) end

---@class cnn.isclose.options
---@field input? cnn.Tensor
---@field other? cnn.Tensor
---@field rtol? number default 1e-05
---@field atol? number default 1e-08
---@field equal_nan? boolean default false

---Where |x - other| <= atol + rtol * |other|.
---@param input cnn.Tensor
---@param other cnn.Tensor
---@param rtol? number default 1e-05
---@param atol? number default 1e-08
---@param equal_nan? boolean default false
---@return boolean
---@overload fun(options: cnn.isclose.options): boolean
function cnn.isclose(input, other, rtol, atol, equal_nan) end

---Where an element is neither infinite nor NaN.
---@param input cnn.Tensor
---@return boolean
function cnn.isfinite(input) end

---Where an element is infinite.
---@param input cnn.Tensor
---@return boolean
function cnn.isinf(input) end

---Where an element is not a number.
---@param input cnn.Tensor
---@return boolean
function cnn.isnan(input) end

---@class cnn.kthvalue.options
---@field input? cnn.Tensor
---@field k? integer which one: 1 is the smallest
---@field dim? integer along which; the last if not given; default -1
---@field keepdim? boolean leave the dimension, with size 1; default false

---The k-th smallest element along a dimension, and where it stood.
---@param input cnn.Tensor
---@param k integer which one: 1 is the smallest
---@param dim? integer along which; the last if not given; default -1
---@param keepdim? boolean leave the dimension, with size 1; default false
---@return any
---@overload fun(options: cnn.kthvalue.options): any
function cnn.kthvalue(input, k, dim, keepdim) end

---@class cnn.le.options
---@field input? cnn.Tensor
---@field other? cnn.Tensor|number|boolean

---Where each element is at most the other's; the operands broadcast.
---@param input cnn.Tensor
---@param other cnn.Tensor|number|boolean
---@return boolean
---@overload fun(options: cnn.le.options): boolean
function cnn.le(input, other) end

---@class cnn.lerp.options
---@field input? cnn.Tensor
---@field ["end"]? cnn.Tensor
---@field weight? cnn.Tensor|number 0 gives x, 1 gives end

---On the way from x to another tensor: x + weight * (end - x).
---@param input cnn.Tensor
---@param end_ cnn.Tensor
---@param weight cnn.Tensor|number 0 gives x, 1 gives end
---@return cnn.Tensor
---@overload fun(options: cnn.lerp.options): cnn.Tensor
function cnn.lerp(input, end_, weight) end

---@class cnn.linspace.options
---@field start? number
---@field ["end"]? number included
---@field steps? integer
---@field dtype? cnn.dtype default "float32"
---@field device? string "cpu"
---@field requires_grad? boolean default false

---Numbers at equal distances from start to end, both included.
---@param start number
---@param end_ number included
---@param steps integer
---@param dtype? cnn.dtype default "float32"
---@param device? string "cpu"
---@param requires_grad? boolean default false
---@return cnn.Tensor
---@overload fun(options: cnn.linspace.options): cnn.Tensor
function cnn.linspace(start, end_, steps, dtype, device, requires_grad) end

---@class cnn.load.options
---@field path? string
---@field metadata? boolean also return the file's metadata; default false

---Reads a safetensors file; no code runs.
---@param path string
---@param metadata? boolean also return the file's metadata; default false
---@return table
---@overload fun(options: cnn.load.options): table
function cnn.load(path, metadata) end

---The natural logarithm of each element.
---@param input cnn.Tensor
---@return cnn.Tensor
function cnn.log(input) end

---The logarithm to base 10 of each element.
---@param input cnn.Tensor
---@return cnn.Tensor
function cnn.log10(input) end

---log(1 + x) of each element, which keeps the digits of a small x.
---@param input cnn.Tensor
---@return cnn.Tensor
function cnn.log1p(input) end

---The logarithm to base 2 of each element.
---@param input cnn.Tensor
---@return cnn.Tensor
function cnn.log2(input) end

---@class cnn.log_softmax.options
---@field input? cnn.Tensor
---@field dim? integer the classes

---The logarithm of softmax.
---@param input cnn.Tensor
---@param dim integer the classes
---@return cnn.Tensor
---@overload fun(options: cnn.log_softmax.options): cnn.Tensor
function cnn.log_softmax(input, dim) end

---@class cnn.logical_and.options
---@field input? cnn.Tensor
---@field other? cnn.Tensor

---Where both elements are true, or not 0; the operands broadcast.
---@param input cnn.Tensor
---@param other cnn.Tensor
---@return boolean
---@overload fun(options: cnn.logical_and.options): boolean
function cnn.logical_and(input, other) end

---Where an element is 0 or false.
---@param input cnn.Tensor
---@return boolean
function cnn.logical_not(input) end

---@class cnn.logical_or.options
---@field input? cnn.Tensor
---@field other? cnn.Tensor

---Where at least one of two elements is true, or not 0; the operands broadcast.
---@param input cnn.Tensor
---@param other cnn.Tensor
---@return boolean
---@overload fun(options: cnn.logical_or.options): boolean
function cnn.logical_or(input, other) end

---@class cnn.logical_xor.options
---@field input? cnn.Tensor
---@field other? cnn.Tensor

---Where exactly one of two elements is true, or not 0; the operands broadcast.
---@param input cnn.Tensor
---@param other cnn.Tensor
---@return boolean
---@overload fun(options: cnn.logical_xor.options): boolean
function cnn.logical_xor(input, other) end

---@class cnn.logsumexp.options
---@field input? cnn.Tensor
---@field dim? cnn.sizes over these dimensions, counted from 1
---@field keepdim? boolean leave the dimensions, with size 1; default false

---The logarithm of the sum of the exponentials over dimensions, without overflow.
---@param input cnn.Tensor
---@param dim cnn.sizes over these dimensions, counted from 1
---@param keepdim? boolean leave the dimensions, with size 1; default false
---@return cnn.Tensor
---@overload fun(options: cnn.logsumexp.options): cnn.Tensor
function cnn.logsumexp(input, dim, keepdim) end

---@class cnn.lt.options
---@field input? cnn.Tensor
---@field other? cnn.Tensor|number|boolean

---Where each element is less than the other's; the operands broadcast.
---@param input cnn.Tensor
---@param other cnn.Tensor|number|boolean
---@return boolean
---@overload fun(options: cnn.lt.options): boolean
function cnn.lt(input, other) end

---Starts the random numbers anew: the same seed gives the same numbers.
---@param seed integer
function cnn.manual_seed(seed) end

---@class cnn.masked_fill.options
---@field input? cnn.Tensor
---@field mask? cnn.Tensor bool; broadcasts
---@field value? number|boolean|cnn.Tensor one number

---The elements, with one value where the mask is true.
---@param input cnn.Tensor
---@param mask cnn.Tensor bool; broadcasts
---@param value number|boolean|cnn.Tensor one number
---@return cnn.Tensor
---@overload fun(options: cnn.masked_fill.options): cnn.Tensor
function cnn.masked_fill(input, mask, value) end

---@class cnn.masked_select.options
---@field input? cnn.Tensor
---@field mask? cnn.Tensor bool; broadcasts with the tensor

---The elements where the mask is true, in a row; x[mask] is the same.
---@param input cnn.Tensor
---@param mask cnn.Tensor bool; broadcasts with the tensor
---@return cnn.Tensor
---@overload fun(options: cnn.masked_select.options): cnn.Tensor
function cnn.masked_select(input, mask) end

---@class cnn.matmul.options
---@field input? cnn.Tensor
---@field other? cnn.Tensor

---The matrix product; vectors count as a row and a column, more dimensions as stacks of matrices.
---@param input cnn.Tensor
---@param other cnn.Tensor
---@return cnn.Tensor
---@overload fun(options: cnn.matmul.options): cnn.Tensor
function cnn.matmul(input, other) end

---@class cnn.max.options
---@field input? cnn.Tensor
---@field dim? integer|cnn.Tensor along which; or another tensor, to compare with
---@field keepdim? boolean leave the dimensions, with size 1; default false

---The largest of all elements, or along a dimension, with its position.
---@param input cnn.Tensor
---@param dim? integer|cnn.Tensor along which; or another tensor, to compare with
---@param keepdim? boolean leave the dimensions, with size 1; default false
---@return cnn.Tensor
---@overload fun(options: cnn.max.options): cnn.Tensor
function cnn.max(input, dim, keepdim) end

---@class cnn.maximum.options
---@field input? cnn.Tensor
---@field other? cnn.Tensor|number

---The larger of two values, element by element; NaN if one is NaN.
---@param input cnn.Tensor
---@param other cnn.Tensor|number
---@return cnn.Tensor
---@overload fun(options: cnn.maximum.options): cnn.Tensor
function cnn.maximum(input, other) end

---@class cnn.mean.options
---@field input? cnn.Tensor
---@field dim? cnn.sizes over these dimensions, counted from 1; over all if not given
---@field keepdim? boolean leave the dimensions, with size 1; default false

---The mean of all elements, or along dimensions.
---@param input cnn.Tensor
---@param dim? cnn.sizes over these dimensions, counted from 1; over all if not given
---@param keepdim? boolean leave the dimensions, with size 1; default false
---@return cnn.Tensor
---@overload fun(options: cnn.mean.options): cnn.Tensor
function cnn.mean(input, dim, keepdim) end

---@class cnn.median.options
---@field input? cnn.Tensor
---@field dim? integer along which; among all elements if not given
---@field keepdim? boolean leave the dimension, with size 1; default false

---The element in the middle, along a dimension with its position; of two in the middle the smaller one.
---@param input cnn.Tensor
---@param dim? integer along which; among all elements if not given
---@param keepdim? boolean leave the dimension, with size 1; default false
---@return cnn.Tensor
---@overload fun(options: cnn.median.options): cnn.Tensor
function cnn.median(input, dim, keepdim) end

---What tensors hold (live), the most they ever held, and what is kept for the next ones.
---@return table
function cnn.memory() end

---@class cnn.meshgrid.options
---@field tensors? table vectors
---@field indexing? string xy: the second vector runs along the first dimension; default "ij"

---The coordinates of a grid: result i holds the i-th vector along dimension i, repeated along the others.
---@param tensors table vectors
---@param indexing? string xy: the second vector runs along the first dimension; default "ij"
---@return any
---@overload fun(options: cnn.meshgrid.options): any
function cnn.meshgrid(tensors, indexing) end

---@class cnn.min.options
---@field input? cnn.Tensor
---@field dim? integer|cnn.Tensor along which; or another tensor, to compare with
---@field keepdim? boolean leave the dimensions, with size 1; default false

---The smallest of all elements, or along a dimension, with its position.
---@param input cnn.Tensor
---@param dim? integer|cnn.Tensor along which; or another tensor, to compare with
---@param keepdim? boolean leave the dimensions, with size 1; default false
---@return cnn.Tensor
---@overload fun(options: cnn.min.options): cnn.Tensor
function cnn.min(input, dim, keepdim) end

---@class cnn.minimum.options
---@field input? cnn.Tensor
---@field other? cnn.Tensor|number

---The smaller of two values, element by element; NaN if one is NaN.
---@param input cnn.Tensor
---@param other cnn.Tensor|number
---@return cnn.Tensor
---@overload fun(options: cnn.minimum.options): cnn.Tensor
function cnn.minimum(input, other) end

---@class cnn.mm.options
---@field input? cnn.Tensor
---@field other? cnn.Tensor

---The product of two matrices.
---@param input cnn.Tensor
---@param other cnn.Tensor
---@return cnn.Tensor
---@overload fun(options: cnn.mm.options): cnn.Tensor
function cnn.mm(input, other) end

---@class cnn.movedim.options
---@field input? cnn.Tensor
---@field source? cnn.sizes
---@field destination? cnn.sizes as many

---A view with some dimensions moved to other places; the others keep their order.
---@param input cnn.Tensor
---@param source cnn.sizes
---@param destination cnn.sizes as many
---@return cnn.Tensor
---@overload fun(options: cnn.movedim.options): cnn.Tensor
function cnn.movedim(input, source, destination) end

---@class cnn.mul.options
---@field input? cnn.Tensor
---@field other? cnn.Tensor|number

---x * other, element by element; the operands broadcast.
---@param input cnn.Tensor
---@param other cnn.Tensor|number
---@return cnn.Tensor
---@overload fun(options: cnn.mul.options): cnn.Tensor
function cnn.mul(input, other) end

---@class cnn.mv.options
---@field input? cnn.Tensor
---@field other? cnn.Tensor

---Multiplies a matrix with a vector, and nothing else.
---@param input cnn.Tensor
---@param other cnn.Tensor
---@return cnn.Tensor
---@overload fun(options: cnn.mv.options): cnn.Tensor
function cnn.mv(input, other) end

---@class cnn.narrow.options
---@field input? cnn.Tensor
---@field dim? integer
---@field start? integer the first that stays, from 1
---@field length? integer

---A view of `length` entries along a dimension.
---@param input cnn.Tensor
---@param dim integer
---@param start integer the first that stays, from 1
---@param length integer
---@return cnn.Tensor
---@overload fun(options: cnn.narrow.options): cnn.Tensor
function cnn.narrow(input, dim, start, length) end

---@class cnn.ne.options
---@field input? cnn.Tensor
---@field other? cnn.Tensor|number|boolean

---Where each element differs from the other's; the operands broadcast.
---@param input cnn.Tensor
---@param other cnn.Tensor|number|boolean
---@return boolean
---@overload fun(options: cnn.ne.options): boolean
function cnn.ne(input, other) end

---The negative of each element.
---@param input cnn.Tensor
---@return cnn.Tensor
function cnn.neg(input) end

---Runs a function without recording a graph: faster, and tensors may be written into.
---@param f function
---@param ... any its arguments
---@return any
function cnn.no_grad(f, ...) end

---@class cnn.nonzero.options
---@field input? cnn.Tensor
---@field as_tuple? boolean one result for each dimension; default false

---Where the elements are not 0: a row of positions, from 1, for each of them.
---@param input cnn.Tensor
---@param as_tuple? boolean one result for each dimension; default false
---@return cnn.Tensor
---@overload fun(options: cnn.nonzero.options): cnn.Tensor
function cnn.nonzero(input, as_tuple) end

---@class cnn.norm.options
---@field input? cnn.Tensor
---@field p? number default 2
---@field dim? cnn.sizes over these dimensions, counted from 1; over all if not given
---@field keepdim? boolean leave the dimensions, with size 1; default false

---(sum of |x|^p)^(1/p): the Euclidean length for p = 2, the largest value for math.huge.
---@param input cnn.Tensor
---@param p? number default 2
---@param dim? cnn.sizes over these dimensions, counted from 1; over all if not given
---@param keepdim? boolean leave the dimensions, with size 1; default false
---@return cnn.Tensor
---@overload fun(options: cnn.norm.options): cnn.Tensor
function cnn.norm(input, p, dim, keepdim) end

---@class cnn.normal.options
---@field mean? cnn.Tensor|number
---@field std? cnn.Tensor|number default 1
---@field size? cnn.sizes where mean and std are numbers

---Normally distributed random numbers; a tensor gives each its own mean or standard deviation.
---@param mean cnn.Tensor|number
---@param std? cnn.Tensor|number default 1
---@param size? cnn.sizes where mean and std are numbers
---@return cnn.Tensor
---@overload fun(options: cnn.normal.options): cnn.Tensor
function cnn.normal(mean, std, size) end

---The number of elements.
---@param input cnn.Tensor
---@return integer
function cnn.numel(input) end

---@class cnn.ones.options
---@field size? cnn.sizes
---@field dtype? cnn.dtype default "float32"
---@field device? string "cpu"
---@field requires_grad? boolean default false

---A tensor filled with 1.
---@param size cnn.sizes
---@param dtype? cnn.dtype default "float32"
---@param device? string "cpu"
---@param requires_grad? boolean default false
---@return cnn.Tensor
---@overload fun(options: cnn.ones.options): cnn.Tensor
function cnn.ones(size, dtype, device, requires_grad) end

---@class cnn.ones_like.options
---@field input? cnn.Tensor
---@field dtype? cnn.dtype
---@field device? string "cpu"
---@field requires_grad? boolean default false

---A tensor of the input's shape and type, filled with 1.
---@param input cnn.Tensor
---@param dtype? cnn.dtype
---@param device? string "cpu"
---@param requires_grad? boolean default false
---@return cnn.Tensor
---@overload fun(options: cnn.ones_like.options): cnn.Tensor
function cnn.ones_like(input, dtype, device, requires_grad) end

---@class cnn.outer.options
---@field input? cnn.Tensor
---@field vec2? cnn.Tensor [m]

---Each element of one vector times each of another.
---@param input cnn.Tensor
---@param vec2 cnn.Tensor [m]
---@return cnn.Tensor
---@overload fun(options: cnn.outer.options): cnn.Tensor
function cnn.outer(input, vec2) end

---@class cnn.permute.options
---@field input? cnn.Tensor
---@field dims? cnn.sizes all dimensions in their new order

---A view with the dimensions in another order.
---@param input cnn.Tensor
---@param dims cnn.sizes all dimensions in their new order
---@return cnn.Tensor
---@overload fun(options: cnn.permute.options): cnn.Tensor
function cnn.permute(input, dims) end

---@class cnn.pow.options
---@field input? cnn.Tensor
---@field exponent? cnn.Tensor|number

---x ^ other, element by element.
---@param input cnn.Tensor
---@param exponent cnn.Tensor|number
---@return cnn.Tensor
---@overload fun(options: cnn.pow.options): cnn.Tensor
function cnn.pow(input, exponent) end

---@class cnn.prod.options
---@field input? cnn.Tensor
---@field dim? integer along which; of all elements if not given
---@field keepdim? boolean leave the dimension, with size 1; default false

---The product of all elements, or along a dimension.
---@param input cnn.Tensor
---@param dim? integer along which; of all elements if not given
---@param keepdim? boolean leave the dimension, with size 1; default false
---@return cnn.Tensor
---@overload fun(options: cnn.prod.options): cnn.Tensor
function cnn.prod(input, dim, keepdim) end

---@class cnn.profile.options
---@field work? function what to measure; called without arguments
---@field times? integer how often it is called; default 1

---Calls a function and tells where the time went: for every op that ran, and for optimisers, how often, the milliseconds of all its calls together and their share; what passed besides, mostly in Lua; and what the system had to do: a loop that is warm asks for no memory.
---@param work function what to measure; called without arguments
---@param times? integer how often it is called; default 1
---@return table
---@overload fun(options: cnn.profile.options): table
function cnn.profile(work, times) end

---@class cnn.progress.options
---@field source? any what is looped over: a loader, an iterator or a list; or the number of steps
---@field label? string stands before the bar
---@field total? number how many there will be, where source can't say
---@field unit? string "images": count the entries of the batches; "bytes": show kB, MB or GB
---@field keep? boolean leave the finished bar on the screen; default true

---Shows how far a loop is, with its rate and the time left: a bar on a terminal, now and then a line elsewhere.
---@param source? any what is looped over: a loader, an iterator or a list; or the number of steps
---@param label? string stands before the bar
---@param total? number how many there will be, where source can't say
---@param unit? string "images": count the entries of the batches; "bytes": show kB, MB or GB
---@param keep? boolean leave the finished bar on the screen; default true
---@return any
---@overload fun(options: cnn.progress.options): any
function cnn.progress(source, label, total, unit, keep) end

---@class cnn.rand.options
---@field size? cnn.sizes
---@field dtype? cnn.dtype default "float32"
---@field device? string "cpu"
---@field requires_grad? boolean default false

---Random numbers between 0 and 1, all alike probable.
---@param size cnn.sizes
---@param dtype? cnn.dtype default "float32"
---@param device? string "cpu"
---@param requires_grad? boolean default false
---@return cnn.Tensor
---@overload fun(options: cnn.rand.options): cnn.Tensor
function cnn.rand(size, dtype, device, requires_grad) end

---@class cnn.rand_like.options
---@field input? cnn.Tensor
---@field dtype? cnn.dtype
---@field device? string "cpu"
---@field requires_grad? boolean default false

---Random numbers between 0 and 1, all alike probable, in the input's shape and type.
---@param input cnn.Tensor
---@param dtype? cnn.dtype
---@param device? string "cpu"
---@param requires_grad? boolean default false
---@return cnn.Tensor
---@overload fun(options: cnn.rand_like.options): cnn.Tensor
function cnn.rand_like(input, dtype, device, requires_grad) end

---@class cnn.randint.options
---@field low? integer
---@field high? integer included, as in math.random
---@field size? cnn.sizes
---@field dtype? cnn.dtype default "int64"
---@field device? string "cpu"

---Random integers from low to high, both included.
---@param low integer
---@param high integer included, as in math.random
---@param size cnn.sizes
---@param dtype? cnn.dtype default "int64"
---@param device? string "cpu"
---@return cnn.Tensor
---@overload fun(options: cnn.randint.options): cnn.Tensor
function cnn.randint(low, high, size, dtype, device) end

---@class cnn.randn.options
---@field size? cnn.sizes
---@field dtype? cnn.dtype default "float32"
---@field device? string "cpu"
---@field requires_grad? boolean default false

---Random numbers from the standard normal distribution.
---@param size cnn.sizes
---@param dtype? cnn.dtype default "float32"
---@param device? string "cpu"
---@param requires_grad? boolean default false
---@return cnn.Tensor
---@overload fun(options: cnn.randn.options): cnn.Tensor
function cnn.randn(size, dtype, device, requires_grad) end

---@class cnn.randn_like.options
---@field input? cnn.Tensor
---@field dtype? cnn.dtype
---@field device? string "cpu"
---@field requires_grad? boolean default false

---Random numbers from the standard normal distribution, in the input's shape and type.
---@param input cnn.Tensor
---@param dtype? cnn.dtype
---@param device? string "cpu"
---@param requires_grad? boolean default false
---@return cnn.Tensor
---@overload fun(options: cnn.randn_like.options): cnn.Tensor
function cnn.randn_like(input, dtype, device, requires_grad) end

---The numbers from 1 to n in random order.
---@param n integer
---@return cnn.Tensor
function cnn.randperm(n) end

---How large a part of the input each layer's outputs depend on, by shape inference alone: nothing is computed.
---@param net nn.Module the network
---@param ... any of one sample: 3, 32, 32; or a list with the batch in front, or a tensor, per input: {128, 3, 32, 32}
---@return table
function cnn.receptive_field(net, ...) end

---1 / x of each element.
---@param input cnn.Tensor
---@return cnn.Tensor
function cnn.reciprocal(input) end

---max(0, x) of each element.
---@param input cnn.Tensor
---@return cnn.Tensor
function cnn.relu(input) end

---@class cnn.reshape.options
---@field input? cnn.Tensor
---@field size? cnn.sizes of the result; one may be -1: what is left

---The same numbers in another shape: a view where the memory allows it, else a copy.
---@param input cnn.Tensor
---@param size cnn.sizes of the result; one may be -1: what is left
---@return cnn.Tensor
---@overload fun(options: cnn.reshape.options): cnn.Tensor
function cnn.reshape(input, size) end

---@class cnn.roll.options
---@field input? cnn.Tensor
---@field shifts? integer|cnn.sizes by how many places, for each dimension
---@field dims? integer|cnn.sizes along which; as one long line if not given

---The elements moved along dimensions; those that leave at the end come back at the beginning.
---@param input cnn.Tensor
---@param shifts integer|cnn.sizes by how many places, for each dimension
---@param dims? integer|cnn.sizes along which; as one long line if not given
---@return cnn.Tensor
---@overload fun(options: cnn.roll.options): cnn.Tensor
function cnn.roll(input, shifts, dims) end

---@class cnn.round.options
---@field input? cnn.Tensor
---@field decimals? integer digits that stay after the point; default 0

---The nearest whole number, or decimal fraction; halves go to the even neighbour.
---@param input cnn.Tensor
---@param decimals? integer digits that stay after the point; default 0
---@return cnn.Tensor
---@overload fun(options: cnn.round.options): cnn.Tensor
function cnn.round(input, decimals) end

---1 / sqrt(x) of each element.
---@param input cnn.Tensor
---@return cnn.Tensor
function cnn.rsqrt(input) end

---@class cnn.save.options
---@field path? string
---@field value? any a table of tensors by name, or nested tables of tensors, numbers, strings and booleans
---@field metadata? table a table: name = text, for other readers
---@field keep_previous? boolean the file that was there stays as PATH.previous; default false

---Writes a safetensors file, whole or not at all: the old one stays until the new one is on the disk.
---@param path string
---@param value any a table of tensors by name, or nested tables of tensors, numbers, strings and booleans
---@param metadata? table a table: name = text, for other readers
---@param keep_previous? boolean the file that was there stays as PATH.previous; default false
---@overload fun(options: cnn.save.options)
function cnn.save(path, value, metadata, keep_previous) end

---@class cnn.scatter.options
---@field input? cnn.Tensor
---@field dim? integer along which
---@field index? cnn.Tensor int64, from 1; as many dimensions as the tensor
---@field src? cnn.Tensor|number of the index's shape, or larger

---The tensor with elements of src written to the places that the index names along `dim`.
---@param input cnn.Tensor
---@param dim integer along which
---@param index cnn.Tensor int64, from 1; as many dimensions as the tensor
---@param src cnn.Tensor|number of the index's shape, or larger
---@return cnn.Tensor
---@overload fun(options: cnn.scatter.options): cnn.Tensor
function cnn.scatter(input, dim, index, src) end

---@class cnn.scatter_add.options
---@field input? cnn.Tensor
---@field dim? integer along which
---@field index? cnn.Tensor int64, from 1; as many dimensions as the tensor
---@field src? cnn.Tensor of the index's shape, or larger

---The tensor with elements of src added at the places that the index names along `dim`.
---@param input cnn.Tensor
---@param dim integer along which
---@param index cnn.Tensor int64, from 1; as many dimensions as the tensor
---@param src cnn.Tensor of the index's shape, or larger
---@return cnn.Tensor
---@overload fun(options: cnn.scatter_add.options): cnn.Tensor
function cnn.scatter_add(input, dim, index, src) end

---Runs a function and frees at once all tensors made inside, except those it returns (also inside tables).
---@param f function
---@param ... any its arguments
---@return any
function cnn.scope(f, ...) end

---@class cnn.select.options
---@field input? cnn.Tensor
---@field dim? integer
---@field index? integer from 1; -1 is the last

---A view of one entry along a dimension, which disappears.
---@param input cnn.Tensor
---@param dim integer
---@param index integer from 1; -1 is the last
---@return cnn.Tensor
---@overload fun(options: cnn.select.options): cnn.Tensor
function cnn.select(input, dim, index) end

---Switches the recording of gradients on or off until it is switched again.
---@param enabled boolean
---@return any
function cnn.set_grad_enabled(enabled) end

---How many CPU threads compute.
---@param n integer
function cnn.set_num_threads(n) end

---Lets the random numbers go on from where they were.
---@param state cnn.Tensor from cnn.get_rng_state
function cnn.set_rng_state(state) end

---What every layer makes of its input, by shape inference alone: nothing is computed or allocated, no random number drawn, no statistic moved, whatever the sizes.
---@param net nn.Module the network
---@param ... any of one sample: 3, 32, 32; or a list with the batch in front, or a tensor, per input: {128, 3, 32, 32}
---@return table
function cnn.shapes(net, ...) end

---Shows an image tensor as a picture in the terminal: by libchafa where it was found (sixel, kitty, iTerm2 or symbols, whatever the terminal can), else in half blocks or letters; in a pipe as letters.
---@param x cnn.Tensor [H, W], [1, H, W], [3, H, W] (red, green, blue), a batch of these, or channels [C, H, W]
function cnn.show(x) end

---1 / (1 + exp(-x)) of each element.
---@param input cnn.Tensor
---@return cnn.Tensor
function cnn.sigmoid(input) end

----1, 0 or 1: on which side of 0 each element lies.
---@param input cnn.Tensor
---@return cnn.Tensor
function cnn.sign(input) end

---The sine of each element, in radians.
---@param input cnn.Tensor
---@return cnn.Tensor
function cnn.sin(input) end

---@class cnn.softmax.options
---@field input? cnn.Tensor
---@field dim? integer the classes

---exp(x), divided by its sum along a dimension.
---@param input cnn.Tensor
---@param dim integer the classes
---@return cnn.Tensor
---@overload fun(options: cnn.softmax.options): cnn.Tensor
function cnn.softmax(input, dim) end

---@class cnn.solve.options
---@field input? integer height or width that comes in
---@field output? integer height or width that is wanted
---@field kernel? integer from 1 to 11 if not given
---@field stride? integer any if not given
---@field padding? integer below the reach of the kernel if not given
---@field dilation? integer from 1 to 4 if not given

---The inverse of the size formula: lists what makes an output of that size, for convolutions and pooling.
---@param input integer height or width that comes in
---@param output integer height or width that is wanted
---@param kernel? integer from 1 to 11 if not given
---@param stride? integer any if not given
---@param padding? integer below the reach of the kernel if not given
---@param dilation? integer from 1 to 4 if not given
---@return table
---@overload fun(options: cnn.solve.options): table
function cnn.solve(input, output, kernel, stride, padding, dilation) end

---@class cnn.sort.options
---@field input? cnn.Tensor
---@field dim? integer along which; the last if not given; default -1
---@field descending? boolean the largest first; default false
---@field stable? boolean equal elements keep their order; they always do; default true

---The elements along a dimension in order, and where each of them stood.
---@param input cnn.Tensor
---@param dim? integer along which; the last if not given; default -1
---@param descending? boolean the largest first; default false
---@param stable? boolean equal elements keep their order; they always do; default true
---@return any
---@overload fun(options: cnn.sort.options): any
function cnn.sort(input, dim, descending, stable) end

---@class cnn.split.options
---@field input? cnn.Tensor
---@field split_size? integer|cnn.sizes of every part (the last may be smaller), or a list
---@field dim? integer default 1

---Cuts a tensor along a dimension into parts of a size, or of the sizes in a list; they are views.
---@param input cnn.Tensor
---@param split_size integer|cnn.sizes of every part (the last may be smaller), or a list
---@param dim? integer default 1
---@return any
---@overload fun(options: cnn.split.options): any
function cnn.split(input, split_size, dim) end

---The square root of each element.
---@param input cnn.Tensor
---@return cnn.Tensor
function cnn.sqrt(input) end

---The square of each element.
---@param input cnn.Tensor
---@return cnn.Tensor
function cnn.square(input) end

---@class cnn.squeeze.options
---@field input? cnn.Tensor
---@field dim? cnn.sizes only these; all if not given

---A view without the dimensions of size 1.
---@param input cnn.Tensor
---@param dim? cnn.sizes only these; all if not given
---@return cnn.Tensor
---@overload fun(options: cnn.squeeze.options): cnn.Tensor
function cnn.squeeze(input, dim) end

---@class cnn.stack.options
---@field tensors? table
---@field dim? integer where the new dimension stands; default 1

---Joins tensors of one shape along a new dimension.
---@param tensors table
---@param dim? integer where the new dimension stands; default 1
---@return cnn.Tensor
---@overload fun(options: cnn.stack.options): cnn.Tensor
function cnn.stack(tensors, dim) end

---@class cnn.std.options
---@field input? cnn.Tensor
---@field dim? cnn.sizes over these dimensions, counted from 1; over all if not given
---@field unbiased? boolean divide by n - 1 (true) or n (false)
---@field keepdim? boolean leave the dimensions, with size 1; default false
---@field correction? integer divide by n - correction; default 1

---The standard deviation of all elements, or along dimensions.
---@param input cnn.Tensor
---@param dim? cnn.sizes over these dimensions, counted from 1; over all if not given
---@param unbiased? boolean divide by n - 1 (true) or n (false)
---@param keepdim? boolean leave the dimensions, with size 1; default false
---@param correction? integer divide by n - correction; default 1
---@return cnn.Tensor
---@overload fun(options: cnn.std.options): cnn.Tensor
function cnn.std(input, dim, unbiased, keepdim, correction) end

---@class cnn.std_mean.options
---@field input? cnn.Tensor
---@field dim? cnn.sizes
---@field unbiased? boolean
---@field keepdim? boolean default false
---@field correction? integer divide by n - correction; default 1

---tensor:std and tensor:mean at once.
---@param input cnn.Tensor
---@param dim? cnn.sizes
---@param unbiased? boolean
---@param keepdim? boolean default false
---@param correction? integer divide by n - correction; default 1
---@return any
---@overload fun(options: cnn.std_mean.options): any
function cnn.std_mean(input, dim, unbiased, keepdim, correction) end

---@class cnn.sub.options
---@field input? cnn.Tensor
---@field other? cnn.Tensor|number
---@field alpha? number default 1

---x - alpha * other, element by element; the operands broadcast.
---@param input cnn.Tensor
---@param other cnn.Tensor|number
---@param alpha? number default 1
---@return cnn.Tensor
---@overload fun(options: cnn.sub.options): cnn.Tensor
function cnn.sub(input, other, alpha) end

---@class cnn.sum.options
---@field input? cnn.Tensor
---@field dim? cnn.sizes over these dimensions, counted from 1; over all if not given
---@field keepdim? boolean leave the dimensions, with size 1; default false

---The sum of all elements, or along dimensions.
---@param input cnn.Tensor
---@param dim? cnn.sizes over these dimensions, counted from 1; over all if not given
---@param keepdim? boolean leave the dimensions, with size 1; default false
---@return cnn.Tensor
---@overload fun(options: cnn.sum.options): cnn.Tensor
function cnn.sum(input, dim, keepdim) end

---Prints a line per layer: name, type, sizes of input and output, kernel, parameters, multiply-adds, memory of its results, and the size formula with its numbers filled in; then the totals.
---@param net nn.Module the network
---@param ... any of one sample: 3, 32, 32; or a list with the batch in front, or a tensor, per input: {128, 3, 32, 32}
function cnn.summary(net, ...) end

---A matrix transposed, as a view; a vector as it is.
---@param input cnn.Tensor
---@return cnn.Tensor
function cnn.t(input) end

---@class cnn.take_along_dim.options
---@field input? cnn.Tensor
---@field indices? cnn.Tensor int64, from 1; broadcasts with the tensor
---@field dim? integer along which; among all elements if not given

---gather, with the other dimensions broadcast: brings the positions of argmax, argsort or topk back to values.
---@param input cnn.Tensor
---@param indices cnn.Tensor int64, from 1; broadcasts with the tensor
---@param dim? integer along which; among all elements if not given
---@return cnn.Tensor
---@overload fun(options: cnn.take_along_dim.options): cnn.Tensor
function cnn.take_along_dim(input, indices, dim) end

---The hyperbolic tangent of each element.
---@param input cnn.Tensor
---@return cnn.Tensor
function cnn.tanh(input) end

---@class cnn.tensor.options
---@field data? any a number, a boolean, nested tables of them, or a tensor
---@field dtype? cnn.dtype
---@field device? string "cpu"
---@field requires_grad? boolean default false

---A tensor from Lua's numbers.
---@param data any a number, a boolean, nested tables of them, or a tensor
---@param dtype? cnn.dtype
---@param device? string "cpu"
---@param requires_grad? boolean default false
---@return cnn.Tensor
---@overload fun(options: cnn.tensor.options): cnn.Tensor
function cnn.tensor(data, dtype, device, requires_grad) end

---@class cnn.tile.options
---@field input? cnn.Tensor
---@field dims? cnn.sizes how often along each dimension; fewer count from the last

---The tensor repeated along its dimensions; more numbers than dimensions add some in front.
---@param input cnn.Tensor
---@param dims cnn.sizes how often along each dimension; fewer count from the last
---@return cnn.Tensor
---@overload fun(options: cnn.tile.options): cnn.Tensor
function cnn.tile(input, dims) end

---@class cnn.topk.options
---@field input? cnn.Tensor
---@field k? integer how many
---@field dim? integer along which; the last if not given; default -1
---@field largest? boolean the largest; false: the smallest; default true
---@field sorted? boolean in order; they always are; default true

---The k largest (or smallest) elements along a dimension, the first of them first, and where they stood.
---@param input cnn.Tensor
---@param k integer how many
---@param dim? integer along which; the last if not given; default -1
---@param largest? boolean the largest; false: the smallest; default true
---@param sorted? boolean in order; they always are; default true
---@return any
---@overload fun(options: cnn.topk.options): any
function cnn.topk(input, k, dim, largest, sorted) end

---@class cnn.transpose.options
---@field input? cnn.Tensor
---@field dim0? integer
---@field dim1? integer

---A view with two dimensions exchanged.
---@param input cnn.Tensor
---@param dim0 integer
---@param dim1 integer
---@return cnn.Tensor
---@overload fun(options: cnn.transpose.options): cnn.Tensor
function cnn.transpose(input, dim0, dim1) end

---@class cnn.tril.options
---@field input? cnn.Tensor
---@field diagonal? integer the last one that stays: 1 is above the main one, -1 below; default 0

---A matrix, or a stack of them, with zeros above a diagonal.
---@param input cnn.Tensor
---@param diagonal? integer the last one that stays: 1 is above the main one, -1 below; default 0
---@return cnn.Tensor
---@overload fun(options: cnn.tril.options): cnn.Tensor
function cnn.tril(input, diagonal) end

---@class cnn.triu.options
---@field input? cnn.Tensor
---@field diagonal? integer the last one that stays: 1 is above the main one, -1 below; default 0

---A matrix, or a stack of them, with zeros below a diagonal.
---@param input cnn.Tensor
---@param diagonal? integer the last one that stays: 1 is above the main one, -1 below; default 0
---@return cnn.Tensor
---@overload fun(options: cnn.triu.options): cnn.Tensor
function cnn.triu(input, diagonal) end

---Each element without its fraction.
---@param input cnn.Tensor
---@return cnn.Tensor
function cnn.trunc(input) end

---@class cnn.unbind.options
---@field input? cnn.Tensor
---@field dim? integer default 1

---All entries along a dimension, which disappears; they are views.
---@param input cnn.Tensor
---@param dim? integer default 1
---@return any
---@overload fun(options: cnn.unbind.options): any
function cnn.unbind(input, dim) end

---@class cnn.unflatten.options
---@field input? cnn.Tensor
---@field dim? integer
---@field sizes? cnn.sizes instead of that one; one may be -1: what is left

---Makes several dimensions of one: the opposite of flatten.
---@param input cnn.Tensor
---@param dim integer
---@param sizes cnn.sizes instead of that one; one may be -1: what is left
---@return cnn.Tensor
---@overload fun(options: cnn.unflatten.options): cnn.Tensor
function cnn.unflatten(input, dim, sizes) end

---@class cnn.unique.options
---@field input? cnn.Tensor
---@field sorted? boolean in order; they always are; default true
---@field return_inverse? boolean also: which one each element is; default false
---@field return_counts? boolean also: how often each is there; default false

---The different values among all elements, in order.
---@param input cnn.Tensor
---@param sorted? boolean in order; they always are; default true
---@param return_inverse? boolean also: which one each element is; default false
---@param return_counts? boolean also: how often each is there; default false
---@return cnn.Tensor
---@overload fun(options: cnn.unique.options): cnn.Tensor
function cnn.unique(input, sorted, return_inverse, return_counts) end

---@class cnn.unsqueeze.options
---@field input? cnn.Tensor
---@field dim? integer where the new dimension stands in the result

---A view with one more dimension, of size 1.
---@param input cnn.Tensor
---@param dim integer where the new dimension stands in the result
---@return cnn.Tensor
---@overload fun(options: cnn.unsqueeze.options): cnn.Tensor
function cnn.unsqueeze(input, dim) end

---@class cnn.var.options
---@field input? cnn.Tensor
---@field dim? cnn.sizes over these dimensions, counted from 1; over all if not given
---@field unbiased? boolean divide by n - 1 (true) or n (false)
---@field keepdim? boolean leave the dimensions, with size 1; default false
---@field correction? integer divide by n - correction; default 1

---The variance of all elements, or along dimensions.
---@param input cnn.Tensor
---@param dim? cnn.sizes over these dimensions, counted from 1; over all if not given
---@param unbiased? boolean divide by n - 1 (true) or n (false)
---@param keepdim? boolean leave the dimensions, with size 1; default false
---@param correction? integer divide by n - correction; default 1
---@return cnn.Tensor
---@overload fun(options: cnn.var.options): cnn.Tensor
function cnn.var(input, dim, unbiased, keepdim, correction) end

---@class cnn.var_mean.options
---@field input? cnn.Tensor
---@field dim? cnn.sizes
---@field unbiased? boolean
---@field keepdim? boolean default false
---@field correction? integer divide by n - correction; default 1

---tensor:var and tensor:mean at once.
---@param input cnn.Tensor
---@param dim? cnn.sizes
---@param unbiased? boolean
---@param keepdim? boolean default false
---@param correction? integer divide by n - correction; default 1
---@return any
---@overload fun(options: cnn.var_mean.options): any
function cnn.var_mean(input, dim, unbiased, keepdim, correction) end

---@class cnn.where.options
---@field condition? cnn.Tensor bool
---@field input? cnn.Tensor|number|boolean where it is true
---@field other? cnn.Tensor|number|boolean where it is false

---Each element from input where the condition is true, from other where it is false; all three broadcast.
---@param condition cnn.Tensor bool
---@param input cnn.Tensor|number|boolean where it is true
---@param other cnn.Tensor|number|boolean where it is false
---@return cnn.Tensor
---@overload fun(options: cnn.where.options): cnn.Tensor
function cnn.where(condition, input, other) end

---@class cnn.write_file.options
---@field path? string
---@field text? string

---Writes a text (or any bytes) to a file, whole or not at all: a full disk or a power cut leaves the old file.
---@param path string
---@param text string
---@overload fun(options: cnn.write_file.options)
function cnn.write_file(path, text) end

---@class cnn.zeros.options
---@field size? cnn.sizes
---@field dtype? cnn.dtype default "float32"
---@field device? string "cpu"
---@field requires_grad? boolean default false

---A tensor filled with 0.
---@param size cnn.sizes
---@param dtype? cnn.dtype default "float32"
---@param device? string "cpu"
---@param requires_grad? boolean default false
---@return cnn.Tensor
---@overload fun(options: cnn.zeros.options): cnn.Tensor
function cnn.zeros(size, dtype, device, requires_grad) end

---@class cnn.zeros_like.options
---@field input? cnn.Tensor
---@field dtype? cnn.dtype
---@field device? string "cpu"
---@field requires_grad? boolean default false

---A tensor of the input's shape and type, filled with 0.
---@param input cnn.Tensor
---@param dtype? cnn.dtype
---@param device? string "cpu"
---@param requires_grad? boolean default false
---@return cnn.Tensor
---@overload fun(options: cnn.zeros_like.options): cnn.Tensor
function cnn.zeros_like(input, dtype, device, requires_grad) end

---@class cnn.autograd
cnn.autograd = {}

---@class autograd.backward.options
---@field tensors? cnn.Tensor[] results to start from
---@field grad_tensors? cnn.Tensor[] one per result, of its shape; 1 for scalars if not given
---@field retain_graph? boolean keep the graph, to walk it again; create_graph if not given
---@field create_graph? boolean record the gradients' own ops; default false

---The same as backward() of the sum of several results: adds to x.grad of every leaf below, in one walk.
---@param tensors cnn.Tensor[] results to start from
---@param grad_tensors? cnn.Tensor[] one per result, of its shape; 1 for scalars if not given
---@param retain_graph? boolean keep the graph, to walk it again; create_graph if not given
---@param create_graph? boolean record the gradients' own ops; default false
---@overload fun(options: autograd.backward.options)
function cnn.autograd.backward(tensors, grad_tensors, retain_graph, create_graph) end

---Runs a function in anomaly mode.
---@param f function
---@param ... any its arguments
---@return any
function cnn.autograd.detect_anomaly(f, ...) end

---@class autograd.grad.options
---@field outputs? cnn.Tensor[] what is differentiated; their sum, where there are several
---@field inputs? cnn.Tensor[] by what: leaves, or tensors on the way
---@field grad_outputs? cnn.Tensor[] one per output, of its shape; 1 for scalars if not given
---@field retain_graph? boolean keep the graph, to walk it again; create_graph if not given
---@field create_graph? boolean record the gradients' own ops, for gradients of gradients; default false
---@field allow_unused? boolean nil for an input that the outputs do not depend on; else an error; default false

---The gradients of outputs with respect to chosen inputs.
---@param outputs cnn.Tensor[] what is differentiated; their sum, where there are several
---@param inputs cnn.Tensor[] by what: leaves, or tensors on the way
---@param grad_outputs? cnn.Tensor[] one per output, of its shape; 1 for scalars if not given
---@param retain_graph? boolean keep the graph, to walk it again; create_graph if not given
---@param create_graph? boolean record the gradients' own ops, for gradients of gradients; default false
---@param allow_unused? boolean nil for an input that the outputs do not depend on; else an error; default false
---@return any
---@overload fun(options: autograd.grad.options): any
function cnn.autograd.grad(outputs, inputs, grad_outputs, retain_graph, create_graph, allow_unused) end

---@class autograd.gradcheck.options
---@field func? function of tensors, giving one or more tensors
---@field inputs? cnn.Tensor|table its arguments: a float64 tensor that requires a gradient, or a list
---@field eps? number by how much an element is moved; default 1e-06
---@field atol? number default 1e-05
---@field rtol? number default 0.001
---@field raise_exception? boolean else the results are false and the error; default true
---@field fast_mode? boolean compare a random combination of the outputs only; default false

---Compares the gradients of a function with differences, element by element.
---@param func function of tensors, giving one or more tensors
---@param inputs cnn.Tensor|table its arguments: a float64 tensor that requires a gradient, or a list
---@param eps? number by how much an element is moved; default 1e-06
---@param atol? number default 1e-05
---@param rtol? number default 0.001
---@param raise_exception? boolean else the results are false and the error; default true
---@param fast_mode? boolean compare a random combination of the outputs only; default false
---@return boolean
---@overload fun(options: autograd.gradcheck.options): boolean
function cnn.autograd.gradcheck(func, inputs, eps, atol, rtol, raise_exception, fast_mode) end

---@class autograd.gradgradcheck.options
---@field func? function of tensors, giving one or more tensors
---@field inputs? cnn.Tensor|table its arguments: a float64 tensor that requires a gradient, or a list
---@field eps? number by how much an element is moved; default 1e-06
---@field atol? number default 1e-05
---@field rtol? number default 0.001
---@field raise_exception? boolean else the results are false and the error; default true
---@field fast_mode? boolean compare a random combination of the outputs only; default false

---Compares the gradients of a function's gradients with differences: what create_graph=true relies on.
---@param func function of tensors, giving one or more tensors
---@param inputs cnn.Tensor|table its arguments: a float64 tensor that requires a gradient, or a list
---@param eps? number by how much an element is moved; default 1e-06
---@param atol? number default 1e-05
---@param rtol? number default 0.001
---@param raise_exception? boolean else the results are false and the error; default true
---@param fast_mode? boolean compare a random combination of the outputs only; default false
---@return boolean
---@overload fun(options: autograd.gradgradcheck.options): boolean
function cnn.autograd.gradgradcheck(func, inputs, eps, atol, rtol, raise_exception, fast_mode) end

---Switches anomaly mode on or off, which finds out who is to blame, and is slow.
---@param mode boolean
---@return any
function cnn.autograd.set_detect_anomaly(mode) end

---@class cnn.cuda
cnn.cuda = {}

---How many GPUs can be used.
---@return integer
function cnn.cuda.device_count() end

---Whether this build and machine can compute on a GPU.
---@return boolean
function cnn.cuda.is_available() end

---@class cnn.data
cnn.data = {}

---@class data.DataLoader.options
---@field dataset? data.Dataset
---@field batch_size? integer samples in a batch; default 1
---@field shuffle? boolean a new random order in every epoch, from the global generator; default false
---@field num_workers? integer threads that make batches ahead of time; default 0
---@field drop_last? boolean leave out a last batch that is not full; default false
---@field collate_fn? function makes a batch from a list of samples, each a list of values
---@field prefetch_factor? integer batches that each worker keeps ready; default 2
---@field sampler? table|cnn.Tensor|function numbers of the samples of an epoch, from 1, in their order; or a function that each epoch asks for them
---@field generator? integer seed of a generator of the loader's own for order and transforms; else the global one is used
---@field persistent_workers? boolean accepted: threads cost too little to be kept between epochs; default false
---@field pin_memory? boolean accepted: batches are in the memory where networks are; default false

---Goes through a data set in batches.
---@class data.DataLoader
---@overload fun(options: data.DataLoader.options): data.DataLoader
---@overload fun(dataset: data.Dataset, batch_size?: integer, shuffle?: boolean, num_workers?: integer, drop_last?: boolean, collate_fn?: function, prefetch_factor?: integer, sampler?: table|cnn.Tensor|function, generator?: integer, persistent_workers?: boolean, pin_memory?: boolean): data.DataLoader
cnn.data.DataLoader = {}

---@class data.Subset.options
---@field dataset? data.Dataset
---@field indices? table|cnn.Tensor numbers of samples, from 1

---The samples of a data set that a list names, in the list's order.
---@class data.Subset : nn.Module
---@overload fun(options: data.Subset.options): data.Subset
---@overload fun(dataset: data.Dataset, indices: table|cnn.Tensor): data.Subset
cnn.data.Subset = {}

---Makes a data set of tensors in memory.
---@class data.TensorDataset : nn.Module
---@overload fun(...: cnn.Tensor): data.TensorDataset
cnn.data.TensorDataset = {}

---@class data.random_split.options
---@field dataset? data.Dataset
---@field lengths? table numbers of samples that add up to all, or fractions that add up to 1
---@field generator? integer seed of a generator for this split alone; else the global one is used

---Splits a data set at random: each sample goes to one of the parts.
---@param dataset data.Dataset
---@param lengths table numbers of samples that add up to all, or fractions that add up to 1
---@param generator? integer seed of a generator for this split alone; else the global one is used
---@return any
---@overload fun(options: data.random_split.options): any
function cnn.data.random_split(dataset, lengths, generator) end

---@class cnn.datasets
cnn.datasets = {}

---@class datasets.CIFAR10.options
---@field root? string folder of the data; by default the environment variable CNN_DATA, or ./
---@field train? boolean the 50,000 training images, else the 10,000 test images; default true
---@field transform? function applied to each image, such as transforms.ToTensor()
---@field target_transform? function applied to each label, in Lua, one by one
---@field download? boolean fetch and unpack files that are missing or damaged; default false

---CIFAR-10, from the binary version's files in root/cifar-10-batches-bin or in root itself.
---@class datasets.CIFAR10 : nn.Module
---@overload fun(options: datasets.CIFAR10.options): datasets.CIFAR10
---@overload fun(root?: string, train?: boolean, transform?: function, target_transform?: function, download?: boolean): datasets.CIFAR10
cnn.datasets.CIFAR10 = {}

---@class datasets.CIFAR100.options
---@field root? string folder of the data; by default the environment variable CNN_DATA, or ./
---@field train? boolean the 50,000 training images, else the 10,000 test images; default true
---@field transform? function applied to each image, such as transforms.ToTensor()
---@field target_transform? function applied to each label, in Lua, one by one
---@field download? boolean fetch and unpack files that are missing or damaged; default false

---CIFAR-100, from the binary version's files in root/cifar-100-binary or in root itself.
---@class datasets.CIFAR100 : nn.Module
---@overload fun(options: datasets.CIFAR100.options): datasets.CIFAR100
---@overload fun(root?: string, train?: boolean, transform?: function, target_transform?: function, download?: boolean): datasets.CIFAR100
cnn.datasets.CIFAR100 = {}

---@class datasets.Digits.options
---@field train? boolean the 60,000 training images, else the 10,000 test images; default true
---@field transform? function applied to each image, such as transforms.ToTensor()

---Handwritten-like digits, 28 x 28, made by a drawing program: always the same, no file needed.
---@class datasets.Digits : nn.Module
---@overload fun(options: datasets.Digits.options): datasets.Digits
---@overload fun(train?: boolean, transform?: function): datasets.Digits
cnn.datasets.Digits = {}

---@class datasets.FashionMNIST.options
---@field root? string folder of the data; by default the environment variable CNN_DATA, or ./
---@field train? boolean the 60,000 training images, else the 10,000 test images; default true
---@field transform? function applied to each image, such as transforms.ToTensor()
---@field target_transform? function applied to each label, in Lua, one by one
---@field download? boolean fetch files that are missing or damaged; default false

---Fashion-MNIST, ten kinds of clothes, from files in root/FashionMNIST/raw or root/FashionMNIST.
---@class datasets.FashionMNIST : nn.Module
---@overload fun(options: datasets.FashionMNIST.options): datasets.FashionMNIST
---@overload fun(root?: string, train?: boolean, transform?: function, target_transform?: function, download?: boolean): datasets.FashionMNIST
cnn.datasets.FashionMNIST = {}

---@class datasets.ImageFolder.options
---@field root? string a folder with a folder for each class
---@field transform? function applied to each picture, such as transforms.Resize { { 64, 64 } }
---@field target_transform? function applied to each label

---Pictures (.png, .jpg, .jpeg) in root/CLASS/…, all read as RGB.
---@class datasets.ImageFolder : nn.Module
---@overload fun(options: datasets.ImageFolder.options): datasets.ImageFolder
---@overload fun(root: string, transform?: function, target_transform?: function): datasets.ImageFolder
cnn.datasets.ImageFolder = {}

---@class datasets.KMNIST.options
---@field root? string folder of the data; by default the environment variable CNN_DATA, or ./
---@field train? boolean the 60,000 training images, else the 10,000 test images; default true
---@field transform? function applied to each image, such as transforms.ToTensor()
---@field target_transform? function applied to each label, in Lua, one by one
---@field download? boolean fetch files that are missing or damaged; default false

---Kuzushiji-MNIST, ten characters of old Japanese script, from files in root/KMNIST/raw or root/KMNIST.
---@class datasets.KMNIST : nn.Module
---@overload fun(options: datasets.KMNIST.options): datasets.KMNIST
---@overload fun(root?: string, train?: boolean, transform?: function, target_transform?: function, download?: boolean): datasets.KMNIST
cnn.datasets.KMNIST = {}

---@class datasets.MNIST.options
---@field root? string folder of the data; by default the environment variable CNN_DATA, or ./
---@field train? boolean the 60,000 training images, else the 10,000 test images; default true
---@field transform? function applied to each image, such as transforms.ToTensor()
---@field target_transform? function applied to each label, in Lua, one by one
---@field download? boolean fetch files that are missing or damaged; default false

---The MNIST data set of handwritten digits, from files in root/MNIST/raw, root/raw or root itself.
---@class datasets.MNIST : nn.Module
---@overload fun(options: datasets.MNIST.options): datasets.MNIST
---@overload fun(root?: string, train?: boolean, transform?: function, target_transform?: function, download?: boolean): datasets.MNIST
cnn.datasets.MNIST = {}

---@class cnn.io
cnn.io = {}

---@class io.read_image.options
---@field path? string a PNG or JPEG; what it is is seen from its content
---@field mode? string which channels to make of it; default "UNCHANGED"

---Reads a picture.
---@param path string a PNG or JPEG; what it is is seen from its content
---@param mode? string which channels to make of it; default "UNCHANGED"
---@return cnn.Tensor
---@overload fun(options: io.read_image.options): cnn.Tensor
function cnn.io.read_image(path, mode) end

---@class io.write_image.options
---@field path? string ends in .png, .jpg or .jpeg, which decides the format
---@field image? cnn.Tensor uint8 [H, W] or [C, H, W]: grey, RGB; in a PNG also with alpha
---@field quality? integer of a JPEG; default 75

---Writes a picture, whole or not at all.
---@param path string ends in .png, .jpg or .jpeg, which decides the format
---@param image cnn.Tensor uint8 [H, W] or [C, H, W]: grey, RGB; in a PNG also with alpha
---@param quality? integer of a JPEG; default 75
---@overload fun(options: io.write_image.options)
function cnn.io.write_image(path, image, quality) end

---@class cnn.nn
cnn.nn = {}

---Brings images of any size to one size: each output is the mean under its window.
---@class nn.AdaptiveAvgPool2d : nn.Module
---@overload fun(output_size: cnn.sizes): nn.AdaptiveAvgPool2d
cnn.nn.AdaptiveAvgPool2d = {}

---Brings images of any size to one size: each output is the largest value under its window.
---@class nn.AdaptiveMaxPool2d : nn.Module
---@overload fun(output_size: cnn.sizes): nn.AdaptiveMaxPool2d
cnn.nn.AdaptiveMaxPool2d = {}

---@class nn.AvgPool1d.options
---@field kernel_size? integer length of the window
---@field stride? integer step of the window; kernel_size if not given
---@field padding? integer default 0
---@field ceil_mode? boolean keep windows that reach over the edge; default false
---@field count_include_pad? boolean the padding's zeros count as values; default true

---Makes sequences shorter: each output is the mean under its window.
---@class nn.AvgPool1d : nn.Module
---@overload fun(options: nn.AvgPool1d.options): nn.AvgPool1d
---@overload fun(kernel_size: integer, stride?: integer, padding?: integer, ceil_mode?: boolean, count_include_pad?: boolean): nn.AvgPool1d
cnn.nn.AvgPool1d = {}

---@class nn.AvgPool2d.options
---@field kernel_size? cnn.sizes height and width of the window
---@field stride? cnn.sizes step of the window; kernel_size if not given
---@field padding? cnn.sizes zeros around the image; at most half a window; default 0
---@field ceil_mode? boolean keep windows that reach over the edge; default false
---@field count_include_pad? boolean the zeros of the padding count as values; default true
---@field divisor_override? integer divide the sums by this instead

---Makes images smaller: each output is the mean of the values under its window.
---@class nn.AvgPool2d : nn.Module
---@overload fun(options: nn.AvgPool2d.options): nn.AvgPool2d
---@overload fun(kernel_size: cnn.sizes, stride?: cnn.sizes, padding?: cnn.sizes, ceil_mode?: boolean, count_include_pad?: boolean, divisor_override?: integer): nn.AvgPool2d
cnn.nn.AvgPool2d = {}

---@class nn.BCELoss.options
---@field weight? cnn.Tensor a factor for each loss; stretches to the input's size
---@field reduction? string what is done with the losses; default "mean"

---The cross entropy of yes-or-no questions, for a network that ends in a sigmoid.
---@class nn.BCELoss : nn.Module
---@overload fun(options: nn.BCELoss.options): nn.BCELoss
---@overload fun(weight?: cnn.Tensor, reduction?: string): nn.BCELoss
cnn.nn.BCELoss = {}

---@class nn.BCEWithLogitsLoss.options
---@field weight? cnn.Tensor a factor for each loss; stretches to the input's size
---@field reduction? string what is done with the losses; default "mean"
---@field pos_weight? cnn.Tensor how much yes counts, for each of the last dimension's questions

---The cross entropy of yes-or-no questions, one per element; sigmoid(input) is the probability of yes.
---@class nn.BCEWithLogitsLoss : nn.Module
---@overload fun(options: nn.BCEWithLogitsLoss.options): nn.BCEWithLogitsLoss
---@overload fun(weight?: cnn.Tensor, reduction?: string, pos_weight?: cnn.Tensor): nn.BCEWithLogitsLoss
cnn.nn.BCEWithLogitsLoss = {}

---@class nn.BatchNorm1d.options
---@field num_features? integer features, or channels of a sequence
---@field eps? number added to the variance, so that nothing is divided by zero; default 1e-05
---@field momentum? number|boolean weight of the newest batch in the running statistics; false weighs all batches alike; default 0.1
---@field affine? boolean learn a scale and a shift per feature; default true
---@field track_running_stats? boolean keep the running statistics that evaluation uses; default true

---Normalises each feature over the batch (and the sequence): y = (x - mean) / sqrt(var + eps) * weight + bias.
---@class nn.BatchNorm1d : nn.Module
---@overload fun(options: nn.BatchNorm1d.options): nn.BatchNorm1d
---@overload fun(num_features: integer, eps?: number, momentum?: number|boolean, affine?: boolean, track_running_stats?: boolean): nn.BatchNorm1d
cnn.nn.BatchNorm1d = {}

---@class nn.BatchNorm2d.options
---@field num_features? integer channels
---@field eps? number added to the variance, so that nothing is divided by zero; default 1e-05
---@field momentum? number|boolean weight of the newest batch in the running statistics; false weighs all batches alike; default 0.1
---@field affine? boolean learn a scale and a shift per channel; default true
---@field track_running_stats? boolean keep the running statistics that evaluation uses; default true

---Normalises each channel over the batch and the image: y = (x - mean) / sqrt(var + eps) * weight + bias.
---@class nn.BatchNorm2d : nn.Module
---@overload fun(options: nn.BatchNorm2d.options): nn.BatchNorm2d
---@overload fun(num_features: integer, eps?: number, momentum?: number|boolean, affine?: boolean, track_running_stats?: boolean): nn.BatchNorm2d
cnn.nn.BatchNorm2d = {}

---Adds rows and columns around images that hold what stands at the other side.
---@class nn.CircularPad2d : nn.Module
---@overload fun(padding: cnn.sizes): nn.CircularPad2d
cnn.nn.CircularPad2d = {}

---@class nn.ConstantPad2d.options
---@field padding? cnn.sizes one width for all, or one for each; negative widths cut off
---@field value? number

---Adds rows and columns of one value around images.
---@class nn.ConstantPad2d : nn.Module
---@overload fun(options: nn.ConstantPad2d.options): nn.ConstantPad2d
---@overload fun(padding: cnn.sizes, value: number): nn.ConstantPad2d
cnn.nn.ConstantPad2d = {}

---@class nn.Conv1d.options
---@field in_channels? integer channels of the sequences that come in
---@field out_channels? integer filters, hence channels that go out
---@field kernel_size? integer length of a filter
---@field stride? integer step of the filter; default 1
---@field padding? integer|string zeros on each side; "same" keeps the length, "valid" is 0; default 0
---@field dilation? integer distance between the filter's elements; default 1
---@field groups? integer blocks of channels that don't see each other; default 1
---@field bias? boolean add a learned number per filter; default true

---A convolutional layer for sequences: out_channels filters of length kernel_size walk along them.
---@class nn.Conv1d : nn.Module
---@overload fun(options: nn.Conv1d.options): nn.Conv1d
---@overload fun(in_channels: integer, out_channels: integer, kernel_size: integer, stride?: integer, padding?: integer|string, dilation?: integer, groups?: integer, bias?: boolean): nn.Conv1d
cnn.nn.Conv1d = {}

---@class nn.Conv2d.options
---@field in_channels? integer channels of the images that come in
---@field out_channels? integer filters, hence channels that go out
---@field kernel_size? cnn.sizes height and width of a filter
---@field stride? cnn.sizes step of the filter; default 1
---@field padding? cnn.sizes|string zeros on each side; "same" keeps the size, "valid" is 0; default 0
---@field dilation? cnn.sizes distance between the filter's elements; default 1
---@field groups? integer blocks of channels that don't see each other; default 1
---@field bias? boolean add a learned number per filter; default true

---A convolutional layer: out_channels filters of size kernel_size walk over images with in_channels channels.
---@class nn.Conv2d : nn.Module
---@overload fun(options: nn.Conv2d.options): nn.Conv2d
---@overload fun(in_channels: integer, out_channels: integer, kernel_size: cnn.sizes, stride?: cnn.sizes, padding?: cnn.sizes|string, dilation?: cnn.sizes, groups?: integer, bias?: boolean): nn.Conv2d
cnn.nn.Conv2d = {}

---@class nn.ConvTranspose2d.options
---@field in_channels? integer channels of the images that come in
---@field out_channels? integer channels that go out
---@field kernel_size? cnn.sizes height and width of a filter
---@field stride? cnn.sizes how far the painted filters lie apart; default 1
---@field padding? cnn.sizes rows and columns taken away on each side; default 0
---@field output_padding? cnn.sizes rows and columns added at the end; default 0
---@field groups? integer blocks of channels that don't see each other; default 1
---@field bias? boolean add a learned number per channel; default true
---@field dilation? cnn.sizes distance between the filter's elements; default 1

---A transposed convolution, which makes images larger: every pixel paints a filter, and what overlaps adds up.
---@class nn.ConvTranspose2d : nn.Module
---@overload fun(options: nn.ConvTranspose2d.options): nn.ConvTranspose2d
---@overload fun(in_channels: integer, out_channels: integer, kernel_size: cnn.sizes, stride?: cnn.sizes, padding?: cnn.sizes, output_padding?: cnn.sizes, groups?: integer, bias?: boolean, dilation?: cnn.sizes): nn.ConvTranspose2d
cnn.nn.ConvTranspose2d = {}

---@class nn.CosineSimilarity.options
---@field dim? integer along which the vectors lie; default 2
---@field eps? number lengths below this count as this; default 1e-08

---The cosine of the angle between two vectors: 1 for one direction, 0 for right angles, -1 for opposite ones.
---@class nn.CosineSimilarity : nn.Module
---@overload fun(options: nn.CosineSimilarity.options): nn.CosineSimilarity
---@overload fun(dim?: integer, eps?: number): nn.CosineSimilarity
cnn.nn.CosineSimilarity = {}

---@class nn.CrossEntropyLoss.options
---@field weight? cnn.Tensor how much each class counts, [C]
---@field ignore_index? integer rows with this label count nothing; default -100
---@field reduction? string what is done with the losses; default "mean"
---@field label_smoothing? number the part that is spread over all classes; default 0

---The loss of a classifier: minus the logarithm of the probability that softmax gives to the right class.
---@class nn.CrossEntropyLoss : nn.Module
---@overload fun(options: nn.CrossEntropyLoss.options): nn.CrossEntropyLoss
---@overload fun(weight?: cnn.Tensor, ignore_index?: integer, reduction?: string, label_smoothing?: number): nn.CrossEntropyLoss
cnn.nn.CrossEntropyLoss = {}

---@class nn.Dropout.options
---@field p? number probability that a element becomes zero; default 0.5
---@field inplace? boolean overwrite the input; default false

---In training, sets single elements to zero with probability p and multiplies the rest by 1/(1-p).
---@class nn.Dropout : nn.Module
---@overload fun(options: nn.Dropout.options): nn.Dropout
---@overload fun(p?: number, inplace?: boolean): nn.Dropout
cnn.nn.Dropout = {}

---@class nn.Dropout2d.options
---@field p? number probability that a channel becomes zero; default 0.5
---@field inplace? boolean overwrite the input; default false

---In training, sets whole channels to zero with probability p and multiplies the rest by 1/(1-p).
---@class nn.Dropout2d : nn.Module
---@overload fun(options: nn.Dropout2d.options): nn.Dropout2d
---@overload fun(p?: number, inplace?: boolean): nn.Dropout2d
cnn.nn.Dropout2d = {}

---@class nn.ELU.options
---@field alpha? number what negative values come near to, with a minus; default 1.0
---@field inplace? boolean overwrite the input, which saves its memory; default false

---The activation function x where it is above zero, alpha * (exp(x) - 1) elsewhere.
---@class nn.ELU : nn.Module
---@overload fun(options: nn.ELU.options): nn.ELU
---@overload fun(alpha?: number, inplace?: boolean): nn.ELU
cnn.nn.ELU = {}

---@class nn.Flatten.options
---@field start_dim? integer first dimension that is flattened; default 2
---@field end_dim? integer last dimension that is flattened; default -1

---Makes one dimension of several: [N, C, H, W] becomes [N, C*H*W], as a Linear layer wants it.
---@class nn.Flatten : nn.Module
---@overload fun(options: nn.Flatten.options): nn.Flatten
---@overload fun(start_dim?: integer, end_dim?: integer): nn.Flatten
cnn.nn.Flatten = {}

---The activation function x times the probability that a normal random number is below x.
---@class nn.GELU : nn.Module
---@overload fun(approximate?: string): nn.GELU
cnn.nn.GELU = {}

---@class nn.GroupNorm.options
---@field num_groups? integer divides num_channels; 1 normalises the whole sample
---@field num_channels? integer
---@field eps? number added to the variance, so that nothing is divided by zero; default 1e-05
---@field affine? boolean learn a scale and a shift per channel; default true

---Normalises groups of C/num_groups channels of each sample by themselves, then scales and shifts each channel.
---@class nn.GroupNorm : nn.Module
---@overload fun(options: nn.GroupNorm.options): nn.GroupNorm
---@overload fun(num_groups: integer, num_channels: integer, eps?: number, affine?: boolean): nn.GroupNorm
cnn.nn.GroupNorm = {}

---The activation function min(max(0, x + 3), 6) / 6.
---@class nn.Hardsigmoid : nn.Module
---@overload fun(inplace?: boolean): nn.Hardsigmoid
cnn.nn.Hardsigmoid = {}

---The activation function x * min(max(0, x + 3), 6) / 6: silu without an exponential.
---@class nn.Hardswish : nn.Module
---@overload fun(inplace?: boolean): nn.Hardswish
cnn.nn.Hardswish = {}

---@class nn.Hardtanh.options
---@field min_val? number default -1.0
---@field max_val? number default 1.0
---@field inplace? boolean overwrite the input, which saves its memory; default false

---The activation function min(max(min_val, x), max_val).
---@class nn.Hardtanh : nn.Module
---@overload fun(options: nn.Hardtanh.options): nn.Hardtanh
---@overload fun(min_val?: number, max_val?: number, inplace?: boolean): nn.Hardtanh
cnn.nn.Hardtanh = {}

---@class nn.HuberLoss.options
---@field reduction? string what is done with the losses; default "mean"
---@field delta? number where the parabola becomes a line; above 0; default 1.0

---The squared distance near the target, the plain one further away: outliers pull less.
---@class nn.HuberLoss : nn.Module
---@overload fun(options: nn.HuberLoss.options): nn.HuberLoss
---@overload fun(reduction?: string, delta?: number): nn.HuberLoss
cnn.nn.HuberLoss = {}

---A module that gives back what comes in.
---@class nn.Identity : nn.Module
---@overload fun(...: any): nn.Identity
cnn.nn.Identity = {}

---@class nn.InstanceNorm2d.options
---@field num_features? integer channels
---@field eps? number added to the variance, so that nothing is divided by zero; default 1e-05
---@field momentum? number weight of the newest batch in the running statistics; default 0.1
---@field affine? boolean learn a scale and a shift per channel; default false
---@field track_running_stats? boolean keep running statistics, which evaluation uses; default false

---Normalises each channel of each image by itself, as networks that transfer styles do.
---@class nn.InstanceNorm2d : nn.Module
---@overload fun(options: nn.InstanceNorm2d.options): nn.InstanceNorm2d
---@overload fun(num_features: integer, eps?: number, momentum?: number, affine?: boolean, track_running_stats?: boolean): nn.InstanceNorm2d
cnn.nn.InstanceNorm2d = {}

---@class nn.KLDivLoss.options
---@field reduction? string batchmean divides the sum by the number of rows, which is the divergence; default "mean"
---@field log_target? boolean the targets are logarithms too; default false

---The Kullback-Leibler divergence of the input's distribution from the target's; distillation learns from a teacher with it.
---@class nn.KLDivLoss : nn.Module
---@overload fun(options: nn.KLDivLoss.options): nn.KLDivLoss
---@overload fun(reduction?: string, log_target?: boolean): nn.KLDivLoss
cnn.nn.KLDivLoss = {}

---The distance |input - target|, averaged over all elements: outliers pull less than in MSELoss.
---@class nn.L1Loss : nn.Module
---@overload fun(reduction?: string): nn.L1Loss
cnn.nn.L1Loss = {}

---@class nn.LayerNorm.options
---@field normalized_shape? cnn.sizes the sizes of the last dimensions, or of the last one
---@field eps? number added to the variance, so that nothing is divided by zero; default 1e-05
---@field elementwise_affine? boolean learn a scale and a shift per element; default true
---@field bias? boolean learn the shift; default true

---Normalises each sample by itself: y = (x - mean) / sqrt(var + eps) * weight + bias.
---@class nn.LayerNorm : nn.Module
---@overload fun(options: nn.LayerNorm.options): nn.LayerNorm
---@overload fun(normalized_shape: cnn.sizes, eps?: number, elementwise_affine?: boolean, bias?: boolean): nn.LayerNorm
cnn.nn.LayerNorm = {}

---@class nn.LeakyReLU.options
---@field negative_slope? number what values below zero are multiplied with; default 0.01
---@field inplace? boolean overwrite the input, which saves its memory; default false

---The activation function x where it is above zero, negative_slope * x elsewhere.
---@class nn.LeakyReLU : nn.Module
---@overload fun(options: nn.LeakyReLU.options): nn.LeakyReLU
---@overload fun(negative_slope?: number, inplace?: boolean): nn.LeakyReLU
cnn.nn.LeakyReLU = {}

---@class nn.Linear.options
---@field in_features? integer size of the last dimension of what comes in
---@field out_features? integer size of the last dimension of what goes out
---@field bias? boolean add a learned number per output; default true

---A fully connected layer: y = x Wᵀ + b, with a weight of [out_features, in_features].
---@class nn.Linear : nn.Module
---@overload fun(options: nn.Linear.options): nn.Linear
---@overload fun(in_features: integer, out_features: integer, bias?: boolean): nn.Linear
cnn.nn.Linear = {}

---The activation function log(1 / (1 + exp(-x))), which keeps its digits on both sides.
---@class nn.LogSigmoid : nn.Module
---@overload fun(): nn.LogSigmoid
cnn.nn.LogSigmoid = {}

---The logarithm of softmax, computed without losing digits.
---@class nn.LogSoftmax : nn.Module
---@overload fun(dim: integer): nn.LogSoftmax
cnn.nn.LogSoftmax = {}

---The squared distance (input - target)², averaged over all elements.
---@class nn.MSELoss : nn.Module
---@overload fun(reduction?: string): nn.MSELoss
cnn.nn.MSELoss = {}

---@class nn.MaxPool1d.options
---@field kernel_size? integer length of the window
---@field stride? integer step of the window; kernel_size if not given
---@field padding? integer places that never win; at most half a window; default 0
---@field dilation? integer default 1
---@field ceil_mode? boolean keep windows that reach over the edge; default false

---Makes sequences shorter: each output is the largest value under its window.
---@class nn.MaxPool1d : nn.Module
---@overload fun(options: nn.MaxPool1d.options): nn.MaxPool1d
---@overload fun(kernel_size: integer, stride?: integer, padding?: integer, dilation?: integer, ceil_mode?: boolean): nn.MaxPool1d
cnn.nn.MaxPool1d = {}

---@class nn.MaxPool2d.options
---@field kernel_size? cnn.sizes height and width of the window
---@field stride? cnn.sizes step of the window; kernel_size if not given
---@field padding? cnn.sizes places around the image, which never win; at most half a window; default 0
---@field dilation? cnn.sizes distance between the window's elements; default 1
---@field ceil_mode? boolean keep windows that reach over the edge; default false

---Makes images smaller: each output is the largest value under its window.
---@class nn.MaxPool2d : nn.Module
---@overload fun(options: nn.MaxPool2d.options): nn.MaxPool2d
---@overload fun(kernel_size: cnn.sizes, stride?: cnn.sizes, padding?: cnn.sizes, dilation?: cnn.sizes, ceil_mode?: boolean): nn.MaxPool2d
cnn.nn.MaxPool2d = {}

---The activation function x * tanh(log(1 + exp(x))).
---@class nn.Mish : nn.Module
---@overload fun(inplace?: boolean): nn.Mish
cnn.nn.Mish = {}

---Modules by name.
---@class nn.ModuleDict : nn.Module
---@overload fun(modules?: table): nn.ModuleDict
cnn.nn.ModuleDict = {}

---A list of modules, from a table of them or empty.
---@class nn.ModuleList : nn.Module
---@overload fun(...: nn.Module): nn.ModuleList
cnn.nn.ModuleList = {}

---@class nn.NLLLoss.options
---@field weight? cnn.Tensor how much each class counts, [C]
---@field ignore_index? integer rows with this label count nothing; default -100
---@field reduction? string what is done with the losses; default "mean"

---Minus the input at the right class, for networks that end in log_softmax; labels count from 1.
---@class nn.NLLLoss : nn.Module
---@overload fun(options: nn.NLLLoss.options): nn.NLLLoss
---@overload fun(weight?: cnn.Tensor, ignore_index?: integer, reduction?: string): nn.NLLLoss
cnn.nn.NLLLoss = {}

---@class nn.PReLU.options
---@field num_parameters? integer one slope for all, or one per channel; default 1
---@field init? number the slopes at the beginning; default 0.25

---The activation function x where it is above zero, weight * x elsewhere; the weight is learned.
---@class nn.PReLU : nn.Module
---@overload fun(options: nn.PReLU.options): nn.PReLU
---@overload fun(num_parameters?: integer, init?: number): nn.PReLU
cnn.nn.PReLU = {}

---@class nn.PairwiseDistance.options
---@field p? number which length: see tensor:norm; default 2
---@field eps? number added to the difference; default 1e-06
---@field keepdim? boolean default false

---The length of the difference of two vectors, along the last dimension.
---@class nn.PairwiseDistance : nn.Module
---@overload fun(options: nn.PairwiseDistance.options): nn.PairwiseDistance
---@overload fun(p?: number, eps?: number, keepdim?: boolean): nn.PairwiseDistance
cnn.nn.PairwiseDistance = {}

---@class nn.Parameter.options
---@field tensor? cnn.Tensor of a real type; its memory is shared, not copied
---@field requires_grad? boolean default true

---A tensor that counts as a parameter: assigned to a field of a module, it is found by parameters() and trained.
---@param tensor cnn.Tensor of a real type; its memory is shared, not copied
---@param requires_grad? boolean default true
---@return cnn.Tensor
---@overload fun(options: nn.Parameter.options): cnn.Tensor
function cnn.nn.Parameter(tensor, requires_grad) end

---A list of parameters, from a table of them or empty.
---@class nn.ParameterList : nn.Module
---@overload fun(...: cnn.Tensor): nn.ParameterList
cnn.nn.ParameterList = {}

---Makes images larger: r*r channels become the r×r pixels of one.
---@class nn.PixelShuffle : nn.Module
---@overload fun(upscale_factor: integer): nn.PixelShuffle
cnn.nn.PixelShuffle = {}

---The activation function max(0, x), element by element.
---@class nn.ReLU : nn.Module
---@overload fun(inplace?: boolean): nn.ReLU
cnn.nn.ReLU = {}

---The activation function min(max(0, x), 6).
---@class nn.ReLU6 : nn.Module
---@overload fun(inplace?: boolean): nn.ReLU6
cnn.nn.ReLU6 = {}

---Adds rows and columns around images that mirror what is inside; the edge itself is not repeated.
---@class nn.ReflectionPad2d : nn.Module
---@overload fun(padding: cnn.sizes): nn.ReflectionPad2d
cnn.nn.ReflectionPad2d = {}

---Adds rows and columns around images that repeat their edges.
---@class nn.ReplicationPad2d : nn.Module
---@overload fun(padding: cnn.sizes): nn.ReplicationPad2d
cnn.nn.ReplicationPad2d = {}

---The activation function 1.0507 * elu(x, 1.6733), which keeps mean 0 and variance 1 from layer to layer.
---@class nn.SELU : nn.Module
---@overload fun(inplace?: boolean): nn.SELU
cnn.nn.SELU = {}

---Modules in a row: the output of each is the input of the next.
---@class nn.Sequential : nn.Module
---@overload fun(...: nn.Module): nn.Sequential
cnn.nn.Sequential = {}

---The activation function x * sigmoid(x), element by element; also known as swish.
---@class nn.SiLU : nn.Module
---@overload fun(inplace?: boolean): nn.SiLU
cnn.nn.SiLU = {}

---The activation function 1 / (1 + exp(-x)), element by element.
---@class nn.Sigmoid : nn.Module
---@overload fun(): nn.Sigmoid
cnn.nn.Sigmoid = {}

---@class nn.SmoothL1Loss.options
---@field reduction? string what is done with the losses; default "mean"
---@field beta? number where the parabola becomes a line; default 1.0

---The distance |input - target|, rounded near 0 so that its gradient gets small there; Fast R-CNN fits boxes with it.
---@class nn.SmoothL1Loss : nn.Module
---@overload fun(options: nn.SmoothL1Loss.options): nn.SmoothL1Loss
---@overload fun(reduction?: string, beta?: number): nn.SmoothL1Loss
cnn.nn.SmoothL1Loss = {}

---Probabilities from scores: exp(x), divided by its sum along a dimension.
---@class nn.Softmax : nn.Module
---@overload fun(dim: integer): nn.Softmax
cnn.nn.Softmax = {}

---@class nn.Softplus.options
---@field beta? number how sharp the bend at 0 is; default 1.0
---@field threshold? number where beta * x is above it, the result is x; default 20.0

---The activation function log(1 + exp(beta * x)) / beta: always positive.
---@class nn.Softplus : nn.Module
---@overload fun(options: nn.Softplus.options): nn.Softplus
---@overload fun(beta?: number, threshold?: number): nn.Softplus
cnn.nn.Softplus = {}

---The activation function x / (1 + |x|): between -1 and 1.
---@class nn.Softsign : nn.Module
---@overload fun(): nn.Softsign
cnn.nn.Softsign = {}

---The activation function tanh(x), element by element.
---@class nn.Tanh : nn.Module
---@overload fun(): nn.Tanh
cnn.nn.Tanh = {}

---@class nn.Unflatten.options
---@field dim? integer which one
---@field unflattened_size? cnn.sizes instead of that one; one may be -1: what is left

---Makes several dimensions of one: the opposite of nn.Flatten, as decoders need it after a Linear layer.
---@class nn.Unflatten : nn.Module
---@overload fun(options: nn.Unflatten.options): nn.Unflatten
---@overload fun(dim: integer, unflattened_size: cnn.sizes): nn.Unflatten
cnn.nn.Unflatten = {}

---@class nn.Upsample.options
---@field size? cnn.sizes of the result
---@field scale_factor? number|table how many times larger, instead of the size
---@field mode? string default "nearest"
---@field align_corners? boolean bilinear: the corners' centres stay where they are; default false

---Makes images larger (or smaller): of the nearest pixels, or blended from the four around.
---@class nn.Upsample : nn.Module
---@overload fun(options: nn.Upsample.options): nn.Upsample
---@overload fun(size?: cnn.sizes, scale_factor?: number|table, mode?: string, align_corners?: boolean): nn.Upsample
cnn.nn.Upsample = {}

---Adds rows and columns of zeros around images.
---@class nn.ZeroPad2d : nn.Module
---@overload fun(padding: cnn.sizes): nn.ZeroPad2d
cnn.nn.ZeroPad2d = {}

---@class nn.class.options
---@field name? string what instances print as
---@field parent? table the class to build on; nn.Module if not given

---Makes a class of modules.
---@param name string what instances print as
---@param parent? table the class to build on; nn.Module if not given
---@return any
---@overload fun(options: nn.class.options): any
function cnn.nn.class(name, parent) end

---@class nn.is.options
---@field value? any
---@field class? any a class, or its name

---Whether a value is a module of a class, or of a class that builds on it.
---@param value? any
---@param class any a class, or its name
---@return boolean
---@overload fun(options: nn.is.options): boolean
function cnn.nn.is(value, class) end

---@class cnn.optim
cnn.optim = {}

---@class optim.Adagrad.options
---@field params? any list of parameters, or list of groups {params = list, lr = …}
---@field lr? number learning rate; default 0.01
---@field lr_decay? number divides the learning rate by 1 + lr_decay * (t - 1) in step t; default 0
---@field weight_decay? number pull towards zero, in proportion to the weight; default 0
---@field initial_accumulator_value? number what the sums of squares begin with; default 0
---@field eps? number added to the divisor; default 1e-10
---@field maximize? boolean climb instead of descending; default false

---Adagrad: the gradient divided by the root of the sum of its squares so far, as in PyTorch.
---@class optim.Adagrad : optim.Optimizer
---@overload fun(options: optim.Adagrad.options): optim.Adagrad
---@overload fun(params: any, lr?: number, lr_decay?: number, weight_decay?: number, initial_accumulator_value?: number, eps?: number, maximize?: boolean): optim.Adagrad
cnn.optim.Adagrad = {}

---@class optim.Adam.options
---@field params? any list of parameters, or list of groups {params = list, lr = …}
---@field lr? number learning rate; default 0.001
---@field betas? table how much the two means keep of themselves
---@field eps? number added to the divisor; default 1e-08
---@field weight_decay? number pull towards zero, in proportion to the weight; default 0
---@field amsgrad? boolean divide by the largest mean square so far; default false
---@field maximize? boolean climb instead of descending; default false
---@field decoupled_weight_decay? boolean decay the weight itself, not through the gradient: AdamW; default false

---Adam: each weight's step is scaled by how large its gradients have been lately, as in PyTorch.
---@class optim.Adam : optim.Optimizer
---@overload fun(options: optim.Adam.options): optim.Adam
---@overload fun(params: any, lr?: number, betas?: table, eps?: number, weight_decay?: number, amsgrad?: boolean, maximize?: boolean, decoupled_weight_decay?: boolean): optim.Adam
cnn.optim.Adam = {}

---@class optim.AdamW.options
---@field params? any list of parameters, or list of groups {params = list, lr = …}
---@field lr? number learning rate; default 0.001
---@field betas? table how much the two means keep of themselves
---@field eps? number added to the divisor; default 1e-08
---@field weight_decay? number pull towards zero, in proportion to the weight; default 0.01
---@field amsgrad? boolean divide by the largest mean square so far; default false
---@field maximize? boolean climb instead of descending; default false

---Adam with decoupled weight decay: the weight shrinks by lr * weight_decay, whatever its gradients are.
---@class optim.AdamW : optim.Adam
---@overload fun(options: optim.AdamW.options): optim.AdamW
---@overload fun(params: any, lr?: number, betas?: table, eps?: number, weight_decay?: number, amsgrad?: boolean, maximize?: boolean): optim.AdamW
cnn.optim.AdamW = {}

---What all optimisers share: groups of parameters, the state of each, and the methods below.
---@class optim.Optimizer
---@overload fun(params: any): optim.Optimizer
cnn.optim.Optimizer = {}

---@class optim.RMSprop.options
---@field params? any list of parameters, or list of groups {params = list, lr = …}
---@field lr? number learning rate; default 0.01
---@field alpha? number how much the mean of squares keeps of itself; default 0.99
---@field eps? number added to the divisor; default 1e-08
---@field weight_decay? number pull towards zero, in proportion to the weight; default 0
---@field momentum? number how much of the last step goes into this one; default 0
---@field centered? boolean divide by the deviation: the mean gradient is taken away first; default false
---@field maximize? boolean climb instead of descending; default false

---RMSprop: the gradient divided by the root of its mean square, as in PyTorch.
---@class optim.RMSprop : optim.Optimizer
---@overload fun(options: optim.RMSprop.options): optim.RMSprop
---@overload fun(params: any, lr?: number, alpha?: number, eps?: number, weight_decay?: number, momentum?: number, centered?: boolean, maximize?: boolean): optim.RMSprop
cnn.optim.RMSprop = {}

---@class optim.SGD.options
---@field params? any list of parameters, or list of groups {params = list, lr = …}
---@field lr? number learning rate; default 0.001
---@field momentum? number how much of the last step goes into this one; default 0
---@field dampening? number how much of the gradient momentum leaves out; default 0
---@field weight_decay? number pull towards zero, in proportion to the weight; default 0
---@field nesterov? boolean look ahead along the momentum; default false
---@field maximize? boolean climb instead of descending; default false

---Stochastic gradient descent: p = p - lr * gradient, with momentum and weight decay as in PyTorch.
---@class optim.SGD : optim.Optimizer
---@overload fun(options: optim.SGD.options): optim.SGD
---@overload fun(params: any, lr?: number, momentum?: number, dampening?: number, weight_decay?: number, nesterov?: boolean, maximize?: boolean): optim.SGD
cnn.optim.SGD = {}

---@class cnn.plt
cnn.plt = {}

---@class plt.bar.options
---@field x? number[]
---@field height? number[]
---@field width? number default 0.8
---@field label? string what the legend says
---@field color? string "red", "r", "#d62728"; the next of ten if not given
---@field alpha? number 0 can be seen through, 1 can't; default 1

---Draws bars of a height around each x.
---@param x number[]
---@param height number[]
---@param width? number default 0.8
---@param label? string what the legend says
---@param color? string "red", "r", "#d62728"; the next of ten if not given
---@param alpha? number 0 can be seen through, 1 can't; default 1
---@overload fun(options: plt.bar.options)
function cnn.plt.bar(x, height, width, label, color, alpha) end

---Empties the figure.
function cnn.plt.clf() end

---Forgets the figure.
---@param which? any ignored: there is one figure
function cnn.plt.close(which) end

---Starts a new figure.
---@param figsize? table {width, height} in inches of 100 dots; {6.4, 4.8} if not given
function cnn.plt.figure(figsize) end

---Draws lines at the axes' marks.
---@param visible? boolean default true
function cnn.plt.grid(visible) end

---@class plt.hist.options
---@field x? number[] a list or a tensor of any shape
---@field bins? integer default 10
---@field range? table {low, high}; from the least to the largest value if not given
---@field density? boolean the area is 1; default false
---@field label? string what the legend says
---@field color? string "red", "r", "#d62728"; the next of ten if not given
---@field alpha? number 0 can be seen through, 1 can't; default 1

---Draws how often values fall into each of `bins` bins of equal width.
---@param x number[] a list or a tensor of any shape
---@param bins? integer default 10
---@param range? table {low, high}; from the least to the largest value if not given
---@param density? boolean the area is 1; default false
---@param label? string what the legend says
---@param color? string "red", "r", "#d62728"; the next of ten if not given
---@param alpha? number 0 can be seen through, 1 can't; default 1
---@return table
---@overload fun(options: plt.hist.options): table
function cnn.plt.hist(x, bins, range, density, label, color, alpha) end

---@class plt.imgrid.options
---@field images? cnn.Tensor a batch [N, 1 or 3, H, W]
---@field labels? any a list or a tensor, one per image
---@field classes? table names of the labels: dataset.classes
---@field columns? integer default 8
---@field normalize? boolean each image from its least (black) to its largest value (white); default false

---Draws a batch of images in rows, with their labels above.
---@param images cnn.Tensor a batch [N, 1 or 3, H, W]
---@param labels? any a list or a tensor, one per image
---@param classes? table names of the labels: dataset.classes
---@param columns? integer default 8
---@param normalize? boolean each image from its least (black) to its largest value (white); default false
---@overload fun(options: plt.imgrid.options)
function cnn.plt.imgrid(images, labels, classes, columns, normalize) end

---@class plt.imshow.options
---@field image? cnn.Tensor [H, W], [1, H, W], [3, H, W] or [H, W, 3]; bytes, or 0 … 1 in colour
---@field cmap? string the colours of one channel; default "viridis"
---@field vmin? number
---@field vmax? number

---Draws an image.
---@param image cnn.Tensor [H, W], [1, H, W], [3, H, W] or [H, W, 3]; bytes, or 0 … 1 in colour
---@param cmap? string the colours of one channel; default "viridis"
---@param vmin? number
---@param vmax? number
---@overload fun(options: plt.imshow.options)
function cnn.plt.imshow(image, cmap, vmin, vmax) end

---@class plt.legend.options
---@field labels? table|string names for what was drawn, in its order, if it has none; or the place
---@field loc? string default "best"

---Draws a box that names the series that have labels.
---@param labels? table|string names for what was drawn, in its order, if it has none; or the place
---@param loc? string default "best"
---@overload fun(options: plt.legend.options)
function cnn.plt.legend(labels, loc) end

---@class plt.plot.options
---@field x? number[] the values, if y is not given; they then stand at 1, 2, 3 …
---@field y? number[]|string
---@field fmt? string "r--o": color, line and marker in short
---@field label? string what the legend says
---@field color? string "red", "r", "#d62728"; the next of ten if not given
---@field linestyle? string
---@field linewidth? number
---@field marker? string

---Draws a line through points.
---@param x number[] the values, if y is not given; they then stand at 1, 2, 3 …
---@param y? number[]|string
---@param fmt? string "r--o": color, line and marker in short
---@param label? string what the legend says
---@param color? string "red", "r", "#d62728"; the next of ten if not given
---@param linestyle? string
---@param linewidth? number
---@param marker? string
---@overload fun(options: plt.plot.options)
function cnn.plt.plot(x, y, fmt, label, color, linestyle, linewidth, marker) end

---@class plt.savefig.options
---@field path? string its ending says the kind: .png, .svg or .pdf
---@field dpi? number dots per inch of a .png or .svg; default 100

---Writes the figure to a file, whole or not at all.
---@param path string its ending says the kind: .png, .svg or .pdf
---@param dpi? number dots per inch of a .png or .svg; default 100
---@overload fun(options: plt.savefig.options)
function cnn.plt.savefig(path, dpi) end

---@class plt.scatter.options
---@field x? number[]
---@field y? number[]
---@field label? string what the legend says
---@field color? string "red", "r", "#d62728"; the next of ten if not given
---@field marker? string default "o"

---Draws points.
---@param x number[]
---@param y number[]
---@param label? string what the legend says
---@param color? string "red", "r", "#d62728"; the next of ten if not given
---@param marker? string default "o"
---@overload fun(options: plt.scatter.options)
function cnn.plt.scatter(x, y, label, color, marker) end

---Shows the figure and starts a new one: in a window where there is a display and gnuplot can open one, in the terminal as a picture (with libchafa: sixel, kitty, iTerm2 or symbols) or in letters, as letters in a pipe.
function cnn.plt.show() end

---@class plt.subplot.options
---@field nrows? integer
---@field ncols? integer
---@field index? integer counts from 1, along the rows

---Divides the figure into a grid; what follows is drawn in place number index.
---@param nrows integer
---@param ncols? integer
---@param index? integer counts from 1, along the rows
---@overload fun(options: plt.subplot.options)
function cnn.plt.subplot(nrows, ncols, index) end

---Does nothing: gnuplot lays axes out tightly.
function cnn.plt.tight_layout() end

---Writes a title above the axes.
---@param text string|number
function cnn.plt.title(text) end

---Writes what the horizontal axis shows.
---@param text string|number
function cnn.plt.xlabel(text) end

---@class plt.xlim.options
---@field low? number
---@field high? number

---Sets the limits of the x axis.
---@param low number
---@param high number
---@overload fun(options: plt.xlim.options)
function cnn.plt.xlim(low, high) end

---Makes the x axis linear or logarithmic.
---@param scale string
function cnn.plt.xscale(scale) end

---Writes what the vertical axis shows.
---@param text string|number
function cnn.plt.ylabel(text) end

---@class plt.ylim.options
---@field low? number
---@field high? number

---Sets the limits of the y axis.
---@param low number
---@param high number
---@overload fun(options: plt.ylim.options)
function cnn.plt.ylim(low, high) end

---Makes the y axis linear or logarithmic.
---@param scale string
function cnn.plt.yscale(scale) end

---@class cnn.transforms
cnn.transforms = {}

---Cuts the middle out of each image.
---@class transforms.CenterCrop : nn.Module
---@overload fun(size: cnn.sizes): transforms.CenterCrop
cnn.transforms.CenterCrop = {}

---@class transforms.ColorJitter.options
---@field brightness? number|table spread of the factor around 1, or {least, greatest} factor; default 0
---@field contrast? number|table likewise; default 0
---@field saturation? number|table likewise; default 0
---@field hue? number|table spread of the turn around the colour circle, at most 0.5, or {least, greatest} from -0.5 to 0.5; default 0

---Changes brightness, contrast, saturation and hue of each image, in a random order and by random amounts.
---@class transforms.ColorJitter : nn.Module
---@overload fun(options: transforms.ColorJitter.options): transforms.ColorJitter
---@overload fun(brightness?: number|table, contrast?: number|table, saturation?: number|table, hue?: number|table): transforms.ColorJitter
cnn.transforms.ColorJitter = {}

---Applies transforms one after another.
---@class transforms.Compose : nn.Module
---@overload fun(...: any): transforms.Compose
cnn.transforms.Compose = {}

---Makes images grey: 0.2989 red + 0.587 green + 0.114 blue.
---@class transforms.Grayscale : nn.Module
---@overload fun(num_output_channels?: integer): transforms.Grayscale
cnn.transforms.Grayscale = {}

---Applies a function of your own to each image; a plain function in a Compose does the same.
---@class transforms.Lambda : nn.Module
---@overload fun(lambd: function): transforms.Lambda
cnn.transforms.Lambda = {}

---@class transforms.Normalize.options
---@field mean? number|table of each channel, or one for all
---@field std? number|table deviation of each channel, or one for all

---Subtracts a mean from each channel and divides by a deviation, so that a network sees numbers around 0.
---@class transforms.Normalize : nn.Module
---@overload fun(options: transforms.Normalize.options): transforms.Normalize
---@overload fun(mean: number|table, std: number|table): transforms.Normalize
cnn.transforms.Normalize = {}

---@class transforms.Pad.options
---@field padding? integer|table pixels on all sides, {left and right, top and bottom}, or {left, top, right, bottom}
---@field fill? number|table colour of the border in the image's own numbers, also one per channel; default 0
---@field padding_mode? string fill, the edge repeated, or the image mirrored at its edge, without the edge itself or with it; default "constant"

---Puts a border around images.
---@class transforms.Pad : nn.Module
---@overload fun(options: transforms.Pad.options): transforms.Pad
---@overload fun(padding: integer|table, fill?: number|table, padding_mode?: string): transforms.Pad
cnn.transforms.Pad = {}

---@class transforms.RandomCrop.options
---@field size? cnn.sizes {height, width}, or one number for both
---@field padding? integer|table a border that is added before, as in Pad
---@field pad_if_needed? boolean give images that are too small a border that is wide enough; default false
---@field fill? number|table colour of the border in the image's own numbers, also one per channel; default 0
---@field padding_mode? string kind of border, as in Pad; default "constant"

---Cuts a piece out of each image, every place being as likely.
---@class transforms.RandomCrop : nn.Module
---@overload fun(options: transforms.RandomCrop.options): transforms.RandomCrop
---@overload fun(size: cnn.sizes, padding?: integer|table, pad_if_needed?: boolean, fill?: number|table, padding_mode?: string): transforms.RandomCrop
cnn.transforms.RandomCrop = {}

---@class transforms.RandomErasing.options
---@field p? number probability that a rectangle is covered; default 0.5
---@field scale? table least and greatest part of the image's area
---@field ratio? table least and greatest height / width of the rectangle
---@field value? number|table what it is covered with, also one number per channel; default 0

---Covers a rectangle of random size, shape and place of each image with a probability, so that a network learns to do without (Zhong et al.
---@class transforms.RandomErasing : nn.Module
---@overload fun(options: transforms.RandomErasing.options): transforms.RandomErasing
---@overload fun(p?: number, scale?: table, ratio?: table, value?: number|table): transforms.RandomErasing
cnn.transforms.RandomErasing = {}

---Makes each image grey with a probability; it keeps its number of channels.
---@class transforms.RandomGrayscale : nn.Module
---@overload fun(p?: number): transforms.RandomGrayscale
cnn.transforms.RandomGrayscale = {}

---Mirrors each image with a probability, left to right.
---@class transforms.RandomHorizontalFlip : nn.Module
---@overload fun(p?: number): transforms.RandomHorizontalFlip
cnn.transforms.RandomHorizontalFlip = {}

---@class transforms.RandomResizedCrop.options
---@field size? cnn.sizes {height, width} of the result, or one number for both
---@field scale? table least and greatest part of the image's area
---@field ratio? table least and greatest width / height of the part
---@field antialias? boolean average over all pixels that become one; default true

---Cuts a part of random size, shape and place out of each image and makes it the wanted size (bilinear): the usual augmentation of photographs.
---@class transforms.RandomResizedCrop : nn.Module
---@overload fun(options: transforms.RandomResizedCrop.options): transforms.RandomResizedCrop
---@overload fun(size: cnn.sizes, scale?: table, ratio?: table, antialias?: boolean): transforms.RandomResizedCrop
cnn.transforms.RandomResizedCrop = {}

---@class transforms.RandomRotation.options
---@field degrees? number|table the largest angle either way, or {least, greatest}
---@field interpolation? string default "nearest"
---@field fill? number|table colour of the corners in the image's own numbers, also one per channel; default 0

---Turns each image around its middle by a random angle, counter-clockwise where it is positive.
---@class transforms.RandomRotation : nn.Module
---@overload fun(options: transforms.RandomRotation.options): transforms.RandomRotation
---@overload fun(degrees: number|table, interpolation?: string, fill?: number|table): transforms.RandomRotation
cnn.transforms.RandomRotation = {}

---Mirrors each image with a probability, top to bottom.
---@class transforms.RandomVerticalFlip : nn.Module
---@overload fun(p?: number): transforms.RandomVerticalFlip
cnn.transforms.RandomVerticalFlip = {}

---@class transforms.Resize.options
---@field size? integer|table {height, width}; one number is for the shorter side, and the other follows
---@field interpolation? string default "bilinear"
---@field max_size? integer the longer side at most, where size is one number
---@field antialias? boolean bilinear: average over all pixels that become one; default true

---Makes images smaller or larger, as torchvision does with tensors.
---@class transforms.Resize : nn.Module
---@overload fun(options: transforms.Resize.options): transforms.Resize
---@overload fun(size: integer|table, interpolation?: string, max_size?: integer, antialias?: boolean): transforms.Resize
cnn.transforms.Resize = {}

---Turns an image of bytes into float32, divided by 255; an image without channels gets one.
---@class transforms.ToTensor : nn.Module
---@overload fun(): transforms.ToTensor
cnn.transforms.ToTensor = {}

---One epoch with the number of each batch, from 1.
---@return any
function cnn.data.DataLoader:enumerate() end

---Lets the next loop go on behind the batch at which the state was taken: the same order and the same random transforms, without reading what came before.
---@param state table from state_dict of a loader over the same data with the same settings
function cnn.data.DataLoader:load_state_dict(state) end

---Where the loader is: how many batches of the epoch it has handed out last, and where that epoch's random order came from.
---@return table
function cnn.data.DataLoader:state_dict() end

---@class data.Dataset
cnn.data.Dataset = {}

---Checks the number of a sample, for a class's own get; returns it counted from 1.
---@param i integer from 1 to #d; -1 is the last
---@return any
function cnn.data.Dataset:check_index(i) end

---A sample: an image and its label, say.
---@param i integer from 1 to #d
---@return any
function cnn.data.Dataset:get(i) end

---Forgets the running statistics: mean 0 and variance 1, of no batch.
function cnn.nn.BatchNorm2d:reset_running_stats() end

---Draws new weights and biases, as when the layer was made.
function cnn.nn.Conv1d:reset_parameters() end

---Draws new weights and biases, as when the layer was made.
function cnn.nn.Conv2d:reset_parameters() end

---Draws new weights and biases, as when the layer was made.
function cnn.nn.ConvTranspose2d:reset_parameters() end

---Draws new weights and biases, as when the layer was made.
function cnn.nn.Linear:reset_parameters() end

---@class nn.Module
cnn.nn.Module = {}

---Calls a function with every module inside, children first, and last with the module itself.
---@param visit function called with each module
---@return any
function cnn.nn.Module:apply(visit) end

---Turns all parameters and buffers of real numbers into bfloat16: the same as to("bfloat16").
---@return any
function cnn.nn.Module:bfloat16() end

---The buffers of the module and of all inside it: tensors that belong to its state but are not trained.
---@return table
function cnn.nn.Module:buffers() end

---For a loop over the modules directly inside this one.
---@return any
function cnn.nn.Module:children() end

---The same as to("cpu").
---@return any
function cnn.nn.Module:cpu() end

---The same as to("cuda").
---@return any
function cnn.nn.Module:cuda() end

---Turns all parameters and buffers of real numbers into float64: the same as to("float64").
---@return any
function cnn.nn.Module:double() end

---Switches the module and all inside it to evaluation: the same as train(false).
---@return any
function cnn.nn.Module:eval() end

---What stands between the parentheses when a module prints; lines of their own are allowed.
---@return any
function cnn.nn.Module:extra_repr() end

---Turns all parameters and buffers of real numbers into float32: the same as to("float32").
---@return any
function cnn.nn.Module:float() end

---What a module computes.
---@param ... any what the module is called with
---@return any
function cnn.nn.Module:forward(...) end

---The module at a place: net:get_submodule("layer1.0").
---@param path string names joined by dots, as named_modules gives them; "" is the module itself
---@return nn.Module
function cnn.nn.Module:get_submodule(path) end

---@class nn.Module.load_state_dict.options
---@field state? table name → tensor, from state_dict or cnn.load
---@field strict? boolean insist that no name is missing or left over; default true

---Copies the numbers of a state into the module's own parameters and buffers.
---@param state table name → tensor, from state_dict or cnn.load
---@param strict? boolean insist that no name is missing or left over; default true
---@return table
---@overload fun(self, options: nn.Module.load_state_dict.options): table
function cnn.nn.Module:load_state_dict(state, strict) end

---For a loop over the module itself and all modules inside it, at any depth, each once.
---@return any
function cnn.nn.Module:modules() end

---For a loop over the buffers with their names.
---@param prefix? string default ""
---@return any
function cnn.nn.Module:named_buffers(prefix) end

---For a loop over the modules directly inside this one, with their names, in order of assignment.
---@return any
function cnn.nn.Module:named_children() end

---For a loop over the module itself (named "") and all modules inside it, at any depth, each once.
---@param prefix? string default ""
---@return any
function cnn.nn.Module:named_modules(prefix) end

---For a loop over the parameters with their names, as they stand in state_dict: "layer1.0.weight".
---@param prefix? string default ""
---@return any
function cnn.nn.Module:named_parameters(prefix) end

---The parameters of the module and of all modules inside it: what an optimiser is given.
---@return table
function cnn.nn.Module:parameters() end

---@class nn.Module.register_buffer.options
---@field name? string
---@field tensor? cnn.Tensor
---@field persistent? boolean part of state_dict; default true

---Makes self[name] a buffer: a tensor that is saved and moved with the module, but not trained.
---@param name string
---@param tensor? cnn.Tensor
---@param persistent? boolean part of state_dict; default true
---@overload fun(self, options: nn.Module.register_buffer.options)
function cnn.nn.Module:register_buffer(name, tensor, persistent) end

---Calls a function after each forward of this module.
---@param hook function hook(module, inputs, output): what it returns takes the output's place
---@return any
function cnn.nn.Module:register_forward_hook(hook) end

---Calls a function before each forward of this module.
---@param hook function hook(module, inputs): inputs is a list; what it returns takes their place
---@return any
function cnn.nn.Module:register_forward_pre_hook(hook) end

---Calls a function whenever the gradients of this module's inputs have been computed.
---@param hook function hook(module, grad_input, grad_output): lists; what it returns takes grad_input's place
---@return any
function cnn.nn.Module:register_full_backward_hook(hook) end

---@class nn.Module.register_parameter.options
---@field name? string
---@field parameter? cnn.Tensor

---The same as self[name] = parameter, for names that are computed.
---@param name string
---@param parameter? cnn.Tensor
---@overload fun(self, options: nn.Module.register_parameter.options)
function cnn.nn.Module:register_parameter(name, parameter) end

---Says whether gradients are computed for the parameters: requires_grad_(false) freezes a module.
---@param requires_grad? boolean default true
---@return any
function cnn.nn.Module:requires_grad_(requires_grad) end

---All parameters and buffers by name, in PyTorch's order: what cnn.save writes and load_state_dict takes.
---@return table
function cnn.nn.Module:state_dict() end

---@class nn.Module.to.options
---@field device? string a device ("cpu") or a type of real numbers ("float32", "float64", "bfloat16")
---@field dtype? cnn.dtype

---Moves all parameters and buffers to a device or turns them into another type of number.
---@param device? string a device ("cpu") or a type of real numbers ("float32", "float64", "bfloat16")
---@param dtype? cnn.dtype
---@return any
---@overload fun(self, options: nn.Module.to.options): any
function cnn.nn.Module:to(device, dtype) end

---Switches the module and all inside it to training (or, with false, to evaluation).
---@param mode? boolean default true
---@return any
function cnn.nn.Module:train(mode) end

---Forgets the gradients of all parameters: their .grad becomes nil.
---@param set_to_none? boolean false fills the gradients with 0 instead; default true
function cnn.nn.Module:zero_grad(set_to_none) end

---Goes through the modules in order.
---@return any
function cnn.nn.ModuleDict:items() end

---The names, in order.
---@return table
function cnn.nn.ModuleDict:keys() end

---Takes a module out and returns it.
---@param name string
---@return nn.Module
function cnn.nn.ModuleDict:pop(name) end

---Adds modules, and replaces those whose names are there already.
---@param modules table name = module, or a list of {name, module}
---@return any
function cnn.nn.ModuleDict:update(modules) end

---Adds a module at the end of a ModuleList or a Sequential.
---@param module nn.Module
---@return any
function cnn.nn.ModuleList:append(module) end

---Adds all modules of another list at the end.
---@param modules table a list of modules, or a ModuleList
---@return any
function cnn.nn.ModuleList:extend(modules) end

---@class nn.ModuleList.insert.options
---@field index? integer where the module will stand; the others move up
---@field module? nn.Module

---Puts a module at a place of a ModuleList or a Sequential.
---@param index integer where the module will stand; the others move up
---@param module nn.Module
---@return any
---@overload fun(self, options: nn.ModuleList.insert.options): any
function cnn.nn.ModuleList:insert(index, module) end

---Adds a parameter at the end.
---@param parameter cnn.Tensor
---@return any
function cnn.nn.ParameterList:append(parameter) end

---@class nn.functional
cnn.nn.functional = {}

---@class nn.functional.adaptive_avg_pool2d.options
---@field input? cnn.Tensor [N, C, H, W]
---@field output_size? cnn.sizes P and Q; false keeps a size, as nil does before another one

---The mean under windows that are chosen so that the output has the size asked for.
---@param input cnn.Tensor [N, C, H, W]
---@param output_size cnn.sizes P and Q; false keeps a size, as nil does before another one
---@return cnn.Tensor
---@overload fun(options: nn.functional.adaptive_avg_pool2d.options): cnn.Tensor
function cnn.nn.functional.adaptive_avg_pool2d(input, output_size) end

---@class nn.functional.adaptive_max_pool2d.options
---@field input? cnn.Tensor [N, C, H, W]
---@field output_size? cnn.sizes P and Q; false keeps a size, as nil does before another one

---The largest value under windows that are chosen so that the output has the size asked for.
---@param input cnn.Tensor [N, C, H, W]
---@param output_size cnn.sizes P and Q; false keeps a size, as nil does before another one
---@return cnn.Tensor
---@overload fun(options: nn.functional.adaptive_max_pool2d.options): cnn.Tensor
function cnn.nn.functional.adaptive_max_pool2d(input, output_size) end

---@class nn.functional.avg_pool1d.options
---@field input? cnn.Tensor [N, C, L]
---@field kernel_size? integer
---@field stride? integer kernel_size if not given
---@field padding? integer default 0
---@field ceil_mode? boolean keep windows that reach over the edge; default false
---@field count_include_pad? boolean the padding's zeros count as values; default true

---The mean under a window that walks along each channel.
---@param input cnn.Tensor [N, C, L]
---@param kernel_size integer
---@param stride? integer kernel_size if not given
---@param padding? integer default 0
---@param ceil_mode? boolean keep windows that reach over the edge; default false
---@param count_include_pad? boolean the padding's zeros count as values; default true
---@return cnn.Tensor
---@overload fun(options: nn.functional.avg_pool1d.options): cnn.Tensor
function cnn.nn.functional.avg_pool1d(input, kernel_size, stride, padding, ceil_mode, count_include_pad) end

---@class nn.functional.avg_pool2d.options
---@field input? cnn.Tensor [N, C, H, W]
---@field kernel_size? cnn.sizes
---@field stride? cnn.sizes kernel_size if not given
---@field padding? cnn.sizes default 0
---@field ceil_mode? boolean keep windows that reach over the edge; default false
---@field count_include_pad? boolean the padding's zeros count as values; default true
---@field divisor_override? integer divide the sums by this instead

---The mean under a window that walks over each channel.
---@param input cnn.Tensor [N, C, H, W]
---@param kernel_size cnn.sizes
---@param stride? cnn.sizes kernel_size if not given
---@param padding? cnn.sizes default 0
---@param ceil_mode? boolean keep windows that reach over the edge; default false
---@param count_include_pad? boolean the padding's zeros count as values; default true
---@param divisor_override? integer divide the sums by this instead
---@return cnn.Tensor
---@overload fun(options: nn.functional.avg_pool2d.options): cnn.Tensor
function cnn.nn.functional.avg_pool2d(input, kernel_size, stride, padding, ceil_mode, count_include_pad, divisor_override) end

---@class nn.functional.batch_norm.options
---@field input? cnn.Tensor [N, C], [N, C, L] or [N, C, H, W]
---@field running_mean? cnn.Tensor [C]
---@field running_var? cnn.Tensor [C]
---@field weight? cnn.Tensor [C]
---@field bias? cnn.Tensor [C]
---@field training? boolean use the batch's statistics and update the running ones; default false
---@field momentum? number weight of this batch in the running statistics; default 0.1
---@field eps? number default 1e-05

---Brings each channel to mean 0 and variance 1, then scales by weight and shifts by bias.
---@param input cnn.Tensor [N, C], [N, C, L] or [N, C, H, W]
---@param running_mean? cnn.Tensor [C]
---@param running_var? cnn.Tensor [C]
---@param weight? cnn.Tensor [C]
---@param bias? cnn.Tensor [C]
---@param training? boolean use the batch's statistics and update the running ones; default false
---@param momentum? number weight of this batch in the running statistics; default 0.1
---@param eps? number default 1e-05
---@return cnn.Tensor
---@overload fun(options: nn.functional.batch_norm.options): cnn.Tensor
function cnn.nn.functional.batch_norm(input, running_mean, running_var, weight, bias, training, momentum, eps) end

---@class nn.functional.binary_cross_entropy.options
---@field input? cnn.Tensor probabilities of yes, from 0 to 1
---@field target? cnn.Tensor of the input's size, from 0 to 1
---@field weight? cnn.Tensor a factor for each loss; stretches to the input's size
---@field reduction? string default "mean"

---The cross entropy of yes-or-no questions, from probabilities.
---@param input cnn.Tensor probabilities of yes, from 0 to 1
---@param target cnn.Tensor of the input's size, from 0 to 1
---@param weight? cnn.Tensor a factor for each loss; stretches to the input's size
---@param reduction? string default "mean"
---@return cnn.Tensor
---@overload fun(options: nn.functional.binary_cross_entropy.options): cnn.Tensor
function cnn.nn.functional.binary_cross_entropy(input, target, weight, reduction) end

---@class nn.functional.binary_cross_entropy_with_logits.options
---@field input? cnn.Tensor logits, the network's raw outputs
---@field target? cnn.Tensor of the input's size: the probability of yes, from 0 to 1
---@field weight? cnn.Tensor a factor for each loss; stretches to the input's size
---@field reduction? string default "mean"
---@field pos_weight? cnn.Tensor how much yes counts, for each of the last dimension's questions

---The cross entropy of yes-or-no questions, one per element; sigmoid(input) is the probability of yes.
---@param input cnn.Tensor logits, the network's raw outputs
---@param target cnn.Tensor of the input's size: the probability of yes, from 0 to 1
---@param weight? cnn.Tensor a factor for each loss; stretches to the input's size
---@param reduction? string default "mean"
---@param pos_weight? cnn.Tensor how much yes counts, for each of the last dimension's questions
---@return cnn.Tensor
---@overload fun(options: nn.functional.binary_cross_entropy_with_logits.options): cnn.Tensor
function cnn.nn.functional.binary_cross_entropy_with_logits(input, target, weight, reduction, pos_weight) end

---@class nn.functional.conv1d.options
---@field input? cnn.Tensor [N, C, L]
---@field weight? cnn.Tensor [K, C/groups, S]
---@field bias? cnn.Tensor [K]
---@field stride? integer default 1
---@field padding? integer|string zeros on each side; "same" or "valid"; default 0
---@field dilation? integer default 1
---@field groups? integer default 1

---Convolution of sequences: K filters of C×S numbers walk along them.
---@param input cnn.Tensor [N, C, L]
---@param weight cnn.Tensor [K, C/groups, S]
---@param bias? cnn.Tensor [K]
---@param stride? integer default 1
---@param padding? integer|string zeros on each side; "same" or "valid"; default 0
---@param dilation? integer default 1
---@param groups? integer default 1
---@return cnn.Tensor
---@overload fun(options: nn.functional.conv1d.options): cnn.Tensor
function cnn.nn.functional.conv1d(input, weight, bias, stride, padding, dilation, groups) end

---@class nn.functional.conv2d.options
---@field input? cnn.Tensor [N, C, H, W]
---@field weight? cnn.Tensor [K, C/groups, R, S]
---@field bias? cnn.Tensor [K]
---@field stride? cnn.sizes default 1
---@field padding? cnn.sizes|string zeros on each side; "same" or "valid"; default 0
---@field dilation? cnn.sizes default 1
---@field groups? integer default 1

---Convolution: K filters of C×R×S numbers walk over images.
---@param input cnn.Tensor [N, C, H, W]
---@param weight cnn.Tensor [K, C/groups, R, S]
---@param bias? cnn.Tensor [K]
---@param stride? cnn.sizes default 1
---@param padding? cnn.sizes|string zeros on each side; "same" or "valid"; default 0
---@param dilation? cnn.sizes default 1
---@param groups? integer default 1
---@return cnn.Tensor
---@overload fun(options: nn.functional.conv2d.options): cnn.Tensor
function cnn.nn.functional.conv2d(input, weight, bias, stride, padding, dilation, groups) end

---@class nn.functional.conv_transpose2d.options
---@field input? cnn.Tensor [N, C, H, W]
---@field weight? cnn.Tensor [C, K/groups, R, S]
---@field bias? cnn.Tensor [K]
---@field stride? cnn.sizes how far outputs lie apart; default 1
---@field padding? cnn.sizes rows and columns taken away on each side; default 0
---@field output_padding? cnn.sizes rows and columns added at the end; default 0
---@field groups? integer default 1
---@field dilation? cnn.sizes default 1

---Transposed convolution: every pixel of the input paints a filter into the output.
---@param input cnn.Tensor [N, C, H, W]
---@param weight cnn.Tensor [C, K/groups, R, S]
---@param bias? cnn.Tensor [K]
---@param stride? cnn.sizes how far outputs lie apart; default 1
---@param padding? cnn.sizes rows and columns taken away on each side; default 0
---@param output_padding? cnn.sizes rows and columns added at the end; default 0
---@param groups? integer default 1
---@param dilation? cnn.sizes default 1
---@return cnn.Tensor
---@overload fun(options: nn.functional.conv_transpose2d.options): cnn.Tensor
function cnn.nn.functional.conv_transpose2d(input, weight, bias, stride, padding, output_padding, groups, dilation) end

---@class nn.functional.cosine_similarity.options
---@field x1? cnn.Tensor
---@field x2? cnn.Tensor broadcasts with x1
---@field dim? integer along which the vectors lie; default 2
---@field eps? number lengths below this count as this; default 1e-08

---The cosine of the angle between two vectors: 1 for one direction, 0 for right angles, -1 for opposite ones.
---@param x1 cnn.Tensor
---@param x2 cnn.Tensor broadcasts with x1
---@param dim? integer along which the vectors lie; default 2
---@param eps? number lengths below this count as this; default 1e-08
---@return cnn.Tensor
---@overload fun(options: nn.functional.cosine_similarity.options): cnn.Tensor
function cnn.nn.functional.cosine_similarity(x1, x2, dim, eps) end

---@class nn.functional.cross_entropy.options
---@field input? cnn.Tensor logits [N, C], the network's raw outputs
---@field target? cnn.Tensor labels [N] from 1 to C, int64; or probabilities of the input's size
---@field weight? cnn.Tensor how much each class counts, [C]
---@field ignore_index? integer rows with this label count nothing; default -100
---@field reduction? string default "mean"
---@field label_smoothing? number the part that is spread over all classes; default 0

---Minus the logarithm of the probability that softmax gives to the right class.
---@param input cnn.Tensor logits [N, C], the network's raw outputs
---@param target cnn.Tensor labels [N] from 1 to C, int64; or probabilities of the input's size
---@param weight? cnn.Tensor how much each class counts, [C]
---@param ignore_index? integer rows with this label count nothing; default -100
---@param reduction? string default "mean"
---@param label_smoothing? number the part that is spread over all classes; default 0
---@return cnn.Tensor
---@overload fun(options: nn.functional.cross_entropy.options): cnn.Tensor
function cnn.nn.functional.cross_entropy(input, target, weight, ignore_index, reduction, label_smoothing) end

---@class nn.functional.dropout.options
---@field input? cnn.Tensor
---@field p? number probability that each element becomes zero; default 0.5
---@field training? boolean false: give back the input; default true
---@field inplace? boolean overwrite the input; default false

---Sets each element to zero with probability p and multiplies the rest by 1/(1-p).
---@param input cnn.Tensor
---@param p? number probability that each element becomes zero; default 0.5
---@param training? boolean false: give back the input; default true
---@param inplace? boolean overwrite the input; default false
---@return cnn.Tensor
---@overload fun(options: nn.functional.dropout.options): cnn.Tensor
function cnn.nn.functional.dropout(input, p, training, inplace) end

---@class nn.functional.dropout2d.options
---@field input? cnn.Tensor
---@field p? number probability that each channel becomes zero; default 0.5
---@field training? boolean false: give back the input; default true
---@field inplace? boolean overwrite the input; default false

---Sets each channel to zero with probability p and multiplies the rest by 1/(1-p).
---@param input cnn.Tensor
---@param p? number probability that each channel becomes zero; default 0.5
---@param training? boolean false: give back the input; default true
---@param inplace? boolean overwrite the input; default false
---@return cnn.Tensor
---@overload fun(options: nn.functional.dropout2d.options): cnn.Tensor
function cnn.nn.functional.dropout2d(input, p, training, inplace) end

---@class nn.functional.elu.options
---@field input? cnn.Tensor
---@field alpha? number what negative values come near to, with a minus; default 1
---@field inplace? boolean overwrite the input; default false

---x where it is above zero, alpha * (exp(x) - 1) elsewhere.
---@param input cnn.Tensor
---@param alpha? number what negative values come near to, with a minus; default 1
---@param inplace? boolean overwrite the input; default false
---@return cnn.Tensor
---@overload fun(options: nn.functional.elu.options): cnn.Tensor
function cnn.nn.functional.elu(input, alpha, inplace) end

---@class nn.functional.flatten.options
---@field input? cnn.Tensor
---@field start_dim? integer default 1
---@field end_dim? integer default -1

---Makes one dimension of several; flatten(x, 2) keeps the first, the batch.
---@param input cnn.Tensor
---@param start_dim? integer default 1
---@param end_dim? integer default -1
---@return cnn.Tensor
---@overload fun(options: nn.functional.flatten.options): cnn.Tensor
function cnn.nn.functional.flatten(input, start_dim, end_dim) end

---@class nn.functional.gelu.options
---@field input? cnn.Tensor
---@field approximate? string tanh: a formula near it, in which older networks were trained; default "none"

---x times the probability that a normal random number is below x.
---@param input cnn.Tensor
---@param approximate? string tanh: a formula near it, in which older networks were trained; default "none"
---@return cnn.Tensor
---@overload fun(options: nn.functional.gelu.options): cnn.Tensor
function cnn.nn.functional.gelu(input, approximate) end

---@class nn.functional.group_norm.options
---@field input? cnn.Tensor [N, C, …]
---@field num_groups? integer divides C
---@field weight? cnn.Tensor [C]
---@field bias? cnn.Tensor [C]
---@field eps? number added to the variance; default 1e-05

---Brings each group of channels of each sample to mean 0 and variance 1, then scales and shifts each channel.
---@param input cnn.Tensor [N, C, …]
---@param num_groups integer divides C
---@param weight? cnn.Tensor [C]
---@param bias? cnn.Tensor [C]
---@param eps? number added to the variance; default 1e-05
---@return cnn.Tensor
---@overload fun(options: nn.functional.group_norm.options): cnn.Tensor
function cnn.nn.functional.group_norm(input, num_groups, weight, bias, eps) end

---@class nn.functional.hardsigmoid.options
---@field input? cnn.Tensor
---@field inplace? boolean overwrite the input; default false

---A sigmoid of three straight lines.
---@param input cnn.Tensor
---@param inplace? boolean overwrite the input; default false
---@return cnn.Tensor
---@overload fun(options: nn.functional.hardsigmoid.options): cnn.Tensor
function cnn.nn.functional.hardsigmoid(input, inplace) end

---@class nn.functional.hardswish.options
---@field input? cnn.Tensor
---@field inplace? boolean overwrite the input; default false

---x times hardsigmoid(x): silu without an exponential.
---@param input cnn.Tensor
---@param inplace? boolean overwrite the input; default false
---@return cnn.Tensor
---@overload fun(options: nn.functional.hardswish.options): cnn.Tensor
function cnn.nn.functional.hardswish(input, inplace) end

---@class nn.functional.hardtanh.options
---@field input? cnn.Tensor
---@field min_val? number default -1
---@field max_val? number default 1
---@field inplace? boolean overwrite the input; default false

---x cut off at min_val and max_val, where no gradient flows.
---@param input cnn.Tensor
---@param min_val? number default -1
---@param max_val? number default 1
---@param inplace? boolean overwrite the input; default false
---@return cnn.Tensor
---@overload fun(options: nn.functional.hardtanh.options): cnn.Tensor
function cnn.nn.functional.hardtanh(input, min_val, max_val, inplace) end

---@class nn.functional.huber_loss.options
---@field input? cnn.Tensor
---@field target? cnn.Tensor of the input's size
---@field reduction? string default "mean"
---@field delta? number where the parabola becomes a line; above 0; default 1
---@field weight? cnn.Tensor a factor for each loss; stretches to the input's size

---The squared distance near the target, the plain one further away: outliers pull less.
---@param input cnn.Tensor
---@param target cnn.Tensor of the input's size
---@param reduction? string default "mean"
---@param delta? number where the parabola becomes a line; above 0; default 1
---@param weight? cnn.Tensor a factor for each loss; stretches to the input's size
---@return cnn.Tensor
---@overload fun(options: nn.functional.huber_loss.options): cnn.Tensor
function cnn.nn.functional.huber_loss(input, target, reduction, delta, weight) end

---@class nn.functional.instance_norm.options
---@field input? cnn.Tensor [N, C, …]
---@field running_mean? cnn.Tensor [C], moved a step
---@field running_var? cnn.Tensor [C]
---@field weight? cnn.Tensor [C]
---@field bias? cnn.Tensor [C]
---@field use_input_stats? boolean false: the running statistics instead; default true
---@field momentum? number default 0.1
---@field eps? number added to the variance; default 1e-05

---Brings each channel of each sample to mean 0 and variance 1, then scales and shifts it.
---@param input cnn.Tensor [N, C, …]
---@param running_mean? cnn.Tensor [C], moved a step
---@param running_var? cnn.Tensor [C]
---@param weight? cnn.Tensor [C]
---@param bias? cnn.Tensor [C]
---@param use_input_stats? boolean false: the running statistics instead; default true
---@param momentum? number default 0.1
---@param eps? number added to the variance; default 1e-05
---@return cnn.Tensor
---@overload fun(options: nn.functional.instance_norm.options): cnn.Tensor
function cnn.nn.functional.instance_norm(input, running_mean, running_var, weight, bias, use_input_stats, momentum, eps) end

---@class nn.functional.interpolate.options
---@field input? cnn.Tensor [N, C, H, W]
---@field size? cnn.sizes of the result
---@field scale_factor? number|table how many times larger, instead of the size; a number or {h, w}
---@field mode? string default "nearest"
---@field align_corners? boolean bilinear: the corners' centres stay where they are; default false

---Images of another size: of the nearest pixels, or blended from the four around.
---@param input cnn.Tensor [N, C, H, W]
---@param size? cnn.sizes of the result
---@param scale_factor? number|table how many times larger, instead of the size; a number or {h, w}
---@param mode? string default "nearest"
---@param align_corners? boolean bilinear: the corners' centres stay where they are; default false
---@return cnn.Tensor
---@overload fun(options: nn.functional.interpolate.options): cnn.Tensor
function cnn.nn.functional.interpolate(input, size, scale_factor, mode, align_corners) end

---@class nn.functional.kl_div.options
---@field input? cnn.Tensor logarithms of probabilities
---@field target? cnn.Tensor of the input's size: probabilities, or their logarithms
---@field reduction? string batchmean divides the sum by the number of rows, which is the divergence; default "mean"
---@field log_target? boolean the targets are logarithms too; default false

---The Kullback-Leibler divergence of the input's distribution from the target's.
---@param input cnn.Tensor logarithms of probabilities
---@param target cnn.Tensor of the input's size: probabilities, or their logarithms
---@param reduction? string batchmean divides the sum by the number of rows, which is the divergence; default "mean"
---@param log_target? boolean the targets are logarithms too; default false
---@return cnn.Tensor
---@overload fun(options: nn.functional.kl_div.options): cnn.Tensor
function cnn.nn.functional.kl_div(input, target, reduction, log_target) end

---@class nn.functional.l1_loss.options
---@field input? cnn.Tensor
---@field target? cnn.Tensor of the input's size
---@field reduction? string default "mean"

---The distance |input - target|, averaged over all elements; its gradient is 0 where the two are equal.
---@param input cnn.Tensor
---@param target cnn.Tensor of the input's size
---@param reduction? string default "mean"
---@return cnn.Tensor
---@overload fun(options: nn.functional.l1_loss.options): cnn.Tensor
function cnn.nn.functional.l1_loss(input, target, reduction) end

---@class nn.functional.layer_norm.options
---@field input? cnn.Tensor [.., *normalized_shape]
---@field normalized_shape? cnn.sizes the sizes of the last dimensions, or the last one
---@field weight? cnn.Tensor of that size
---@field bias? cnn.Tensor of that size
---@field eps? number added to the variance; default 1e-05

---Brings the last dimensions of each sample to mean 0 and variance 1, then scales and shifts them.
---@param input cnn.Tensor [.., *normalized_shape]
---@param normalized_shape cnn.sizes the sizes of the last dimensions, or the last one
---@param weight? cnn.Tensor of that size
---@param bias? cnn.Tensor of that size
---@param eps? number added to the variance; default 1e-05
---@return cnn.Tensor
---@overload fun(options: nn.functional.layer_norm.options): cnn.Tensor
function cnn.nn.functional.layer_norm(input, normalized_shape, weight, bias, eps) end

---@class nn.functional.leaky_relu.options
---@field input? cnn.Tensor
---@field negative_slope? number what values below zero are multiplied with; default 0.01
---@field inplace? boolean overwrite the input; default false

---x where it is above zero, negative_slope * x elsewhere.
---@param input cnn.Tensor
---@param negative_slope? number what values below zero are multiplied with; default 0.01
---@param inplace? boolean overwrite the input; default false
---@return cnn.Tensor
---@overload fun(options: nn.functional.leaky_relu.options): cnn.Tensor
function cnn.nn.functional.leaky_relu(input, negative_slope, inplace) end

---@class nn.functional.linear.options
---@field input? cnn.Tensor [..., in]
---@field weight? cnn.Tensor [out, in]
---@field bias? cnn.Tensor [out]

---Weighted sums of the last dimension: y = x Wᵀ + b.
---@param input cnn.Tensor [..., in]
---@param weight cnn.Tensor [out, in]
---@param bias? cnn.Tensor [out]
---@return cnn.Tensor
---@overload fun(options: nn.functional.linear.options): cnn.Tensor
function cnn.nn.functional.linear(input, weight, bias) end

---@class nn.functional.log_softmax.options
---@field input? cnn.Tensor
---@field dim? integer the dimension along which the exponentials sum to 1

---The logarithm of softmax, computed without losing digits.
---@param input cnn.Tensor
---@param dim integer the dimension along which the exponentials sum to 1
---@return cnn.Tensor
---@overload fun(options: nn.functional.log_softmax.options): cnn.Tensor
function cnn.nn.functional.log_softmax(input, dim) end

---The logarithm of sigmoid, which keeps its digits on both sides.
---@param input cnn.Tensor
---@return cnn.Tensor
function cnn.nn.functional.logsigmoid(input) end

---@class nn.functional.max_pool1d.options
---@field input? cnn.Tensor [N, C, L]
---@field kernel_size? integer
---@field stride? integer kernel_size if not given
---@field padding? integer places that never win; default 0
---@field dilation? integer default 1
---@field ceil_mode? boolean keep windows that reach over the edge; default false

---The largest value under a window that walks along each channel.
---@param input cnn.Tensor [N, C, L]
---@param kernel_size integer
---@param stride? integer kernel_size if not given
---@param padding? integer places that never win; default 0
---@param dilation? integer default 1
---@param ceil_mode? boolean keep windows that reach over the edge; default false
---@return cnn.Tensor
---@overload fun(options: nn.functional.max_pool1d.options): cnn.Tensor
function cnn.nn.functional.max_pool1d(input, kernel_size, stride, padding, dilation, ceil_mode) end

---@class nn.functional.max_pool2d.options
---@field input? cnn.Tensor [N, C, H, W]
---@field kernel_size? cnn.sizes
---@field stride? cnn.sizes kernel_size if not given
---@field padding? cnn.sizes places that never win; default 0
---@field dilation? cnn.sizes default 1
---@field ceil_mode? boolean keep windows that reach over the edge; default false

---The largest value under a window that walks over each channel.
---@param input cnn.Tensor [N, C, H, W]
---@param kernel_size cnn.sizes
---@param stride? cnn.sizes kernel_size if not given
---@param padding? cnn.sizes places that never win; default 0
---@param dilation? cnn.sizes default 1
---@param ceil_mode? boolean keep windows that reach over the edge; default false
---@return cnn.Tensor
---@overload fun(options: nn.functional.max_pool2d.options): cnn.Tensor
function cnn.nn.functional.max_pool2d(input, kernel_size, stride, padding, dilation, ceil_mode) end

---@class nn.functional.mish.options
---@field input? cnn.Tensor
---@field inplace? boolean overwrite the input; default false

---x times tanh(softplus(x)).
---@param input cnn.Tensor
---@param inplace? boolean overwrite the input; default false
---@return cnn.Tensor
---@overload fun(options: nn.functional.mish.options): cnn.Tensor
function cnn.nn.functional.mish(input, inplace) end

---@class nn.functional.mse_loss.options
---@field input? cnn.Tensor
---@field target? cnn.Tensor of the input's size
---@field reduction? string default "mean"

---The squared distance (input - target)², averaged over all elements.
---@param input cnn.Tensor
---@param target cnn.Tensor of the input's size
---@param reduction? string default "mean"
---@return cnn.Tensor
---@overload fun(options: nn.functional.mse_loss.options): cnn.Tensor
function cnn.nn.functional.mse_loss(input, target, reduction) end

---@class nn.functional.nll_loss.options
---@field input? cnn.Tensor logarithms of probabilities [N, C], as log_softmax gives them
---@field target? cnn.Tensor labels [N] from 1 to C, int64
---@field weight? cnn.Tensor how much each class counts, [C]
---@field ignore_index? integer rows with this label count nothing; default -100
---@field reduction? string default "mean"

---Minus the input at the right class: cross entropy for a network that ends in log_softmax.
---@param input cnn.Tensor logarithms of probabilities [N, C], as log_softmax gives them
---@param target cnn.Tensor labels [N] from 1 to C, int64
---@param weight? cnn.Tensor how much each class counts, [C]
---@param ignore_index? integer rows with this label count nothing; default -100
---@param reduction? string default "mean"
---@return cnn.Tensor
---@overload fun(options: nn.functional.nll_loss.options): cnn.Tensor
function cnn.nn.functional.nll_loss(input, target, weight, ignore_index, reduction) end

---@class nn.functional.normalize.options
---@field input? cnn.Tensor
---@field p? number which length: see tensor:norm; default 2
---@field dim? cnn.sizes along which the vectors lie; default 2
---@field eps? number shorter vectors are divided by this; default 1e-12

---Divides vectors by their length.
---@param input cnn.Tensor
---@param p? number which length: see tensor:norm; default 2
---@param dim? cnn.sizes along which the vectors lie; default 2
---@param eps? number shorter vectors are divided by this; default 1e-12
---@return cnn.Tensor
---@overload fun(options: nn.functional.normalize.options): cnn.Tensor
function cnn.nn.functional.normalize(input, p, dim, eps) end

---@class nn.functional.one_hot.options
---@field labels? cnn.Tensor int64, from 1
---@field num_classes? integer the largest label if not given

---A row for each label: 1 at the label's place, 0 elsewhere.
---@param labels cnn.Tensor int64, from 1
---@param num_classes? integer the largest label if not given
---@return cnn.Tensor
---@overload fun(options: nn.functional.one_hot.options): cnn.Tensor
function cnn.nn.functional.one_hot(labels, num_classes) end

---@class nn.functional.pad.options
---@field input? cnn.Tensor
---@field pad? cnn.sizes {left, right, top, bottom, …}: pairs of before and after, the last dimension first
---@field mode? string default "constant"
---@field value? number what the constant mode fills in; default 0

---Adds places around a tensor; a negative number takes places away.
---@param input cnn.Tensor
---@param pad cnn.sizes {left, right, top, bottom, …}: pairs of before and after, the last dimension first
---@param mode? string default "constant"
---@param value? number what the constant mode fills in; default 0
---@return cnn.Tensor
---@overload fun(options: nn.functional.pad.options): cnn.Tensor
function cnn.nn.functional.pad(input, pad, mode, value) end

---@class nn.functional.pairwise_distance.options
---@field x1? cnn.Tensor [.., D]
---@field x2? cnn.Tensor broadcasts with x1
---@field p? number which length: see tensor:norm; default 2
---@field eps? number added to the difference, so that the gradient of a root exists; default 1e-06
---@field keepdim? boolean default false

---The length of the difference of two vectors, along the last dimension.
---@param x1 cnn.Tensor [.., D]
---@param x2 cnn.Tensor broadcasts with x1
---@param p? number which length: see tensor:norm; default 2
---@param eps? number added to the difference, so that the gradient of a root exists; default 1e-06
---@param keepdim? boolean default false
---@return cnn.Tensor
---@overload fun(options: nn.functional.pairwise_distance.options): cnn.Tensor
function cnn.nn.functional.pairwise_distance(x1, x2, p, eps, keepdim) end

---@class nn.functional.pixel_shuffle.options
---@field input? cnn.Tensor [.., C*r*r, H, W]
---@field upscale_factor? integer r

---Makes images larger from channels: r*r channels become the r×r pixels of one.
---@param input cnn.Tensor [.., C*r*r, H, W]
---@param upscale_factor integer r
---@return cnn.Tensor
---@overload fun(options: nn.functional.pixel_shuffle.options): cnn.Tensor
function cnn.nn.functional.pixel_shuffle(input, upscale_factor) end

---@class nn.functional.prelu.options
---@field input? cnn.Tensor
---@field weight? cnn.Tensor one slope, or one per channel [C]

---x where it is above zero, a learned slope times x elsewhere.
---@param input cnn.Tensor
---@param weight cnn.Tensor one slope, or one per channel [C]
---@return cnn.Tensor
---@overload fun(options: nn.functional.prelu.options): cnn.Tensor
function cnn.nn.functional.prelu(input, weight) end

---@class nn.functional.relu.options
---@field input? cnn.Tensor
---@field inplace? boolean overwrite the input; default false

---max(0, x), element by element.
---@param input cnn.Tensor
---@param inplace? boolean overwrite the input; default false
---@return cnn.Tensor
---@overload fun(options: nn.functional.relu.options): cnn.Tensor
function cnn.nn.functional.relu(input, inplace) end

---@class nn.functional.relu6.options
---@field input? cnn.Tensor
---@field inplace? boolean overwrite the input; default false

---x cut off at 0 and 6.
---@param input cnn.Tensor
---@param inplace? boolean overwrite the input; default false
---@return cnn.Tensor
---@overload fun(options: nn.functional.relu6.options): cnn.Tensor
function cnn.nn.functional.relu6(input, inplace) end

---@class nn.functional.selu.options
---@field input? cnn.Tensor
---@field inplace? boolean overwrite the input; default false

---An elu whose numbers keep mean 0 and variance 1 from layer to layer.
---@param input cnn.Tensor
---@param inplace? boolean overwrite the input; default false
---@return cnn.Tensor
---@overload fun(options: nn.functional.selu.options): cnn.Tensor
function cnn.nn.functional.selu(input, inplace) end

---1 / (1 + exp(-x)), element by element: between 0 and 1.
---@param input cnn.Tensor
---@return cnn.Tensor
function cnn.nn.functional.sigmoid(input) end

---@class nn.functional.silu.options
---@field input? cnn.Tensor
---@field inplace? boolean overwrite the input; default false

---x * sigmoid(x), element by element; also known as swish.
---@param input cnn.Tensor
---@param inplace? boolean overwrite the input; default false
---@return cnn.Tensor
---@overload fun(options: nn.functional.silu.options): cnn.Tensor
function cnn.nn.functional.silu(input, inplace) end

---@class nn.functional.smooth_l1_loss.options
---@field input? cnn.Tensor
---@field target? cnn.Tensor of the input's size
---@field reduction? string default "mean"
---@field beta? number where the parabola becomes a line; default 1

---The distance |input - target|, rounded near 0 so that its gradient gets small there.
---@param input cnn.Tensor
---@param target cnn.Tensor of the input's size
---@param reduction? string default "mean"
---@param beta? number where the parabola becomes a line; default 1
---@return cnn.Tensor
---@overload fun(options: nn.functional.smooth_l1_loss.options): cnn.Tensor
function cnn.nn.functional.smooth_l1_loss(input, target, reduction, beta) end

---@class nn.functional.softmax.options
---@field input? cnn.Tensor
---@field dim? integer the dimension that sums to 1

---Probabilities from scores: exp(x), divided by its sum along a dimension.
---@param input cnn.Tensor
---@param dim integer the dimension that sums to 1
---@return cnn.Tensor
---@overload fun(options: nn.functional.softmax.options): cnn.Tensor
function cnn.nn.functional.softmax(input, dim) end

---@class nn.functional.softplus.options
---@field input? cnn.Tensor
---@field beta? number how sharp the bend at 0 is; default 1
---@field threshold? number where beta * x is above it, the result is x; default 20

---A smooth relu, always positive.
---@param input cnn.Tensor
---@param beta? number how sharp the bend at 0 is; default 1
---@param threshold? number where beta * x is above it, the result is x; default 20
---@return cnn.Tensor
---@overload fun(options: nn.functional.softplus.options): cnn.Tensor
function cnn.nn.functional.softplus(input, beta, threshold) end

---x / (1 + |x|): between -1 and 1.
---@param input cnn.Tensor
---@return cnn.Tensor
function cnn.nn.functional.softsign(input) end

---The hyperbolic tangent, element by element: between -1 and 1.
---@param input cnn.Tensor
---@return cnn.Tensor
function cnn.nn.functional.tanh(input) end

---@class nn.init
cnn.nn.init = {}

---@class nn.init.calculate_gain.options
---@field nonlinearity? string
---@field param? number slope of leaky_relu below zero, 0.01 if not given

---By how much weights must be larger so that values keep their spread through an activation.
---@param nonlinearity string
---@param param? number slope of leaky_relu below zero, 0.01 if not given
---@return number
---@overload fun(options: nn.init.calculate_gain.options): number
function cnn.nn.init.calculate_gain(nonlinearity, param) end

---@class nn.init.constant_.options
---@field tensor? cnn.Tensor
---@field val? number

---Fills with one value.
---@param tensor cnn.Tensor
---@param val number
---@return any
---@overload fun(options: nn.init.constant_.options): any
function cnn.nn.init.constant_(tensor, val) end

---@class nn.init.dirac_.options
---@field tensor? cnn.Tensor a weight of a convolution [out, in, …]
---@field groups? integer default 1

---Fills a convolution's weight so that it gives what it gets: 1 in the middle of each channel's own filter, else 0.
---@param tensor cnn.Tensor a weight of a convolution [out, in, …]
---@param groups? integer default 1
---@return any
---@overload fun(options: nn.init.dirac_.options): any
function cnn.nn.init.dirac_(tensor, groups) end

---Fills a matrix with 1 on its diagonal and 0 elsewhere: a Linear layer then gives what it gets.
---@param tensor cnn.Tensor a weight [out, in]
---@return any
function cnn.nn.init.eye_(tensor) end

---@class nn.init.kaiming_normal_.options
---@field tensor? cnn.Tensor a weight [out, in, …]
---@field a? number slope of leaky_relu below zero; default 0
---@field mode? string keep the spread of the values, or of the gradients; default "fan_in"
---@field nonlinearity? string default "leaky_relu"

---Fills a weight with normal random numbers, as wide as suits layers with ReLU (He et al.
---@param tensor cnn.Tensor a weight [out, in, …]
---@param a? number slope of leaky_relu below zero; default 0
---@param mode? string keep the spread of the values, or of the gradients; default "fan_in"
---@param nonlinearity? string default "leaky_relu"
---@return any
---@overload fun(options: nn.init.kaiming_normal_.options): any
function cnn.nn.init.kaiming_normal_(tensor, a, mode, nonlinearity) end

---@class nn.init.kaiming_uniform_.options
---@field tensor? cnn.Tensor a weight [out, in, …]
---@field a? number slope of leaky_relu below zero; default 0
---@field mode? string keep the spread of the values, or of the gradients; default "fan_in"
---@field nonlinearity? string default "leaky_relu"

---Fills a weight with uniform random numbers, as wide as suits layers with ReLU (He et al.
---@param tensor cnn.Tensor a weight [out, in, …]
---@param a? number slope of leaky_relu below zero; default 0
---@param mode? string keep the spread of the values, or of the gradients; default "fan_in"
---@param nonlinearity? string default "leaky_relu"
---@return any
---@overload fun(options: nn.init.kaiming_uniform_.options): any
function cnn.nn.init.kaiming_uniform_(tensor, a, mode, nonlinearity) end

---@class nn.init.normal_.options
---@field tensor? cnn.Tensor
---@field mean? number default 0
---@field std? number default 1

---Fills with normally distributed random numbers.
---@param tensor cnn.Tensor
---@param mean? number default 0
---@param std? number default 1
---@return any
---@overload fun(options: nn.init.normal_.options): any
function cnn.nn.init.normal_(tensor, mean, std) end

---Fills with 1.
---@param tensor cnn.Tensor
---@return any
function cnn.nn.init.ones_(tensor) end

---@class nn.init.orthogonal_.options
---@field tensor? cnn.Tensor a weight [out, in, …]; seen as a matrix [out, the rest]
---@field gain? number default 1

---Fills a weight with a random matrix whose rows (or columns, if there are more rows) are orthogonal and of length gain: values keep their length through it (Saxe et al.
---@param tensor cnn.Tensor a weight [out, in, …]; seen as a matrix [out, the rest]
---@param gain? number default 1
---@return any
---@overload fun(options: nn.init.orthogonal_.options): any
function cnn.nn.init.orthogonal_(tensor, gain) end

---@class nn.init.sparse_.options
---@field tensor? cnn.Tensor a weight [out, in]
---@field sparsity? number the part of each column that becomes 0, rounded up
---@field std? number default 0.01

---Fills a matrix with normal random numbers, and each column with zeros at random places (Martens 2010).
---@param tensor cnn.Tensor a weight [out, in]
---@param sparsity number the part of each column that becomes 0, rounded up
---@param std? number default 0.01
---@return any
---@overload fun(options: nn.init.sparse_.options): any
function cnn.nn.init.sparse_(tensor, sparsity, std) end

---@class nn.init.trunc_normal_.options
---@field tensor? cnn.Tensor
---@field mean? number of the normal distribution, before what is beyond a and b is cut off; default 0
---@field std? number default 1
---@field a? number smallest value; default -2
---@field b? number largest value; default 2

---Fills with normally distributed random numbers from a to b: those outside are drawn again.
---@param tensor cnn.Tensor
---@param mean? number of the normal distribution, before what is beyond a and b is cut off; default 0
---@param std? number default 1
---@param a? number smallest value; default -2
---@param b? number largest value; default 2
---@return any
---@overload fun(options: nn.init.trunc_normal_.options): any
function cnn.nn.init.trunc_normal_(tensor, mean, std, a, b) end

---@class nn.init.uniform_.options
---@field tensor? cnn.Tensor
---@field a? number smallest value; default 0
---@field b? number largest value; default 1

---Fills with random numbers, all between a and b alike probable.
---@param tensor cnn.Tensor
---@param a? number smallest value; default 0
---@param b? number largest value; default 1
---@return any
---@overload fun(options: nn.init.uniform_.options): any
function cnn.nn.init.uniform_(tensor, a, b) end

---@class nn.init.xavier_normal_.options
---@field tensor? cnn.Tensor a weight [out, in, …]
---@field gain? number default 1

---Fills a weight with normal random numbers, as wide as suits layers with tanh (Glorot and Bengio 2010).
---@param tensor cnn.Tensor a weight [out, in, …]
---@param gain? number default 1
---@return any
---@overload fun(options: nn.init.xavier_normal_.options): any
function cnn.nn.init.xavier_normal_(tensor, gain) end

---@class nn.init.xavier_uniform_.options
---@field tensor? cnn.Tensor a weight [out, in, …]
---@field gain? number default 1

---Fills a weight with uniform random numbers, as wide as suits layers with tanh (Glorot and Bengio 2010).
---@param tensor cnn.Tensor a weight [out, in, …]
---@param gain? number default 1
---@return any
---@overload fun(options: nn.init.xavier_uniform_.options): any
function cnn.nn.init.xavier_uniform_(tensor, gain) end

---Fills with 0.
---@param tensor cnn.Tensor
---@return any
function cnn.nn.init.zeros_(tensor) end

---@class nn.utils
cnn.nn.utils = {}

---@class nn.utils.clip_grad_norm_.options
---@field parameters? any list of parameters, or one
---@field max_norm? number length that the gradients may have together
---@field norm_type? number 1, 2, another power, or math.huge for the largest element; default 2
---@field error_if_nonfinite? boolean raise an error where the length is infinite or NaN; default false

---Shortens the gradients of all parameters together, as if they were one long vector, if it is longer than max_norm.
---@param parameters any list of parameters, or one
---@param max_norm number length that the gradients may have together
---@param norm_type? number 1, 2, another power, or math.huge for the largest element; default 2
---@param error_if_nonfinite? boolean raise an error where the length is infinite or NaN; default false
---@return cnn.Tensor
---@overload fun(options: nn.utils.clip_grad_norm_.options): cnn.Tensor
function cnn.nn.utils.clip_grad_norm_(parameters, max_norm, norm_type, error_if_nonfinite) end

---@class nn.utils.clip_grad_value_.options
---@field parameters? any list of parameters, or one
---@field clip_value? number largest magnitude of an element

---Brings every element of the gradients into the range -clip_value … clip_value.
---@param parameters any list of parameters, or one
---@param clip_value number largest magnitude of an element
---@overload fun(options: nn.utils.clip_grad_value_.options)
function cnn.nn.utils.clip_grad_value_(parameters, clip_value) end

---@class nn.utils.get_total_norm.options
---@field tensors? any list of tensors, or one
---@field norm_type? number 1, 2, another power, or math.huge for the largest element; default 2
---@field error_if_nonfinite? boolean raise an error where the length is infinite or NaN; default false

---The norm of all elements of all tensors together.
---@param tensors any list of tensors, or one
---@param norm_type? number 1, 2, another power, or math.huge for the largest element; default 2
---@param error_if_nonfinite? boolean raise an error where the length is infinite or NaN; default false
---@return cnn.Tensor
---@overload fun(options: nn.utils.get_total_norm.options): cnn.Tensor
function cnn.nn.utils.get_total_norm(tensors, norm_type, error_if_nonfinite) end

---Adds parameters with options of their own.
---@param group table {params = list, lr = …, …}; what is not said is as in the constructor
function cnn.optim.Optimizer:add_param_group(group) end

---Takes over options and memory of an optimiser of the same kind, for parameters in the same order.
---@param state_dict table from state_dict
function cnn.optim.Optimizer:load_state_dict(state_dict) end

---What the optimiser remembers, with parameters replaced by their numbers (from 1, through all groups).
---@return table
function cnn.optim.Optimizer:state_dict() end

---Changes every parameter that has a gradient, as the optimiser's rule says.
---@param closure? function computes the loss again; called first
---@return any
function cnn.optim.Optimizer:step(closure) end

---Forgets the gradients of all parameters.
---@param set_to_none? boolean false: fill with zeros instead; default true
function cnn.optim.Optimizer:zero_grad(set_to_none) end

---@class optim.lr_scheduler
cnn.optim.lr_scheduler = {}

---@class optim.lr_scheduler.ChainedScheduler.options
---@field schedulers? table made for one optimiser
---@field optimizer? optim.Optimizer the first scheduler's where it is not given

---Several schedules at once: each step makes a step of every one, on the learning rate that the one before it left.
---@class optim.lr_scheduler.ChainedScheduler : nn.Module
---@overload fun(options: optim.lr_scheduler.ChainedScheduler.options): optim.lr_scheduler.ChainedScheduler
---@overload fun(schedulers: table, optimizer?: optim.Optimizer): optim.lr_scheduler.ChainedScheduler
cnn.optim.lr_scheduler.ChainedScheduler = {}

---@class optim.lr_scheduler.ConstantLR.options
---@field optimizer? optim.Optimizer
---@field factor? number what the learning rate is multiplied by at first; default 0.33333333333333
---@field total_iters? integer steps until it has its full size; default 5
---@field last_epoch? integer goes on behind this step; -1 begins; default -1

---Makes the learning rate smaller for the first total_iters steps.
---@class optim.lr_scheduler.ConstantLR : nn.Module
---@overload fun(options: optim.lr_scheduler.ConstantLR.options): optim.lr_scheduler.ConstantLR
---@overload fun(optimizer: optim.Optimizer, factor?: number, total_iters?: integer, last_epoch?: integer): optim.lr_scheduler.ConstantLR
cnn.optim.lr_scheduler.ConstantLR = {}

---@class optim.lr_scheduler.CosineAnnealingLR.options
---@field optimizer? optim.Optimizer
---@field T_max? integer steps from the top to the bottom
---@field eta_min? number the lowest learning rate; default 0
---@field last_epoch? integer goes on behind this step; -1 begins; default -1

---Lets the learning rate fall along half a cosine in T_max steps (and rise again in the T_max after these).
---@class optim.lr_scheduler.CosineAnnealingLR : nn.Module
---@overload fun(options: optim.lr_scheduler.CosineAnnealingLR.options): optim.lr_scheduler.CosineAnnealingLR
---@overload fun(optimizer: optim.Optimizer, T_max: integer, eta_min?: number, last_epoch?: integer): optim.lr_scheduler.CosineAnnealingLR
cnn.optim.lr_scheduler.CosineAnnealingLR = {}

---@class optim.lr_scheduler.CosineAnnealingWarmRestarts.options
---@field optimizer? optim.Optimizer
---@field T_0? integer steps until the first restart
---@field T_mult? integer each round is this many times as long as the one before; default 1
---@field eta_min? number the lowest learning rate; default 0
---@field last_epoch? integer goes on behind this step; -1 begins; default -1

---Lets the learning rate fall along half a cosine, then sets it back to where it began, again and again.
---@class optim.lr_scheduler.CosineAnnealingWarmRestarts : nn.Module
---@overload fun(options: optim.lr_scheduler.CosineAnnealingWarmRestarts.options): optim.lr_scheduler.CosineAnnealingWarmRestarts
---@overload fun(optimizer: optim.Optimizer, T_0: integer, T_mult?: integer, eta_min?: number, last_epoch?: integer): optim.lr_scheduler.CosineAnnealingWarmRestarts
cnn.optim.lr_scheduler.CosineAnnealingWarmRestarts = {}

---@class optim.lr_scheduler.ExponentialLR.options
---@field optimizer? optim.Optimizer
---@field gamma? number what the learning rate is multiplied by
---@field last_epoch? integer goes on behind this step; -1 begins; default -1

---Multiplies the learning rate by gamma after every step.
---@class optim.lr_scheduler.ExponentialLR : nn.Module
---@overload fun(options: optim.lr_scheduler.ExponentialLR.options): optim.lr_scheduler.ExponentialLR
---@overload fun(optimizer: optim.Optimizer, gamma: number, last_epoch?: integer): optim.lr_scheduler.ExponentialLR
cnn.optim.lr_scheduler.ExponentialLR = {}

---@class optim.lr_scheduler.LambdaLR.options
---@field optimizer? optim.Optimizer
---@field lr_lambda? function|table function of the step's number, from 0; or one for each group of parameters
---@field last_epoch? integer goes on behind this step; -1 begins; default -1

---Sets the learning rate to what it was in the beginning, times a function of the step.
---@class optim.lr_scheduler.LambdaLR : nn.Module
---@overload fun(options: optim.lr_scheduler.LambdaLR.options): optim.lr_scheduler.LambdaLR
---@overload fun(optimizer: optim.Optimizer, lr_lambda: function|table, last_epoch?: integer): optim.lr_scheduler.LambdaLR
cnn.optim.lr_scheduler.LambdaLR = {}

---@class optim.lr_scheduler.LinearLR.options
---@field optimizer? optim.Optimizer
---@field start_factor? number of the learning rate in the first step, above 0; default 0.33333333333333
---@field end_factor? number of the learning rate from step total_iters on; default 1
---@field total_iters? integer steps from one to the other; default 5
---@field last_epoch? integer goes on behind this step; -1 begins; default -1

---Moves the learning rate in a straight line from start_factor to end_factor times its size: a warm-up.
---@class optim.lr_scheduler.LinearLR : nn.Module
---@overload fun(options: optim.lr_scheduler.LinearLR.options): optim.lr_scheduler.LinearLR
---@overload fun(optimizer: optim.Optimizer, start_factor?: number, end_factor?: number, total_iters?: integer, last_epoch?: integer): optim.lr_scheduler.LinearLR
cnn.optim.lr_scheduler.LinearLR = {}

---@class optim.lr_scheduler.MultiStepLR.options
---@field optimizer? optim.Optimizer
---@field milestones? table numbers of the steps at which the learning rate changes, going up
---@field gamma? number what the learning rate is multiplied by; default 0.1
---@field last_epoch? integer goes on behind this step; -1 begins; default -1

---Multiplies the learning rate by gamma at each milestone.
---@class optim.lr_scheduler.MultiStepLR : nn.Module
---@overload fun(options: optim.lr_scheduler.MultiStepLR.options): optim.lr_scheduler.MultiStepLR
---@overload fun(optimizer: optim.Optimizer, milestones: table, gamma?: number, last_epoch?: integer): optim.lr_scheduler.MultiStepLR
cnn.optim.lr_scheduler.MultiStepLR = {}

---@class optim.lr_scheduler.MultiplicativeLR.options
---@field optimizer? optim.Optimizer
---@field lr_lambda? function|table function of the step's number, from 0; or one for each group of parameters
---@field last_epoch? integer goes on behind this step; -1 begins; default -1

---Multiplies the learning rate by a function of the step.
---@class optim.lr_scheduler.MultiplicativeLR : nn.Module
---@overload fun(options: optim.lr_scheduler.MultiplicativeLR.options): optim.lr_scheduler.MultiplicativeLR
---@overload fun(optimizer: optim.Optimizer, lr_lambda: function|table, last_epoch?: integer): optim.lr_scheduler.MultiplicativeLR
cnn.optim.lr_scheduler.MultiplicativeLR = {}

---@class optim.lr_scheduler.OneCycleLR.options
---@field optimizer? optim.Optimizer
---@field max_lr? number|table the highest learning rate; or one for each group of parameters
---@field total_steps? integer steps of the whole training
---@field epochs? integer
---@field steps_per_epoch? integer with epochs, instead of total_steps
---@field pct_start? number which part of the steps goes up; default 0.3
---@field anneal_strategy? string the form of the way between two points; default "cos"
---@field cycle_momentum? boolean let momentum (or betas[1]) fall while the learning rate rises; default true
---@field base_momentum? number|table momentum at the highest learning rate; default 0.85
---@field max_momentum? number|table momentum at both ends; default 0.95
---@field div_factor? number max_lr is this many times the first learning rate; default 25
---@field final_div_factor? number the first learning rate is this many times the last; default 10000.0
---@field three_phase? boolean come down as fast as it went up, then fade out; default false
---@field last_epoch? integer goes on behind this step; -1 begins; default -1

---One cycle over the whole training, counted in batches: the learning rate rises to max_lr and falls to almost nothing.
---@class optim.lr_scheduler.OneCycleLR : nn.Module
---@overload fun(options: optim.lr_scheduler.OneCycleLR.options): optim.lr_scheduler.OneCycleLR
---@overload fun(optimizer: optim.Optimizer, max_lr: number|table, total_steps?: integer, epochs?: integer, steps_per_epoch?: integer, pct_start?: number, anneal_strategy?: string, cycle_momentum?: boolean, base_momentum?: number|table, max_momentum?: number|table, div_factor?: number, final_div_factor?: number, three_phase?: boolean, last_epoch?: integer): optim.lr_scheduler.OneCycleLR
cnn.optim.lr_scheduler.OneCycleLR = {}

---@class optim.lr_scheduler.PolynomialLR.options
---@field optimizer? optim.Optimizer
---@field total_iters? integer steps until the learning rate is 0; default 5
---@field power? number 1 is a straight line; default 1
---@field last_epoch? integer goes on behind this step; -1 begins; default -1

---Lets the learning rate fall to 0 in total_iters steps, as (1 - t / total_iters) ^ power.
---@class optim.lr_scheduler.PolynomialLR : nn.Module
---@overload fun(options: optim.lr_scheduler.PolynomialLR.options): optim.lr_scheduler.PolynomialLR
---@overload fun(optimizer: optim.Optimizer, total_iters?: integer, power?: number, last_epoch?: integer): optim.lr_scheduler.PolynomialLR
cnn.optim.lr_scheduler.PolynomialLR = {}

---@class optim.lr_scheduler.ReduceLROnPlateau.options
---@field optimizer? optim.Optimizer
---@field mode? string whether small or large is good; default "min"
---@field factor? number what the learning rate is multiplied by, below 1; default 0.1
---@field patience? integer steps without a better value that are borne; default 10
---@field threshold? number how much better counts as better; default 0.0001
---@field threshold_mode? string threshold as a part of the best value, or as is; default "rel"
---@field cooldown? integer steps after a change in which nothing is counted; default 0
---@field min_lr? number|table the lowest learning rate; or one for each group of parameters; default 0
---@field eps? number changes smaller than this are not made; default 1e-08

---Multiplies the learning rate by factor when the measure given to step() has not become better for longer than patience steps.
---@class optim.lr_scheduler.ReduceLROnPlateau : nn.Module
---@overload fun(options: optim.lr_scheduler.ReduceLROnPlateau.options): optim.lr_scheduler.ReduceLROnPlateau
---@overload fun(optimizer: optim.Optimizer, mode?: string, factor?: number, patience?: integer, threshold?: number, threshold_mode?: string, cooldown?: integer, min_lr?: number|table, eps?: number): optim.lr_scheduler.ReduceLROnPlateau
cnn.optim.lr_scheduler.ReduceLROnPlateau = {}

---@class optim.lr_scheduler.SequentialLR.options
---@field optimizer? optim.Optimizer
---@field schedulers? table made for this optimiser
---@field milestones? table steps at which the next one begins, one fewer than schedulers
---@field last_epoch? integer as in the other schedulers; default -1

---One schedule after the other: each begins at its milestone, from the learning rate that the optimiser was made with.
---@class optim.lr_scheduler.SequentialLR : nn.Module
---@overload fun(options: optim.lr_scheduler.SequentialLR.options): optim.lr_scheduler.SequentialLR
---@overload fun(optimizer: optim.Optimizer, schedulers: table, milestones: table, last_epoch?: integer): optim.lr_scheduler.SequentialLR
cnn.optim.lr_scheduler.SequentialLR = {}

---@class optim.lr_scheduler.StepLR.options
---@field optimizer? optim.Optimizer
---@field step_size? integer steps between two changes
---@field gamma? number what the learning rate is multiplied by; default 0.1
---@field last_epoch? integer goes on behind this step; -1 begins; default -1

---Multiplies the learning rate by gamma after every step_size steps.
---@class optim.lr_scheduler.StepLR : nn.Module
---@overload fun(options: optim.lr_scheduler.StepLR.options): optim.lr_scheduler.StepLR
---@overload fun(optimizer: optim.Optimizer, step_size: integer, gamma?: number, last_epoch?: integer): optim.lr_scheduler.StepLR
cnn.optim.lr_scheduler.StepLR = {}

---@class optim.lr_scheduler.LRScheduler
cnn.optim.lr_scheduler.LRScheduler = {}

---The learning rates of the groups that this scheduler has set last.
---@return table
function cnn.optim.lr_scheduler.LRScheduler:get_last_lr() end

---Takes over the settings and the count of a scheduler of the same kind.
---@param state table from state_dict
function cnn.optim.lr_scheduler.LRScheduler:load_state_dict(state) end

---The scheduler's settings and how far it has counted; functions (LambdaLR's) are left out.
---@return table
function cnn.optim.lr_scheduler.LRScheduler:state_dict() end

---Counts one step and sets the learning rates for the next one.
function cnn.optim.lr_scheduler.LRScheduler:step() end

---Looks at the measure after an epoch, and lowers the learning rates if it is time.
---@param metrics number|cnn.Tensor the measure: the loss on validation data, mostly
function cnn.optim.lr_scheduler.ReduceLROnPlateau:step(metrics) end


-- Names that need no require at the prompt and in -e.
nn, F, optim, data, datasets, transforms, plt = cnn.nn, cnn.nn.functional, cnn.optim, cnn.data, cnn.datasets, cnn.transforms, cnn.plt

return cnn
