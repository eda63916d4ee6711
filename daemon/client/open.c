#include "daemon/client/open.h"

#include <stdio.h>

#include "daemon/client/rows.h"
#include "daemon/client/words.h"
#include "daemon/core/translate.h"

#define TEXT_INDENT   2
#define CHOICE_INDENT 4

int open_list(struct client *client, struct json_object **ret_rows) {
    return client_list(client, ret_rows, "ListOpen", "");
}

/* Item `index` of a choice: its id or its label. */
static const char *choice_part(struct json_object *choice, size_t index) {
    const char *text = json_object_is_type(choice, json_type_array)
                           ? json_object_get_string(json_object_array_get_idx(choice, index))
                           : NULL;
    return or_empty(text);
}

/* A line is written with an answer that says nothing else. */
#define WRITE_WORDS "okay --note"

/* A command that answers, with its words in a column of that width, and what a button would say. */
static void print_way(const char *words, size_t width, const char *id, const char *label) {
    printf("%*skindly answer ", CHOICE_INDENT, "");
    print_clean(stdout, words);
    printf("%*s", (int)(width - text_width(words)), "");
    if (*id) {
        fputs(" --id ", stdout);
        print_clean(stdout, id);
    }
    fputs("   ", stdout);
    print_clean(stdout, label);
    putchar('\n');
}

static void print_choices(struct json_object *choices, bool write, const char *id) {
    size_t n = json_object_array_length(choices), widest = write ? strlen(WRITE_WORDS) : 0;
    for (size_t i = 0; i < n; i++) {
        size_t width = text_width(choice_part(json_object_array_get_idx(choices, i), 0));
        widest = MAX_OF(widest, width);
    }
    for (size_t i = 0; i < n; i++) {
        struct json_object *choice = json_object_array_get_idx(choices, i);
        print_way(choice_part(choice, 0), widest, id, choice_part(choice, 1));
    }
    if (write)
        print_way(WRITE_WORDS, widest, id, _("Write"));
}

void open_print(const struct json_object *row, bool newest) {
    uint64_t steps = row_usec(row, "steps", 0);
    if (steps > 0) {
        printf("%*s", TEXT_INDENT, "");
        print_clean(stdout, row_text(row, "title"));
        printf(_(" (%u of %u)\n\n"), (unsigned)row_usec(row, "step", 0), (unsigned)steps);
    }
    print_text(stdout, 0, TEXT_INDENT, row_text(row, "text"));
    struct json_object *choices = row_array(row, "choices");
    if (choices && json_object_array_length(choices) > 0) {
        putchar('\n');
        print_choices(choices, row_flag(row, "write"), newest ? "" : row_text(row, "id"));
    }
}

void open_print_back(struct client *client, usec_t until_usec) {
    usec_t now = client_now();
    const struct zone *zone = client_zone(client);
    char time[TIME_WORDS_SIZE];
    printf(is_same_day(until_usec, now, zone) ? _("Back at %s.\n") : _("Back %s.\n"),
           time_words_brief(until_usec, now, zone, time));
}

void open_print_next(struct client *client, const struct json_object *rows, const struct json_object *row) {
    if (streq(row_text(row, "state"), "snoozed"))
        open_print_back(client, row_usec(row, "until_usec", 0));
    else
        open_print(row, row == json_object_array_get_idx(rows, 0));
}

int open_prompt_now(struct client *client, const char *what) {
    _cleanup_(sd_bus_message_unrefp) sd_bus_message *reply = NULL;
    int outcome = client_call(client, &reply, "Prompt", "s", what);
    if (outcome != OUTCOME_DONE)
        return outcome;
    const char *id;
    outcome = client_read(reply, 's', &id);
    if (outcome != OUTCOME_DONE)
        return outcome;
    _cleanup_json_ struct json_object *rows = NULL;
    outcome = open_list(client, &rows);
    if (outcome != OUTCOME_DONE)
        return outcome;
    const struct json_object *row = rows_find(rows, id);
    if (row)
        open_print_next(client, rows, row);
    return OUTCOME_DONE;
}
