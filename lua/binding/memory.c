/* SPDX-License-Identifier: MIT
 * When to collect garbage, for a collector that sees forty bytes where a tensor holds forty megabytes.
 *
 * We keep our own limit on the bytes that tensors hold: at least 128 MB more than survived the last collection, and
 * twice as many. It is looked at before a C function runs and never inside one. Safe points (a loader's next batch, the
 * prompt) collect earlier, from 64 MB on, when little is alive, so that a training loop holds one step's tensors. Where
 * the core has no memory left: cached blocks go back, a full collection, one more try. Full collections work in both of
 * Lua's modes; steps do not in the generational one. A stopped collector is respected, except where the alternative is
 * to fail. One pacing per lua_State. */
#include <stdio.h>
#include <string.h>

#include "core/alloc.h"
#include "lua/binding/binding.h"

#define MOST_ROUNDS        1000 /* of one collection: a chain of tensors with hooks goes link by link */
#define MB                 ((size_t)1 << 20)
#define SMALLEST_STEP      (64 * MB)
#define SMALLEST_BOX_STEP  ((size_t)8192)
#define BYTES_BESIDE_A_BOX ((size_t)400) /* a tensor, its storage and malloc's own: nobody else counts them */

typedef struct pacing {
    size_t limit;     /* collect when this much is held              */
    size_t boxes;     /* … or when there are this many userdata      */
    size_t survivors; /* what was held after the last collection      */
    int useless;      /* collections in a row that freed almost nothing */
} pacing;

static const char pacing_key; /* registry: the pacing, a userdata */
static const char scope_key;  /* registry: the innermost scope's list of userdata, or nil */
static int scopes;            /* open ones, in all states: 0 means there is nothing to look up */

static size_t held(void) {
    return cnn_memory().live_bytes + binding_boxes() * BYTES_BESIDE_A_BOX;
}

static pacing *pacing_of(lua_State *L) {
    lua_rawgetp(L, LUA_REGISTRYINDEX, &pacing_key);
    pacing *p = lua_touserdata(L, -1);
    lua_pop(L, 1);
    return p;
}

/* How many bytes of garbage make a collection worth its time, which goes with Lua's own heap: 15 to 40 ms for a million
 * objects, some 100 MB. */
static size_t worth_of_lua_heap(lua_State *L) {
    size_t enough = 4 * (size_t)lua_gc(L, LUA_GCCOUNT) * 1024;
    return enough < 512 * MB ? enough : 512 * MB;
}

/* Small tensors are collected while they still lie in the processor's cache, so that the next ones find their memory
 * there: three times as fast. Fewer collections where Lua's heap is large, or many tensors live. */
static size_t box_limit(lua_State *L) {
    size_t live = binding_boxes(), step = (size_t)lua_gc(L, LUA_GCCOUNT) * 1024 / 256;
    if (step < SMALLEST_BOX_STEP) step = SMALLEST_BOX_STEP;
    return live + (step > live ? step : live);
}

/* Garbage that is not worth a collection where memory is plenty: a collection comes to a millisecond when the
 * processor's caches are full of images, as much as a tenth of a small network's step. */
static size_t free_step(void) {
    size_t share = cnn_memory().budget_bytes / 64;
    return share < SMALLEST_STEP ? share : SMALLEST_STEP;
}

static void collect(lua_State *L, pacing *p) {
    size_t before = held();
    int rounds = 0;
    do lua_gc(L, LUA_GCCOLLECT);
    while (binding_hooks_given_back(L) && ++rounds < MOST_ROUNDS);
    p->survivors = held();
    /* A collection that freed less than a tenth makes the next one wait longer: no thrashing. */
    p->useless = p->survivors > before - before / 10 ? p->useless + (p->useless < 2) : 0;
    size_t step = worth_of_lua_heap(L);
    if (step < SMALLEST_STEP) step = SMALLEST_STEP;
    if (step < 2 * free_step()) step = 2 * free_step(); /* or it would come before the safe point */
    if (step < p->survivors) step = p->survivors;
    p->limit = p->survivors + (step << p->useless);
    p->boxes = box_limit(L);
}

static void pace(lua_State *L) {
    pacing *p = pacing_of(L);
    bool much = p != NULL && (held() > p->limit || binding_boxes() > p->boxes);
    if (much && lua_gc(L, LUA_GCISRUNNING)) collect(L, p);
}

void binding_safe_point(lua_State *L) {
    pacing *p = pacing_of(L);
    size_t now = held();
    binding_wake_collector(L);
    if (p == NULL || now <= p->survivors || !lua_gc(L, LUA_GCISRUNNING)) return;
    size_t enough = worth_of_lua_heap(L);
    if (enough < free_step()) enough = free_step();
    if (enough < now / 4) enough = now / 4;
    if (now - p->survivors <= enough) return;
    /* A loop's next step will hold as much as this one did: with a limit that forgot it, collections halfway through
     * the step would look for garbage where there is none. It forgets slowly. */
    const size_t limit = p->limit - p->limit / 8;
    collect(L, p);
    if (p->limit < limit) p->limit = limit;
}

static void tell_memory(cnn_error *err) {
    cnn_memory_info info = cnn_memory();
    size_t used = strlen(err->text);
    snprintf(err->text + used, sizeof err->text - used,
             "\n%.1f MB live in tensors, %.1f MB cached, peak %.1f MB; garbage was collected before this was said",
             (double)info.live_bytes / (double)MB, (double)info.cached_bytes / (double)MB,
             (double)info.peak_bytes / (double)MB);
}

static lua_State *runner;

