/* doctor: is all well, where is what was written, and who can read it.
 *
 * It looks, and changes nothing, but for two things: what is told of a journal that was set aside counts as
 * seen once it was printed, and with --mend a damaged journal is replaced, which kindlyd does by itself where
 * it meets the damage. Each finding is a sentence; those that need a look make it fail. */
#include <stdarg.h>
#include <stdio.h>
#include <sys/stat.h>
#include <sys/vfs.h>
#include <unistd.h>

#include "daemon/client/check.h"
#include "daemon/client/rows.h"
#include "daemon/client/sandbox.h"
#include "daemon/client/verbs.h"
#include "daemon/client/words.h"
#include "daemon/core/translate.h"
#include "daemon/store/beside.h"
#include "daemon/store/journal.h"
#include "daemon/store/language.h"
#include "daemon/store/paths.h"
#include "daemon/store/share.h"
#include "daemon/store/sync.h"

struct doctor {
    char *path; /* of the journal */
    struct json_object *findings, *copies, *journal;
    const char *sandbox; /* its id; NULL: not known */
    size_t looks;        /* findings that need a look */
    bool damaged;
    char own_name[SYNC_NAME_SIZE]; /* of this device's file in shared folders; empty: not known */
    int r;                         /* the first error of our own */
};

static void keep_error(struct doctor *doctor, int r) {
    if (r < 0 && doctor->r >= 0)
        doctor->r = r;
}

static void put(struct doctor *doctor, struct json_object *object, const char *key,
                struct json_object *value) {
    keep_error(doctor, json_put(object, key, value));
}

static void put_text(struct doctor *doctor, struct json_object *object, const char *key, const char *text) {
    put(doctor, object, key, json_object_new_string(text));
}

static void put_number(struct doctor *doctor, struct json_object *object, const char *key, uint64_t number) {
    put(doctor, object, key, json_object_new_uint64(number));
}

static void add(struct doctor *doctor, struct json_object *array, struct json_object *object) {
    if (json_object_array_add(array, object) < 0) {
        json_object_put(object);
        keep_error(doctor, -ENOMEM);
    }
}

__attribute__((format(printf, 4, 5))) static void find(struct doctor *doctor, const char *subject,
                                                       bool needs_a_look, const char *format, ...) {
    char *text = NULL;
    va_list arguments;
    va_start(arguments, format);
    int length = vasprintf(&text, format, arguments);
    va_end(arguments);
    struct json_object *row = json_object_new_object();
    if (length < 0 || !row) {
        keep_error(doctor, -ENOMEM);
        json_object_put(row);
        return;
    }
    put_text(doctor, row, "subject", subject);
    put(doctor, row, "needs_a_look", json_object_new_boolean(needs_a_look));
    put_text(doctor, row, "text", text);
    free(text);
    add(doctor, doctor->findings, row);
    doctor->looks += needs_a_look;
}

/* --- The journal ------------------------------------------------------------------------------ */

/* What was told of a journal that was set aside; it has been seen then. */
static void look_at_notice(struct doctor *doctor) {
    _cleanup_free_ char *notice = NULL;
    if (journal_notice(doctor->path, &notice) < 0)
        return;
    find(doctor, "journal", true, "%s.", notice);
}

static void look_into(struct doctor *doctor, struct journal *journal) {
    _cleanup_free_ char *finding = NULL;
    struct journal_count count = {0};
    struct stat status;
    char words[SIZE_WORDS_SIZE], entries[ENTRIES_WORDS_SIZE];
    int r = journal_check(journal, &finding);
    doctor->damaged = r > 0;
    if (r > 0)
        find(doctor, "journal", true,
             _("Damaged (%s). kindlyd sets it aside whole and goes on with what can be read as soon as it "
               "meets the damage; kindly doctor --mend does that now."),
             or_empty(finding));
    else if (r < 0)
        find(doctor, "journal", true, _("It could not be read to its end: %s."), strerror(-r));
    if (r != 0 || journal_count(journal, &count) < 0 || stat(doctor->path, &status) < 0)
        return;
    find(doctor, "journal", false, _("Sound: %s; %s, version %d."),
         entries_words(count.entries, count.lines, entries), size_words((uint64_t)status.st_size, words),
         journal_version(journal));
    put_number(doctor, doctor->journal, "size", (uint64_t)status.st_size);
    put_number(doctor, doctor->journal, "events", count.events);
    put_number(doctor, doctor->journal, "entries", count.entries);
    put_number(doctor, doctor->journal, "lines", count.lines);
    put_number(doctor, doctor->journal, "version", (uint64_t)journal_version(journal));
}

