/* kindly-sandbox-generator: a systemd.generator(7) of the person's service manager, run when that starts and
 * when it reloads.
 *
 * The walls in kindlyd-strict.conf take a user namespace, and a unit that asks for one where there is none
 * does not start at all. So they are not in the unit: what they take is tried here, with the system calls
 * that systemd makes, and only where it works they are put beside the unit as a drop-in, with the folders
 * they leave open. Everywhere else the unit is as it was installed, and starts.
 *
 * The folders are those of the environment that the manager had when it started. Nothing is made or changed
 * outside the folder for drop-ins. */
#include <fcntl.h>
#include <sched.h>
#include <stdio.h>
#include <sys/mount.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "daemon/store/paths.h"

/* Before a person's own: in the order of their names the last one counts. */
#define STRICT_NAME  "10-strict.conf"
#define FOLDERS_NAME "11-folders.conf"

/* --- Can walls be put up here? ----------------------------------------------------------------- */

static int write_text(const char *path, const char *text) {
    int fd = open(path, O_WRONLY | O_CLOEXEC);
    if (fd < 0)
        return -errno;
    int r = write(fd, text, strlen(text)) < 0 ? -errno : 0;
    close(fd);
    return r;
}

static int write_map(const char *path, unsigned id) {
    char map[64];
    snprintf(map, sizeof map, "%u %u 1\n", id, id);
    return write_text(path, map);
}

/* As systemd does for PrivateUsers, PrivateNetwork, and what mounts. Where a namespace is granted but nothing
 * can be done in it (AppArmor, as Ubuntu has it), one of the later steps fails. */
static int try_walls(void) {
    unsigned uid = getuid(), gid = getgid();
    if (unshare(CLONE_NEWUSER | CLONE_NEWNS | CLONE_NEWNET) < 0)
        return -errno;
    int r = write_text("/proc/self/setgroups", "deny");
    if (r >= 0)
        r = write_map("/proc/self/uid_map", uid);
    if (r >= 0)
        r = write_map("/proc/self/gid_map", gid);
    if (r >= 0 && (mount(NULL, "/", NULL, MS_REC | MS_SLAVE, NULL) < 0 ||
                   mount("/", "/", NULL, MS_BIND | MS_REC, NULL) < 0 ||
                   mount("tmpfs", "/tmp", "tmpfs", MS_NOSUID | MS_NODEV, NULL) < 0))
        r = -errno;
    return r;
}

static int can_have_walls(void) {
    pid_t pid = fork();
    if (pid == 0)
        _exit(-try_walls());
    int status;
    if (pid < 0 || waitpid(pid, &status, 0) < 0)
        return -errno;
    return WIFEXITED(status) ? -WEXITSTATUS(status) : -EPROTO;
}

/* --- Is everything on this side of them? -------------------------------------------------------- */

/* The walls hide these, with what is in them: PrivateTmp. */
static bool is_hidden(const char *path) {
    static const char *const hidden[] = {"/tmp/", "/var/tmp/"};
    for (size_t i = 0; i < ELEMENTSOF(hidden); i++)
        if (strncmp(path, hidden[i], strlen(hidden[i])) == 0)
            return true;
    return false;
}

/* A session bus is on the other side where its socket is hidden, or has no name in the file system. */
static bool is_bus_hidden(void) {
    static const char prefix[] = "unix:path=";
    const char *runtime = getenv("XDG_RUNTIME_DIR"), *address = getenv("DBUS_SESSION_BUS_ADDRESS");
    if (!runtime || is_hidden(runtime))
        return true;
    return address &&
           (strncmp(address, prefix, sizeof prefix - 1) != 0 || is_hidden(address + sizeof prefix - 1));
}

static bool can_be_written_down(const char *path) {
    for (; *path; path++)
        if ((unsigned char)*path < ' ' || *path == 0x7f)
            return false;
    return true;
}

struct folders {
    char *journal, *config, *decks;
};

static void folders_done(struct folders *folders) {
    free(folders->journal);
    free(folders->config);
    free(folders->decks);
}

