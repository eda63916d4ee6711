/* Between the keeper and the presenter: what is to be shown, and what a person did with it there. */
#include <stdio.h>

#include "daemon/core/translate.h"
#include "daemon/kindlyd.h"

static int act_unshown(const struct keeper *keeper, const struct world *world, void *id, struct turn *ret) {
    return keeper_unshown(keeper, world, id, ret);
}

/* One that ends at once, or says what is no D-Bus (-EIO), may have done so before it could be asked anything.
 */
static void tell_not_started(struct daemon *daemon, int r) {
    static const char sentence[] =
        N_("The program that shows notifications can't be started (%s); the prompt waits");
    if (r == -ECONNRESET || r == -EPIPE || r == -ENOTCONN || r == -EIO) {
        set_problem(&daemon->presenter_problem,
                    N_("The program that shows notifications ended unexpectedly; the prompt waits"));
        return;
    }
    char *text = NULL, *english = NULL;
    if (asprintf(&text, _(sentence), strerror(-r)) >= 0 && asprintf(&english, sentence, reason_of(r)) >= 0)
        set_problem_as(&daemon->presenter_problem, english, text);
    free(text);
    free(english);
}

void show(struct daemon *daemon, const struct effect *effect) {
    struct world world;
    look_at_world(daemon, &world);
    const struct open_prompt *open = keeper_find(daemon->keeper, &effect->id);
    if (!open)
        return;
    daemon->showed = true;
    struct showing showing = {
        .id = open->id,
        .in_place = effect->in_place,
        .concealed = open->stage == STAGE_CONCEALED,
        .write = keeper_invites_line(open),
        .sound = daemon->schedule->sound,
        .force = open->by_hand || !(daemon->schedule->hold & HOLD_DO_NOT_DISTURB),
        .commands_named = daemon->keeper->commands_named,
        .show_for_usec = daemon->schedule->show_for_usec,
        .bus_id = open->bus_id,
        .owner = open->owner,
        .server_id = open->server_id,
    };
    enum choice choices[CHOICES_MAX];
    struct presenter_choice drawn[CHOICES_MAX];
    char labels[CHOICES_MAX][CHOICE_LABEL_SIZE];
    keeper_words(&world, open, &showing.title, &showing.body);
    showing.choices = drawn;
    showing.n_choices = keeper_choices(daemon->keeper, &world, open, choices);
    for (size_t i = 0; i < showing.n_choices; i++)
        drawn[i] = (struct presenter_choice){choice_id(choices[i]),
                                             keeper_choice_label(&world, choices[i], labels[i])};
    presenter_show(daemon->presenter, &showing);
}

struct showed {
    const struct uuid *id;
    const char *bus_id, *owner;
    uint32_t server_id;
};

static int act_showed(const struct keeper *keeper, const struct world *world, void *userdata,
                      struct turn *ret) {
    const struct showed *s = userdata;
    return keeper_showed(keeper, world, s->id, s->bus_id, s->owner, s->server_id, ret);
}

/* A turn the presenter asked for. One about a prompt that is gone meanwhile is nothing to tell; one that
 * there was no memory for, or that could not be written down, is asked for again. */
static int presenter_turn(struct daemon *daemon, bus_act act, void *arguments, bool has_to_be_recorded) {
    int r = take_turn(daemon, act, arguments, has_to_be_recorded);
    if (r < 0 && r != -ENOENT && r != -ESTALE && r != -EINVAL && r != -EREMOTEIO) /* that Problem tells */
        say(LOG_ERROR, "an answer on the screen could not be taken: %s", reason_of(r));
    if (daemon->watching)
        advance_now(daemon);
    return r == -ENOMEM || r == -EREMOTEIO ? r : 0;
}

static int on_showed(void *userdata, const struct uuid *id, const char *bus_id, const char *owner,
                     uint32_t server_id) {
    struct daemon *daemon = userdata;
    struct showed showed = {id, bus_id, owner, server_id};
    set_problem(&daemon->presenter_problem, NULL);
    return presenter_turn(daemon, act_showed, &showed, false);
}