static void look_at_journal(struct doctor *doctor) {
    _cleanup_free_ char *problem = NULL;
    _cleanup_(journal_freep) struct journal *journal = NULL;
    put_text(doctor, doctor->journal, "path", doctor->path);
    int r = journal_open_readonly(doctor->path, &journal, &problem);
    doctor->damaged = r == -EUCLEAN;
    if (r == -ENOENT)
        find(doctor, "journal", false, _("Nothing is written yet; it will be %s."), doctor->path);
    else if (problem || r < 0)
        find(doctor, "journal", true, "%s%s", problem ? problem : _("It can't be opened."),
             r == -EUCLEAN ? _(" kindly doctor --mend does that now.") : "");
    if (r >= 0) {
        sync_own_name(journal, doctor->own_name);
        look_into(doctor, journal);
    }
    if (r != -ENOENT)
        find(doctor, "journal", false, _("It is %s."), doctor->path);
}

/* --- Who can read it -------------------------------------------------------------------------- */

/* What a file system is for who can read it. */
enum kind_of_file_system { WITHOUT_MODES, ELSEWHERE, OF_A_PROGRAM };

/* What statfs(2) calls them. */
static const struct {
    unsigned long type;
    const char *name;
    enum kind_of_file_system kind;
} file_systems[] = {
    {0x4d44, "FAT", WITHOUT_MODES},      {0x2011bab0, "exFAT", WITHOUT_MODES},
    {0x5346544e, "NTFS", WITHOUT_MODES}, {0x6969, "NFS", ELSEWHERE},
    {0xff534d42, "SMB", ELSEWHERE},      {0xfe534d42, "SMB", ELSEWHERE},
    {0x01021997, "9P", ELSEWHERE},       {0x00c36400, "Ceph", ELSEWHERE},
    {0x5346414f, "AFS", ELSEWHERE},      {0x73757245, "Coda", ELSEWHERE},
    {0x65735546, "FUSE", OF_A_PROGRAM},
};

static void tell_file_system(struct doctor *doctor, enum kind_of_file_system kind, const char *name) {
    switch (kind) {
    case WITHOUT_MODES:
        find(doctor, "privacy", true,
             _("Its file system (%s) keeps no modes: whoever can use this disk can read it."), name);
        break;
    case ELSEWHERE:
        find(doctor, "privacy", true,
             _("Its folder is on another machine (%s), and whoever runs that can read it; it is not safe "
               "there "
               "against a loss of the connection."),
             name);
        break;
    case OF_A_PROGRAM:
        find(doctor, "privacy", false,
             _("Its folder is on a file system of a program (%s), which may be encrypted here or be on "
               "another "
               "machine; that can't be told."),
             name);
        break;
    }
}

/* True: modes say nothing there. */
static bool look_at_file_system(struct doctor *doctor, const char *folder) {
    struct statfs status;
    if (statfs(folder, &status) < 0)
        return false;
    for (size_t i = 0; i < ELEMENTSOF(file_systems); i++) {
        if ((unsigned long)status.f_type != file_systems[i].type)
            continue;
        tell_file_system(doctor, file_systems[i].kind, file_systems[i].name);
        return file_systems[i].kind == WITHOUT_MODES;
    }
    return false;
}

/* Others that are let in, or another owner. */
static void look_at_mode(struct doctor *doctor, const char *path) {
    struct stat status;
    if (lstat(path, &status) < 0)
        return;
    if (status.st_uid != geteuid()) {
        find(doctor, "privacy", true, _("%s belongs to another user."), path);
        return;
    }
    if (S_ISLNK(status.st_mode) || (status.st_mode & 077) == 0)
        return;
    find(doctor, "privacy", true,
         _("Others on this machine may be able to read %s (its mode is %03o). chmod %s helps."), path,
         (unsigned)(status.st_mode & 0777), S_ISDIR(status.st_mode) ? "700" : "600");
}

