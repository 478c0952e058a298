/* SPDX-License-Identifier: MIT
 * Reading one line. Readline's callback interface is used, not readline(): the loop around it is ours, so that signals
 * are handled between two keys, outside of readline and of any handler.
 *
 * While a line is edited, the signals below are blocked except inside pselect, and their handlers only take a note:
 *   SIGINT            clears the line; never leaves the program
 *   SIGTSTP, SIGCONT  give the terminal back before stopping, take it again afterwards
 *   SIGWINCH          the line is drawn for the new width
 *   SIGTERM …         give the terminal back, then die of the signal (the history is on disk already)
 * Between lines all of this is undone: running code sees the handlers and the terminal as they were. */
#include "lua/shell/readline.h"

#include <errno.h>
#include <locale.h>
#include <signal.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/select.h>
#include <unistd.h>

#include <lauxlib.h>
#include <readline/history.h>
#include <readline/readline.h>

#include "lua/binding/terminal.h"

enum { HISTORY_ENTRIES = 10000 };

static const int watched[] = {SIGINT, SIGTSTP, SIGCONT, SIGWINCH, SIGTERM, SIGHUP, SIGQUIT};
enum { WATCHED = sizeof watched / sizeof *watched };

static volatile sig_atomic_t noted[WATCHED]; /* which signals came since the last look */
static struct sigaction former[WATCHED];
static sigset_t former_mask;

static enum { EDITING, ENTERED, ENDED, INTERRUPTED } state;
static char *entered; /* the last line, readline's allocation; freed when the next is read */

/* ---- signals ---- */

static void take_note(int signal_number) {
    for (int i = 0; i < WATCHED; i++)
        if (watched[i] == signal_number) noted[i] = 1;
}

static void watch_begin(void) {
    sigset_t mask;
    sigemptyset(&mask);
    for (int i = 0; i < WATCHED; i++) sigaddset(&mask, watched[i]);
    sigprocmask(SIG_BLOCK, &mask, &former_mask);
    for (int i = 0; i < WATCHED; i++) {
        struct sigaction action = {.sa_handler = take_note};
        sigfillset(&action.sa_mask);
        noted[i] = 0;
        sigaction(watched[i], &action, &former[i]);
    }
}

/* The handlers go back before the mask: an interrupt typed after Enter belongs to the code that runs next. */
static void watch_end(void) {
    for (int i = 0; i < WATCHED; i++) {
        sigaction(watched[i], &former[i], NULL);
        if (noted[i]) raise(watched[i]); /* came while the line was completed */
    }
    sigprocmask(SIG_SETMASK, &former_mask, NULL);
}

/* Lets the signal do what it does by default. Returns if it stopped the program and somebody continued it. */
static void act_as_default(int signal_number) {
    struct sigaction before, plain = {.sa_handler = SIG_DFL};
    sigset_t mask, old;
    sigaction(signal_number, &plain, &before);
    raise(signal_number);
    sigemptyset(&mask);
    sigaddset(&mask, signal_number);
    sigprocmask(SIG_UNBLOCK, &mask, &old);
    sigprocmask(SIG_SETMASK, &old, NULL);
    sigaction(signal_number, &before, NULL);
}

static void drop_line(void) {
    rl_free_line_state(); /* ends a search or a half-typed count, too */
    rl_callback_sigcleanup();
    rl_point = rl_end; /* the next prompt comes below the last row of a long line */
    rl_redisplay();
    rl_echo_signal_char(SIGINT);
    state = INTERRUPTED;
}

/* After a stop: whoever had the terminal meanwhile left it in another mode, perhaps in another size, and the cursor at
 * the beginning of a line: nothing of ours is to be drawn over. */
static void take_terminal(void) {
    rl_deprep_term_function(); /* nothing, unless somebody stopped us without asking */
    rl_prep_term_function(1);
    rl_reset_screen_size();
    rl_forced_update_display();
}

static void handle_signal(int signal_number) {
    switch (signal_number) {
    case SIGINT:
        drop_line();
        break;
    case SIGWINCH:
        shell_resize();
        break;
    case SIGTSTP:
        rl_deprep_term_function();
        act_as_default(SIGTSTP);
        take_terminal();
        break;
    case SIGCONT:
        take_terminal();
        break;
    default:
        rl_callback_handler_remove();
        act_as_default(signal_number);
    }
}

static void handle_noted(void) {
    for (int i = 0; i < WATCHED; i++) {
        if (!noted[i]) continue;
        noted[i] = 0;
        handle_signal(watched[i]);
    }
}

/* ---- the line ---- */

static void line_ready(char *line) {
    entered = line;
    state = line ? ENTERED : ENDED;
    rl_callback_handler_remove(); /* at once, or readline draws the next prompt */
}

/* A terminal throws away what has been typed when it sends SIGINT, so unread keys came after it; yet pselect reports
 * keys first where both are there. */
