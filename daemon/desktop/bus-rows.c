/* An empty value leaves its key out, unless the key is always there. sd-bus sends no text that isn't UTF-8:
 * what isn't is mended before it is sent. */
#include "daemon/desktop/bus-rows.h"

#include "daemon/core/letters.h"
#include "daemon/core/translate.h"

static int append_string(sd_bus_message *m, const char *key, const char *value) {
    _cleanup_free_ char *mended = NULL;
    value = or_empty(value);
    if (!letters_are_whole(value)) {
        mended = strdup(value);
        if (!mended)
            return -ENOMEM;
        letters_mend(mended);
        value = mended;
    }
    return sd_bus_message_append(m, "{sv}", key, "s", value);
}

/* Leaves the key out for an empty value. */
static int append_text(sd_bus_message *m, const char *key, const char *value) {
    return value && *value ? append_string(m, key, value) : 0;
}

static int append_id(sd_bus_message *m, const char *key, const struct uuid *id) {
    char text[UUID_TEXT_SIZE];
    uuid_format(id, text);
    return append_string(m, key, text);
}

static int append_usec(sd_bus_message *m, const char *key, usec_t usec) {
    return sd_bus_message_append(m, "{sv}", key, "t", usec);
}

static int append_number(sd_bus_message *m, const char *key, uint32_t number) {
    return sd_bus_message_append(m, "{sv}", key, "u", number);
}

static int append_flag(sd_bus_message *m, const char *key, bool flag) {
    return sd_bus_message_append(m, "{sv}", key, "b", (int)flag);
}

static int append_choices(sd_bus_message *m, const struct keeper *keeper, const struct world *world,
                          const struct open_prompt *open) {
    enum choice choices[CHOICES_MAX];
    size_t n = keeper_choices(keeper, world, open, choices);
    int r = sd_bus_message_open_container(m, 'e', "sv");
    if (r >= 0)
        r = sd_bus_message_append(m, "s", "choices");
    if (r >= 0)
        r = sd_bus_message_open_container(m, 'v', "a(ss)");
    if (r >= 0)
        r = sd_bus_message_open_container(m, 'a', "(ss)");
    for (size_t i = 0; r >= 0 && i < n; i++) {
        char label[CHOICE_LABEL_SIZE];
        r = sd_bus_message_append(m, "(ss)", choice_id(choices[i]),
                                  keeper_choice_label(world, choices[i], label));
    }
    for (int i = 0; r >= 0 && i < 3; i++)
        r = sd_bus_message_close_container(m);
    return r;
}

/* What is known from the first showing on. */
static int append_shown(sd_bus_message *m, const struct keeper *keeper, const struct world *world,
                        const struct open_prompt *open) {
    const char *title, *body;
    keeper_words(world, open, &title, &body);
    int r = append_text(m, "theme", theme_id(open->theme));
    if (r >= 0)
        r = append_text(m, "prompt", open->prompt);
    if (r >= 0)
        r = append_string(m, "title", title);
    if (r >= 0)
        r = append_string(m, "text", open->stage == STAGE_CONCEALED ? open->text : body);
    if (r >= 0)
        r = append_string(m, "stage", stage_id(open->stage));
    if (r >= 0)
        r = append_choices(m, keeper, world, open);
    if (r >= 0)
        r = append_flag(m, "write", keeper_invites_line(open));
    const struct practice *practice =
        open->practice ? library_find_practice(world->library, or_empty(open->prompt)) : NULL;
    if (r >= 0 && practice)
        r = append_number(m, "step", open->step + 1);
    if (r >= 0 && practice)
        r = append_number(m, "steps", (uint32_t)practice->n_steps);
    if (r >= 0 && open->shown_usec > 0)
        r = append_usec(m, "shown_usec", open->shown_usec);
    return r;
}

