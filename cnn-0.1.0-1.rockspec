-- SPDX-License-Identifier: MIT
-- `luarocks --lua-version 5.4 make` in a clone builds and installs the module, so that plain lua5.4 has require "cnn". The
-- build is the Makefile's, which needs a C compiler, OpenBLAS and zlib (`make deps`). The version is the Makefile's too.
rockspec_format = "3.0"
package = "cnn"
version = "0.1.0-1"
source = { url = "file://." }
description = {
    summary = "Convolutional networks with PyTorch's names and numbers",
    detailed = "Tensors, autograd, layers, optimisers and data sets, written in C for the CPU. Everything counts from 1.",
    license = "MIT",
}
supported_platforms = { "linux" }
dependencies = { "lua ~> 5.4" }
build = {
    type = "make",
    build_target = "module",
    build_variables = { LUA_CFLAGS = "-I$(LUA_INCDIR)" },
    install_target = "install-module",
    install_variables = { LUA_DIR = "$(LUADIR)", LUA_CDIR = "$(LIBDIR)", LUA_CFLAGS = "-I$(LUA_INCDIR)" },
}