static void take_pending_signals(void) {
    sigset_t blocked;
    sigprocmask(SIG_SETMASK, &former_mask, &blocked);
    sigprocmask(SIG_SETMASK, &blocked, NULL);
    handle_noted();
}

static void edit_line(const char *prompt) {
    state = EDITING;
#if RL_READLINE_VERSION >= 0x0802
    rl_eof_found = 0; /* else every line after a question that Ctrl-D answered is followed by an empty one */
#endif
    rl_callback_handler_install(prompt, line_ready);
    int input = fileno(rl_instream ? rl_instream : stdin);
    while (state == EDITING) {
        fd_set ready;
        FD_ZERO(&ready);
        FD_SET(input, &ready);
        int count = pselect(input + 1, &ready, NULL, NULL, NULL, &former_mask);
        if (count > 0) take_pending_signals();
        if (state != EDITING) break;
        if (count > 0)
            rl_callback_read_char();
        else if (count < 0 && errno != EINTR)
            state = ENDED;
        if (state == EDITING) handle_noted();
    }
    rl_callback_handler_remove();
}

/* Without a terminal there is nothing to edit: -i with input from a pipe. */
static void read_plain(const char *prompt) {
    size_t size = 0;
    fputs(prompt, stdout);
    fflush(stdout);
    errno = 0;
    ssize_t length = getline(&entered, &size, stdin);
    if (length < 0) {
        state = errno == EINTR ? INTERRUPTED : ENDED;
        clearerr(stdin);
        return;
    }
    if (length > 0 && entered[length - 1] == '\n') entered[length - 1] = '\0';
    state = ENTERED;
}

/* Where readline switches bracketed paste off at the end of input, it ends the line as well. */
static bool newline_printed(void) {
    if (state != ENDED || !isatty(STDIN_FILENO)) return false;
    const char *paste = rl_variable_value("enable-bracketed-paste");
    return paste != NULL && strcmp(paste, "on") == 0;
}

int shell_read_line(lua_State *L) {
    const char *prompt = luaL_checkstring(L, 1);
    free(entered);
    entered = NULL;
    cnn_status_line_end();
    fflush(stdout);
    if (isatty(STDIN_FILENO)) {
        watch_begin();
        edit_line(prompt);
        watch_end();
    } else {
        read_plain(prompt);
    }
    if (state == ENTERED) {
        lua_pushstring(L, entered);
        return 1;
    }
    if (!newline_printed()) fputc('\n', stdout);
    fflush(stdout);
    lua_pushnil(L);
    lua_pushstring(L, state == INTERRUPTED ? "interrupt" : "end");
    return 2;
}

/* ---- around it ---- */

int shell_remember(lua_State *L) {
    add_history(luaL_checkstring(L, 1));
    return 0;
}

int shell_width(lua_State *L) {
    struct winsize size;
    int columns = 80;
    if (ioctl(STDOUT_FILENO, TIOCGWINSZ, &size) == 0 && size.ws_col > 0) columns = size.ws_col;
    lua_pushinteger(L, columns);
    return 1;
}

int shell_rows(lua_State *L) {
    struct winsize size;
    int rows = 24;
    if (ioctl(STDOUT_FILENO, TIOCGWINSZ, &size) == 0 && size.ws_row > 0) rows = size.ws_row;
    lua_pushinteger(L, rows);
    return 1;
}

/* Tab before the first word indents, as when code with tabs is pasted; elsewhere it completes. */
static int tab(int count, int key) {
    for (int i = 0; i < rl_point; i++)
        if (rl_line_buffer[i] != ' ' && rl_line_buffer[i] != '\t' && rl_line_buffer[i] != '\n')
            return rl_complete(count, key);
    return rl_insert_text("    ") < 0;
}

/* Bound before readline reads ~/.inputrc, which may bind otherwise. */
static void bind_keys(Keymap map) {
    static const char *const up[] = {"\033[A", "\033OA"}, *const down[] = {"\033[B", "\033OB"};
    for (int i = 0; i < 2; i++) {
        rl_bind_keyseq_in_map(up[i], rl_history_search_backward, map);
        rl_bind_keyseq_in_map(down[i], rl_history_search_forward, map);
    }
    rl_bind_key_in_map('\t', tab, map);
}

void shell_readline_open(void) {
    /* Readline counts the columns of UTF-8 with it; a bare machine says "C" and means UTF-8 all the same. */
    const char *locale = setlocale(LC_CTYPE, "");
    if (locale == NULL || strcmp(locale, "C") == 0 || strcmp(locale, "POSIX") == 0) setlocale(LC_CTYPE, "C.UTF-8");
    rl_readline_name = "cnnsh";
    rl_catch_signals = 0;
    rl_catch_sigwinch = 0;
    bind_keys(emacs_standard_keymap);
    bind_keys(vi_insertion_keymap);
    rl_variable_bind("show-all-if-ambiguous", "on");
    using_history();
    stifle_history(HISTORY_ENTRIES);
    shell_completion_open();
}
