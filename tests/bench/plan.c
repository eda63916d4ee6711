/* Takes occurrences out of the plan of a schedule: plan FILE STEPS
 *
 * For valgrind, which counts the instructions of plan_pop(): what the next occurrence costs when the one
 * before is taken, with as many reminders as FILE has. The first comes from a plan that is filled already. */
#include <stdio.h>

#include "daemon/core/plan.h"
#include "daemon/store/config.h"
#include "daemon/store/zonefile.h"

#define START_USEC ((usec_t)1767225600 * USEC_PER_SEC) /* 2026-01-01 */

static int take_out(const char *path, unsigned long steps) {
    _cleanup_(schedule_freep) struct schedule *schedule = NULL;
    _cleanup_(zone_freep) struct zone *zone = NULL;
    _cleanup_(plan_freep) struct plan *plan = NULL;
    struct mistakes mistakes = {.errors_only = true};
    struct hash_key secret = {.bytes = "a bench's secret"};
    struct occurrence occurrence;
    int r = config_load(path, NULL, &mistakes, &schedule);
    if (r < 0 && mistakes.n > 0)
        fprintf(stderr, "%s\n", mistakes.items[0].text);
    mistakes_done(&mistakes);
    if (r >= 0)
        r = zonefile_load_name("Europe/Berlin", &zone);
    if (r >= 0)
        r = plan_new(schedule, NULL, zone, &secret, &plan);
    if (r < 0)
        return r;
    plan_seek(plan, START_USEC);
    for (unsigned long i = 0; i < steps && r >= 0; i++)
        r = plan_pop(plan, &occurrence);
    return r;
}

int main(int argc, char **argv) {
    if (argc != 3) {
        fputs("usage: plan FILE STEPS\n", stderr);
        return 2;
    }
    int r = take_out(argv[1], strtoul(argv[2], NULL, 10));
    if (r < 0)
        fprintf(stderr, "plan: %s\n", strerror(-r));
    return r < 0;
}
