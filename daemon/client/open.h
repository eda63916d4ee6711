/* What is open, for people: the text of a prompt and how to answer it. */
#pragma once

#include "daemon/client/client.h"

/* The daemon's open prompts, newest first. */
int open_list(struct client *client, struct json_object **ret_rows);

/* The row's text, then its choices as commands; these name the id unless `newest`. */
void open_print(const struct json_object *row, bool newest);

/* When a prompt that was put off comes back. */
void open_print_back(struct client *client, usec_t until_usec);

/* What became of the open prompt `id`: its text and choices if it still asks, or when it comes back. */
void open_print_next(struct client *client, const struct json_object *rows, const struct json_object *row);

/* Shows a prompt by hand and prints it. */
int open_prompt_now(struct client *client, const char *what);
