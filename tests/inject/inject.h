/* Failure injection, as SQLite is tested: the 1st, 2nd, 3rd ... call of a family fails, until a run passes
 * untouched.
 *
 * The product's objects are linked as they are; the linker sends their calls to the outside through inject.c
 * (--wrap), which counts and fails them. calls.h is the table. Calls within libraries are not failed, but
 * for two things that SQLite lets us replace: its allocator and its system calls. */
#pragma once

#include <stdbool.h>
#include <stdint.h>

enum inject_family {
    MEMORY,      /* allocations of ours */
    SQLITE,      /* calls of SQLite's functions */
    SQLITE_HEAP, /* allocations within SQLite */
    SQLITE_DISK, /* system calls of SQLite */
    BUS,         /* sd-bus, sd-event */
    FILES,       /* files, processes, timers */
    INJECT_FAMILIES,
};
extern const char *const inject_family_names[INJECT_FAMILIES];

/* Replaces SQLite's allocator and system calls; before its first use. */
void inject_setup(void);

/* From now on calls count, and the `nth` of the family fails; 0: none does. */
struct inject_plan {
    enum inject_family family;
    unsigned nth;
    /* And all that follow it, until inject_mend(): a condition rather than a moment. */
    bool lasting;
    /* Calls that are reached in the same way, by this many callers, count once; 0: each counts. What SQLite
     * asks for within a call is told apart by its order in it. Needs frame pointers
     * (-fno-omit-frame-pointer). */
    unsigned depth;
};
void inject_arm(const struct inject_plan *plan);
/* What failed until now works again; nothing more fails. */
void inject_mend(void);

/* While this is not 0, calls are the test's own: they neither count nor fail. */
extern int inject_off;

unsigned inject_calls(void);     /* since it was armed, all of the family */
unsigned inject_points(void);    /* of them counted */
const char *inject_failed(void); /* the name of the call that failed; NULL: none yet */
bool inject_is_failing(void);    /* lasting, and begun */

/* --- The clock ---------------------------------------------------------------------------------- */

/* The product's clock is ahead of the real one by what it was moved; a timer that this reaches elapses. */
void inject_move_clock(int64_t usec);
/* The short delays of the loop (a file that is to be still, a presenter that is tried again) don't pass by
 * themselves: this lets all pass that have begun. Whether there were any. */
bool inject_pass_delays(void);

/* --- The presenter's process -------------------------------------------------------------------- */

/* Called where a program would be started: with another descriptor of its end of the last socket pair, and
 * its id. The process exists, and does nothing. */
extern void (*inject_on_start)(int fd, int pid);
