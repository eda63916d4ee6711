#include "daemon/client/outlook.h"

#include "daemon/client/rows.h"
#include "daemon/client/words.h"
#include "daemon/core/translate.h"

static const char *words_of_time(struct client *client, usec_t time, char buffer[TIME_WORDS_SIZE]) {
    return time_words(time, client_now(), client_zone(client), buffer);
}

static void put_line(FILE *out, const char *text) {
    fprintf(out, "%s\n", text);
}

void outlook_next(FILE *out, struct client *client, const struct json_object *properties) {
    usec_t next = row_usec(properties, "NextElapseUSec", USEC_INFINITY);
    if (next == USEC_INFINITY) {
        put_line(out, _("Nothing is to come."));
        return;
    }
    char time[TIME_WORDS_SIZE];
    const char *reminder = row_text(properties, "NextReminder");
    fputs(_("Next: "), out);
    print_clean(out, reminder);
    fprintf(out, "%s%s.\n", *reminder ? ", " : "", words_of_time(client, next, time));
}

void outlook_pause(FILE *out, struct client *client, const struct json_object *properties) {
    usec_t until = row_usec(properties, "PausedUntilUSec", 0);
    char time[TIME_WORDS_SIZE];
    if (until == USEC_INFINITY)
        put_line(out, _("Paused until you resume (kindly resume)."));
    else if (until > 0)
        fprintf(out, _("Paused until %s.\n"), words_of_time(client, until, time));
    else if (streq(row_text(properties, "Presence"), "quiet"))
        put_line(out, _("Quiet hours; not paused."));
    else
        put_line(out, _("Not paused."));
}

void outlook_problem(FILE *out, const struct json_object *properties) {
    const char *problem = row_text(properties, "Problem");
    if (*problem == '\0')
        return;
    fputs(_("Needs a look: "), out);
    print_text(out, text_width(_("Needs a look: ")), 2, problem);
}

void outlook_waiting(FILE *out, const struct json_object *row) {
    const char *reminder = row_text(row, "reminder");
    fputs(_("Waiting for a good moment: "), out);
    print_clean(out, *reminder ? reminder : _("a prompt"));
    fputs(".\n", out);
}