static void look_at_link(struct doctor *doctor, const char *folder) {
    struct stat status;
    if (lstat(folder, &status) < 0 || !S_ISLNK(status.st_mode))
        return;
    _cleanup_free_ char *target = realpath(folder, NULL);
    find(doctor, "privacy", false, _("Its folder is a link to %s; what is said here is of what it leads to."),
         target ? target : _("a place that isn't there"));
}

static int look_at_copy_mode(void *userdata, const char *path, enum copy_kind kind) {
    struct doctor *doctor = userdata;
    if (kind != COPY_NOTICE)
        look_at_mode(doctor, path);
    return 0;
}

static void look_at_privacy(struct doctor *doctor) {
    _cleanup_free_ char *folder = strdup(doctor->path);
    if (!folder) {
        keep_error(doctor, -ENOMEM);
        return;
    }
    *strrchr(folder, '/') = '\0';
    size_t before = doctor->looks;
    struct stat status;
    if (stat(doctor->path, &status) < 0)
        return;
    put_number(doctor, doctor->journal, "mode", status.st_mode & 0777);
    look_at_link(doctor, folder);
    _cleanup_free_ char *target = realpath(folder, NULL);
    if (!look_at_file_system(doctor, folder)) {
        look_at_mode(doctor, target ? target : folder);
        look_at_mode(doctor, doctor->path);
        keep_error(doctor, beside_visit(doctor->path, look_at_copy_mode, doctor));
    }
    if (doctor->looks == before)
        find(
            doctor, "privacy", false,
            _("You alone can read it, and whoever can use your account, your disk or your backups. It is not "
              "encrypted."));
}

/* --- Copies ----------------------------------------------------------------------------------- */

static const struct {
    const char *id, *words;
} copy_words[] = {
    [COPY_PART] = {"part", ""},
    [COPY_VERSION] = {"version", N_("as it was before an update, until the new one has been opened twice")},
    [COPY_DAMAGED] = {"damaged", N_("found damaged and set aside whole; remove it when you don't need it")},
    [COPY_RESCUE] = {"rescue", N_("left of replacing a damaged one; kindlyd ends or removes it")},
    [COPY_NOTICE] = {"notice", ""},
};

static int put_copy(struct doctor *doctor, const char *path, const char *kind, const struct stat *status) {
    struct json_object *row = json_object_new_object();
    if (!row)
        return -ENOMEM;
    put_text(doctor, row, "path", path);
    put_text(doctor, row, "kind", kind);
    put_number(doctor, row, "size", (uint64_t)status->st_size);
    put_number(doctor, row, "mode", status->st_mode & 0777);
    add(doctor, doctor->copies, row);
    return 0;
}

static int look_at_copy(void *userdata, const char *path, enum copy_kind kind) {
    struct doctor *doctor = userdata;
    struct stat status;
    char words[SIZE_WORDS_SIZE];
    if (*copy_words[kind].words == '\0' || lstat(path, &status) < 0)
        return 0;
    find(doctor, "copies", false, "%s (%s): %s.", path, size_words((uint64_t)status.st_size, words),
         _(copy_words[kind].words));
    return put_copy(doctor, path, copy_words[kind].id, &status);
}

/* This device's file in a folder that kindly sync was given. */
static int look_at_share(void *userdata, const char *folder) {
    struct doctor *doctor = userdata;
    _cleanup_free_ char *path = NULL;
    struct stat status;
    char words[SIZE_WORDS_SIZE];
    if (asprintf(&path, "%s/%s", folder, doctor->own_name) < 0) {
        path = NULL;
        return -ENOMEM;
    }
    if (lstat(path, &status) < 0 || !S_ISREG(status.st_mode))
        return 0;
    find(doctor, "copies", false, _("%s (%s): what happened here, as plain text, for your other devices."),
         path, size_words((uint64_t)status.st_size, words));
    return put_copy(doctor, path, "shared", &status);
}

static void look_at_shares(struct doctor *doctor) {
    struct share *share = NULL;
    if (!*doctor->own_name || !share_exists(doctor->path))
        return;
    int r = share_open(doctor->path, true, &share);
    if (r >= 0)
        r = share_visit_folders(share, look_at_share, doctor);
    if (r < 0)
        find(doctor, "copies", true, _("Which folders kindly sync was given can't be read: %s."),
             strerror(-r));
    share_free(share);
}

