/* The link to the presenter process, kindly-notify or kindly-tty (units/org.kindlyd.Presenter1.xml is the
 * contract).
 *
 * The process is started when something is to be shown, and ends by itself. The daemon never waits for it:
 * every call is asynchronous, and a presenter that hangs for 30 s is killed. */
#pragma once

#include <systemd/sd-bus.h>

#include "daemon/core/choice.h"
#include "daemon/core/uuid.h"

/* Bytes of what names a bus or a server on it: what D-Bus allows for a name. */
#define PRESENTER_NAME_MAX 255

struct presenter;

struct presenter_choice {
    const char *id, *label;
};

/* What to show. Borrowed for the call. */
struct showing {
    struct uuid id;
    const char *title, *body;
    const struct presenter_choice *choices;
    size_t n_choices;
    bool in_place; /* continues the same id: another text, no new alert */
    bool concealed, write, sound;
    bool force;                 /* even where the desktop is set not to disturb */
    uint32_t commands_named;    /* showings until now that named the command that answers */
    usec_t show_for_usec;       /* USEC_INFINITY: until answered */
    const char *bus_id, *owner; /* an earlier showing to replace, or NULL */
    uint32_t server_id;
};

/* What the presenter has to say. A negative return says that it could not be taken now: it is said again,
 * after a while, until it is. So nothing that a person does on the screen is lost for a moment without
 * memory, or a journal that can't be written. */
struct presenter_events {
    int (*showed)(void *userdata, const struct uuid *id, const char *bus_id, const char *owner,
                  uint32_t server_id);
    /* It is not on the screen. `problem`: a sentence when something is wrong with the presenter or the
     * server; NULL when they only can't show anything at the moment. `error`: 0, or a negative errno for
     * which the presenter could not be started. */
    int (*unshown)(void *userdata, const struct uuid *id, const char *problem, int error);
    int (*chosen)(void *userdata, const struct uuid *id, const char *choice); /* "default": the body */
    int (*written)(void *userdata, const struct uuid *id, const char *text);
    int (*closed)(void *userdata, const struct uuid *id, bool dismissed);
    int (*named)(void *userdata); /* this showing names the command that answers, for want of buttons */
    /* It ended by itself, with nothing asked of it: what it showed can't be answered there any more. */
    void (*ended)(void *userdata);
    /* presenter_ready() may have changed. */
    void (*readiness)(void *userdata);
};

/* `mode`: "auto" (the desktop's notification server where there is one; else the terminal where standard
 * input is one), "desktop", "terminal", or the path of a program that speaks the contract. `desktop_program`
 * and `terminal_program` are paths. All borrowed for the lifetime. */
int presenter_new(sd_event *event, sd_bus *session, const char *mode, const char *desktop_program,
                  const char *terminal_program, const struct presenter_events *events, void *userdata,
                  struct presenter **ret);
/* Ends the process by closing its socket; it takes what it shows off the screen. Always NULL. */
struct presenter *presenter_free(struct presenter *presenter);
DEFINE_CLEANUP(struct presenter, presenter_free)

/* Whether something could be shown now: a server owns the name or can be activated in a graphical session (or
 * there is a terminal), and the last attempt did not just fail. */
bool presenter_ready(struct presenter *presenter);

/* The presenter said Held, and not yet Free: do-not-disturb that only it can see. */
bool presenter_held(const struct presenter *presenter);

/* Answered by `showed` or `unshown`, from the loop, also when it can't even be tried; but at once by
 * `unshown` where there is nothing to show it on. */
void presenter_show(struct presenter *presenter, const struct showing *showing);
void presenter_withdraw(struct presenter *presenter, const struct uuid *id);
