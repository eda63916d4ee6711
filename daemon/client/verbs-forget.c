/* forget: the daemon erases; here it is asked, the files that it can't write are written, and then it is said
 * what erasing can't reach. Nothing is promised that isn't so. */
#include <stdio.h>
#include <unistd.h>

#include "daemon/client/import.h"
#include "daemon/client/page.h"
#include "daemon/client/verbs.h"
#include "daemon/client/words.h"
#include "daemon/core/translate.h"
#include "daemon/store/beside.h"
#include "daemon/store/paths.h"
#include "daemon/store/sync.h"

/* --- What there was beside the journal -------------------------------------------------------- */

/* Copies of the journal, before anything is erased. */
struct copies {
    struct copy {
        char *path;
        enum copy_kind kind;
    } * all;
    size_t n, capacity;
};

static void copies_done(struct copies *copies) {
    for (size_t i = 0; i < copies->n; i++)
        free(copies->all[i].path);
    free(copies->all);
}

/* A copy's own -wal needs no words of its own. */
static bool belongs_to_copy(const char *path) {
    const char *end = strrchr(path, '-');
    return end && (streq(end, "-wal") || streq(end, "-shm") || streq(end, "-journal"));
}

static int add_copy(void *userdata, const char *path, enum copy_kind kind) {
    struct copies *copies = userdata;
    if (kind == COPY_PART || kind == COPY_NOTICE || belongs_to_copy(path))
        return 0;
    int r = array_reserve(&copies->all, &copies->capacity, copies->n + 1, sizeof *copies->all);
    if (r < 0)
        return r;
    copies->all[copies->n] = (struct copy){.path = strdup(path), .kind = kind};
    return copies->all[copies->n++].path ? 0 : -ENOMEM;
}

static void tell_copies(const struct copies *before) {
    for (size_t i = 0; i < before->n; i++) {
        const struct copy *copy = &before->all[i];
        _cleanup_free_ char *line = NULL;
        bool there = access(copy->path, F_OK) >= 0;
        if (there && copy->kind != COPY_DAMAGED)
            continue;
        if (asprintf(&line,
                     there ? _("%s is a damaged journal that was set aside. What is in it can't be told for "
                               "certain; delete it when you need it no more.")
                           : _("%s, a copy of the journal, held it too and was deleted."),
                     copy->path) < 0)
            line = NULL;
        print_text(stdout, 0, 0, or_empty(line));
    }
}

/* --- This device's files in shared folders ----------------------------------------------------- */

struct telling {
    struct importing importing;
    struct share *share;
    struct journal *journal;
    bool shared, written;
};

static int take(void *userdata, int fd) {
    return import_portion(userdata, fd);
}

/* kindlyd writes the file anew by itself, but not from within its sandbox. What something else put into it is
 * taken in first, as kindly sync does. */
static void write_again(struct telling *telling, const char *path) {
    struct sync_folder folder;
    enum sync_result result = SYNC_NOTHING;
    _cleanup_free_ char *message = NULL;
    char name[SYNC_NAME_SIZE];
    if (sync_folder_open(path, &folder) < 0)
        return;
    sync_own_name(telling->journal, name);
    int r = streq(folder.path, path) ? sync_take_in(telling->share, telling->journal, &folder, name, take,
                                                    &telling->importing, &result, &message)
                                     : -ESTALE;
    if (r >= 0 && result != SYNC_REFUSED && result != SYNC_UNFINISHED)
        telling->written |= sync_write_own(telling->share, telling->journal, &folder) > 0;
    sync_folder_close(&folder);
}

static int tell_folder(void *userdata, const char *folder) {
    struct telling *telling = userdata;
    _cleanup_free_ char *line = NULL;
    int behind = sync_is_behind(telling->share, telling->journal, folder);
    if (behind > 0) {
        write_again(telling, folder);
        behind = sync_is_behind(telling->share, telling->journal, folder);
    }
    telling->shared = true;
    if (asprintf(
            &line,
            behind == 0
                ? _("It is gone from your file in %s too. Your other devices erase it when they next sync.")
                : _("Your file in %s could not be written anew just now and may still hold it: kindly sync "
                    "mends that."),
            folder) < 0)
        line = NULL;
    print_text(stdout, 0, 0, or_empty(line));
    return 0;
}