static void look_at_copies(struct doctor *doctor) {
    keep_error(doctor, beside_visit(doctor->path, look_at_copy, doctor));
    look_at_shares(doctor);
    find(doctor, "copies", false,
         json_object_array_length(doctor->copies) > 0
             ? _("Backups, exports and what a synchroniser keeps are not known here.")
             : _("None beside it. Backups, exports and what a synchroniser keeps are not known here."));
}

/* --- The daemon, and what shows prompts -------------------------------------------------------- */

/* Whether the name has an owner, or could be started: 1, 0, negative. */
static int is_on_bus(sd_bus *bus, const char *name) {
    _cleanup_(sd_bus_message_unrefp) sd_bus_message *reply = NULL;
    int owned = 0;
    if (sd_bus_call_method(bus, "org.freedesktop.DBus", "/org/freedesktop/DBus", "org.freedesktop.DBus",
                           "NameHasOwner", NULL, &reply, "s", name) < 0 ||
        sd_bus_message_read(reply, "b", &owned) < 0)
        return -EIO;
    if (owned)
        return 1;
    char **names = NULL;
    int r = sd_bus_list_names(bus, NULL, &names);
    for (char **each = names; r >= 0 && *each; each++) {
        owned |= streq(*each, name);
        free(*each);
    }
    free(names);
    return r < 0 ? r : owned;
}

static char *ask_daemon(sd_bus *bus, const char *property) {
    sd_bus_error error = SD_BUS_ERROR_NULL;
    char *value = NULL;
    if (sd_bus_get_property_string(bus, KINDLYD_NAME, KINDLYD_PATH, KINDLYD_NAME, property, &error, &value) <
        0)
        value = NULL;
    sd_bus_error_free(&error);
    return value;
}

static void look_at_daemon(struct doctor *doctor, sd_bus *bus) {
    _cleanup_free_ char *version = ask_daemon(bus, "Version");
    if (!version) {
        find(doctor, "kindlyd", true,
             _("It does not answer, and could not be started; no prompts come. systemctl --user status "
               "kindlyd "
               "says more."));
        return;
    }
    _cleanup_free_ char *problem = ask_daemon(bus, "Problem");
    if (!streq(version, VERSION))
        find(doctor, "kindlyd", true, _("Version %s runs, and this is %s: systemctl --user restart kindlyd."),
             version, VERSION);
    else
        find(doctor, "kindlyd", false, _("It runs, version %s."), version);
    if (*or_empty(problem))
        find(doctor, "kindlyd", true, "%s.", problem);
}

static int daemon_pid(sd_bus *bus, pid_t *ret) {
    sd_bus_creds *creds = NULL;
    int r = sd_bus_get_name_creds(bus, KINDLYD_NAME, SD_BUS_CREDS_PID, &creds);
    if (r >= 0)
        r = sd_bus_creds_get_pid(creds, ret);
    sd_bus_creds_unref(creds);
    return r;
}

static void look_at_sandbox(struct doctor *doctor, sd_bus *bus) {
    static const char *const sentences[] = {
        [SANDBOX_NONE] = N_("None: kindlyd was not started by systemd."),
        [SANDBOX_BASIC] =
            N_("Basic: no network, no new rights, few system calls. The strict one takes what this "
               "system does not give, or not yet (kindlyd(8))."),
        [SANDBOX_STRICT] =
            N_("Strict: no network, no new rights, few system calls, and the only files that it can "
               "change are the journal's."),
    };
    pid_t pid;
    enum sandbox sandbox;
    int r = daemon_pid(bus, &pid);
    if (r >= 0)
        r = sandbox_of(pid, &sandbox);
    if (r < 0)
        return; /* no kindlyd, which was told already, or none that is seen from here */
    doctor->sandbox = sandbox_id(sandbox);
    find(doctor, "sandbox", false, "%s", _(sentences[sandbox]));
}

static bool is_program(const char *name) {
    _cleanup_free_ char *path = NULL;
    return path_program(name, &path) >= 0 && access(path, X_OK) >= 0;
}

