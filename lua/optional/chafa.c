/* SPDX-License-Identifier: MIT
 * The Lua module cnn.chafa: a PNG, or rows of bytes, as text for the terminal, by libchafa. Built only where libchafa
 * and libpng are found; loaded only when a picture is shown, so nobody else waits for it.
 *
 * libchafa knows from the environment what the terminal can: kitty's, iTerm2's or sixel pixels, else symbols in as many
 * colours as there are. Making Lua strings may raise, so all C memory hangs on one userdata that frees it. */
#include <chafa.h>
#include <lauxlib.h>
#include <lua.h>
#include <png.h>
#include <stdlib.h>
#include <string.h>

#define LARGEST_SIDE 16384

typedef struct held {
    png_image png;
    unsigned char *pixels; /* width * height of red, green, blue, alpha */
    gint width, height;
    ChafaSymbolMap *symbols;
    ChafaCanvasConfig *config;
    ChafaCanvas *canvas;
    GString *text;
} held;

static int release(lua_State *L) {
    held *h = lua_touserdata(L, 1);
    png_image_free(&h->png);
    free(h->pixels);
    if (h->canvas) chafa_canvas_unref(h->canvas);
    if (h->config) chafa_canvas_config_unref(h->config);
    if (h->symbols) chafa_symbol_map_unref(h->symbols);
    if (h->text) g_string_free(h->text, TRUE);
    memset(h, 0, sizeof *h);
    return 0;
}

static held *hold(lua_State *L) {
    held *h = lua_newuserdatauv(L, sizeof *h, 0);
    memset(h, 0, sizeof *h);
    if (luaL_newmetatable(L, "cnn.chafa.held")) {
        lua_pushcfunction(L, release);
        lua_setfield(L, -2, "__gc");
    }
    lua_setmetatable(L, -2);
    return h;
}

static void read_png(lua_State *L, held *h, const char *data, size_t bytes) {
    h->png.version = PNG_IMAGE_VERSION;
    if (!png_image_begin_read_from_memory(&h->png, data, bytes)) luaL_error(L, "no PNG: %s", h->png.message);
    if (h->png.width > LARGEST_SIDE || h->png.height > LARGEST_SIDE) luaL_error(L, "the PNG is too large to be shown");
    h->png.format = PNG_FORMAT_RGBA;
    h->pixels = malloc(PNG_IMAGE_SIZE(h->png));
    if (!h->pixels) luaL_error(L, "no memory for the picture");
    if (!png_image_finish_read(&h->png, NULL, h->pixels, 0, NULL)) luaL_error(L, "no PNG: %s", h->png.message);
    h->width = (gint)h->png.width;
    h->height = (gint)h->png.height;
}

/* Rows of red, green, blue. */
static void take_rgb(lua_State *L, held *h, const char *data, size_t bytes, lua_Integer width, lua_Integer height) {
    luaL_argcheck(L, width > 0 && width <= LARGEST_SIDE, 2, "width");
    luaL_argcheck(L, height > 0 && height <= LARGEST_SIDE, 3, "height");
    const size_t count = (size_t)width * (size_t)height;
    luaL_argcheck(L, bytes == 3 * count, 1, "three bytes for each pixel are wanted");
    h->pixels = malloc(4 * count);
    if (!h->pixels) luaL_error(L, "no memory for the picture");
    for (size_t i = 0; i < count; i++) {
        memcpy(h->pixels + 4 * i, data + 3 * i, 3);
        h->pixels[4 * i + 3] = 255;
    }
    h->width = (gint)width;
    h->height = (gint)height;
}

static ChafaPixelMode pixel_mode(ChafaTermInfo *info) {
    if (chafa_term_info_have_seq(info, CHAFA_TERM_SEQ_BEGIN_KITTY_IMMEDIATE_IMAGE_V1)) return CHAFA_PIXEL_MODE_KITTY;
    if (chafa_term_info_have_seq(info, CHAFA_TERM_SEQ_BEGIN_ITERM2_IMAGE)) return CHAFA_PIXEL_MODE_ITERM2;
    if (chafa_term_info_have_seq(info, CHAFA_TERM_SEQ_BEGIN_SIXELS)) return CHAFA_PIXEL_MODE_SIXELS;
    return CHAFA_PIXEL_MODE_SYMBOLS;
}

