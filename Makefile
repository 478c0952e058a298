# cnnsh: the only build file. `make help` lists what it does.
VERSION := 0.1.0
BUILD   := build
CC      ?= cc
PREFIX  ?= /usr/local

LUA_CFLAGS   := $(shell pkg-config --cflags lua5.4 2>/dev/null || echo -I/usr/include/lua5.4)
LUA_LIBS     := $(shell pkg-config --libs lua5.4 2>/dev/null || echo -llua5.4)
BLAS_LIBS    := $(shell pkg-config --libs openblas 2>/dev/null || echo -lopenblas)
BLAS_CFLAGS  := $(shell pkg-config --cflags openblas 2>/dev/null)
# loaded at run time: only headers are needed here, and the program does without them too (core/curl.h, core/unpack.c)
LATE_CFLAGS  := $(shell for l in libcurl libarchive; do pkg-config --cflags $$l 2>/dev/null; done)

WARN     := -Wall -Wextra -Werror -Wshadow -Wstrict-prototypes -Wmissing-prototypes -Wpointer-arith -Wvla
OPT      ?= -O2
CFLAGS   ?=
SANITIZE ?=
ALL_CFLAGS := -std=gnu11 $(OPT) -g $(WARN) -fopenmp -fPIC -fvisibility=hidden -ffp-contract=off -fno-math-errno \
              -I. -DCNN_VERSION='"$(VERSION)"' $(SANITIZE) $(CFLAGS) $(LATE_CFLAGS)
LDLIBS   := $(BLAS_LIBS) -lz -ldl -lm -lpthread -fopenmp $(SANITIZE)

# what make prints: one short line per file, or with V=1 the whole command
Q = $(if $(filter 1,$(V)),,@printf '  %s\n' '$@';)

ARCH := $(shell $(CC) -dumpmachine 2>/dev/null | cut -d- -f1)