static void look_at_screen(struct doctor *doctor, sd_bus *bus) {
    static const char *const programs[] = {"kindly-notify", "kindly-tty"};
    for (size_t i = 0; i < ELEMENTSOF(programs); i++)
        if (!is_program(programs[i]))
            find(doctor, "screen", true,
                 _("%s is not where it was installed; prompts can't be shown with it."), programs[i]);
    const char *display = getenv("DISPLAY"), *wayland = getenv("WAYLAND_DISPLAY");
    bool graphical = *or_empty(display) || *or_empty(wayland);
    int server = is_on_bus(bus, "org.freedesktop.Notifications");
    if (server > 0)
        find(doctor, "screen", false, "%s",
             graphical ? _("A notification server is there.")
                       : _("A notification server is there (no graphical session here)."));
    else if (graphical)
        find(doctor, "screen", true,
             _("No notification server is on the session bus: prompts wait for one. Desktops bring theirs; "
               "dunst and mako are small ones."));
    else
        find(doctor, "screen", false,
             _("No graphical session and no notification server here: prompts wait, or come to a terminal "
               "(kindlyd --presenter terminal)."));
}

static void look_at_bus(struct doctor *doctor, bool notice) {
    sd_bus *bus = NULL;
    if (sd_bus_open_user(&bus) < 0)
        find(doctor, "kindlyd", true,
             _("There is no session bus (DBUS_SESSION_BUS_ADDRESS and XDG_RUNTIME_DIR say where one is); "
               "kindlyd needs it."));
    else {
        if (notice) /* so that Problem is without what was seen */
            sd_bus_call_method(bus, KINDLYD_NAME, KINDLYD_PATH, KINDLYD_NAME, "Reload", NULL, NULL, "");
        look_at_daemon(doctor, bus);
        look_at_sandbox(doctor, bus);
        look_at_screen(doctor, bus);
    }
    sd_bus_flush_close_unref(bus);
}

static void look_at_schedule(struct doctor *doctor) {
    struct check check = {};
    _cleanup_free_ char *path = NULL;
    int r = check_everything(&check, &path);
    if (r < 0)
        find(doctor, "schedule", true, _("It could not be checked: %s."), strerror(-r));
    else if (check.mistakes.n_errors > 0)
        find(doctor, "schedule", true,
             TRANSLATE_COUNT("%zu mistake, in it or in the decks: kindly check says which.",
                             "%zu mistakes, in it or in the decks: kindly check says which.",
                             check.mistakes.n_errors),
             check.mistakes.n_errors);
    else
        find(doctor, "schedule", false, _("%s and the decks have no mistakes."), path);
    mistakes_done(&check.mistakes);
}

/* --- Mending ---------------------------------------------------------------------------------- */

/* Only where nobody has it open. */
static int mend(struct doctor *doctor) {
    _cleanup_free_ char *problem = NULL;
    struct journal *journal = NULL;
    sd_bus *bus = NULL;
    int owned = 0;
    _cleanup_(sd_bus_message_unrefp) sd_bus_message *reply = NULL;
    if (sd_bus_open_user(&bus) >= 0 &&
        sd_bus_call_method(bus, "org.freedesktop.DBus", "/org/freedesktop/DBus", "org.freedesktop.DBus",
                           "NameHasOwner", NULL, &reply, "s", KINDLYD_NAME) >= 0)
        sd_bus_message_read(reply, "b", &owned);
    sd_bus_flush_close_unref(bus);
    if (owned) {
        complain(_("kindlyd has the journal open; first: systemctl --user stop kindlyd"));
        return OUTCOME_FAILED;
    }
    int r = journal_replace(doctor->path, client_now(), &journal, &problem);
    journal_free(journal);
    if (r < 0) {
        complain("%s", problem ? problem : strerror(-r));
        return OUTCOME_FAILED;
    }
    return OUTCOME_DONE;
}

/* Damage is looked for first; a sound journal stays as it is. */
static int mend_if_damaged(struct doctor *doctor) {
    _cleanup_(journal_freep) struct journal *journal = NULL;
    int r = journal_open_readonly(doctor->path, &journal, NULL);
    bool damaged = r == -EUCLEAN || (r >= 0 && journal_check(journal, NULL) > 0);
    journal = journal_free(journal);
    return damaged ? mend(doctor) : OUTCOME_DONE;
}

