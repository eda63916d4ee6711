/* A presenter and a notification server, as far as they matter to the core: what is asked is on the screen at
 * once, the answer comes a little later, or it fails. A notification is replaced where the triple (bus,
 * owner, server id) still matches or the same presenter shows that id; else it comes up anew. */
#include "tests/simulate/machine.h"

#define REPLY_USEC       (200 * USEC_PER_MSEC)
#define SLOW_REPLY_USEC  (10 * USEC_PER_SEC)
#define PATIENCE_USEC    (30 * USEC_PER_SEC)
#define PAUSE_FIRST_USEC (5 * USEC_PER_SEC)
#define PAUSE_LAST_USEC  (5 * USEC_PER_MINUTE)

bool screen_ready(const struct machine *machine) {
    return machine->mode != PRESENTER_NONE && !machine->held &&
           machine->elapsed_usec >= machine->pause_until_usec;
}

static struct displayed *find_displayed(struct machine *machine, const struct uuid *id) {
    for (size_t i = 0; i < machine->n_displayed; i++)
        if (uuid_equal(&machine->displayed[i].entry, id))
            return &machine->displayed[i];
    return NULL;
}

void server_forget(struct machine *machine, const struct uuid *id) {
    struct displayed *displayed = find_displayed(machine, id);
    if (displayed)
        *displayed = machine->displayed[--machine->n_displayed];
}

static void remove_notice(struct machine *machine, size_t at) {
    machine->notices[at] = machine->notices[--machine->n_notices];
}

void server_withdraw(struct machine *machine, const struct uuid *id) {
    for (size_t i = machine->n_notices; i-- > 0;)
        if (uuid_equal(&machine->notices[i].entry, id) && !machine->notices[i].orphan)
            remove_notice(machine, i);
    if (uuid_equal(&machine->pending, id))
        machine->reply_usec = USEC_INFINITY;
}

static bool is_it(const struct notice *notice, const struct open_prompt *open) {
    char owner[16];
    snprintf(owner, sizeof owner, ":1.%u", notice->owner);
    return open->owner && streq(open->owner, owner) && open->server_id == notice->server_id;
}

void server_written(struct machine *machine) {
    for (size_t i = 0; i < machine->n_notices; i++)
        machine->notices[i].written |= machine->notices[i].server_id == machine->reply_id;
}

void server_daemon_ended(struct machine *machine, bool presenter_killed) {
    for (size_t i = 0; i < machine->n_notices; i++) {
        struct displayed *displayed = find_displayed(machine, &machine->notices[i].entry);
        if (machine->notices[i].written)
            continue;
        machine->notices[i].excused = true;
        if (displayed)
            displayed->excused = true;
    }
    for (size_t i = 0; machine->unrecorded && i < machine->n_displayed; i++)
        machine->displayed[i].excused = true;
    machine->reply_usec = USEC_INFINITY;
    for (size_t i = machine->n_notices; i-- > 0;) {
        if (presenter_killed)
            machine->notices[i].orphan = true;
        else if (!machine->notices[i].orphan)
            remove_notice(machine, i);
    }
    machine->held = false;
    machine->pause_until_usec = machine->pause_usec = 0;
}

void server_restart(struct machine *machine) {
    machine->n_notices = machine->n_displayed = 0;
    machine->owner++;
}

/* The notification that is replaced; NULL: it comes up anew. */
static struct notice *replaced(struct machine *machine, const struct open_prompt *open) {
    for (size_t i = 0; i < machine->n_notices; i++) {
        struct notice *notice = &machine->notices[i];
        if ((!notice->orphan && uuid_equal(&notice->entry, &open->id)) || is_it(notice, open))
            return notice;
    }
    return NULL;
}

/* It comes up anew, with an alert: that may be twice only after the one crash that DESIGN names, or once more
 * after a start where what was on the screen is gone. */
static void show_anew(struct machine *machine, const struct open_prompt *open) {
    struct displayed *displayed = find_displayed(machine, &open->id);
    bool excused = displayed && displayed->excused;
    if (displayed && !excused && displayed->start == machine->start)
        fail(machine, "doubled", "%s is shown a second time without having been put off", open->reminder);
    for (size_t i = 0; i < machine->n_notices; i++) {
        struct notice *notice = &machine->notices[i];
        if (!uuid_equal(&notice->entry, &open->id))
            continue;
        notice->excused |= excused;
        if (!notice->excused)
            fail(machine, "doubled", "%s is on the screen twice", open->reminder);
    }
    if (!displayed && machine->n_displayed < DISPLAYED_MAX)
        displayed = &machine->displayed[machine->n_displayed++];
    if (displayed)
        *displayed = (struct displayed){open->id, machine->start, false};
    if (machine->n_notices == NOTICES_MAX) /* only orphans can be that many */
        remove_notice(machine, 0);
    machine->notices[machine->n_notices++] =
        (struct notice){.entry = open->id, .server_id = ++machine->next_server_id, .owner = machine->owner};
}

static void fail_reply(struct machine *machine) {
    machine->reply_showed = false;
    machine->pause_usec =
        machine->pause_usec == 0 ? PAUSE_FIRST_USEC : MIN_OF(2 * machine->pause_usec, PAUSE_LAST_USEC);
}

bool server_show(struct machine *machine, const struct open_prompt *open, bool in_place) {
    if (machine->mode == PRESENTER_NONE)
        return false;
    machine->pending = open->id;
    machine->reply_usec = machine->elapsed_usec + REPLY_USEC;
    machine->reply_showed = true;
    if (machine->mode == PRESENTER_HOLDS && !open->by_hand) {
        machine->reply_showed = false;
        return true;
    }
    if (machine->mode == PRESENTER_HANGS)
        machine->reply_usec = machine->elapsed_usec + PATIENCE_USEC;
    if (machine->mode == PRESENTER_FAILS || machine->mode == PRESENTER_HANGS) {
        fail_reply(machine);
        return true;
    }
    if (machine->mode == PRESENTER_SLOW)
        machine->reply_usec = machine->elapsed_usec + SLOW_REPLY_USEC;
    machine->pause_usec = 0;
    struct notice *notice = replaced(machine, open);
    if (notice) {
        notice->entry = open->id;
        notice->orphan = false;
        machine->reply_id = notice->server_id;
    } else {
        if (in_place)
            tell(machine, "  (what it continues is gone: it comes up anew)");
        show_anew(machine, open);
        machine->reply_id = machine->next_server_id;
    }
    return true;
}

void server_check(struct machine *machine) {
    size_t n = 0;
    for (size_t i = 0; i < machine->n_notices; i++)
        n += !machine->notices[i].orphan;
    if (n > 1)
        fail(machine, "one on screen", "%zu notifications are on the screen", n);
}
