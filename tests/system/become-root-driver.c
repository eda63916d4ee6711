/* Installed by a test with root's setuid bit: ends with 0 where that was given, with EPERM where not. */
#include <errno.h>
#include <unistd.h>

int main(void) {
    return geteuid() == 0 ? 0 : EPERM;
}
