/* The options of the command, from one table. */
#include <getopt.h>
#include <stdio.h>

#include "daemon/core/translate.h"
#include "daemon/kindlyd.h"

static const struct {
    struct option option;
    const char *argument, *help;
} option_table[] = {
    {{"config", required_argument, NULL, 'c'},
     "FILE",
     N_("the schedule, instead of the person's or the shipped one")},
    {{"decks", required_argument, NULL, 'd'},
     "DIR",
     N_("a folder of decks; may be given again; replaces the defaults")},
    {{"journal", required_argument, NULL, 'j'}, "FILE", N_("the journal, instead of the person's")},
    {{"presenter", required_argument, NULL, 'p'},
     "HOW",
     N_("auto, desktop, terminal, or the path of a program")},
    {{"version", no_argument, NULL, 'v'}, "", N_("print the version and end")},
    {{"help", no_argument, NULL, 'h'}, "", N_("print this and end")},
};

static void print_help(void) {
    puts(_("Usage: kindlyd [OPTION...]\n"
           "Brings short prompts for self-compassion to the desktop, by the schedule in kindly.conf.\n"));
    for (size_t i = 0; i < ELEMENTSOF(option_table); i++)
        printf("  --%-9s %-6s %s\n", option_table[i].option.name, option_table[i].argument,
               _(option_table[i].help));
    putchar('\n');
    puts(_("Control it with kindly(1), or over D-Bus as org.kindlyd.Kindly1. It ends with 0 on SIGTERM, 75 "
           "when the\n"
           "session bus is lost, 2 for wrong options, and 1 when it can't start."));
}

/* 0: go on; 1: done; -EINVAL: told. */
int read_options(int argc, char **argv, struct options *options) {
    struct option long_options[ELEMENTSOF(option_table) + 1] = {0};
    for (size_t i = 0; i < ELEMENTSOF(option_table); i++)
        long_options[i] = option_table[i].option;
    for (int c; (c = getopt_long(argc, argv, "", long_options, NULL)) >= 0;) {
        switch (c) {
        case 'c':
            options->config = optarg;
            break;
        case 'd':
            if (options->n_decks == DECK_FOLDERS_MAX) {
                fprintf(stderr, "kindlyd: --decks can be given at most %d times\n", DECK_FOLDERS_MAX);
                return -EINVAL;
            }
            if (!(options->decks[options->n_decks++] = strdup(optarg)))
                return -ENOMEM;
            break;
        case 'j':
            options->journal = optarg;
            break;
        case 'p':
            options->presenter = optarg;
            break;
        case 'v':
            puts("kindlyd " VERSION);
            return 1;
        case 'h':
            print_help();
            return 1;
        default:
            fputs("Try: kindlyd --help\n", stderr);
            return -EINVAL;
        }
    }
    if (optind < argc) {
        fprintf(stderr, "kindlyd: \"%s\" is not an option\nTry: kindlyd --help\n", argv[optind]);
        return -EINVAL;
    }
    const char *how = options->presenter;
    if (!streq(how, "auto") && !streq(how, "desktop") && !streq(how, "terminal") && !strchr(how, '/')) {
        fprintf(stderr,
                "kindlyd: --presenter is auto, desktop, terminal, or a path with a slash; not \"%s\"\n", how);
        return -EINVAL;
    }
    return 0;
}
