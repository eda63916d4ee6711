/* What is left of a damaged journal: whatever the bytes of its file and of its WAL are, it ends, and what is
 * taken out of it is a journal.
 *
 * An input is a file, and behind it a WAL; the size of that is said in the last two bytes. */
#include "daemon/store/exchange.h"
#include "daemon/store/salvage.h"
#include "daemon/store/schema.h"
#include "tests/fuzz/state.h"

#include <fcntl.h>
#include <limits.h>
#include <unistd.h>

static void write_file(const char *suffix, const uint8_t *data, size_t size, char path[PATH_MAX + 16]) {
    snprintf(path, PATH_MAX + 16, "%s/old.db%s", fuzz_folder(), suffix);
    int fd = open(path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);
    holds(fd >= 0 && write(fd, data, size) == (ssize_t)size);
    close(fd);
}

/* Nothing in it is more than what a journal of ours can hold. */
static void check(struct journal *journal) {
    struct keeper *keeper = NULL;
    struct history history;
    int r = journal_load(journal, &keeper);
    holds(r >= 0 || r == -EUCLEAN);
    keeper_free(keeper);
    holds(journal_history(journal, FUZZ_NOW, zone_utc(), &history) >= 0);
    history_done(&history);
    char *text = NULL;
    size_t size;
    FILE *stream = open_memstream(&text, &size);
    holds(stream && exchange_export(journal, stream, 0, USEC_INFINITY, NULL) >= 0);
    fclose(stream);
    free(text);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
    if (size < 2)
        return 0;
    size_t left = size - 2, wal = ((size_t)data[size - 2] << 8 | data[size - 1]) % (left + 1);
    char path[PATH_MAX + 16], wal_path[PATH_MAX + 16];
    write_file("-wal", data + left - wal, wal, wal_path);
    write_file("", data, left - wal, path);
    struct journal *journal = state_journal();
    uint64_t entries = 0;
    holds(salvage(path, journal, FUZZ_NOW, &entries) >= 0);
    check(journal);
    return 0;
}