lua_State *binding_runner(void) {
    return runner;
}

static cnn_status run(lua_State *L, binding_work work, void *context, cnn_error *err) {
    lua_State *outer = runner;
    runner = L;
    cnn_status status = work(context, err);
    runner = outer;
    return status;
}

/* After Ctrl-C nothing is begun any more: code that catches the error and goes on would wait for each op's end. */
cnn_status binding_run_once(lua_State *L, binding_work work, void *context, cnn_error *err) {
    if (cnn_interrupted()) return cnn_fail(err, CNN_INTERRUPTED, "stopped by Ctrl-C");
    pace(L);
    return run(L, work, context, err);
}

cnn_status binding_run(lua_State *L, binding_work work, void *context, cnn_error *err) {
    cnn_status status = binding_run_once(L, work, context, err);
    if (status != CNN_NO_MEMORY) return status;
    pacing *p = pacing_of(L);
    if (p != NULL) collect(L, p);
    cnn_memory_trim();
    status = run(L, work, context, err);
    if (status == CNN_NO_MEMORY) tell_memory(err);
    return status;
}

/* ---- cnn.scope ---- */

void binding_scope_note(lua_State *L) {
    if (scopes == 0) return;
    if (lua_rawgetp(L, LUA_REGISTRYINDEX, &scope_key) == LUA_TTABLE) {
        lua_pushvalue(L, -2);
        lua_rawseti(L, -2, (lua_Integer)lua_rawlen(L, -2) + 1);
    }
    lua_pop(L, 1);
}

/* () -> a scope, now the innermost one. It is a table: the userdata made in it, and `outer`. */
static int scope_begin(lua_State *L) {
    lua_createtable(L, 16, 1);
    lua_rawgetp(L, LUA_REGISTRYINDEX, &scope_key);
    lua_setfield(L, -2, "outer");
    lua_pushvalue(L, -1);
    lua_rawsetp(L, LUA_REGISTRYINDEX, &scope_key);
    scopes++;
    return 1;
}

/* (scope, keep): ends it; frees what was made in it, except the keys of the table `keep`, which the outer scope gets.
 */
static int scope_end(lua_State *L) {
    luaL_checktype(L, 1, LUA_TTABLE);
    luaL_checktype(L, 2, LUA_TTABLE);
    lua_getfield(L, 1, "outer");
    lua_rawsetp(L, LUA_REGISTRYINDEX, &scope_key);
    scopes--;
    lua_Integer count = (lua_Integer)lua_rawlen(L, 1);
    for (lua_Integer i = 1; i <= count; i++) {
        lua_rawgeti(L, 1, i);
        lua_pushvalue(L, -1);
        binding_box *box = lua_touserdata(L, -1);
        if (lua_rawget(L, 2) != LUA_TNIL) {
            lua_pop(L, 1);
            binding_scope_note(L);
        } else {
            lua_pop(L, 1);
            cnn_tensor_release(&box->tensor);
        }
        lua_pop(L, 1);
    }
    return 0;
}

/* ---- what Lua sees ---- */

static int safe_point(lua_State *L) {
    binding_safe_point(L);
    return 0;
}

static void set_bytes(lua_State *L, const char *key, size_t bytes) {
    lua_pushinteger(L, (lua_Integer)(bytes > INT64_MAX ? INT64_MAX : bytes));
    lua_setfield(L, -2, key);
}

/* () -> {live_bytes, peak_bytes, cached_bytes, budget_bytes, system_allocations, tensors} */
static int memory(lua_State *L) {
    cnn_memory_info info = cnn_memory();
    lua_createtable(L, 0, 6);
    set_bytes(L, "live_bytes", info.live_bytes);
    set_bytes(L, "peak_bytes", info.peak_bytes);
    set_bytes(L, "cached_bytes", info.cached_bytes);
    set_bytes(L, "budget_bytes", info.budget_bytes);
    set_bytes(L, "system_allocations", info.system_allocations);
    set_bytes(L, "tensors", binding_boxes());
    set_bytes(L, "overruns", cnn_alloc_overruns()); /* stays 0 without CNN_DEBUG_ALLOC=1 */
    return 1;
}

/* (bytes): nothing larger may be live; cached blocks count against it too. */
static int memory_budget(lua_State *L) {
    int64_t bytes = binding_check_integer(L, 1, "memory_budget", "the budget");
    if (bytes < 0)
        binding_fail(L, CNN_BAD_VALUE, "memory_budget", "the budget counts bytes; got %lld", (long long)bytes);
    cnn_memory_budget_set((size_t)bytes);
    return 0;
}

static int memory_trim(lua_State *L) {
    (void)L;
    cnn_memory_trim();
    return 0;
}

static int memory_reset_peak(lua_State *L) {
    (void)L;
    cnn_memory_reset_peak();
    return 0;
}

void binding_open_memory(lua_State *L) {
    static const luaL_Reg functions[] = {{"safe_point", safe_point},
                                         {"memory", memory},
                                         {"memory_budget", memory_budget},
                                         {"memory_trim", memory_trim},
                                         {"memory_reset_peak", memory_reset_peak},
                                         {"scope_begin", scope_begin},
                                         {"scope_end", scope_end},
                                         {NULL, NULL}};
    luaL_setfuncs(L, functions, 0);
    pacing *p = lua_newuserdatauv(L, sizeof *p, 0);
    *p = (pacing){.limit = held() + SMALLEST_STEP, .boxes = box_limit(L), .survivors = held()};
    lua_rawsetp(L, LUA_REGISTRYINDEX, &pacing_key);
}