/* --- Telling ---------------------------------------------------------------------------------- */

/* What is looked at, by its id. */
static const char *const subjects[][2] = {
    {"journal", N_("journal")},   {"privacy", N_("privacy")}, {"copies", N_("copies")},
    {"kindlyd", "kindlyd"},       {"sandbox", N_("sandbox")}, {"screen", N_("screen")},
    {"schedule", N_("schedule")},
};

static const char *subject_words(const char *id) {
    for (size_t i = 0; i < ELEMENTSOF(subjects); i++)
        if (streq(subjects[i][0], id))
            return _(subjects[i][1]);
    return id;
}

static size_t subject_columns(void) {
    size_t columns = 0;
    for (size_t i = 0; i < ELEMENTSOF(subjects); i++)
        columns = MAX_OF(columns, text_width(_(subjects[i][1])));
    return columns + 2;
}

static void print_findings(const struct doctor *doctor) {
    size_t columns = subject_columns();
    const char *last = "";
    for (size_t i = 0; i < json_object_array_length(doctor->findings); i++) {
        const struct json_object *row = json_object_array_get_idx(doctor->findings, i);
        const char *subject = row_text(row, "subject");
        bool look = row_flag(row, "needs_a_look");
        const char *heading = streq(subject, last) ? "" : subject_words(subject);
        printf("%s%*s", heading, (int)(columns - text_width(heading)), "");
        const char *before = look ? _("Needs a look: ") : "";
        fputs(before, stdout);
        print_text(stdout, columns + text_width(before), columns, row_text(row, "text"));
        last = subject;
    }
    putchar('\n');
    if (doctor->looks == 0)
        puts(_("All is well."));
    else
        printf(TRANSLATE_COUNT("%zu thing needs a look.\n", "%zu things need a look.\n", doctor->looks),
               doctor->looks);
}

static int print_findings_json(struct doctor *doctor) {
    _cleanup_json_ struct json_object *object = json_object_new_object();
    if (!object)
        return -ENOMEM;
    put(doctor, object, "well", json_object_new_boolean(doctor->looks == 0));
    put(doctor, object, "journal", json_object_get(doctor->journal));
    put(doctor, object, "copies", json_object_get(doctor->copies));
    if (doctor->sandbox)
        put_text(doctor, object, "sandbox", doctor->sandbox);
    put(doctor, object, "findings", json_object_get(doctor->findings));
    return doctor->r < 0 ? doctor->r : print_json(object);
}

static int examine(struct doctor *doctor, bool json) {
    _cleanup_free_ char *notice = NULL;
    bool noticed = journal_notice(doctor->path, &notice) >= 0;
    look_at_notice(doctor);
    look_at_journal(doctor);
    look_at_privacy(doctor);
    look_at_copies(doctor);
    if (noticed)
        journal_notice_seen(doctor->path);
    look_at_bus(doctor, noticed);
    look_at_schedule(doctor);
    if (doctor->r >= 0 && json)
        doctor->r = print_findings_json(doctor);
    else if (doctor->r >= 0)
        print_findings(doctor);
    if (doctor->r < 0)
        return fail_errno(doctor->r, _("cannot look"));
    return doctor->looks > 0 ? OUTCOME_FAILED : OUTCOME_DONE;
}

int verb_doctor(struct client *client, const struct arguments *arguments) {
    (void)client;
    struct doctor doctor = {
        .findings = json_object_new_array(),
        .copies = json_object_new_array(),
        .journal = json_object_new_object(),
    };
    if (option_given(arguments, "json"))
        language_none();
    int outcome = OUTCOME_DONE;
    int r = doctor.findings && doctor.copies && doctor.journal ? path_journal(&doctor.path) : -ENOMEM;
    if (r < 0)
        outcome = fail_errno(r, _("cannot find the journal"));
    else if (option_given(arguments, "mend"))
        outcome = mend_if_damaged(&doctor);
    if (outcome == OUTCOME_DONE)
        outcome = examine(&doctor, option_given(arguments, "json"));
    json_object_put(doctor.findings);
    json_object_put(doctor.copies);
    json_object_put(doctor.journal);
    free(doctor.path);
    return outcome;
}
