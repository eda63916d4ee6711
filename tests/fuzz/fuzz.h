/* What the targets of the fuzzer share.
 *
 * A target is one function from any bytes to nothing. It ends the program where something is not as it has to
 * be: a sanitizer sees to memory and to arithmetic, holds() to everything else. It has no clock and no chance
 * of its own, starts nothing, touches no disk, and leaves nothing behind, so that the same bytes do the same
 * each time. Memory is not made to run out here.
 *
 * Built with libFuzzer (VARIANT=fuzz) it is given what libFuzzer makes up; else with replay.c, which gives it
 * the files of tests/fuzz/corpus and of what was found once (tests/fuzz/found). */
#pragma once

#include "daemon/core/base.h"

/* For libFuzzer. Always 0. The first is called once, before the others: the locale and the environment are
 * the same for all. */
int LLVMFuzzerInitialize(int *argc, char ***argv);
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

/* Ends the program where the condition does not hold. */
#define holds(condition) ((condition) ? (void)0 : fuzz_fail(#condition, __FILE__, __LINE__))
_Noreturn void fuzz_fail(const char *condition, const char *file, int line);

/* The bytes as a text, up to a NUL among them, in memory of just that size. The caller frees. */
char *fuzz_text(const uint8_t *data, size_t size);

/* The path of a file in memory that holds the bytes, until the next call. */
const char *fuzz_file(const uint8_t *data, size_t size);

/* A folder in memory (in TMPDIR, or /dev/shm), made at the first call, and removed with all that is in it at
 * the end; not when a sanitizer ends the program, so who starts it gives it a TMPDIR to throw away. */
const char *fuzz_folder(void);

/* Standard output and error go nowhere between the two. What sanitizers say is not of these. */
void fuzz_silence(void);
void fuzz_speak(void);

/* What the time is: 2026-03-11 08:00 UTC, a Wednesday. */
#define FUZZ_NOW ((usec_t)1773216000 * USEC_PER_SEC)

/* Takes an input apart, front to back; at its end there are zeroes. */
struct pieces {
    const uint8_t *at;
    size_t left;
};

uint8_t piece_byte(struct pieces *pieces);
uint64_t piece_number(struct pieces *pieces, size_t bytes);
/* A length in a byte (255: in two), then that many bytes, up to a NUL among them. The caller frees. */
char *piece_text(struct pieces *pieces);
/* The same, and what is not UTF-8 gives way to "?": what a bus lets pass. */
char *piece_bus_text(struct pieces *pieces);
