/* SPDX-License-Identifier: MIT
 * The command line: what was asked for, and the text of -h. Nothing here touches Lua. */
#include "lua/shell/options.h"

#include <stdio.h>
#include <string.h>

static const char usage[] = "usage: cnnsh [options] [FILE.lua [ARG...]]\n"
                            "       cnnsh lab [LESSON]\n"
                            "Without a file: the prompt; with standard input from a pipe or a file, that is run.\n"
                            "  -e CODE    run CODE (cnn nn F optim data datasets transforms plt are there)\n"
                            "  -l MODULE  require MODULE into the global MODULE; -l NAME=MODULE into NAME\n"
                            "  -i         the prompt after FILE or CODE\n"
                            "  -v         the version\n"
                            "  -E         ignore environment variables\n"
                            "  -W         show warnings\n"
                            "  -h         this text\n"
                            "  --         no options after this\n"
                            "  -          FILE is standard input\n";

void shell_options_usage(const char *bad) {
    if (bad == NULL) {
        fputs(usage, stdout);
        return;
    }
    if (bad[0] == '-' && (bad[1] == 'e' || bad[1] == 'l') && bad[2] == '\0')
        fprintf(stderr, "cnnsh: '%s' needs an argument\n", bad);
    else
        fprintf(stderr, "cnnsh: unknown option '%s'\n", bad);
    fputs(usage, stderr);
}

/* One option word; *i moves on when it takes the next word. Returns false when the word makes no sense. */
static bool option_word(int argc, char **argv, int *i, shell_options *o) {
    const char *word = argv[*i];
    if (strcmp(word, "--help") == 0) return o->help = true;
    if (strcmp(word, "--version") == 0) return o->version = true;
    if (word[1] == 'e' || word[1] == 'l') {
        if (word[1] == 'e') o->executes = true;
        if (word[2] != '\0') return true;
        (*i)++;
        return *i < argc && !(argv[*i][0] == '-' && argv[*i][1] != '\0' && word[1] == 'l');
    }
    if (word[2] != '\0') return false;
    switch (word[1]) {
    case 'i':
        return o->interactive = o->version = true;
    case 'v':
        return o->version = true;
    case 'E':
        return o->bare = true;
    case 'h':
        return o->help = true;
    case 'W':
        return true;
    default:
        return false;
    }
}

const char *shell_options_parse(int argc, char **argv, shell_options *options) {
    memset(options, 0, sizeof *options);
    int i = 1;
    for (; i < argc; i++) {
        const char *word = argv[i];
        if (word[0] != '-' || word[1] == '\0') break;
        if (strcmp(word, "--") == 0) {
            i++;
            break;
        }
        if (!option_word(argc, argv, &i, options)) return word;
    }
    options->script = i < argc ? i : argc;
    options->lab = i == 1 && argc > 1 && strcmp(argv[1], "lab") == 0;
    return NULL;
}
