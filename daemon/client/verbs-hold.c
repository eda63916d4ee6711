/* hold: the daemon is busy as long as this program has its cookie and is on the bus; so a killed script never
 * holds prompts back for ever. A daemon that was started anew knows of no holds and is told again.
 *
 * Signals for this program are passed on to the command, but not those that a terminal sends: these reach the
 * whole group, the command included. */
#include <stdio.h>
#include <sys/signalfd.h>
#include <sys/wait.h>
#include <systemd/sd-event.h>

#include "daemon/client/process.h"
#include "daemon/client/verbs.h"
#include "daemon/client/words.h"
#include "daemon/core/translate.h"

/* All that a program may be told by kill(1) and that would end us: else the command would go on unheld. */
static const int passed_on[] = {SIGINT, SIGTERM, SIGHUP, SIGQUIT, SIGUSR1, SIGUSR2, SIGALRM};

struct hold {
    const char *why; /* the command's name, without its arguments: they may be private */
    pid_t pid;
};

static int command_ended(sd_event_source *source, const siginfo_t *info, void *userdata) {
    (void)userdata;
    return sd_event_exit(sd_event_source_get_event(source), process_status(info->si_code, info->si_status));
}

static int signal_came(sd_event_source *source, const struct signalfd_siginfo *info, void *userdata) {
    (void)source;
    const struct hold *hold = userdata;
    if (info->ssi_code != SI_KERNEL)
        kill(hold->pid, (int)info->ssi_signo);
    return 0;
}

static int owner_changed(sd_bus_message *message, void *userdata, sd_bus_error *ret_error) {
    (void)ret_error;
    const struct hold *hold = userdata;
    const char *name, *before, *after;
    if (sd_bus_message_read(message, "sss", &name, &before, &after) < 0 || *after == '\0')
        return 0;
    /* Without a reply to wait for: the command runs on, held or not. */
    sd_bus_call_method_async(sd_bus_message_get_bus(message), NULL, KINDLYD_NAME, KINDLYD_PATH, KINDLYD_NAME,
                             "Hold", NULL, NULL, "s", hold->why);
    return 0;
}

static int forward_signals(sd_event *event, struct hold *hold) {
    for (size_t i = 0; i < ELEMENTSOF(passed_on); i++) {
        int r = sd_event_add_signal(event, NULL, passed_on[i], signal_came, hold);
        if (r < 0)
            return r;
    }
    return 0;
}

/* Until the command ends: its status. */
static int run_loop(struct client *client, struct hold *hold) {
    _cleanup_(sd_event_unrefp) sd_event *event = NULL;
    int r = sd_event_new(&event);
    if (r >= 0)
        r = sd_event_add_child(event, NULL, hold->pid, WEXITED, command_ended, NULL);
    if (r >= 0)
        r = forward_signals(event, hold);
    if (r >= 0)
        r = sd_bus_attach_event(client->bus, event, SD_EVENT_PRIORITY_NORMAL);
    if (r >= 0)
        r = client_match_owner(client, owner_changed, hold);
    if (r >= 0)
        r = sd_event_loop(event);
    sd_bus_detach_event(client->bus);
    return r;
}

static int cannot_start(const char *command, int error) {
    complain(_("cannot run %s: %s"), command, strerror(-error));
    return error == -ENOENT ? 127 : 126;
}

static int run_command(struct client *client, char **command, struct hold *hold) {
    sigset_t ours, before;
    sigemptyset(&ours);
    sigaddset(&ours, SIGCHLD);
    for (size_t i = 0; i < ELEMENTSOF(passed_on); i++)
        sigaddset(&ours, passed_on[i]);
    sigprocmask(SIG_BLOCK, &ours, &before);
    fflush(stdout);
    int r = process_start((const char *const *)command, &before, -1, &hold->pid);
    if (r < 0)
        return cannot_start(command[0], r);
    r = run_loop(client, hold);
    if (r < 0) /* no memory for a loop: the command runs all the same */
        r = process_wait(hold->pid);
    return r < 0 ? fail_errno(r, _("cannot wait for the command")) : r;
}

#define WHY_MAX 200 /* bytes that the daemon takes */

int verb_hold(struct client *client, const struct arguments *arguments) {
    char **command = arguments->rest;
    if (!command || !*command)
        return fail_usage(_("hold needs a command: kindly hold --while COMMAND..."));
    if (arguments->n_words > 0)
        return fail_usage(_("hold does not take \"%s\"; see: kindly hold --help"), arguments->words[0]);
    const char *slash = strrchr(command[0], '/'), *name = slash ? slash + 1 : command[0];
    struct hold hold = {
        .why = *name && strlen(name) <= WHY_MAX && text_is_utf8(name, strlen(name)) ? name : "a command"};
    int outcome = client_call(client, NULL, "Hold", "s", hold.why);
    return outcome == OUTCOME_DONE ? run_command(client, command, &hold) : outcome;
}
