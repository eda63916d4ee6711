/* /dev/null, the other way round: what can't be read or written is noticed, not lost without a word. */
#include "daemon/store/streams.h"

#include <fcntl.h>
#include <unistd.h>

void streams_begin(void) {
    for (int fd = STDIN_FILENO; fd <= STDERR_FILENO; fd++) /* open() gives the lowest that is free */
        if (fcntl(fd, F_GETFD) < 0 && open("/dev/null", fd == STDIN_FILENO ? O_WRONLY : O_RDONLY) < 0)
            return;
}
