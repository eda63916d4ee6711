/* Where the person's files are: by the variables of the XDG base directories, and where those name no folder.
 */
#include <pwd.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include <cmocka.h>

#include "daemon/store/paths.h"

#define UNSET NULL

static void set(const char *name, const char *value) {
    assert_int_equal(value ? setenv(name, value, 1) : unsetenv(name), 0);
}

static void test_journal(void **state) {
    const struct passwd *account = getpwuid(getuid());
    static const struct {
        int line;
        const char *home, *folder;
        const char *path; /* what begins with ~ is below the home of the account */
    } cases[] = {
        {__LINE__, "/home/ann", "/var/ann", "/var/ann/kindly/journal.db"},
        {__LINE__, "/home/ann", "", "/home/ann/.local/state/kindly/journal.db"},
        {__LINE__, "/home/ann", "state", "/home/ann/.local/state/kindly/journal.db"},
        {__LINE__, "/home/ann", UNSET, "/home/ann/.local/state/kindly/journal.db"},
        {__LINE__, "ann", UNSET, "~/.local/state/kindly/journal.db"},
        {__LINE__, UNSET, UNSET, "~/.local/state/kindly/journal.db"},
        {__LINE__, UNSET, "/var/ann", "/var/ann/kindly/journal.db"},
    };
    (void)state;
    assert_non_null(account);
    for (size_t i = 0; i < ELEMENTSOF(cases); i++) {
        _cleanup_free_ char *path = NULL, *expected = NULL;
        bool of_account = *cases[i].path == '~';
        assert_true(
            asprintf(&expected, "%s%s", of_account ? account->pw_dir : "", cases[i].path + of_account) > 0);
        set("HOME", cases[i].home);
        set("XDG_STATE_HOME", cases[i].folder);
        assert_int_equal(path_journal(&path), 0);
        if (!streq(path, expected))
            fail_msg("case at line %d: %s", cases[i].line, path);
    }
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_journal),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
