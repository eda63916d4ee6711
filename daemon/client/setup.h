/* The conversation of `kindly setup`: a few questions in one table, and what becomes of the answers. */
#pragma once

#include "daemon/client/ask.h"
#include "daemon/client/change.h"
#include "daemon/client/login.h"
#include "daemon/store/amend.h"

enum answer {
    ANSWER_TIMES,
    ANSWER_HOURS,
    ANSWER_EVENING,
    ANSWER_MORE,
    ANSWER_LESS,
    ANSWER_NAME,
    ANSWER_SUPPORT,
    ANSWER_LOGIN,
    ANSWER_COUNT,
};

struct setup {
    /* As it is. Borrowed. */
    const struct schedule *schedule;
    const struct login *login;
    bool first; /* there is no schedule of the person's own yet */
    /* What the answers come to. */
    struct amend *amend;
    char *answers[ANSWER_COUNT];
};

void setup_done(struct setup *setup);

/* Asks, and changes the text in `amend` where an answer isn't what stands already. 0; -ECANCELED: the person
 * wants everything to stay as it is; -EINVAL: a wrong answer, told, and nobody to ask again; other errnos. */
int setup_run(struct setup *setup, struct asker *asker);

/* Whether kindlyd is to start at login. */
bool setup_wants_login(const struct setup *setup);
