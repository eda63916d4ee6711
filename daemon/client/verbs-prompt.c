/* Verbs that show a prompt, answer it, put it off or away.
 *
 * Without --id the daemon decides which prompt is meant. To tell what became of it, the open prompts before
 * and after are compared: the one that is not as it was is the one. */
#include <stdio.h>

#include "daemon/client/input.h"
#include "daemon/client/open.h"
#include "daemon/client/rows.h"
#include "daemon/client/verbs.h"
#include "daemon/client/words.h"
#include "daemon/core/choice.h"
#include "daemon/core/translate.h"
#include "daemon/store/mistake.h"

int verb_now(struct client *client, const struct arguments *arguments) {
    return open_prompt_now(client, or_empty(word_at(arguments, 0)));
}

int verb_hard(struct client *client, const struct arguments *arguments) {
    (void)arguments;
    return open_prompt_now(client, "hard");
}

static const char *wanted_id(const struct arguments *arguments) {
    return or_empty(option_value(arguments, "id"));
}

/* The row that is there after but was not so before; NULL: what was open has closed. */
static struct json_object *changed_row(struct json_object *before, struct json_object *after,
                                       const char *id) {
    if (*id)
        return rows_find(after, id);
    for (size_t i = 0; i < json_object_array_length(after); i++) {
        struct json_object *row = json_object_array_get_idx(after, i);
        struct json_object *old = rows_find(before, row_text(row, "id"));
        if (!old || !json_object_equal(old, row))
            return row;
    }
    return NULL;
}

/* Answers, and tells what follows from it. */
static int answer(struct client *client, const char *id, const char *choice, const char *note) {
    _cleanup_json_ struct json_object *before = NULL, *after = NULL;
    int outcome = open_list(client, &before);
    if (outcome == OUTCOME_DONE)
        outcome = client_call(client, NULL, "Answer", "sss", id, choice, note);
    if (outcome == OUTCOME_DONE)
        outcome = open_list(client, &after);
    if (outcome != OUTCOME_DONE)
        return outcome;
    struct json_object *row = changed_row(before, after, id);
    if (row)
        open_print_next(client, after, row);
    else
        puts(_("Noted."));
    return OUTCOME_DONE;
}

static int refuse_choice(const char *choice) {
    const char *known[CHOICE_COUNT];
    for (enum choice i = 0; i < CHOICE_COUNT; i++)
        known[i] = choice_id(i);
    const char *near = nearest_word(choice, known, CHOICE_COUNT);
    if (near)
        return fail_usage(_("there is no choice \"%s\"; did you mean \"%s\"?"), choice, near);
    return fail_usage(_("there is no choice \"%s\"; kindly status shows those of the open prompt"), choice);
}

int verb_answer(struct client *client, const struct arguments *arguments) {
    const char *choice = word_at(arguments, 0), *id = wanted_id(arguments);
    if (choice_from_id(choice) == CHOICE_NONE)
        return refuse_choice(choice);
    if (!option_given(arguments, "note"))
        return answer(client, id, choice, "");
    struct input input;
    const char *note = option_value(arguments, "note");
    int outcome = note ? input_take(note, &input) : input_read(&input);
    if (outcome != OUTCOME_DONE)
        return outcome;
    outcome = answer(client, id, choice, input.text);
    if (outcome != OUTCOME_DONE)
        input_give_back(&input);
    input_done(&input);
    return outcome;
}

static int print_back(struct client *client, sd_bus_message *reply) {
    usec_t until;
    int outcome = client_read(reply, 't', &until);
    if (outcome != OUTCOME_DONE)
        return outcome;
    open_print_back(client, until);
    return OUTCOME_DONE;
}

int verb_snooze(struct client *client, const struct arguments *arguments) {
    const char *id = wanted_id(arguments);
    if (arguments->n_words == 0)
        return answer(client, id, choice_id(CHOICE_LATER), "");
    _cleanup_free_ char *text = NULL;
    int r = words_join(arguments, &text);
    if (r < 0)
        return fail_errno(r, _("cannot read the arguments"));
    struct when when;
    int outcome = client_when(client, text, &when);
    if (outcome != OUTCOME_DONE)
        return outcome;
    if (when.until_usec == USEC_INFINITY)
        return fail_usage(_("a prompt can't be put off for ever; kindly dismiss puts it away"));
    _cleanup_(sd_bus_message_unrefp) sd_bus_message *reply = NULL;
    if (when.span_usec > 0)
        outcome = client_call(client, &reply, "Snooze", "st", id, when.span_usec);
    else
        outcome = client_call(client, &reply, "SnoozeUntil", "st", id, when.until_usec);
    return outcome == OUTCOME_DONE ? print_back(client, reply) : outcome;
}

int verb_dismiss(struct client *client, const struct arguments *arguments) {
    int outcome = client_call(client, NULL, "Dismiss", "s", wanted_id(arguments));
    if (outcome == OUTCOME_DONE)
        puts(_("Put away."));
    return outcome;
}

int verb_why(struct client *client, const struct arguments *arguments) {
    _cleanup_(sd_bus_message_unrefp) sd_bus_message *reply = NULL;
    int outcome = client_call(client, &reply, "Explain", "s", or_empty(word_at(arguments, 0)));
    if (outcome != OUTCOME_DONE)
        return outcome;
    const char *sentence;
    outcome = client_read(reply, 's', &sentence);
    if (outcome != OUTCOME_DONE)
        return outcome;
    print_text(stdout, 0, 0, sentence);
    return OUTCOME_DONE;
}