/* What is known of shared folders; nothing is said of what can't be read. */
static bool tell_folders(struct client *client, const char *path) {
    struct telling telling = {.importing.client = client};
    int r = share_exists(path) ? share_open(path, false, &telling.share) : -ENOENT;
    if (r == -EWOULDBLOCK) {
        puts(_("kindly sync is running just now; your file in the shared folder is written anew after it."));
        return true;
    }
    if (r >= 0 && journal_open_readonly(path, &telling.journal, NULL) >= 0)
        share_visit_folders(telling.share, tell_folder, &telling);
    if (telling.written)
        share_save(telling.share); /* else the file is read once more by the next kindly sync */
    journal_free(telling.journal);
    share_free(telling.share);
    return telling.shared;
}

/* --- What is out of reach --------------------------------------------------------------------- */

static void tell_out_of_reach(struct client *client, const char *path, const struct copies *before) {
    tell_copies(before);
    bool shared = tell_folders(client, path);
    print_text(
        stdout, 0, 0,
        shared ? _("Out of reach, if there are any: files of kindly export, copies of kindly backup, backups "
                   "of this computer, and old versions that a file synchroniser keeps.")
               : _("Out of reach, if there are any: files of kindly export, copies of kindly backup, and "
                   "backups of this computer."));
}

/* --- The verb --------------------------------------------------------------------------------- */

/* A person at a terminal is asked; a script says so. */
static int ask_everything(const struct arguments *arguments) {
    if (option_given(arguments, "yes"))
        return OUTCOME_DONE;
    if (!isatty(STDIN_FILENO))
        return fail_usage(
            _("forget --everything asks first, and nobody can answer here; --yes goes on unasked"));
    fputs(_("This erases everything in the journal for good, also what you wrote.\nType yes to go on: "),
          stderr);
    char line[16];
    if (fgets(line, sizeof line, stdin) && streq(line, "yes\n"))
        return OUTCOME_DONE;
    complain(_("nothing was erased"));
    return OUTCOME_FAILED;
}

/* `ret_any`: whether something was erased. */
static int forget_range(struct client *client, const struct range *range, bool *ret_any) {
    _cleanup_(sd_bus_message_unrefp) sd_bus_message *reply = NULL;
    int outcome = client_call(client, &reply, "ForgetRange", "tt", range->since_usec, range->until_usec);
    if (outcome != OUTCOME_DONE)
        return outcome;
    uint32_t count;
    outcome = client_read(reply, 'u', &count);
    if (outcome != OUTCOME_DONE)
        return outcome;
    *ret_any = count > 0;
    if (count == 0)
        puts(_("There was nothing to erase."));
    else
        printf(TRANSLATE_COUNT("Erased %u entry.\n", "Erased %u entries.\n", count), (unsigned)count);
    return OUTCOME_DONE;
}

static int forget_one(struct client *client, const char *id, bool *ret_any) {
    int outcome = client_call(client, NULL, "Forget", "s", id);
    if (outcome != OUTCOME_DONE)
        return outcome;
    *ret_any = true;
    puts(_("Erased."));
    return OUTCOME_DONE;
}

/* `id` NULL: the range. */
static int forget(struct client *client, const char *id, const struct range *range) {
    _cleanup_free_ char *path = NULL;
    _cleanup_(copies_done) struct copies before = {0};
    int r = path_journal(&path);
    if (r >= 0 && beside_visit(path, add_copy, &before) == -ENOMEM)
        r = -ENOMEM;
    if (r < 0)
        return fail_errno(r, _("cannot find the journal"));
    bool any = false;
    int outcome = id ? forget_one(client, id, &any) : forget_range(client, range, &any);
    r = page_drop(); /* a report that was opened may show it; also what is erased, but still held by a reader
                      */
    if (r < 0)
        outcome = fail_errno(r, _("cannot remove the report that was opened"));
    if (any)
        tell_out_of_reach(client, path, &before);
    return outcome;
}

int verb_forget(struct client *client, const struct arguments *arguments) {
    const char *id = word_at(arguments, 0);
    bool since = option_given(arguments, "since"), everything = option_given(arguments, "everything");
    struct range range = {.until_usec = USEC_INFINITY};
    if ((id != NULL) + since + everything != 1)
        return fail_usage(_("forget takes one of: an ID, --since TIME, --everything"));
    if (option_given(arguments, "until") && !since)
        return fail_usage(_("--until goes with --since only"));
    if (id && *id == '\0')
        return fail_usage(_("the ID is empty; kindly journal --ids shows them"));
    int outcome = everything ? ask_everything(arguments) : client_range(client, arguments, &range);
    if (outcome == OUTCOME_DONE && range.until_usec <= range.since_usec)
        return fail_usage(_("--until is not after --since"));
    return outcome == OUTCOME_DONE ? forget(client, id, &range) : outcome;
}
