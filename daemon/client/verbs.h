/* The verbs of `kindly`: one table (in kindly.c), and the functions it names. */
#pragma once

#include "daemon/client/client.h"

extern const struct verb verbs[];
extern const size_t n_verbs;

/* NULL when there is none of that name. */
const struct verb *verb_find(const char *name);
/* Tells that there is no such verb, and which is near. */
int verb_unknown(const char *name);
/* The help of the whole command. */
void verbs_help(void);
/* What could stand for the last of the words after `kindly`: see completion.c. */
int verb_complete(char **words);

int verb_answer(struct client *client, const struct arguments *arguments);
int verb_backup(struct client *client, const struct arguments *arguments);
int verb_calendar(struct client *client, const struct arguments *arguments);
int verb_check(struct client *client, const struct arguments *arguments);
int verb_config(struct client *client, const struct arguments *arguments);
int verb_deck(struct client *client, const struct arguments *arguments);
int verb_dismiss(struct client *client, const struct arguments *arguments);
int verb_doctor(struct client *client, const struct arguments *arguments);
int verb_edit(struct client *client, const struct arguments *arguments);
int verb_export(struct client *client, const struct arguments *arguments);
int verb_forget(struct client *client, const struct arguments *arguments);
int verb_hard(struct client *client, const struct arguments *arguments);
int verb_help_of(struct client *client, const struct arguments *arguments);
int verb_hold(struct client *client, const struct arguments *arguments);
int verb_import(struct client *client, const struct arguments *arguments);
int verb_journal(struct client *client, const struct arguments *arguments);
int verb_learning(struct client *client, const struct arguments *arguments);
int verb_note(struct client *client, const struct arguments *arguments);
int verb_now(struct client *client, const struct arguments *arguments);
int verb_pause(struct client *client, const struct arguments *arguments);
int verb_presence(struct client *client, const struct arguments *arguments);
int verb_rehearse(struct client *client, const struct arguments *arguments);
int verb_reload(struct client *client, const struct arguments *arguments);
int verb_report(struct client *client, const struct arguments *arguments);
int verb_resume(struct client *client, const struct arguments *arguments);
int verb_setup(struct client *client, const struct arguments *arguments);
int verb_snooze(struct client *client, const struct arguments *arguments);
int verb_status(struct client *client, const struct arguments *arguments);
int verb_support(struct client *client, const struct arguments *arguments);
int verb_sync(struct client *client, const struct arguments *arguments);
int verb_upcoming(struct client *client, const struct arguments *arguments);
int verb_watch(struct client *client, const struct arguments *arguments);
int verb_why(struct client *client, const struct arguments *arguments);
