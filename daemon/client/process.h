/* Starting another program. */
#pragma once

#include <signal.h>
#include <sys/types.h>

#include "daemon/core/base.h"

/* Starts `argv[0]`, found along PATH, with the given signal mask and ordinary signal handling. `stdout_fd` is
 * its standard output, -1: ours. Negative errno when it can't be started: -ENOENT, -EACCES, ... */
int process_start(const char *const argv[], const sigset_t *mask, int stdout_fd, pid_t *ret);

/* Whether there is a program of that name along PATH. */
bool process_is_there(const char *name);

/* Runs this program in a terminal window of its own ($TERMINAL, x-terminal-emulator, xterm) with these words
 * (at most PROCESS_WORDS_MAX, ended by NULL), and waits. `stays`: the window stays until Enter is pressed in
 * it. The status; negative errno, -ENOENT: there is no such window here. */
#define PROCESS_WORDS_MAX 4
int process_in_terminal(const char *const words[], bool stays);

/* Waits for its end: its status as a shell tells it (128 and the signal's number when a signal ended it). */
int process_wait(pid_t pid);
int process_status(int code, int status); /* of siginfo's si_code and si_status */
