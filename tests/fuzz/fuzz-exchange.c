/* Entries from elsewhere (kindly import, kindly sync): all of a file is taken in or nothing, twice is once,
 * and what is then in the journal can be taken along again. */
#include "daemon/store/exchange.h"
#include "daemon/store/guard.h"
#include "tests/fuzz/state.h"

#include <fcntl.h>
#include <sys/mman.h>
#include <unistd.h>

/* In memory, for as long as it is open. */
static FILE *memory_file(void) {
    int fd = memfd_create("exported", MFD_CLOEXEC);
    FILE *file = fdopen(fd, "w+");
    holds(file);
    return file;
}

struct taken {
    off_t end;
    size_t portions;
};

static int take(void *userdata, int fd, off_t end) {
    struct taken *taken = userdata;
    holds(end > taken->end && lseek(fd, 0, SEEK_END) > 0);
    taken->end = end;
    taken->portions++;
    return 0;
}

/* As kindly sync reads it: what stands before a mistake counts. */
static void check_reading(int fd, off_t size, bool good) {
    struct taken taken = {0};
    const struct exchange_reading reading = {
        .fd = fd, .unfinished_too = true, .take = take, .userdata = &taken};
    off_t end = 0;
    char *message = NULL;
    int r = exchange_read(&reading, &end, &message);
    holds(r >= 0 || (r == -EINVAL && message && !good));
    holds(!good || (r >= 0 && end >= size)); /* a newline counts where it lacks */
    holds(taken.end <= size + 1);
    free(message);
}

static void check_export(struct journal *journal) {
    FILE *file = memory_file();
    char *message = NULL;
    uint32_t count = 1;
    uint64_t before = state_events(journal);
    holds(exchange_export(journal, file, 0, USEC_INFINITY, NULL) >= 0 && fflush(file) == 0);
    holds(exchange_import(journal, fileno(file), FUZZ_NOW, &count, &message) >= 0);
    holds(count == 0 && state_events(journal) == before);
    fclose(file);
}

static void check_journal(struct journal *journal) {
    struct keeper *keeper = NULL;
    struct history history;
    holds(journal_load(journal, &keeper) >= 0);
    keeper_free(keeper);
    holds(journal_history(journal, FUZZ_NOW, zone_utc(), &history) >= 0);
    history_done(&history);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
    struct journal *journal = state_journal();
    uint64_t before = state_events(journal);
    int fd = open(fuzz_file(data, size), O_RDONLY | O_CLOEXEC);
    holds(fd >= 0);
    uint32_t count = 0, again = 1;
    char *message = NULL;
    int r = exchange_import(journal, fd, FUZZ_NOW, &count, &message);
    holds(r >= 0 || r == -EINVAL);
    check_reading(fd, (off_t)size, r >= 0);
    if (r < 0) {
        holds(message && text_is_plain(message) && state_events(journal) == before);
    } else {
        uint64_t after = state_events(journal);
        holds(count <= size && after - before <= size);
        holds(exchange_import(journal, fd, FUZZ_NOW, &again, NULL) >= 0);
        holds(again == 0 && state_events(journal) == after);
        check_journal(journal);
        check_export(journal);
    }
    free(message);
    close(fd);
    return 0;
}