# ---- sources: found by wildcard, one object each; kernels/cpu once per instruction-set level -------------------------
CORE_SRC      := $(wildcard core/*.c core/ops/*.c core/transforms/*.c)
REFERENCE_SRC := $(wildcard kernels/reference/*.c)
CPU_SRC       := $(filter-out kernels/cpu/level.c,$(wildcard kernels/cpu/*.c))
BINDING_SRC   := $(wildcard lua/binding/*.c)
SHELL_SRC     := $(wildcard lua/shell/*.c)

LEVELS := baseline
ifeq ($(ARCH),x86_64)
LEVELS += avx2 avx512
endif
KERNEL_OPT      := -O3 -fno-trapping-math -Wno-pass-failed # clang may leave a loop with log or pow unvectorised
FLAGS_baseline  :=
FLAGS_avx2      := -mavx2 -mfma -mf16c
FLAGS_avx512    := -mavx512f -mavx512dq -mavx512bw -mavx512vl -mfma -mprefer-vector-width=512

# A kernel file is compiled once per element type as well: the reference for REALS or (TYPED) for all TYPES; of the
# vector code only what is written for several types, the rest is float32. Integers stay at baseline: memory is their limit.
# NARROW has kernels for bfloat16 too, at every level; NARROW_VECTOR only among the vector code.
REALS        := f32 f64
TYPES        := $(REALS) i64 u8 bool
PLAIN        := select scan sort
TYPED        := pointwise reduce $(PLAIN)
REAL_TYPED   := gemm
NARROW       := pointwise reduce chain
NARROW_VECTOR := $(NARROW) batch_norm pool2d conv2d conv2d_winograd conv2d_fft
FLAGS_f32    := -DELEMENT_f32 -DREAL=float -DCNN_REAL_IS_FLOAT=1
FLAGS_f64    := -DELEMENT_f64 -DREAL=double -DCNN_REAL_IS_FLOAT=0
FLAGS_bf16   := -DELEMENT_bf16 -DREAL=float -DCNN_REAL_IS_FLOAT=1
FLAGS_i64    := -DELEMENT_i64 -fwrapv
FLAGS_u8     := -DELEMENT_u8 -fwrapv
FLAGS_bool   := -DELEMENT_bool -fwrapv
typed         = $(filter $(TYPED:%=kernels/$(1)/%.c),$($(2)))
typed_at      = $(filter-out $(if $(filter baseline,$(1)),,$(PLAIN:%=kernels/cpu/%.c)),$(call typed,cpu,CPU_SRC))
narrow        = $(filter $($(3):%=kernels/$(1)/%.c),$($(2)))
untyped       = $(filter-out $(TYPED:%=kernels/$(1)/%.c) $(REAL_TYPED:%=kernels/$(1)/%.c),$($(2)))

objects       = $(foreach t,$(2),$(1:%.c=$(BUILD)/%$(3)$(t).o))

REFERENCE_OBJ := $(call objects,$(REFERENCE_SRC),$(REALS),.) \
                 $(call objects,$(call typed,reference,REFERENCE_SRC),$(filter-out $(REALS),$(TYPES)),.) \
                 $(call objects,$(call narrow,reference,REFERENCE_SRC,NARROW),bf16,.)
CPU_OBJ       := $(foreach l,$(LEVELS),$(call objects,$(call untyped,cpu,CPU_SRC),$(l),.) \
                 $(call objects,$(call typed_at,$(l)),$(if $(filter baseline,$(l)),$(TYPES),$(REALS)),.$(l)_) \
                 $(call objects,$(filter $(REAL_TYPED:%=kernels/cpu/%.c),$(CPU_SRC)),$(REALS),.$(l)_) \
                 $(call objects,$(call narrow,cpu,CPU_SRC,NARROW_VECTOR),bf16,.$(l)_))
LEVEL_OBJ     := $(BUILD)/kernels/cpu/level.o
CORE_OBJ      := $(CORE_SRC:%.c=$(BUILD)/%.o)
BINDING_OBJ   := $(BINDING_SRC:%.c=$(BUILD)/%.o)
SHELL_OBJ     := $(SHELL_SRC:%.c=$(BUILD)/%.o)
LIB_OBJ       := $(CORE_OBJ) $(REFERENCE_OBJ) $(CPU_OBJ) $(LEVEL_OBJ)

# Lua modules of their own for libraries that may be absent and that most runs never need: lua/optional/NAME.c is built
# where pkg-config finds what NEEDS_NAME lists.
NEEDS_chafa   := chafa libpng
OPTIONAL      := $(foreach m,$(patsubst lua/optional/%.c,%,$(wildcard lua/optional/*.c)),$(shell pkg-config --exists $(NEEDS_$(m)) 2>/dev/null && echo $(m)))
OPTIONAL_SO   := $(OPTIONAL:%=$(BUILD)/cnn/%.so)

.PHONY: all
all: cnnsh $(BUILD)/cnn/core.so $(OPTIONAL_SO)

cnnsh: $(BUILD)/cnnsh
	@cp -f $< $@.new && mv -f $@.new $@

$(BUILD)/cnnsh: $(SHELL_OBJ) $(BINDING_OBJ) $(BUILD)/libcnn.a
	$(Q)$(CC) -o $@ $^ $(LUA_LIBS) -lreadline $(LDLIBS) -Wl,-E

# The module for the plain lua5.4 program: no readline. It stays in memory when lua5.4 closes, which unloads modules while
# the threads of OpenMP still wait in the code that it brought.
$(BUILD)/cnn/core.so: $(BINDING_OBJ) $(BUILD)/libcnn.a
	@mkdir -p $(@D)
	$(Q)$(CC) -shared -Wl,-z,nodelete -o $@ $^ $(LDLIBS)

$(OPTIONAL_SO): $(BUILD)/cnn/%.so: lua/optional/%.c
	@mkdir -p $(@D)
	$(Q)$(CC) $(ALL_CFLAGS) $(LUA_CFLAGS) $(shell pkg-config --cflags $(NEEDS_$*)) -MMD -MP -shared -o $@ $< $(shell pkg-config --libs $(NEEDS_$*))

$(BUILD)/libcnn.a: $(LIB_OBJ)
	@rm -f $@
	$(Q)ar rcs $@ $^

# Libraries that are loaded at run time are compiled in where their headers are. Whoever installs them later need not
# know that: what asks for headers is compiled again when the answers change.
FOUND := $(foreach h,curl/curl.h archive.h png.h turbojpeg.h,$(if $(wildcard /usr/include/$(h) /usr/include/*/$(h) /usr/local/include/$(h)),$(h)))
$(shell mkdir -p $(BUILD); echo '$(FOUND)' | cmp -s - $(BUILD)/found || echo '$(FOUND)' >$(BUILD)/found)
$(patsubst %.c,$(BUILD)/%.o,core/curl.c core/unpack.c core/png.c core/jpeg.c): $(BUILD)/found