static int on_unshown(void *userdata, const struct uuid *id, const char *problem, int error) {
    struct daemon *daemon = userdata;
    struct uuid copy = *id;
    if (error < 0)
        tell_not_started(daemon, error);
    else
        set_problem(&daemon->presenter_problem, problem);
    presence_set_presenter_held(daemon->presence, presenter_held(daemon->presenter));
    return presenter_turn(daemon, act_unshown, &copy, false);
}

struct said {
    const struct uuid *id;
    const char *text;
};

static int act_chosen(const struct keeper *keeper, const struct world *world, void *userdata,
                      struct turn *ret) {
    const struct said *said = userdata;
    return streq(said->text, "default") ? keeper_opened(keeper, world, said->id, ret)
                                        : keeper_answer(keeper, world, said->id, said->text, "", ret);
}

static int act_written(const struct keeper *keeper, const struct world *world, void *userdata,
                       struct turn *ret) {
    const struct said *said = userdata;
    return keeper_written(keeper, world, said->id, said->text, ret);
}

static int act_noted(const struct keeper *keeper, const struct world *world, void *userdata,
                     struct turn *ret) {
    const struct said *said = userdata;
    struct uuid unused;
    return keeper_note(keeper, world, said->text, NOTE_FOR_JOURNAL, &unused, ret);
}

static int on_chosen(void *userdata, const struct uuid *id, const char *choice) {
    struct said said = {id, choice};
    return presenter_turn(userdata, act_chosen, &said, true);
}

/* A prompt can end while its line is being written: it is a line of its own then, not lost. */
static int on_written(void *userdata, const struct uuid *id, const char *text) {
    struct daemon *daemon = userdata;
    struct said said = {id, text};
    struct entry entry;
    if (keeper_find(daemon->keeper, id))
        return presenter_turn(daemon, act_written, &said, true);
    int r = daemon->journal ? journal_find(daemon->journal, id, &entry) : -EREMOTEIO;
    if (r < 0)
        return r == -ENOENT ? 0 : r;
    entry_done(&entry);
    return presenter_turn(daemon, act_noted, &said, true);
}

static int act_dismissed(const struct keeper *keeper, const struct world *world, void *id, struct turn *ret) {
    return keeper_dismiss(keeper, world, id, ret);
}

static int act_off_screen(const struct keeper *keeper, const struct world *world, void *id,
                          struct turn *ret) {
    return keeper_off_screen(keeper, world, id, ret);
}

static int on_closed(void *userdata, const struct uuid *id, bool dismissed) {
    struct uuid copy = *id;
    return presenter_turn(userdata, dismissed ? act_dismissed : act_off_screen, &copy, dismissed);
}

/* The server still draws it, and would take a click for nobody. It is put back in its place, once: a
 * presenter that ends each time would be started without end. */
static void on_ended(void *userdata) {
    struct daemon *daemon = userdata;
    const struct open_prompt *open = keeper_on_screen(daemon->keeper);
    if (!open)
        return;
    struct uuid id = open->id;
    bool again = uuid_equal(&daemon->ended_under, &id);
    daemon->ended_under = id;
    if (again)
        set_problem(
            &daemon->presenter_problem,
            N_("The program that shows notifications ended unexpectedly; the prompt is off the screen, and "
               "still open"));
    else
        say(LOG_WARNING, "the program that shows notifications ended unexpectedly; the prompt is put back");
    presenter_turn(daemon, again ? act_off_screen : act_restart, &id, false);
}

static int act_named(const struct keeper *keeper, const struct world *world, void *unused, struct turn *ret) {
    (void)unused;
    return keeper_named(keeper, world, ret);
}

static int on_named(void *userdata) {
    return presenter_turn(userdata, act_named, NULL, false);
}

static void on_readiness(void *userdata) {
    struct daemon *daemon = userdata;
    presence_set_presenter_held(daemon->presence, presenter_held(daemon->presenter));
    if (daemon->watching)
        advance_now(daemon);
}

const struct presenter_events presenter_events = {
    .showed = on_showed,
    .unshown = on_unshown,
    .chosen = on_chosen,
    .written = on_written,
    .closed = on_closed,
    .named = on_named,
    .ended = on_ended,
    .readiness = on_readiness,
};