static ChafaCanvasMode canvas_mode(ChafaTermInfo *info) {
    const char *none = getenv("NO_COLOR");
    if (none && *none) return CHAFA_CANVAS_MODE_FGBG;
    if (chafa_term_info_have_seq(info, CHAFA_TERM_SEQ_SET_COLOR_FGBG_DIRECT)) return CHAFA_CANVAS_MODE_TRUECOLOR;
    if (chafa_term_info_have_seq(info, CHAFA_TERM_SEQ_SET_COLOR_FGBG_256)) return CHAFA_CANVAS_MODE_INDEXED_240;
    if (chafa_term_info_have_seq(info, CHAFA_TERM_SEQ_SET_COLOR_FGBG_16)) return CHAFA_CANVAS_MODE_INDEXED_16;
    return CHAFA_CANVAS_MODE_FGBG;
}

static ChafaTermInfo *terminal(void) {
    gchar **environment = g_get_environ();
    ChafaTermInfo *info = chafa_term_db_detect(chafa_term_db_get_default(), environment);
    g_strfreev(environment);
    return info;
}

/* Cells are about twice as high as wide. */
static void draw(held *h, gint columns, gint rows) {
    ChafaTermInfo *info = terminal();
    h->symbols = chafa_symbol_map_new();
    chafa_symbol_map_add_by_tags(h->symbols, CHAFA_SYMBOL_TAG_BLOCK | CHAFA_SYMBOL_TAG_BORDER | CHAFA_SYMBOL_TAG_SPACE);
    chafa_calc_canvas_geometry(h->width, h->height, &columns, &rows, 0.5f, TRUE, FALSE);
    h->config = chafa_canvas_config_new();
    chafa_canvas_config_set_geometry(h->config, columns, rows);
    chafa_canvas_config_set_pixel_mode(h->config, pixel_mode(info));
    chafa_canvas_config_set_canvas_mode(h->config, canvas_mode(info));
    chafa_canvas_config_set_symbol_map(h->config, h->symbols);
    chafa_canvas_config_set_cell_geometry(h->config, 10, 20);
    h->canvas = chafa_canvas_new(h->config);
    chafa_canvas_draw_all_pixels(h->canvas, CHAFA_PIXEL_RGBA8_UNASSOCIATED, h->pixels, h->width, h->height,
                                 h->width * 4);
    h->text = chafa_canvas_print(h->canvas, info);
    chafa_term_info_unref(info);
}

/* Returns the text that shows what `h`, at the top of the stack, holds, ending with a new line. */
static int finish(lua_State *L, held *h, lua_Integer columns, lua_Integer rows) {
    draw(h, (gint)columns, (gint)rows);
    lua_pushlstring(L, h->text->str, h->text->len);
    lua_pushliteral(L, "\n");
    lua_concat(L, 2);
    lua_pushcfunction(L, release);
    lua_pushvalue(L, -3);
    lua_call(L, 1, 0);
    return 1;
}

/* The cells that may be filled, at `index` and behind. */
static void check_cells(lua_State *L, int index, lua_Integer *columns, lua_Integer *rows) {
    *columns = luaL_checkinteger(L, index);
    *rows = luaL_checkinteger(L, index + 1);
    luaL_argcheck(L, *columns > 0 && *columns <= 10000, index, "columns");
    luaL_argcheck(L, *rows > 0 && *rows <= 10000, index + 1, "rows");
}

/* png(bytes, columns, rows) -> text that shows it in at most that many cells */
static int show_png(lua_State *L) {
    size_t bytes;
    lua_Integer columns, rows;
    const char *data = luaL_checklstring(L, 1, &bytes);
    check_cells(L, 2, &columns, &rows);
    held *h = hold(L);
    read_png(L, h, data, bytes);
    return finish(L, h, columns, rows);
}

/* rgb(bytes, width, height, columns, rows) -> the same for rows of red, green, blue */
static int show_rgb(lua_State *L) {
    size_t bytes;
    lua_Integer columns, rows;
    const char *data = luaL_checklstring(L, 1, &bytes);
    lua_Integer width = luaL_checkinteger(L, 2), height = luaL_checkinteger(L, 3);
    check_cells(L, 4, &columns, &rows);
    held *h = hold(L);
    take_rgb(L, h, data, bytes, width, height);
    return finish(L, h, columns, rows);
}

/* pixels() -> can the terminal show pixels, not just symbols? */
static int has_pixels(lua_State *L) {
    ChafaTermInfo *info = terminal();
    lua_pushboolean(L, pixel_mode(info) != CHAFA_PIXEL_MODE_SYMBOLS);
    chafa_term_info_unref(info);
    return 1;
}

__attribute__((visibility("default"))) int luaopen_cnn_chafa(lua_State *L);

int luaopen_cnn_chafa(lua_State *L) {
    lua_newtable(L);
    lua_pushcfunction(L, show_png);
    lua_setfield(L, -2, "png");
    lua_pushcfunction(L, show_rgb);
    lua_setfield(L, -2, "rgb");
    lua_pushcfunction(L, has_pixels);
    lua_setfield(L, -2, "pixels");
    return 1;
}