int rows_append_open(sd_bus_message *m, const struct keeper *keeper, const struct world *world,
                     const struct open_prompt *open) {
    int r = sd_bus_message_open_container(m, 'a', "{sv}");
    if (r >= 0)
        r = append_id(m, "id", &open->id);
    if (r >= 0)
        r = append_string(m, "state", open_state_id(open->state));
    if (r >= 0)
        r = append_string(m, "reminder", open->reminder);
    if (r >= 0)
        r = append_usec(m, "due_usec", open->due_usec);
    if (r >= 0 && open->prompt)
        r = append_shown(m, keeper, world, open);
    if (r >= 0)
        r = append_flag(m, "on_screen", open->on_screen);
    if (r >= 0)
        r = append_number(m, "snoozes", open->snoozes);
    usec_t back = open->state == OPEN_WAITING ? open->not_before_usec : keeper_back_usec(keeper, world, open);
    if (r >= 0 && back > 0)
        r = append_usec(m, "until_usec", back);
    return r < 0 ? r : sd_bus_message_close_container(m);
}

int rows_append_entry(void *userdata, const struct entry *entry) {
    sd_bus_message *m = userdata;
    int r = sd_bus_message_open_container(m, 'a', "{sv}");
    if (r >= 0)
        r = append_id(m, "id", &entry->id);
    if (r >= 0)
        r = append_id(m, "device", &entry->device);
    if (r >= 0)
        r = append_usec(m, "time_usec", entry->time_usec);
    if (r >= 0)
        r = sd_bus_message_append(m, "{sv}", "offset_sec", "i", entry->offset_sec);
    const struct {
        const char *key, *value;
    } texts[] = {
        {"kind", entry->kind},         {"state", entry->state},           {"rule", entry->rule},
        {"reminder", entry->reminder}, {"theme", theme_id(entry->theme)}, {"prompt", entry->prompt},
        {"text", entry->text},         {"choice", entry->choice},         {"note", entry->note},
    };
    for (size_t i = 0; r >= 0 && i < ELEMENTSOF(texts); i++)
        r = append_text(m, texts[i].key, texts[i].value);
    if (r >= 0 && entry->due_usec > 0)
        r = append_usec(m, "due_usec", entry->due_usec);
    if (r >= 0)
        r = append_flag(m, "keep", entry->keep);
    if (r >= 0)
        r = append_flag(m, "for_hard_day", entry->for_hard_day);
    if (r >= 0)
        r = append_number(m, "snoozes", entry->snoozes);
    if (r >= 0)
        r = append_number(m, "step", entry->step);
    return r < 0 ? r : sd_bus_message_close_container(m);
}

static const char *upcoming_kind(const struct world *world, const struct upcoming *upcoming) {
    static const char *const kinds[] = {
        [REMINDER_AT] = "at", [REMINDER_TIMES] = "times", [REMINDER_EVERY] = "every"};
    const struct reminder *reminder = schedule_find(world->schedule, upcoming->reminder);
    return upcoming->returning ? "snoozed" : reminder ? kinds[reminder->kind] : "";
}

int rows_append_upcoming(sd_bus_message *m, const struct world *world, const struct upcoming *upcoming) {
    int r = sd_bus_message_open_container(m, 'a', "{sv}");
    if (r >= 0)
        r = append_usec(m, "due_usec", upcoming->due_usec);
    if (r >= 0)
        r = append_string(m, "reminder", upcoming->reminder);
    if (r >= 0)
        r = append_text(m, "kind", upcoming_kind(world, upcoming));
    if (r >= 0 && upcoming->returning)
        r = append_id(m, "id", &upcoming->id);
    return r < 0 ? r : sd_bus_message_close_container(m);
}

int rows_append_source(sd_bus_message *m, const struct presence_source *source) {
    int r = sd_bus_message_open_container(m, 'a', "{sv}");
    if (r >= 0)
        r = append_string(m, "source", source->name);
    if (r >= 0)
        r = append_string(m, "state", source->state);
    if (r >= 0)
        r = append_text(m, "detail", _(source->detail));
    if (r >= 0)
        r = append_flag(m, "holds", source->holds);
    return r < 0 ? r : sd_bus_message_close_container(m);
}

/* A reply that is one array of rows, opened. */
int rows_begin(sd_bus_message *call, sd_bus_message **ret) {
    int r = sd_bus_message_new_method_return(call, ret);
    return r < 0 ? r : sd_bus_message_open_container(*ret, 'a', "a{sv}");
}

int rows_send(sd_bus_message *reply) {
    int r = sd_bus_message_close_container(reply);
    return r < 0 ? r : sd_bus_send(NULL, reply, NULL);
}
