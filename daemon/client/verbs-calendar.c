/* calendar: when an expression comes, computed here by the rules the daemon uses. */
#include <stdio.h>

#include "daemon/client/verbs.h"
#include "daemon/client/words.h"
#include "daemon/core/calendar.h"
#include "daemon/core/span.h"
#include "daemon/core/translate.h"
#include "daemon/store/zonefile.h"

/* The expression, a caret under the culprit, and what is wrong. */
static int refuse_expression(const char *text, const struct calendar_error *error) {
    _cleanup_free_ char *before = strndup(text, error->column);
    fputs("  ", stderr);
    print_clean(stderr, text);
    fprintf(stderr, "\n  %*s^\n", (int)text_width(or_empty(before)), "");
    return fail_usage("%s", error->message);
}

/* The zone the expression names is loaded into `ret_named`; the zone to use is `ret`. */
static int expression_zone(struct client *client, const struct calendar *calendar, struct zone **ret_named,
                           const struct zone **ret) {
    const char *name = calendar_zone_name(calendar);
    if (!name || calendar_zone_is_local(calendar, client_zone(client))) {
        *ret = client_zone(client);
        return OUTCOME_DONE;
    }
    int r = zonefile_load_name(name, ret_named);
    if (r == -ENOMEM)
        return fail_errno(r, _("cannot load the time zone"));
    if (r < 0)
        return fail_usage(_("there is no time zone \"%s\""), name);
    *ret = *ret_named;
    return OUTCOME_DONE;
}

/* Prints up to `n` times; whatever the zone of the expression, they are told in the local one. */
static int print_times(struct client *client, const struct calendar *calendar, usec_t after_usec,
                       uint32_t n) {
    _cleanup_(zone_freep) struct zone *named = NULL;
    const struct zone *zone = NULL;
    int outcome = expression_zone(client, calendar, &named, &zone);
    if (outcome != OUTCOME_DONE)
        return outcome;
    for (uint32_t i = 0; i < n; i++) {
        char text[MOMENT_TEXT_SIZE];
        int r = calendar_next(calendar, zone, after_usec, &after_usec);
        if (r == -ENOENT && i > 0)
            return OUTCOME_DONE;
        if (r == -ENOENT) {
            puts("never");
            return OUTCOME_FAILED;
        }
        if (r < 0)
            return fail_errno(r, _("cannot find the next time"));
        puts(moment_format(after_usec, client_zone(client), text));
    }
    return OUTCOME_DONE;
}

int verb_calendar(struct client *client, const struct arguments *arguments) {
    usec_t after_usec = client_now();
    const char *base = option_value(arguments, "base-time"),
               *iterations = option_value(arguments, "iterations");
    if (base && moment_parse(base, after_usec, client_zone(client), MOMENT_NEXT, 0, &after_usec) < 0)
        return fail_usage(_("--base-time: \"%s\" is not a time (2026-03-28T12:00:00Z, @1774699200, now)"),
                          base);
    uint32_t n = 1;
    int outcome = iterations ? client_number("iterations", iterations, 1, UINT32_MAX, &n) : OUTCOME_DONE;
    if (outcome != OUTCOME_DONE)
        return outcome;
    _cleanup_free_ char *text = NULL;
    int r = words_join(arguments, &text);
    if (r < 0)
        return fail_errno(r, _("cannot read the arguments"));
    _cleanup_(calendar_freep) struct calendar *calendar = NULL;
    struct calendar_error error;
    r = calendar_parse(text, &calendar, &error);
    if (r == -EINVAL)
        return refuse_expression(text, &error);
    if (r < 0)
        return fail_errno(r, _("cannot read the expression"));
    if (calendar_looks_like_clock_list(text))
        complain(_("\"%s\" lists minutes, not times of day; for these ask one by one"), text);
    return print_times(client, calendar, after_usec, n);
}