static int find_folders(struct folders *ret) {
    int r = path_journal(&ret->journal);
    if (r >= 0)
        r = path_user_config(&ret->config);
    if (r >= 0)
        r = path_user_decks(&ret->decks);
    if (r < 0)
        return r;
    *strrchr(ret->journal, '/') = '\0';
    *strrchr(ret->config, '/') = '\0';
    const char *const all[] = {ret->journal, ret->config, ret->decks};
    for (size_t i = 0; i < ELEMENTSOF(all); i++)
        if (is_hidden(all[i]) || !can_be_written_down(all[i]))
            return -EXDEV;
    return is_bus_hidden() ? -EXDEV : 0;
}

/* --- Putting them up ---------------------------------------------------------------------------- */

/* As a quoted word of a unit file; in a command a $ has a meaning, too. */
static void print_word(FILE *stream, const char *prefix, const char *path, bool in_command) {
    fprintf(stream, " \"%s", prefix);
    for (; *path; path++) {
        if (strchr("\"\\", *path))
            putc('\\', stream);
        if (*path == '%' || (*path == '$' && in_command))
            putc(*path, stream);
        putc(*path, stream);
    }
    putc('"', stream);
}

static int write_folders(const char *path, const struct folders *folders) {
    FILE *stream = fopen(path, "we");
    if (!stream)
        return -errno;
    fputs("# Written by kindly-sandbox-generator when this service manager started or was reloaded.\n"
          "[Service]\n"
          "# The one folder that stays writable: the journal's.\n"
          "ReadWritePaths=",
          stream);
    print_word(stream, "-", folders->journal, false);
    fputs("\n# What can't be made from inside is made before, outside (+); each is for the person alone "
          "(UMask).\n"
          "ExecStartPre=-+mkdir -p -- \"%t/dconf\"",
          stream);
    const char *const all[] = {folders->journal, folders->config, folders->decks};
    for (size_t i = 0; i < ELEMENTSOF(all); i++)
        print_word(stream, "", all[i], true);
    putc('\n', stream);
    errno = 0;
    bool written = fflush(stream) == 0 && !ferror(stream);
    int r = written ? 0 : errno > 0 ? -errno : -EIO;
    fclose(stream);
    return r;
}

static int put_up(const char *units, const struct folders *folders) {
    _cleanup_free_ char *strict = NULL, *drop_ins = NULL, *link = NULL, *own = NULL;
    int r = path_shipped("kindlyd-strict.conf", &strict);
    if (r < 0)
        return r;
    if (access(strict, R_OK) < 0)
        return -errno;
    if (asprintf(&drop_ins, "%s/kindlyd.service.d", units) < 0 ||
        asprintf(&link, "%s/%s", drop_ins, STRICT_NAME) < 0 ||
        asprintf(&own, "%s/%s", drop_ins, FOLDERS_NAME) < 0)
        return -ENOMEM;
    if (mkdir(drop_ins, 0755) < 0 && errno != EEXIST)
        return -errno;
    r = write_folders(own, folders);
    if (r < 0)
        return r;
    return symlink(strict, link) < 0 ? -errno : 0;
}

/* SYSTEMD_SCOPE is told since systemd 251, the first one where such walls hold in a person's unit. Root's own
 * manager puts them up in another way, and root can take any down. */
int main(int argc, char **argv) {
    _cleanup_(folders_done) struct folders folders = {0};
    const char *scope = getenv("SYSTEMD_SCOPE");
    if (argc != 4) {
        fputs("kindly-sandbox-generator is run by systemd: systemd.generator(7)\n", stderr);
        return 2;
    }
    if (!scope || !streq(scope, "user") || getuid() == 0)
        return 0;
    int r = find_folders(&folders);
    if (r >= 0)
        r = can_have_walls();
    if (r < 0)
        return 0; /* the unit goes without them; kindly doctor says so */
    r = put_up(argv[1], &folders);
    if (r < 0)
        fprintf(stderr, "kindly-sandbox-generator: kindlyd.service goes without its strict part: %s\n",
                strerrordesc_np(-r));
    return r < 0;
}
