/* A cookie is random, so that no caller can guess another's. */
#include "daemon/desktop/holds.h"

#include <inttypes.h>
#include <stdio.h>

#include "daemon/desktop/clock.h"
#include "daemon/desktop/match.h"

#define BUS_PATH "/org/freedesktop/DBus"

struct held {
    struct holds *holds;
    char cookie[17];
    char *sender, *why;
    sd_bus_slot *leaves, *check;
};

static void held_free(struct held *held) {
    sd_bus_slot_unref(held->leaves);
    sd_bus_slot_unref(held->check);
    free(held->sender);
    free(held->why);
    free(held);
}
DEFINE_CLEANUP(struct held, held_free)

static void release(struct held *held) {
    struct holds *holds = held->holds;
    size_t i = 0;
    while (holds->held[i] != held)
        i++;
    holds->n--;
    memmove(&holds->held[i], &holds->held[i + 1], (holds->n - i) * sizeof *holds->held);
    held_free(held);
    holds->changed(holds->userdata);
}

static int on_sender_left(sd_bus_message *message, void *userdata, sd_bus_error *ret_error) {
    (void)message;
    (void)ret_error;
    release(userdata);
    return 0;
}

static int on_sender_checked(sd_bus_message *reply, void *userdata, sd_bus_error *ret_error) {
    struct held *held = userdata;
    int there = true;
    (void)ret_error;
    held->check = sd_bus_slot_unref(held->check);
    if (!sd_bus_message_is_method_error(reply, NULL))
        (void)sd_bus_message_read(reply, "b", &there);
    if (!there)
        release(held);
    return 0;
}

/* It may have left before the match was there, so that is asked once, after it. */
static int follow_sender(struct held *held, sd_bus *bus, const char *sender) {
    const struct signal_kind owner_changed = {BUS_NAME, "NameOwnerChanged", sender};
    int r = match_signal(bus, BUS_NAME, &owner_changed, ",arg2=''", on_sender_left, held, &held->leaves);
    if (r < 0)
        return r;
    return sd_bus_call_method_async(bus, &held->check, BUS_NAME, BUS_PATH, BUS_NAME, "NameHasOwner",
                                    on_sender_checked, held, "s", sender);
}

static bool may_hold(const struct holds *holds, const char *sender) {
    size_t n = 0;
    for (size_t i = 0; i < holds->n; i++)
        n += streq(holds->held[i]->sender, sender);
    return holds->n < HOLDS_MAX && n < HOLDS_OF_ONE_MAX;
}

int holds_add(struct holds *holds, const char *sender, const char *why, char **ret_cookie) {
    if (!may_hold(holds, sender))
        return -E2BIG;
    _cleanup_(held_freep) struct held *held = calloc(1, sizeof *held);
    if (!held)
        return -ENOMEM;
    held->holds = holds;
    uint64_t random;
    clock_random(NULL, &random, sizeof random);
    snprintf(held->cookie, sizeof held->cookie, "%016" PRIx64, random);
    held->sender = strdup(sender);
    held->why = strdup(why);
    _cleanup_free_ char *cookie = strdup(held->cookie);
    if (!held->sender || !held->why || !cookie)
        return -ENOMEM;
    int r = follow_sender(held, holds->bus, sender);
    if (r < 0)
        return r;
    holds->held[holds->n++] = TAKE_PTR(held);
    holds->changed(holds->userdata);
    *ret_cookie = TAKE_PTR(cookie);
    return 0;
}

int holds_release(struct holds *holds, const char *cookie) {
    for (size_t i = 0; i < holds->n; i++)
        if (streq(holds->held[i]->cookie, cookie)) {
            release(holds->held[i]);
            return 0;
        }
    return -ENOENT;
}

const char *holds_why(const struct holds *holds, size_t i) {
    return holds->held[i]->why;
}

void holds_done(struct holds *holds) {
    for (size_t i = 0; i < holds->n; i++)
        held_free(holds->held[i]);
}
