/* export and import: the journal taken along. Exported from the file, without the daemon; imported by it. */
#include <fcntl.h>
#include <stdio.h>
#include <unistd.h>

#include "daemon/client/diary.h"
#include "daemon/client/import.h"
#include "daemon/client/output.h"
#include "daemon/client/verbs.h"
#include "daemon/core/translate.h"
#include "daemon/store/exchange.h"

/* --- export ----------------------------------------------------------------------------------- */

static int write_jsonl(struct client *client, struct journal *journal, const struct range *range,
                       FILE *stream) {
    (void)client;
    return exchange_export(journal, stream, range->since_usec, range->until_usec, NULL);
}

static int write_markdown(struct client *client, struct journal *journal, const struct range *range,
                          FILE *stream) {
    return diary_write(client, journal, range->since_usec, range->until_usec, stream);
}

static const struct format {
    const char *name;
    int (*write)(struct client *client, struct journal *journal, const struct range *range, FILE *stream);
} formats[] = {
    {"jsonl", write_jsonl},
    {"markdown", write_markdown},
};

static const struct format *find_format(const char *name) {
    for (size_t i = 0; i < ELEMENTSOF(formats); i++)
        if (streq(formats[i].name, name))
            return &formats[i];
    return NULL;
}

static int open_journal(struct journal **ret) {
    int outcome = client_journal(ret);
    if (outcome == OUTCOME_DONE && !*ret) {
        complain(_("there is no journal yet"));
        return OUTCOME_FAILED;
    }
    return outcome;
}

int verb_export(struct client *client, const struct arguments *arguments) {
    const char *name = option_value(arguments, "format");
    const struct format *format = find_format(name ? name : formats[0].name);
    struct range range;
    if (!format)
        return fail_usage(_("--format is jsonl or markdown, not \"%s\""), name);
    int outcome = client_range(client, arguments, &range);
    _cleanup_(journal_freep) struct journal *journal = NULL;
    if (outcome == OUTCOME_DONE)
        outcome = open_journal(&journal);
    if (outcome != OUTCOME_DONE)
        return outcome;
    _cleanup_(output_done) struct output output = {0};
    outcome = output_open(word_at(arguments, 0), &output);
    if (outcome != OUTCOME_DONE)
        return outcome;
    int r = format->write(client, journal, &range, output.stream);
    return r < 0 ? fail_errno(r, _("cannot export the journal")) : output_finish(&output);
}

/* --- import ----------------------------------------------------------------------------------- */

/* For exchange_read(). */
static int take(void *userdata, int fd, off_t end) {
    (void)end;
    return import_portion(userdata, fd);
}

static int import_file(struct importing *importing, const char *path, int fd) {
    struct exchange_reading reading = {.fd = fd, .unfinished_too = true, .userdata = importing};
    _cleanup_free_ char *message = NULL;
    off_t unused;
    int r = exchange_read(&reading, &unused, &message); /* all of it is looked at before any is taken in */
    reading.take = take;
    if (r >= 0)
        r = exchange_read(&reading, &unused, &message);
    if (r == -ECANCELED)
        return importing->outcome;
    if (r == -EINVAL && message) {
        complain("%s: %s", path, message);
        return OUTCOME_FAILED;
    }
    return r < 0 ? fail_errno(r, path) : OUTCOME_DONE;
}

int verb_import(struct client *client, const struct arguments *arguments) {
    const char *path = word_at(arguments, 0);
    int fd = open(path, O_RDONLY | O_NONBLOCK | O_NOCTTY | O_CLOEXEC);
    if (fd < 0)
        return fail_errno(-errno, path);
    struct importing importing = {.client = client};
    int outcome = import_file(&importing, path, fd);
    close(fd);
    if (outcome != OUTCOME_DONE)
        return outcome;
    if (importing.entries == 0)
        puts(_("Everything in it was there already."));
    else
        import_say_taken_in(&importing);
    return OUTCOME_DONE;
}