$(BUILD)/core/%.o: core/%.c
	@mkdir -p $(@D)
	$(Q)$(CC) $(ALL_CFLAGS) -MMD -MP -c -o $@ $<
$(BUILD)/lua/%.o: lua/%.c
	@mkdir -p $(@D)
	$(Q)$(CC) $(ALL_CFLAGS) $(LUA_CFLAGS) -MMD -MP -c -o $@ $<
$(BUILD)/kernels/cpu/level.o: kernels/cpu/level.c
	@mkdir -p $(@D)
	$(Q)$(CC) $(ALL_CFLAGS) -MMD -MP -c -o $@ $<
define REFERENCE_RULE
$(BUILD)/kernels/reference/%.$(1).o: kernels/reference/%.c
	@mkdir -p $$(@D)
	$$(Q)$$(CC) $$(ALL_CFLAGS) $$(FLAGS_$(1)) -DCNN_LEVEL=reference_$(1) -MMD -MP -c -o $$@ $$<
endef
$(foreach t,$(TYPES) bf16,$(eval $(call REFERENCE_RULE,$(t))))
# kernels/cpu: level (1), or level and type (1, 2)
define CPU_RULE
$(BUILD)/kernels/cpu/%.$(1)$(2:%=_%).o: kernels/cpu/%.c
	@mkdir -p $$(@D)
	$$(Q)$$(CC) $$(ALL_CFLAGS) $$(KERNEL_OPT) $$(BLAS_CFLAGS) $$(FLAGS_$(1)) $$(FLAGS_$(2)) -DCNN_LEVEL=$(1)$(2:%=_%) \
	  -DCNN_LEVEL_PLAIN=$(1) \
	  -MMD -MP -c -o $$@ $$<
endef
$(foreach l,$(LEVELS),$(eval $(call CPU_RULE,$(l))) $(foreach t,$(TYPES) bf16,$(eval $(call CPU_RULE,$(l),$(t)))))

