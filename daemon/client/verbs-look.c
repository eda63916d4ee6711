/* Verbs that only look: upcoming, presence. */
#include <stdio.h>

#include "daemon/client/rows.h"
#include "daemon/client/verbs.h"
#include "daemon/client/words.h"
#include "daemon/core/translate.h"

static const char *words_of_time(struct client *client, usec_t time, char buffer[TIME_WORDS_SIZE]) {
    return time_words(time, client_now(), client_zone(client), buffer);
}

static int print_rows_json(struct json_object *rows) {
    int r = print_json(rows);
    return r < 0 ? fail_errno(r, _("cannot print")) : OUTCOME_DONE;
}

#define UPCOMING_DEFAULT 10
#define UPCOMING_MAX     1000
#define UPCOMING_COLUMN  20 /* where the reminder's name begins; longer times push it on */

int verb_upcoming(struct client *client, const struct arguments *arguments) {
    uint32_t limit = UPCOMING_DEFAULT;
    const char *lines = option_value(arguments, "lines");
    int outcome = lines ? client_number("lines", lines, 1, UPCOMING_MAX, &limit) : OUTCOME_DONE;
    _cleanup_json_ struct json_object *rows = NULL;
    if (outcome == OUTCOME_DONE)
        outcome = client_list(client, &rows, "ListUpcoming", "u", limit);
    if (outcome != OUTCOME_DONE)
        return outcome;
    if (option_given(arguments, "json"))
        return print_rows_json(rows);
    for (size_t i = 0; i < json_object_array_length(rows); i++) {
        const struct json_object *row = json_object_array_get_idx(rows, i);
        char time[TIME_WORDS_SIZE];
        const char *words = words_of_time(client, row_usec(row, "due_usec", 0), time);
        size_t width = text_width(words);
        printf("%s%*s ", words, width < UPCOMING_COLUMN - 1 ? (int)(UPCOMING_COLUMN - 1 - width) : 0, "");
        print_clean(stdout, row_text(row, "reminder"));
        puts(streq(row_text(row, "kind"), "snoozed") ? _(" (put off)") : "");
    }
    if (json_object_array_length(rows) == 0)
        puts(_("Nothing is to come."));
    return OUTCOME_DONE;
}

/* In the person's language; ids are for scripts. */
static const char *words_of_state(const char *state) {
    static const char *const keys[] = {
        NC_("presence", "available"), NC_("presence", "away"),   NC_("presence", "busy"),
        NC_("presence", "unknown"),   NC_("presence", "absent"),
    };
    for (size_t i = 0; i < ELEMENTSOF(keys); i++)
        if (streq(strchr(keys[i], '\004') + 1, state))
            return translate_in_context(keys[i]);
    return state;
}

static void print_source(const struct json_object *row, size_t column) {
    const char *source = row_text(row, "source"), *state = row_text(row, "state"),
               *detail = row_text(row, "detail");
    print_clean(stdout, source);
    printf("%*s", (int)(column - text_width(source)), "");
    print_clean(stdout, words_of_state(state));
    if (row_flag(row, "holds"))
        fputs(_(", holds prompts back"), stdout);
    if (*detail) {
        fputs(" (", stdout);
        print_clean(stdout, detail);
        putchar(')');
    }
    putchar('\n');
}

int verb_presence(struct client *client, const struct arguments *arguments) {
    _cleanup_json_ struct json_object *rows = NULL;
    int outcome = client_list(client, &rows, "ListPresence", "");
    if (outcome != OUTCOME_DONE)
        return outcome;
    if (option_given(arguments, "json"))
        return print_rows_json(rows);
    size_t n = json_object_array_length(rows), widest = 0;
    for (size_t i = 0; i < n; i++) {
        size_t width = text_width(row_text(json_object_array_get_idx(rows, i), "source"));
        widest = MAX_OF(widest, width);
    }
    for (size_t i = 0; i < n; i++)
        print_source(json_object_array_get_idx(rows, i), widest + 2);
    if (n == 0)
        puts(_("Nothing here tells whether you are there."));
    return OUTCOME_DONE;
}
