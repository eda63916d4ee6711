/* What the bus object asks of the rest: turns, entries, forgetting, import (struct bus_host). */
#include "daemon/kindlyd.h"
#include "daemon/store/exchange.h"

static void host_look(void *userdata, const struct keeper **ret_keeper, struct world *ret_world) {
    struct daemon *daemon = userdata;
    *ret_keeper = daemon->keeper;
    look_at_world(daemon, ret_world);
}

static int host_turn(void *userdata, bus_act act, void *arguments) {
    struct daemon *daemon = userdata;
    int r = take_turn(daemon, act, arguments, true);
    if (r >= 0 && daemon->watching)
        advance_now(daemon);
    return r;
}

static int host_find_entry(void *userdata, const struct uuid *id, struct entry *ret) {
    struct daemon *daemon = userdata;
    return daemon->journal ? journal_result(daemon, journal_find(daemon->journal, id, ret)) : -EREMOTEIO;
}

static int host_newest_shown(void *userdata, struct uuid *ret) {
    struct daemon *daemon = userdata;
    return daemon->journal ? journal_result(daemon, journal_newest_shown(daemon->journal, ret)) : -EREMOTEIO;
}

static int host_visit_entries(void *userdata, usec_t since_usec, usec_t until_usec, uint32_t limit,
                              entry_visitor visit, void *visitor_userdata) {
    struct daemon *daemon = userdata;
    struct entry_filter filter = {
        .since_usec = since_usec,
        .until_usec = until_usec,
        .limit = limit,
        .theme = THEME_NONE,
        .missed_too = true,
    };
    return daemon->journal
               ? journal_result(daemon, journal_visit(daemon->journal, &filter, visit, visitor_userdata))
               : -EREMOTEIO;
}
static int act_forget(const struct keeper *keeper, const struct world *world, void *id, struct turn *ret) {
    return keeper_forget(keeper, world, id, ret);
}

static int host_forget(void *userdata, const struct uuid *id) {
    struct daemon *daemon = userdata;
    struct uuid copy = *id;
    struct world world;
    look_at_world(daemon, &world);
    int r = take_turn(daemon, act_forget, &copy, true);
    if (r < 0)
        return r;
    if (!daemon->journal)
        return -EREMOTEIO;
    return erased(daemon, journal_forget(daemon->journal, id, world.now_usec, offset_now(&world)));
}

/* The entry in [since, until) that an open prompt belongs to, or whose kept line it shows. */
static bool shows_entry_of(struct daemon *daemon, const struct open_prompt *open, usec_t since_usec,
                           usec_t until_usec, struct uuid *ret) {
    *ret = open->id;
    if (open->shown_usec > 0 && open->shown_usec >= since_usec && open->shown_usec < until_usec)
        return true;
    struct entry entry;
    if (open->theme != THEME_OWN || uuid_parse(or_empty(open->prompt), ret) < 0 || !daemon->journal ||
        journal_find(daemon->journal, ret, &entry) < 0)
        return false;
    usec_t written_usec = entry.time_usec;
    entry_done(&entry);
    return written_usec >= since_usec && written_usec < until_usec;
}

static int host_forget_range(void *userdata, usec_t since_usec, usec_t until_usec, uint32_t *ret_count) {
    struct daemon *daemon = userdata;
    struct world world;
    look_at_world(daemon, &world);
    struct uuid none = {0}; /* a line for a hard day on the screen may be of any entry, and goes with each */
    int told = take_turn(daemon, act_forget, &none, true);
    if (told < 0)
        return told;
    for (size_t i = daemon->keeper->n_open; i-- > 0;) {
        struct uuid id;
        if (i >= daemon->keeper->n_open ||
            !shows_entry_of(daemon, &daemon->keeper->open[i], since_usec, until_usec, &id))
            continue;
        int r = take_turn(daemon, act_forget, &id, true);
        if (r < 0)
            return r;
    }
    if (!daemon->journal)
        return -EREMOTEIO;
    return erased(daemon, journal_forget_range(daemon->journal, since_usec, until_usec, world.now_usec,
                                               offset_now(&world), ret_count));
}

static int host_reload(void *userdata, char **ret_message) {
    return reload(userdata, ret_message);
}

static int act_reset(const struct keeper *keeper, const struct world *world, void *unused, struct turn *ret) {
    (void)unused;
    return keeper_reset(keeper, world, ret);
}

static int host_reset_learning(void *userdata) {
    struct daemon *daemon = userdata;
    int r = take_turn(daemon, act_reset, NULL, true);
    if (r < 0)
        return r;
    return daemon->journal ? journal_result(daemon, journal_reset_learning(daemon->journal)) : -EREMOTEIO;
}

static bool is_forgotten(struct daemon *daemon, const struct uuid *id) {
    struct entry entry;
    if (journal_find(daemon->journal, id, &entry) < 0)
        return false;
    bool forgotten = streq(entry.state, "forgotten");
    entry_done(&entry);
    return forgotten;
}

/* The entry that was forgotten elsewhere while an open prompt shows it, or its kept line. */
static bool shows_forgotten(struct daemon *daemon, const struct open_prompt *open, struct uuid *ret) {
    *ret = open->id;
    return is_forgotten(daemon, ret) ||
           (open->theme == THEME_OWN && uuid_parse(or_empty(open->prompt), ret) >= 0 &&
            is_forgotten(daemon, ret));
}

/* The line that a hard moment shows; NULL: none. The caller frees. */
static char *hard_line(struct daemon *daemon) {
    struct history history;
    if (journal_history(daemon->journal, clock_realtime(), clock_zone(daemon->clock), &history) < 0)
        return NULL;
    char *line = TAKE_PTR(history.hard_line);
    history_done(&history);
    return line;
}

/* What is open closes as it does when it is forgotten here: its text must not come back with the next turn.
 * `line`: the one for a hard day before; if it is another now, none stays on the screen. */
static int close_forgotten(struct daemon *daemon, const char *line) {
    _cleanup_free_ char *line_now = hard_line(daemon);
    struct uuid none = {0};
    if (line && !streq(line, or_empty(line_now))) {
        int r = take_turn(daemon, act_forget, &none, true);
        if (r < 0)
            return r;
    }
    for (size_t i = daemon->keeper->n_open; i-- > 0;) {
        struct uuid id;
        if (i >= daemon->keeper->n_open || !shows_forgotten(daemon, &daemon->keeper->open[i], &id))
            continue;
        int r = take_turn(daemon, act_forget, &id, true);
        if (r < 0)
            return r;
    }
    return 0;
}

static int host_import(void *userdata, int fd, uint32_t *ret_count, char **ret_message) {
    struct daemon *daemon = userdata;
    if (!daemon->journal)
        return -EREMOTEIO;
    _cleanup_free_ char *line = hard_line(daemon);
    int r = exchange_import(daemon->journal, fd, clock_realtime(), ret_count, ret_message);
    if (r == -EINVAL)
        return r;
    if (r >= 0)
        r = close_forgotten(daemon, line);
    if (r >= 0)
        r = erased(daemon, journal_flush(daemon->journal));
    return r == -EAGAIN ? 0 : journal_result(daemon, r); /* all is taken in; the rest follows */
}

const struct bus_host bus_host = {
    .look = host_look,
    .turn = host_turn,
    .find_entry = host_find_entry,
    .newest_shown = host_newest_shown,
    .visit_entries = host_visit_entries,
    .forget = host_forget,
    .forget_range = host_forget_range,
    .reload = host_reload,
    .reset_learning = host_reset_learning,
    .import = host_import,
};
