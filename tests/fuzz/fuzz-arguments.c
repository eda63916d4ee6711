/* The command line of kindly: words of any kind, one a line. All verbs' options are parsed; verbs that ask a
 * daemon find none, and those that start or write something are only parsed. Times, numbers, windows and
 * formats are read as the verbs read them. */
int kindly_main(int argc, char **argv);
#define main kindly_main
#include "daemon/client/kindly.c"
#undef main

#include "daemon/client/bar.h"
#include "daemon/client/words.h"
#include "daemon/core/span.h"
#include "daemon/store/guard.h"
#include "tests/fuzz/fuzz.h"

#include <time.h>

#define WORDS_MAX      16
#define ITERATIONS_MAX 20

/* The linker puts this in the place of clock_gettime(). */
int __wrap_clock_gettime(clockid_t clock, struct timespec *ret);
int __wrap_clock_gettime(clockid_t clock, struct timespec *ret) {
    (void)clock;
    *ret = (struct timespec){.tv_sec = (time_t)(FUZZ_NOW / USEC_PER_SEC)};
    return 0;
}

/* They print, or call the daemon and say that there is none. */
static const char *const harmless[] = {"calendar", "help",     "answer",   "snooze", "dismiss",
                                       "pause",    "resume",   "upcoming", "why",    "now",
                                       "presence", "learning", "hard"};

static bool is_harmless(const struct verb *verb, const struct arguments *arguments) {
    uint32_t n = 1;
    if (streq(verb->name, "calendar") && option_value(arguments, "iterations") &&
        client_number("iterations", option_value(arguments, "iterations"), 1, ITERATIONS_MAX, &n) !=
            OUTCOME_DONE)
        return false;
    for (size_t i = 0; i < ELEMENTSOF(harmless); i++)
        if (streq(harmless[i], verb->name))
            return true;
    return false;
}

static void check_format(struct client *client, const char *format) {
    static struct json_object *properties, *open;
    if (!open) {
        properties = json_tokener_parse("{\"NextElapseUSec\": 1773300000000000, \"NextReminder\": \"day\","
                                        " \"PausedUntilUSec\": 0, \"Presence\": \"busy\","
                                        " \"Problem\": \"a \\u001b <b>\", \"OpenCount\": 1}");
        open = json_tokener_parse("[{\"state\": \"shown\"}, {\"state\": \"waiting\"}]");
        holds(properties && open);
    }
    char *line = NULL;
    if (bar_check(format) != OUTCOME_DONE)
        return;
    holds(bar_compose(client, format, properties, open, &line) >= 0);
    holds(!text_is_utf8(format, strlen(format)) || text_is_utf8(line, strlen(line)));
    free(line);
    holds(bar_compose(client, format, NULL, NULL, &line) >= 0);
    free(line);
}

static void check_word(struct client *client, const char *word) {
    struct when when;
    usec_t time_usec;
    uint32_t number;
    int outcome = client_when(client, word, &when);
    holds(outcome == OUTCOME_DONE || outcome == OUTCOME_USAGE);
    holds(outcome != OUTCOME_DONE || when.span_usec == 0 || when.until_usec > FUZZ_NOW);
    (void)client_past(client, "since", word, &time_usec);
    if (client_number("days", word, 1, 366, &number) == OUTCOME_DONE)
        holds(number >= 1 && number <= 366);
    check_format(client, word);
    print_text(stdout, 3, 5, word);
    print_short(stdout, 3, word);
    (void)text_width(word);
}

static void check_parsed(struct client *client, const struct verb *verb, const struct arguments *arguments) {
    struct range range;
    holds(arguments->n_words <= WORDS_MAX);
    if (arguments->help)
        return;
    holds(arguments->n_words >= verb->min_words && arguments->n_words <= verb->max_words);
    (void)client_range(client, arguments, &range);
    if (is_harmless(verb, arguments)) {
        int outcome = verb->run(client, arguments);
        holds(outcome >= OUTCOME_DONE && outcome <= OUTCOME_UNREACHABLE);
    }
}

static void check_verb(const struct verb *verb, char **words) {
    struct client client = {0};
    struct arguments arguments;
    if (arguments_parse(verb, words, &arguments) < 0)
        return;
    check_parsed(&client, verb, &arguments);
    arguments_done(&arguments);
    client_done(&client);
}

/* Words of `text`, which is changed. */
static size_t split(char *text, char *ret[WORDS_MAX + 1]) {
    size_t n = 0;
    for (char *at = text; at && n < WORDS_MAX;)
        ret[n++] = strsep(&at, "\n");
    ret[n] = NULL;
    return n;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
    char *text = fuzz_text(data, size), *words[WORDS_MAX + 1];
    struct client client = {0};
    fuzz_silence();
    size_t n = split(text, words);
    for (size_t i = 0; i < n; i++)
        check_word(&client, words[i]);
    client_done(&client);
    const struct verb *verb = verb_find(words[0]);
    if (verb)
        check_verb(verb, words + 1);
    else
        (void)verb_unknown(words[0]);
    fuzz_speak();
    free(text);
    return 0;
}
