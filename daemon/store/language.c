/* Only LC_MESSAGES follows the environment. LC_CTYPE is UTF-8's whatever the environment says: texts are
 * UTF-8 in the files, on the bus and on the screen, and classes of characters that depend on a language
 * (Turkish has an i of its own) must not change how a schedule is read. */
#include "daemon/store/language.h"

#include <langinfo.h>
#include <locale.h>

#include "daemon/core/translate.h"
#include "daemon/store/paths.h"

/* More wishes than this nobody has. */
#define LANGUAGES_MAX 32

#define LANGUAGE_NAME_MAX 8

static bool is_none(const char *locale) {
    return streq(locale, "C") || streq(locale, "POSIX") || strncmp(locale, "C.", 2) == 0;
}

static void take_utf8(void) {
    if (!setlocale(LC_CTYPE, "C.UTF-8"))
        setlocale(LC_CTYPE, "");
}

bool language_draws_utf8(void) {
    bool utf8 = !setlocale(LC_CTYPE, "") || streq(nl_langinfo(CODESET), "UTF-8");
    take_utf8();
    return utf8;
}

void language_begin(void) {
    take_utf8();
    const char *locale = setlocale(LC_MESSAGES, "");
    _cleanup_free_ char *folder = NULL;
    if (!locale || streq(locale, "C") || path_locale(&folder) < 0)
        return;
    bindtextdomain(TRANSLATE_DOMAIN, folder);
    bind_textdomain_codeset(TRANSLATE_DOMAIN, "UTF-8");
}

void language_none(void) {
    setlocale(LC_MESSAGES, "C");
}

struct languages {
    char **names;
    size_t n;
};

static void languages_done(struct languages *languages) {
    for (size_t i = 0; i < languages->n; i++)
        free(languages->names[i]);
    free(languages->names);
}

/* `length` letters, unless they are there already. */
static int add_language(struct languages *languages, const char *name, size_t length) {
    char *copy = strndup(name, length);
    if (!copy)
        return -ENOMEM;
    for (char *c = copy; *c; c++)
        if (*c >= 'A' && *c <= 'Z')
            *c = (char)(*c - 'A' + 'a');
    bool known = languages->n >= LANGUAGES_MAX - 1 && !streq(copy, "en");
    for (size_t i = 0; i < languages->n; i++)
        known |= streq(languages->names[i], copy);
    if (known)
        free(copy);
    else
        languages->names[languages->n++] = copy;
    return 0;
}

/* "de_AT.UTF-8@euro" is "de". What doesn't begin with a language's name is passed over. */
static int add_locale(struct languages *languages, const char *locale) {
    size_t length = strspn(locale, "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ");
    bool named = length >= 2 && length <= LANGUAGE_NAME_MAX && strchr("_.@-:", locale[length]);
    return named ? add_language(languages, locale, length) : 0;
}

int language_list_of(const char *locale, const char *wishes, char ***ret, size_t *ret_n) {
    struct languages languages = {.names = calloc(LANGUAGES_MAX, sizeof *languages.names)};
    if (!languages.names)
        return -ENOMEM;
    const char *at = is_none(locale) ? "" : wishes && *wishes ? wishes : locale;
    int r = 0;
    for (; *at && r >= 0; at += strcspn(at, ":"), at += *at == ':')
        r = add_locale(&languages, at);
    if (r >= 0)
        r = add_language(&languages, "en", strlen("en"));
    if (r < 0) {
        languages_done(&languages);
        return r;
    }
    *ret = languages.names;
    *ret_n = languages.n;
    return 0;
}

int language_list(char ***ret, size_t *ret_n) {
    const char *locale = setlocale(LC_MESSAGES, NULL);
    return language_list_of(locale ? locale : "C", getenv("LANGUAGE"), ret, ret_n);
}
