/* How long one occurrence takes here and in systemd-analyze, for expressions and zones that are dense,
 * sparse, or rest on rare days. Ours is timed in this process over 100,000 occurrences, begun anew where an
 * expression has fewer. systemd-analyze is run twice, with few and with many iterations, so that its start is
 * subtracted; what it prints is thrown away, and printing counts for it (a few hundred nanoseconds an
 * occurrence). Not a test: it fails for no number. */
#include "daemon/core/calendar.h"
#include "daemon/store/zonefile.h"

#include <fcntl.h>
#include <spawn.h>
#include <stdio.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#define OCCURRENCES 100000
#define BASE_USEC   ((usec_t)1704067200 * USEC_PER_SEC) /* 2024-01-01 */
#define RUNS        3

extern char **environ;

/* `many`: iterations for systemd-analyze, within the years to 2199 and its patience. */
static const struct row {
    const char *tz, *expression;
    int many;
} rows[] = {
    {"Europe/Berlin", "daily", 5000},
    {"Europe/Berlin", "Mon..Fri 08:45", 5000},
    {"Europe/Berlin", "*:0/15", 5000},
    {"Europe/Berlin", "minutely", 5000},
    {"Europe/Berlin", "*:*:*", 5000},
    {"Europe/Berlin", "Fri *-*-13", 300},
    {"Europe/Berlin", "*-02-29 12:00", 40},
    {"Europe/Berlin", "Sat *-02-29", 6},
    {"America/St_Johns", "Mon *-05~07/1", 170},
    {"Australia/Lord_Howe", "*-*~1 02:15", 2000},
    {"Africa/Casablanca", "Sat,Sun 9..17/2:30", 5000},
    {"UTC", "*-*-* 09:00,30", 5000},
    {"Europe/Berlin", "daily UTC", 2000},
    {"Europe/Berlin", "*:0/10 UTC", 2000},
    {"UTC", "Mon..Fri 09:30 America/New_York", 2000},
    {"Europe/Berlin", "*-*-1 00:00:00.5 Asia/Tokyo", 1000},
};

static double now_nsec(void) {
    struct timespec time;
    clock_gettime(CLOCK_MONOTONIC, &time);
    return (double)time.tv_sec * 1e9 + (double)time.tv_nsec;
}

/* Nanoseconds for each occurrence; negative: the row can't be run. */
static double time_ours(const struct row *row) {
    _cleanup_(calendar_freep) struct calendar *calendar = NULL;
    _cleanup_(zone_freep) struct zone *zone = NULL;
    if (calendar_parse(row->expression, &calendar, NULL) < 0)
        return -1;
    const char *name = calendar_zone_name(calendar);
    if ((name ? zonefile_load_name(name, &zone) : zonefile_load_tz(row->tz, &zone)) < 0)
        return -1;
    double start = now_nsec();
    usec_t at_usec = BASE_USEC;
    for (int i = 0; i < OCCURRENCES; i++)
        if (calendar_next(calendar, zone, at_usec, &at_usec) < 0)
            at_usec = BASE_USEC;
    return (now_nsec() - start) / OCCURRENCES;
}

static double time_systemd_once(const struct row *row, int iterations) {
    char option[64];
    snprintf(option, sizeof option, "--iterations=%d", iterations);
    char program[] = "systemd-analyze", verb[] = "calendar", base[] = "--base-time=@1704067200", end[] = "--";
    char *expression = strdup(row->expression);
    char *arguments[] = {program, verb, option, base, end, expression, NULL};
    posix_spawn_file_actions_t actions;
    int status = -1;
    pid_t pid;

    posix_spawn_file_actions_init(&actions);
    posix_spawn_file_actions_addopen(&actions, STDOUT_FILENO, "/dev/null", O_WRONLY, 0);
    setenv("TZ", row->tz, 1);
    double start = now_nsec();
    if (posix_spawnp(&pid, program, &actions, NULL, arguments, environ) == 0)
        waitpid(pid, &status, 0);
    double took = now_nsec() - start;
    posix_spawn_file_actions_destroy(&actions);
    free(expression);
    return status == 0 ? took : -1;
}

/* The shortest of some runs, which others on the machine have disturbed least. */
static double time_systemd(const struct row *row) {
    double few = -1, many = -1;
    for (int i = 0; i < RUNS; i++) {
        double a = time_systemd_once(row, 1), b = time_systemd_once(row, row->many);
        if (a < 0 || b < 0)
            return -1;
        few = few < 0 ? a : MIN_OF(few, a);
        many = many < 0 ? b : MIN_OF(many, b);
    }
    return MAX_OF(many - few, 0.0) / (row->many - 1);
}

static int compare_doubles(const void *a, const void *b) {
    double first = *(const double *)a, second = *(const double *)b;
    return first < second ? -1 : first > second;
}

int main(void) {
    double ratios[ELEMENTSOF(rows)];
    size_t n = 0;
    printf("%-20s %-34s %12s %12s %8s\n", "TZ", "expression", "ours ns", "systemd ns", "ratio");
    for (size_t i = 0; i < ELEMENTSOF(rows); i++) {
        double ours = time_ours(&rows[i]), systemd = time_systemd(&rows[i]);
        printf("%-20s %-34s %12.0f ", rows[i].tz, rows[i].expression, ours);
        if (ours <= 0 || systemd < 0) {
            printf("%12s %8s\n", "failed", "-");
            continue;
        }
        ratios[n] = systemd / ours;
        printf("%12.0f %8.1f\n", systemd, ratios[n]);
        n++;
    }
    if (n == 0)
        return 1;
    qsort(ratios, n, sizeof *ratios, compare_doubles);
    double median = n % 2 ? ratios[n / 2] : (ratios[n / 2 - 1] + ratios[n / 2]) / 2;
    printf("median ratio %.1f, minimum %.1f\n", median, ratios[0]);
    return 0;
}
