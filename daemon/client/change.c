/* The text is read once, at the beginning; whoever changes the file meanwhile keeps what they wrote, because
 * writing compares first. Nothing is written that the ordinary reader refuses. */
#include "daemon/client/change.h"

#include <stdio.h>
#include <sys/stat.h>

#include "daemon/client/words.h"
#include "daemon/core/translate.h"
#include "daemon/store/amend.h"
#include "daemon/store/config.h"
#include "daemon/store/create.h"
#include "daemon/store/deck.h"
#include "daemon/store/paths.h"

void change_done(struct change *change) {
    free(change->path);
    free(change->before);
    free(change->text);
    *change = (struct change){0};
}

static int read_in_use(char **ret) {
    _cleanup_free_ char *shipped = NULL, *path = NULL;
    size_t size;
    int r = path_shipped("kindly.conf", &shipped);
    if (r >= 0)
        r = config_find(NULL, shipped, &path);
    if (r >= 0)
        r = read_text(path, CONFIG_FILE_MAX, ret, &size);
    return r < 0 ? fail_errno(r, path ? path : _("cannot find the schedule")) : OUTCOME_DONE;
}

static bool is_link(const char *path) {
    struct stat status;
    return lstat(path, &status) >= 0 && S_ISLNK(status.st_mode);
}

static int refuse(const struct change *change, int error) {
    switch (error) {
    case -ELOOP:
        complain(_("%s is a symbolic link, and left alone; change it where it is kept"), change->path);
        break;
    case -EACCES:
    case -EPERM:
    case -EROFS:
        complain(_("%s is read-only, and left alone"), change->path);
        break;
    case -ESTALE:
        complain(_("%s was changed by something else meanwhile, and is left as it is"), change->path);
        break;
    default:
        fail_errno(error, change->path);
    }
    return OUTCOME_FAILED;
}

int change_begin(struct change *ret) {
    struct change change = {0};
    size_t size = 0;
    int r = path_user_config(&change.path);
    if (r < 0)
        return fail_errno(r, _("cannot find the schedule"));
    r = read_text(change.path, CONFIG_FILE_MAX, &change.before, &size);
    if (r == -ENOENT && is_link(change.path))
        r = -ELOOP; /* one that leads nowhere */
    int outcome = r == -ENOENT ? read_in_use(&change.text) : OUTCOME_DONE;
    if (r >= 0 && strlen(change.before) != size)
        r = -EILSEQ; /* a NUL byte */
    if (r >= 0 && !(change.text = strdup(change.before)))
        r = -ENOMEM;
    if (r < 0 && r != -ENOENT)
        outcome = refuse(&change, r);
    if (outcome != OUTCOME_DONE)
        change_done(&change);
    else
        *ret = change;
    return outcome;
}

/* --- Checking --------------------------------------------------------------------------------- */

/* What is wrong with decks is for `kindly check` to tell. */
static int load_decks(const struct schedule *schedule, struct library **ret) {
    struct mistakes ignored = {};
    _cleanup_free_ char *shipped = NULL, *own = NULL;
    _cleanup_(library_freep) struct library *library = library_new();
    int r = library ? path_shipped("decks", &shipped) : -ENOMEM;
    if (r >= 0)
        r = path_user_decks(&own);
    if (r >= 0)
        r = deck_load_folder(library, shipped, schedule->languages, schedule->n_languages, &ignored);
    if (r >= 0)
        r = deck_load_folder(library, own, schedule->languages, schedule->n_languages, &ignored);
    mistakes_done(&ignored);
    if (r >= 0)
        *ret = TAKE_PTR(library);
    return r;
}

/* Read twice: the decks are those of its languages, and its practices are those of the decks. */
int change_check(const char *path, const char *text, struct mistakes *mistakes,
                 struct schedule **ret_schedule, struct library **ret_library) {
    _cleanup_(schedule_freep) struct schedule *first = NULL, *schedule = NULL;
    _cleanup_(library_freep) struct library *library = NULL;
    struct mistakes ignored = {};
    int r = config_load_text(path, text, NULL, &ignored, &first);
    if (r >= 0)
        r = client_settle_languages(first);
    if (r >= 0)
        r = load_decks(first, &library);
    mistakes_done(&ignored);
    if (r >= 0 || r == -EINVAL)
        r = config_load_text(path, text, library, mistakes, &schedule);
    if (r < 0)
        return r;
    if (ret_schedule)
        *ret_schedule = TAKE_PTR(schedule);
    if (ret_library)
        *ret_library = TAKE_PTR(library);
    return 0;
}

void change_tell(const struct mistakes *mistakes) {
    for (size_t i = 0; i < mistakes->n; i++) {
        print_clean(stderr, mistakes->items[i].text);
        fputc('\n', stderr);
    }
}

void change_tell_short(const struct mistakes *mistakes, const char *path) {
    size_t length = strlen(path);
    for (size_t i = 0; i < mistakes->n; i++) {
        const char *text = mistakes->items[i].text;
        if (mistakes->items[i].severity != MISTAKE_ERROR)
            continue;
        if (strncmp(text, path, length) == 0 && text[length] == ':') {
            text += length + 1;
            text += mistakes->items[i].line > 0 ? strcspn(text, ":") + 1 : 0;
            text += strspn(text, " ");
        }
        complain("%s", text);
    }
}

int change_refuse_broken(const struct mistakes *mistakes) {
    change_tell(mistakes);
    complain(_("the schedule has a mistake, so it is left as it is; kindly edit mends it"));
    return OUTCOME_FAILED;
}

/* --- Writing ---------------------------------------------------------------------------------- */

int change_may_write(const struct change *change) {
    int r = replace_check(change->path);
    return r < 0 ? refuse(change, r) : OUTCOME_DONE;
}

static void print_line(void *userdata, char sign, size_t number, const char *text, size_t size) {
    (void)userdata;
    _cleanup_free_ char *line = strndup(text, size);
    printf("%c %4u  ", sign, (unsigned)number);
    print_clean(stdout, line ? line : _("out of memory"));
    putchar('\n');
}

int change_write(const struct change *change, const char *text) {
    int r = replace_text(change->path, change->before, text);
    if (r == 0)
        return OUTCOME_DONE;
    refuse(change, r);
    if (r == -ENOMEM)
        return OUTCOME_FAILED;
    puts(_("These lines would change (- as it is, + as it would be):"));
    amend_compare(change->text, text, print_line, NULL);
    return OUTCOME_FAILED;
}

/* Without a bus there is no daemon, and that is no failure. */
int change_reload(struct client *client, bool *ret_running) {
    bool running = false;
    int r = client->bus ? 0 : sd_bus_open_user(&client->bus);
    if (r >= 0)
        r = client_is_running(client, &running);
    if (r == -ENOMEM)
        return fail_errno(r, _("cannot reach the session bus"));
    int outcome = running ? client_call(client, NULL, "Reload", "") : OUTCOME_DONE;
    *ret_running = running;
    return outcome;
}
