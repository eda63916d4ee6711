/* What the journal in the terminal and the exported one say alike: what became of an entry, and when it was.
 */
#pragma once

#include <stdio.h>

#include "daemon/client/client.h"

struct journal;

/* What is known of an entry; texts may be empty. */
struct happened {
    const char *state, *theme, *prompt, *choice;
    uint64_t snoozes, step;
    bool keep;
};

/* "Put off · Helpful"; "" when there is nothing to say: letting a prompt pass is no news. */
#define OUTCOME_WORDS_SIZE 300
const char *outcome_words(const struct happened *happened, char buffer[OUTCOME_WORDS_SIZE]);

/* "10:42", by the clock of the place where it was; where that clock was another than the one here then,
 * "10:42 (UTC+9)". `ret_day`: the local day there, since 1970-01-01. */
#define CLOCK_WORDS_SIZE 32
const char *clock_words(struct client *client, usec_t time_usec, int32_t offset_sec, int32_t *ret_day,
                        char buffer[CLOCK_WORDS_SIZE]);

/* The whole journal, or a range of it, as Markdown (CommonMark): days as headings, own words as quotations,
 * in full. `stream` is not flushed. Errors are those of the journal, or what writing met. */
int diary_write(struct client *client, struct journal *journal, usec_t since_usec, usec_t until_usec,
                FILE *stream);
