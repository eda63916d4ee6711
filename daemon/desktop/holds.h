/* Hold() of scripts: each says why the person is not to be disturbed, until it is released or its caller
 * leaves the bus. */
#pragma once

#include <systemd/sd-bus.h>

#include "daemon/core/base.h"

/* At once: of all, and of one caller, so that one that has forgotten to release leaves room for others. */
#define HOLDS_MAX        64
#define HOLDS_OF_ONE_MAX 16

struct held;

struct holds {
    sd_bus *bus; /* borrowed */
    void (*changed)(void *userdata);
    void *userdata;
    struct held *held[HOLDS_MAX];
    size_t n;
};

void holds_done(struct holds *holds);

/* `sender`: a unique bus name. `ret_cookie` is a text of the caller's to free; no cookie comes twice, not
 * even after a restart. -E2BIG: as many as may; -ENOMEM. */
int holds_add(struct holds *holds, const char *sender, const char *why, char **ret_cookie);
int holds_release(struct holds *holds, const char *cookie); /* -ENOENT: no such cookie */
const char *holds_why(const struct holds *holds, size_t i); /* borrowed until it is released */
