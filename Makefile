# cnnsh: the only build file. `make help` lists what it does.
VERSION := 0.1.0
BUILD   := build
CC      ?= cc
PREFIX  ?= /usr/local

LUA_CFLAGS   := $(shell pkg-config --cflags lua5.4 2>/dev/null || echo -I/usr/include/lua5.4)
LUA_LIBS     := $(shell pkg-config --libs lua5.4 2>/dev/null || echo -llua5.4)
BLAS_LIBS    := $(shell pkg-config --libs openblas 2>/dev/null || echo -lopenblas)
BLAS_CFLAGS  := $(shell pkg-config --cflags openblas 2>/dev/null)

WARN     := -Wall -Wextra -Werror -Wshadow -Wstrict-prototypes -Wmissing-prototypes -Wpointer-arith -Wvla
OPT      ?= -O2
CFLAGS   ?=
SANITIZE ?=
ALL_CFLAGS := -std=gnu11 $(OPT) -g $(WARN) -fopenmp -fPIC -fvisibility=hidden -ffp-contract=off -fno-math-errno \
              -I. -DCNN_VERSION='"$(VERSION)"' $(SANITIZE) $(CFLAGS)
LDLIBS   := $(BLAS_LIBS) -lz -lm -lpthread -fopenmp $(SANITIZE)

ARCH := $(shell $(CC) -dumpmachine | cut -d- -f1)

# ---- sources: found by wildcard, one object each; kernels/cpu once per instruction-set level -------------------------
CORE_SRC      := $(wildcard core/*.c core/ops/*.c)
REFERENCE_SRC := $(wildcard kernels/reference/*.c)
CPU_SRC       := $(filter-out kernels/cpu/level.c,$(wildcard kernels/cpu/*.c))
BINDING_SRC   := $(wildcard lua/binding/*.c)
SHELL_SRC     := $(wildcard lua/shell/*.c)

LEVELS := baseline
ifeq ($(ARCH),x86_64)
LEVELS += avx2 avx512
endif
KERNEL_OPT      := -O3 -fno-trapping-math
FLAGS_baseline  :=
FLAGS_avx2      := -mavx2 -mfma -mf16c
FLAGS_avx512    := -mavx512f -mavx512dq -mavx512bw -mavx512vl -mfma -mprefer-vector-width=512

REFERENCE_OBJ := $(foreach t,f32 f64,$(REFERENCE_SRC:%.c=$(BUILD)/%.$(t).o))
CPU_OBJ       := $(foreach l,$(LEVELS),$(CPU_SRC:%.c=$(BUILD)/%.$(l).o))
LEVEL_OBJ     := $(BUILD)/kernels/cpu/level.o
CORE_OBJ      := $(CORE_SRC:%.c=$(BUILD)/%.o)
BINDING_OBJ   := $(BINDING_SRC:%.c=$(BUILD)/%.o)
SHELL_OBJ     := $(SHELL_SRC:%.c=$(BUILD)/%.o)
LIB_OBJ       := $(CORE_OBJ) $(REFERENCE_OBJ) $(CPU_OBJ) $(LEVEL_OBJ)

.PHONY: all
all: cnnsh $(BUILD)/cnn/core.so

cnnsh: $(BUILD)/cnnsh
	@cp -f $< $@.new && mv -f $@.new $@

$(BUILD)/cnnsh: $(SHELL_OBJ) $(BINDING_OBJ) $(BUILD)/libcnn.a
	$(CC) -o $@ $^ $(LUA_LIBS) -lreadline $(LDLIBS) -Wl,-E

# the module for the plain lua5.4 program: no readline
$(BUILD)/cnn/core.so: $(BINDING_OBJ) $(BUILD)/libcnn.a
	@mkdir -p $(@D)
	$(CC) -shared -o $@ $^ $(LDLIBS)

$(BUILD)/libcnn.a: $(LIB_OBJ)
	@rm -f $@
	ar rcs $@ $^

$(BUILD)/core/%.o: core/%.c
	@mkdir -p $(@D)
	$(CC) $(ALL_CFLAGS) -MMD -MP -c -o $@ $<
$(BUILD)/lua/%.o: lua/%.c
	@mkdir -p $(@D)
	$(CC) $(ALL_CFLAGS) $(LUA_CFLAGS) -MMD -MP -c -o $@ $<
$(BUILD)/kernels/cpu/level.o: kernels/cpu/level.c
	@mkdir -p $(@D)
	$(CC) $(ALL_CFLAGS) -MMD -MP -c -o $@ $<
$(BUILD)/kernels/reference/%.f32.o: kernels/reference/%.c
	@mkdir -p $(@D)
	$(CC) $(ALL_CFLAGS) -DREAL=float -DCNN_REAL_IS_FLOAT=1 -DCNN_LEVEL=reference_f32 -MMD -MP -c -o $@ $<
$(BUILD)/kernels/reference/%.f64.o: kernels/reference/%.c
	@mkdir -p $(@D)
	$(CC) $(ALL_CFLAGS) -DREAL=double -DCNN_REAL_IS_FLOAT=0 -DCNN_LEVEL=reference_f64 -MMD -MP -c -o $@ $<
define CPU_RULE
$(BUILD)/kernels/cpu/%.$(1).o: kernels/cpu/%.c
	@mkdir -p $$(@D)
	$$(CC) $$(ALL_CFLAGS) $$(KERNEL_OPT) $$(BLAS_CFLAGS) $$(FLAGS_$(1)) -DCNN_LEVEL=$(1) -MMD -MP -c -o $$@ $$<
endef
$(foreach l,$(LEVELS),$(eval $(call CPU_RULE,$(l))))

.PHONY: clean
clean:
	rm -rf $(BUILD) cnnsh

-include $(shell find $(BUILD) -name '*.d' 2>/dev/null)