# ---- tests in C: one program per file, against the library and the binding, without the shell ------------------------
TEST_SRC      := $(wildcard tests/c/*.c)
TEST_PROGRAMS := $(TEST_SRC:%.c=$(BUILD)/%)

$(BUILD)/libbinding.a: $(BINDING_OBJ)
	@rm -f $@
	$(Q)ar rcs $@ $^
$(BUILD)/tests/c/%.o: tests/c/%.c
	@mkdir -p $(@D)
	$(Q)$(CC) $(ALL_CFLAGS) $(LUA_CFLAGS) -MMD -MP -c -o $@ $<
$(TEST_PROGRAMS): %: %.o $(BUILD)/libbinding.a $(BUILD)/libcnn.a
	$(Q)$(CC) -o $@ $^ $(LUA_LIBS) $(LDLIBS)
# this one lets the library's allocations fail
$(BUILD)/tests/c/allocfail: LDLIBS += $(foreach f,malloc calloc realloc posix_memalign strdup strndup realpath free,-Wl,--wrap=$(f))
.SECONDARY: $(TEST_PROGRAMS:%=%.o)

# ---- fuzz targets: in the ordinary build they replay their corpora; make fuzz links them with libFuzzer -----------------
FUZZ_TARGETS  := idx safetensors pictures archives arguments tensors
FUZZ_REPLAY   := $(FUZZ_TARGETS:%=$(BUILD)/tests/fuzz/%)
FUZZERS       := $(FUZZ_TARGETS:%=$(BUILD)/fuzz-%)
FUZZ_SHARED   := $(BUILD)/tests/fuzz/support.o $(BUILD)/tests/fuzz/lua.o $(BUILD)/libbinding.a $(BUILD)/libcnn.a
$(BUILD)/tests/fuzz/%.o: tests/fuzz/%.c
	@mkdir -p $(@D)
	$(Q)$(CC) $(ALL_CFLAGS) $(LUA_CFLAGS) -MMD -MP -c -o $@ $<
$(FUZZ_REPLAY): %: %.o $(BUILD)/tests/fuzz/replay.o $(FUZZ_SHARED)
	$(Q)$(CC) -o $@ $^ $(LUA_LIBS) $(LDLIBS)
$(FUZZERS): $(BUILD)/fuzz-%: $(BUILD)/tests/fuzz/%.o $(FUZZ_SHARED)
	$(Q)$(CC) -fsanitize=fuzzer -o $@ $^ $(LUA_LIBS) $(LDLIBS)
.SECONDARY: $(FUZZ_REPLAY:%=%.o)

# kernels timed one by one: make bench-kernels, or build/tests/bench/conv2d by itself
BENCH_PROGRAMS := $(patsubst %.c,$(BUILD)/%,$(wildcard tests/bench/*.c))
$(BENCH_PROGRAMS): $(BUILD)/%: %.c $(BUILD)/libcnn.a
	@mkdir -p $(@D)
	$(CC) $(ALL_CFLAGS) -o $@ $^ $(LDLIBS)
.PHONY: bench-kernels
bench-kernels: $(BENCH_PROGRAMS)
	@for program in $^; do $$program; done

# what the tests type with and download from, as Lua modules: a pseudo-terminal, a server
TEST_MODULES := $(BUILD)/tests/pty.so $(BUILD)/tests/server.so
$(BUILD)/tests/pty.so: tests/shell/pty.c
$(BUILD)/tests/server.so: tests/data/server.c
$(TEST_MODULES):
	@mkdir -p $(@D)
	$(Q)$(CC) $(ALL_CFLAGS) $(LUA_CFLAGS) -MMD -MP -shared -o $@ $<

# ---- what people type -------------------------------------------------------------------------------------------------
# deps may install the compiler and pkg-config, which the first lines of this file ask: so whatever builds after it does
# so in a make of its own.
LUA    ?= lua5.4
REMAKE := $(MAKE) --no-print-directory
TESTS  ?=

.PHONY: help deps demo test bench check clean install install-module uninstall deb
help:
	@echo "make          build ./cnnsh"
	@echo "make deps     install the packages that are missing (Debian, Ubuntu), or list them"
	@echo "make demo     deps, build, and train the lab's network on drawn digits"
	@echo "make test     deps, build, and run every test (TESTS='ops shell' runs some)"
	@echo "make error-sites  run the tests, then list the error messages that none of them provokes"
	@echo "make bench    time training steps, beside PyTorch where it can be imported"
	@echo "make fuzz     libFuzzer over all targets (FUZZ_SECONDS=60 each; FUZZ='idx tensors' runs some)"
	@echo "make check    format, warnings of two compilers, linters, sanitizers, valgrind; then the tests"
	@echo "make check-arm64  cross-compile for arm64 and run the C tests and the ops under qemu"
	@echo "make install  copy the program, the Lua module and the C library below PREFIX ($(PREFIX))"
	@echo "make uninstall  take them away again"
	@echo "make deb      make a Debian package of the program and the Lua module, in $(BUILD)/deb"
	@echo "make clean    remove what was built"

deps:
	@sh scripts/deps.sh

demo: deps
	@$(REMAKE) -j$$(nproc) all
	./cnnsh scripts/mnist.lua --dataset digits --epochs 2

test: deps
	@sh scripts/deps.sh optional
	@$(REMAKE) -j$$(nproc) all
	@$(REMAKE) test-run

bench: deps
	@$(REMAKE) -j$$(nproc) all $(BUILD)/tests/bench/peak
	./cnnsh scripts/bench.lua $(BENCH)

# The program with its Lua files, the module for the plain lua5.4, and the library for C: its headers name each other from
# the root of the sources, which becomes a path from one to the other, so that <cnn/core/cnn.h> needs no more than -I.
TARGET         := $(DESTDIR)$(PREFIX)
LUA_DIR        ?= $(TARGET)/share/lua/5.4
LUA_CDIR       ?= $(TARGET)/lib/lua/5.4
LUA_FILES      := $(shell find lua -name '*.lua')
MODULE_FILES   := $(patsubst lua/%,%,$(filter lua/cnn/%,$(LUA_FILES)))
ZSH_DIR        ?= $(TARGET)/share/zsh/site-functions
BASH_DIR       ?= $(TARGET)/share/bash-completion/completions
PUBLIC_HEADERS := core/cnn.h core/functions.h kernels/base.h

install: all install-module
	install -D -m 755 $(BUILD)/cnnsh $(TARGET)/bin/cnnsh
	for f in $(LUA_FILES); do install -D -m 644 $$f $(TARGET)/share/cnnsh/$$f || exit; done
	for f in $(OPTIONAL); do install -D -m 644 $(BUILD)/cnn/$$f.so $(TARGET)/lib/cnnsh/cnn/$$f.so || exit; done
	install -D -m 644 $(BUILD)/libcnn.a $(TARGET)/lib/libcnn.a
	for f in $(PUBLIC_HEADERS); do \
	  sed 's|^#include "\([a-z]*\)/|#include "../\1/|' $$f >$(BUILD)/header && \
	  install -D -m 644 $(BUILD)/header $(TARGET)/include/cnn/$$f || exit; done
	printf '/* SPDX-License-Identifier: MIT */\n#include "cnn/core/functions.h"\n' >$(BUILD)/header
	install -D -m 644 $(BUILD)/header $(TARGET)/include/cnn.h
	sed -e 's|@PREFIX@|$(PREFIX)|' -e 's|@VERSION@|$(VERSION)|' -e 's|@LIBS@|$(LDLIBS)|' core/cnn.pc.in >$(BUILD)/cnn.pc
	install -D -m 644 $(BUILD)/cnn.pc $(TARGET)/lib/pkgconfig/cnn.pc
	install -D -m 644 doc/cnnsh.1 $(TARGET)/share/man/man1/cnnsh.1
	install -D -m 644 editors/cnnsh.bash $(BASH_DIR)/cnnsh
	install -D -m 644 editors/_cnnsh $(ZSH_DIR)/_cnnsh
	install -D -m 644 editors/luacats/cnn.lua $(TARGET)/share/cnnsh/luacats/cnn.lua

.PHONY: module
module: $(BUILD)/cnn/core.so $(OPTIONAL_SO)
install-module: $(BUILD)/cnn/core.so $(OPTIONAL_SO)
	install -D -m 644 $< $(LUA_CDIR)/cnn/core.so
	for f in $(OPTIONAL); do install -D -m 644 $(BUILD)/cnn/$$f.so $(LUA_CDIR)/cnn/$$f.so || exit; done
	for f in $(MODULE_FILES); do install -D -m 644 lua/$$f $(LUA_DIR)/$$f || exit; done

# What install wrote and the folders that are empty then; nothing else that may be there.
uninstall:
	rm -f $(addprefix $(TARGET)/,bin/cnnsh include/cnn.h lib/libcnn.a lib/pkgconfig/cnn.pc share/man/man1/cnnsh.1 \
	  $(PUBLIC_HEADERS:%=include/cnn/%) $(LUA_FILES:%=share/cnnsh/%) share/cnnsh/luacats/cnn.lua)
	rm -f $(BASH_DIR)/cnnsh $(ZSH_DIR)/_cnnsh
	rm -f $(LUA_CDIR)/cnn/core.so $(MODULE_FILES:%=$(LUA_DIR)/%)
	rm -f $(patsubst lua/optional/%.c,$(LUA_CDIR)/cnn/%.so,$(wildcard lua/optional/*.c)) \
	  $(patsubst lua/optional/%.c,$(TARGET)/lib/cnnsh/cnn/%.so,$(wildcard lua/optional/*.c))
	for d in $(TARGET)/include/cnn $(TARGET)/share/cnnsh $(TARGET)/lib/cnnsh $(LUA_DIR)/cnn $(LUA_CDIR)/cnn; do \
	  if [ -d $$d ]; then find $$d -depth -type d -empty -delete; fi; done

deb: all
	@sh scripts/deb.sh $(VERSION) $(BUILD)

clean:
	rm -rf $(BUILD) cnnsh

# ---- tests and checks ---------------------------------------------------------------------------------------------------
.PHONY: test-run test-lua test-c test-asan test-tsan test-valgrind check-arm64 check-deps check-compilers format check-format lint
test-run: all $(TEST_MODULES) $(TEST_PROGRAMS) $(FUZZ_REPLAY)
	@CNN_BUILD=$(BUILD) $(LUA) tests/run.lua --c $(BUILD)/tests/c $(TESTS)
test-lua: all $(TEST_MODULES) $(FUZZ_REPLAY)
	@CNN_BUILD=$(BUILD) $(LUA) tests/run.lua $(TESTS)
# the error messages that no test in Lua provokes, after a whole run of them
.PHONY: error-sites
error-sites: all
	@rm -f $(BUILD)/errors.log
	@CNN_ERROR_LOG=$(CURDIR)/$(BUILD)/errors.log $(REMAKE) test-lua || true
	@./cnnsh tests/helpers/error_sites.lua $(BUILD)/errors.log
test-c: $(TEST_PROGRAMS)
	@$(LUA) tests/run.lua --c $(BUILD)/tests/c c/

check: deps check-deps
	@$(REMAKE) check-format
	@$(REMAKE) check-compilers
	@$(REMAKE) lint
	@$(REMAKE) test-asan
	@$(REMAKE) test-tsan
	@$(REMAKE) test-valgrind
	@$(REMAKE) fuzz FUZZ_SECONDS=25
	@$(REMAKE) test-run

check-deps:
	@sh scripts/deps.sh check

C_FILES := $(shell find core kernels lua tests examples -name '*.[ch]' 2>/dev/null)
format:
	clang-format -i $(C_FILES)
check-format:
	@clang-format --dry-run -Werror $(C_FILES) && echo "format: as .clang-format says"

# every warning is an error with both compilers
check-compilers:
	@$(REMAKE) -j$$(nproc) BUILD=build/gcc CC=gcc programs >/dev/null && echo "gcc: no warning"
	@$(REMAKE) -j$$(nproc) BUILD=build/clang CC=clang programs >/dev/null && echo "clang: no warning"

comma := ,
TIDY_ON  := bugprone-* clang-analyzer-unix.* clang-analyzer-deadcode.* clang-analyzer-core.uninitialized.*
# false alarms, or matters of taste
TIDY_OFF := bugprone-incorrect-roundings bugprone-misplaced-widening-cast \
            bugprone-not-null-terminated-result bugprone-signed-char-misuse bugprone-sizeof-expression \
            clang-analyzer-valist.Uninitialized bugprone-branch-clone bugprone-easily-swappable-parameters \
            bugprone-narrowing-conversions bugprone-implicit-widening-of-multiplication-result \
            bugprone-reserved-identifier bugprone-macro-parentheses bugprone-assignment-in-if-condition \
            clang-analyzer-security.insecureAPI.DeprecatedOrUnsafeBufferHandling
TIDY := -*$(patsubst %,$(comma)%,$(TIDY_ON))$(patsubst %,$(comma)-%,$(TIDY_OFF))
lint:
	@cppcheck --quiet --error-exitcode=1 --inline-suppr --std=c11 --enable=warning,portability \
	    --suppressions-list=tests/rules/cppcheck.txt -I. -DCNN_LEVEL=baseline -DCNN_VERSION='"0"' \
	    -DREAL=float -DCNN_REAL_IS_FLOAT=1 -DELEMENT_f32 core kernels lua && echo "cppcheck: nothing found"
	@clang-tidy --quiet --warnings-as-errors='*' --checks='$(shell echo "$(TIDY)" | tr -d " ")' $(CORE_SRC) $(BINDING_SRC) \
	    $(SHELL_SRC) -- $(filter-out $(WARN),$(ALL_CFLAGS)) $(LUA_CFLAGS) 2>/dev/null && echo "clang-tidy: nothing found"

# addresses and undefined behaviour, under the C tests and the quick Lua tests
SANITIZER := -fsanitize=address,undefined -fno-sanitize-recover=undefined -fno-omit-frame-pointer
# (the tests of Ctrl-C are about moments, and take the ordinary program)
test-asan: cnnsh
	@$(REMAKE) -j$$(nproc) BUILD=build/asan OPT=-O1 KERNEL_OPT=-O1 SANITIZE="$(SANITIZER)" programs >/dev/null
	@CNN_BUILD=build/asan CNN_TEST_SANITIZED=1 ASAN_OPTIONS=detect_leaks=1:allocator_may_return_null=1 $(LUA) tests/run.lua \
	    --cnnsh build/asan/cnnsh --c build/asan/tests/c --timeout 900 $(TESTS)

# Data races of the loader's threads: its C test, and loops over loaders in Lua. OpenMP runs one thread here, since the
# sanitizer cannot see how libgomp's threads wait for each other; the loader's own threads are not OpenMP's.
test-tsan:
	@$(REMAKE) -j$$(nproc) BUILD=build/tsan OPT=-O1 KERNEL_OPT=-O1 SANITIZE=-fsanitize=thread \
	    build/tsan/tests/c/loader build/tsan/cnnsh >/dev/null
	@export TSAN_OPTIONS=die_after_fork=0:halt_on_error=1 OMP_NUM_THREADS=1 CNN_NUM_THREADS=1 OMP_WAIT_POLICY=passive; \
	    build/tsan/tests/c/loader && build/tsan/cnnsh tests/helpers/loader_loops.lua && echo "thread sanitizer: nothing found"

# memory errors in the program as it is shipped: a short walk through everything. The policy keeps it from starting anew,
# outside of valgrind, should it have to (lua/shell/openmp.c).
test-valgrind: all
	@CNN_CPU=avx2 CNN_NUM_THREADS=1 OMP_WAIT_POLICY=passive valgrind --quiet --error-exitcode=9 --leak-check=full --errors-for-leak-kinds=definite \
	    --suppressions=tests/rules/valgrind.txt $(BUILD)/cnnsh tests/helpers/walk.lua && echo "valgrind: nothing found"

# libFuzzer for FUZZ_SECONDS per target (FUZZ="idx tensors" runs some), beginning with the committed corpora and what
# earlier runs kept in build/fuzz/kept. A finding is written to build/fuzz/findings.
FUZZ         ?= $(FUZZ_TARGETS)
FUZZ_SECONDS ?= 60
.PHONY: fuzz fuzzers
fuzz:
	@$(REMAKE) -j$$(nproc) BUILD=build/fuzz CC=clang OPT=-O1 KERNEL_OPT="-O1 -Wno-pass-failed" \
	    SANITIZE="$(SANITIZER) -fsanitize=fuzzer-no-link,float-cast-overflow" fuzzers >/dev/null
	@sh tests/fuzz/run.sh build/fuzz $(FUZZ_SECONDS) $(FUZZ)
fuzzers: $(FUZZERS)

# The baseline level on another processor: cross-compiled, under qemu. Says what it needs where that is missing.
check-arm64:
	@sh scripts/arm64.sh

.PHONY: programs
programs: $(BUILD)/cnnsh $(BUILD)/cnn/core.so $(TEST_MODULES) $(TEST_PROGRAMS) $(FUZZ_REPLAY)

-include $(shell find $(BUILD) -name '*.d' 2>/dev/null)
