/* Cards: what is taken and refused; notices and pages: what a server or a terminal gets to draw. */
#include <limits.h>
#include <locale.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

#include <cmocka.h>

#include "daemon/notify/notice.h"
#include "daemon/notify/page.h"

#define EXPECT(condition, line)                                                                              \
    do {                                                                                                     \
        if (!(condition))                                                                                    \
            fail_msg("case at line %d", line);                                                               \
    } while (0)

static struct card *make_card(const char *title, const char *body, const char *const (*choices)[2],
                              size_t n_choices) {
    struct card *card = NULL;
    const char *wrong = NULL;
    assert_int_equal(card_new("id", title, body, &card, &wrong), 0);
    for (size_t i = 0; i < n_choices; i++)
        assert_int_equal(card_add_choice(card, choices[i][0], choices[i][1], &wrong), 0);
    return card;
}

static const char *const usual[][2] = {
    {"helpful", "Helpful"},
    {"later", "In 15 min"},
    {"not-this", "Not this"},
};

static const char *repeat(char c, size_t n, char *buffer) {
    memset(buffer, c, n);
    buffer[n] = '\0';
    return buffer;
}

static void test_card_bounds(void **state) {
    static char long_id[CARD_ID_MAX + 2], long_title[CARD_TITLE_MAX + 2], long_body[CARD_BODY_MAX + 2];
    const struct {
        int line;
        const char *id, *title, *body;
        bool fits;
    } cases[] = {
        {__LINE__, "id", "Title", "Body", true},
        {__LINE__, "id", "Title", "", true},
        {__LINE__, "", "Title", "Body", false},
        {__LINE__, "id", "", "Body", false},
        {__LINE__, "id", "\a", "Body", false},
        {__LINE__, "id\xFF", "Title", "Body", false},
        {__LINE__, "id", "Title\xFF", "Body", false},
        {__LINE__, "id", "Title", "Body\xFF", false},
        {__LINE__, repeat('i', CARD_ID_MAX + 1, long_id), "Title", "Body", false},
        {__LINE__, long_id + 1, "Title", "Body", true},
        {__LINE__, "id", repeat('t', CARD_TITLE_MAX + 1, long_title), "Body", false},
        {__LINE__, "id", long_title + 1, "Body", true},
        {__LINE__, "id", "Title", repeat('b', CARD_BODY_MAX + 1, long_body), false},
        {__LINE__, "id", "Title", long_body + 1, true},
    };
    (void)state;
    for (size_t i = 0; i < ELEMENTSOF(cases); i++) {
        _cleanup_(card_freep) struct card *card = NULL;
        const char *wrong = NULL;
        int r = card_new(cases[i].id, cases[i].title, cases[i].body, &card, &wrong);
        EXPECT(r == (cases[i].fits ? 0 : -EINVAL), cases[i].line);
        EXPECT(!card == !!wrong, cases[i].line);
    }
}

static void test_choice_bounds(void **state) {
    static char long_label[CARD_LABEL_MAX + 2];
    const struct {
        int line;
        const char *id, *label;
        bool fits;
    } cases[] = {
        {__LINE__, "new", "New", true},
        {__LINE__, "", "New", false},
        {__LINE__, "new", "", false},
        {__LINE__, "new", "\xFF", false},
        {__LINE__, "ne\033[1mw", "New", false},
        {__LINE__, "new", "\001\033", false},
        {__LINE__, "helpful", "Twice", false},
        {__LINE__, PRESENTER_DEFAULT, "Reserved", false},
        {__LINE__, "new", repeat('l', CARD_LABEL_MAX + 1, long_label), false},
    };
    (void)state;
    for (size_t i = 0; i < ELEMENTSOF(cases); i++) {
        _cleanup_(card_freep) struct card *card = make_card("T", "B", usual, ELEMENTSOF(usual));
        const char *wrong = NULL;
        int r = card_add_choice(card, cases[i].id, cases[i].label, &wrong);
        EXPECT(r == (cases[i].fits ? 0 : -EINVAL), cases[i].line);
        EXPECT(card->n_choices == ELEMENTSOF(usual) + (cases[i].fits ? 1 : 0), cases[i].line);
    }

    _cleanup_(card_freep) struct card *full = make_card("T", "B", NULL, 0);
    const char *wrong = NULL;
    for (size_t i = 0; i < CARD_CHOICES_MAX; i++)
        assert_int_equal(card_add_choice(full, (char[]){(char)('a' + i), '\0'}, "Label", &wrong), 0);
    assert_int_equal(card_add_choice(full, "more", "Label", &wrong), -EINVAL);
}

static void test_flags(void **state) {
    (void)state;
    struct card card = {0};
    assert_ptr_equal(card_flag(&card, "private"), &card.concealed);
    assert_ptr_equal(card_flag(&card, "write"), &card.write);
    assert_ptr_equal(card_flag(&card, "step"), &card.step);
    assert_ptr_equal(card_flag(&card, "sound"), &card.sound);
    assert_ptr_equal(card_flag(&card, "force"), &card.force);
    assert_null(card_flag(&card, "show_for"));
    assert_null(card_flag(&card, ""));
}

static void test_replaces(void **state) {
    (void)state;
    _cleanup_(card_freep) struct card *card = make_card("T", "B", NULL, 0);
    assert_null(card->replaces_bus);
    assert_int_equal(card_set_replaces(card, "bus", ":1.1", 7), 0);
    assert_int_equal(card_set_replaces(card, "other", ":1.2", 8), 0);
    assert_string_equal(card->replaces_bus, "other");
    assert_string_equal(card->replaces_owner, ":1.2");
    assert_int_equal(card->replaces_id, 8);
}

static void test_notice(void **state) {
    static const struct {
        int line;
        const char *caps; /* by their names, separated by a space */
        const char *title, *body;
        size_t n_choices;
        const char *summary, *drawn_body;
    } cases[] = {
        {__LINE__, "actions body body-markup", "T <1>", "a < b", 3, "T <1>", "a &lt; b"},
        {__LINE__, "actions body", "T", "a < b", 3, "T", "a < b"},
        {__LINE__, "body", "T", "a < b", 3, "T", "a < b\nAnswer with: kindly answer"},
        {__LINE__, "body", "T", "", 3, "T", "Answer with: kindly answer"},
        {__LINE__, "body", "T", "a", 0, "T", "a"},
        {__LINE__, "body body-markup icon-static", "T", "&", 1, "T",
         "&amp;\n<i>Answer with: kindly answer</i>"},
        {__LINE__, "actions", "T", "a\nb", 3, "T: a b", NULL},
        {__LINE__, "", "T", "", 3, "T", NULL},
        {__LINE__, "actions body", "T\nU", "", 0, "T U", ""},
    };
    (void)state;
    for (size_t i = 0; i < ELEMENTSOF(cases); i++) {
        _cleanup_(card_freep) struct card *card =
            make_card(cases[i].title, cases[i].body, usual, cases[i].n_choices);
        struct notice_caps caps = notice_caps_of("");
        char names[64], *rest = names;
        snprintf(names, sizeof names, "%s", cases[i].caps);
        for (char *name; (name = strsep(&rest, " "));)
            notice_caps_add(&caps, name);
        _cleanup_(notice_freep) struct notice *notice = NULL;
        EXPECT(notice_new(card, caps, false, &notice) == 0, cases[i].line);
        EXPECT(streq(notice->summary, cases[i].summary), cases[i].line);
        EXPECT(!notice->body == !cases[i].drawn_body, cases[i].line);
        EXPECT(streq(or_empty(notice->body), or_empty(cases[i].drawn_body)), cases[i].line);
    }
}

/* Three times where a server has no choices, once where they are in a menu, never where they are drawn. */
static void test_names_command(void **state) {
    static const struct {
        int line;
        const char *server;
        bool actions;
        uint32_t named;
        bool expected;
    } cases[] = {
        {__LINE__, "any", false, 0, true},         {__LINE__, "any", false, 2, true},
        {__LINE__, "any", false, 3, false},        {__LINE__, "any", true, 0, false},
        {__LINE__, "dunst", true, 0, true},        {__LINE__, "dunst", true, 1, false},
        {__LINE__, "mako", true, 0, true},         {__LINE__, "fnott", true, 0, true},
        {__LINE__, "mako", true, 1, false},        {__LINE__, "dunst", false, 2, true},
        {__LINE__, "gnome-shell", true, 0, false},
    };
    (void)state;
    for (size_t i = 0; i < ELEMENTSOF(cases); i++) {
        _cleanup_(card_freep) struct card *card = make_card("T", "B", usual, 3);
        _cleanup_(notice_freep) struct notice *notice = NULL;
        struct notice_caps caps = notice_caps_of(cases[i].server);
        caps.body = true;
        caps.actions = cases[i].actions;
        card->named = cases[i].named;
        EXPECT(notice_new(card, caps, false, &notice) == 0, cases[i].line);
        EXPECT(notice->names_command == cases[i].expected, cases[i].line);
        EXPECT(streq(notice->body, cases[i].expected ? "B\nAnswer with: kindly answer" : "B"), cases[i].line);
    }
}

static void test_actions(void **state) {
    static const char *const many[][2] = {
        {"helpful", "Helpful"}, {"later", "In 15 min"},       {"not-this", "Not this"},
        {"hard", "Hard"},       {"not-for-me", "Not for me"}, {"later-second", "In 1 h"},
    };
    static const struct {
        int line;
        const char *server;
        bool reply, window, write, concealed;
        size_t n_choices;
        const char *expected; /* keys, each after a space */
    } cases[] = {
        {__LINE__, "any", false, false, false, false, 0, " default"},
        {__LINE__, "any", true, true, false, false, 3, " default helpful later not-this"},
        {__LINE__, "any", true, true, true, false, 3, " default inline-reply helpful later not-this"},
        {__LINE__, "any", false, true, true, false, 3, " default write helpful later not-this"},
        {__LINE__, "any", false, false, true, false, 3, " default helpful later not-this"},
        {__LINE__, "any", true, true, true, true, 1, " default helpful"},
        {__LINE__, "gnome-shell", false, true, false, false, 3, " default helpful later not-this"},
        {__LINE__, "gnome-shell", false, true, true, false, 2, " default write helpful later"},
        {__LINE__, "gnome-shell", false, true, true, false, 3, " default write later not-this"},
        {__LINE__, "dunst", false, true, true, false, 3, " default write helpful later not-this"},
        {__LINE__, "any", false, true, false, false, 6, " default helpful later not-this hard not-for-me"},
        {__LINE__, "any", false, true, true, false, 6, " default write later not-this hard not-for-me"},
        {__LINE__, "any", false, true, true, false, 4, " default write helpful later not-this hard"},
        {__LINE__, "gnome-shell", false, true, false, false, 6, " default helpful later not-this"},
        {__LINE__, "dunst", false, true, false, false, 6,
         " default helpful later not-this hard not-for-me later-second"},
        {__LINE__, "Plasma", true, true, true, false, 6,
         " default inline-reply helpful later not-this hard not-for-me later-second"},
    };
    (void)state;
    for (size_t i = 0; i < ELEMENTSOF(cases); i++) {
        _cleanup_(card_freep) struct card *card = make_card("T", "B", many, cases[i].n_choices);
        _cleanup_(notice_freep) struct notice *notice = NULL;
        struct notice_caps caps = notice_caps_of(cases[i].server);
        caps.reply = cases[i].reply;
        card->write = cases[i].write;
        card->concealed = cases[i].concealed;
        EXPECT(notice_new(card, caps, cases[i].window, &notice) == 0, cases[i].line);
        char keys[256] = "";
        for (size_t j = 0; j < notice->n_actions; j++)
            strcat(strcat(keys, " "), notice->actions[j].key);
        EXPECT(streq(keys, cases[i].expected), cases[i].line);
        EXPECT(streq(notice->actions[0].label, cases[i].concealed ? "Open" : "Put away"), cases[i].line);
    }
}

static void test_timeout(void **state) {
    static const struct {
        int line;
        usec_t show_for_usec;
        int timeout_msec;
    } cases[] = {
        {__LINE__, 0, -1},
        {__LINE__, 1, 1},
        {__LINE__, 45 * USEC_PER_SEC, 45000},
        {__LINE__, USEC_INFINITY - 1, INT_MAX},
        {__LINE__, USEC_INFINITY, 0},
    };
    (void)state;
    for (size_t i = 0; i < ELEMENTSOF(cases); i++) {
        _cleanup_(card_freep) struct card *card = make_card("T", "B", NULL, 0);
        _cleanup_(notice_freep) struct notice *notice = NULL;
        card->show_for_usec = cases[i].show_for_usec;
        EXPECT(notice_new(card, (struct notice_caps){0}, false, &notice) == 0, cases[i].line);
        EXPECT(notice->timeout_msec == cases[i].timeout_msec, cases[i].line);
    }
}

static void test_icon_file(void **state) {
    static const struct {
        int line;
        const char *program, *expected;
    } cases[] = {
        {__LINE__, "/usr/libexec/kindly-notify", NULL},
        {__LINE__, "/home/me/build", NULL},
        {__LINE__, "/home/me/kindly/build/release/kindly-notify",
         "/home/me/kindly/units/org.kindlyd.Kindly.svg"},
        {__LINE__, "/build/kindly/build/kindly-notify", "/build/kindly/units/org.kindlyd.Kindly.svg"},
    };
    (void)state;
    for (size_t i = 0; i < ELEMENTSOF(cases); i++) {
        _cleanup_free_ char *path = NULL;
        int r = notice_icon_file(cases[i].program, &path);
        EXPECT(r == (cases[i].expected ? 0 : -ENOENT), cases[i].line);
        EXPECT(streq(or_empty(path), or_empty(cases[i].expected)), cases[i].line);
    }
}

static void test_keys(void **state) {
    static const struct {
        int line;
        const char *ids; /* separated by a space */
        bool write;
        const char *keys;
    } cases[] = {
        {__LINE__, "helpful later not-this", false, "hln"},
        {__LINE__, "helpful later hard not-for-me", false, "hlan"},
        {__LINE__, "hard not-for-me quiet-today", false, "hnq"},
        {__LINE__, "keep journal-only erase", false, "kje"},
        {__LINE__, "keep-on fewer pause", false, "kfp"},
        {__LINE__, "why", false, "w"},
        {__LINE__, "why", true, "h"},
        {__LINE__, "a A aa AA", false, "a123"},
        {__LINE__, "ü 友", false, "12"},
        {__LINE__, "1 2 -", false, "123"},
    };
    (void)state;
    for (size_t i = 0; i < ELEMENTSOF(cases); i++) {
        _cleanup_(card_freep) struct card *card = make_card("T", "B", NULL, 0);
        char ids[64], *rest = ids, keys[CARD_CHOICES_MAX + 1] = {0};
        const char *wrong = NULL;
        snprintf(ids, sizeof ids, "%s", cases[i].ids);
        for (char *id; (id = strsep(&rest, " "));)
            EXPECT(card_add_choice(card, id, "Label", &wrong) == 0, cases[i].line);
        card->write = cases[i].write;
        page_keys(card, keys);
        if (!streq(keys, cases[i].keys))
            fail_msg("case at line %d: %s", cases[i].line, keys);
    }
}

static void test_page(void **state) {
    static const struct {
        int line;
        size_t columns;
        bool colour, concealed, write;
        const char *expected;
    } cases[] = {
        {__LINE__, 80, false, false, false,
         "\nA moment\n  If it feels all right, you could rest.\n\n"
         "  h Helpful   l In 15 min   n Not this   Enter Put away\n"},
        {__LINE__, 80, false, false, true,
         "\nA moment\n  If it feels all right, you could rest.\n\n"
         "  h Helpful   l In 15 min   n Not this   w Write   Enter Put away\n"},
        {__LINE__, 80, false, true, true,
         "\nA moment\n  If it feels all right, you could rest.\n\n"
         "  h Helpful   l In 15 min   n Not this   Enter Open\n"},
        {__LINE__, 30, false, false, false,
         "\nA moment\n  If it feels all right, you\n  could rest.\n\n"
         "  h Helpful   l In 15 min\n  n Not this   Enter Put away\n"},
        {__LINE__, 0, true, false, false,
         "\n\033[1mA moment\n\033[0m  If it feels all right, you could rest.\n\n"
         "  \033[1;36mh\033[0m Helpful   \033[1;36ml\033[0m In 15 min   \033[1;36mn\033[0m Not this   "
         "\033[1;36mEnter\033[0m Put away\n"},
    };
    (void)state;
    for (size_t i = 0; i < ELEMENTSOF(cases); i++) {
        _cleanup_(card_freep) struct card *card =
            make_card("A moment", "If it feels all right, you could rest.", usual, ELEMENTSOF(usual));
        _cleanup_free_ char *page = NULL;
        card->concealed = cases[i].concealed;
        card->write = cases[i].write;
        EXPECT(page_compose(card, cases[i].columns, cases[i].colour, &page) == 0, cases[i].line);
        if (!streq(page, cases[i].expected))
            fail_msg("case at line %d: got\n%s", cases[i].line, page);
    }
}

/* A label that is wider than a row goes on below its first word; what Enter does is not there twice. */
static void test_page_keys(void **state) {
    static const struct {
        int line;
        const char *label;
        size_t columns;
        const char *expected;
    } cases[] = {
        {__LINE__, "It's hard right now", 20, "\nT\n\n  s It's hard right\n    now   Enter Open\n"},
        {__LINE__, "It's hard right now", 12,
         "\nT\n\n  s It's\n    hard\n    right\n    now\n  Enter Open\n"},
        {__LINE__, "Unbreakable", 10, "\nT\n\n  s Unbreakable\n  Enter Open\n"},
        {__LINE__, "Open", 80, "\nT\n\n  Enter Open\n"},
    };
    (void)state;
    for (size_t i = 0; i < ELEMENTSOF(cases); i++) {
        _cleanup_(card_freep) struct card *card = make_card("T", "", NULL, 0);
        _cleanup_free_ char *page = NULL;
        const char *wrong = NULL;
        char keys[CARD_CHOICES_MAX];
        card->concealed = true;
        EXPECT(card_add_choice(card, "show", cases[i].label, &wrong) == 0, cases[i].line);
        EXPECT(page_compose(card, cases[i].columns, false, &page) == 0, cases[i].line);
        if (!streq(page, cases[i].expected))
            fail_msg("case at line %d: got\n%s", cases[i].line, page);
        page_keys(card, keys);
        EXPECT(keys[0] == 's', cases[i].line);
    }
}

static void test_page_plain(void **state) {
    (void)state;
    _cleanup_(card_freep) struct card *card =
        make_card("A moment", "You could rest for as long as it takes.", usual, ELEMENTSOF(usual));
    _cleanup_free_ char *page = NULL, *narrow = NULL, *remark = NULL;
    assert_int_equal(page_compose_plain(card, 0, &page), 0);
    assert_string_equal(page, "\nA moment\n  You could rest for as long as it takes.\n\n"
                              "Answer with: kindly answer CHOICE\n"
                              "  helpful      Helpful\n  later        In 15 min\n  not-this     Not this\n");
    assert_int_equal(page_compose_plain(card, 30, &narrow), 0);
    assert_non_null(strstr(narrow, "  You could rest for as long\n  as it takes.\n"));
    assert_int_equal(page_compose_remark("You could rest for as long as it takes.", 30, &remark), 0);
    assert_string_equal(remark, "  You could rest for as long\n  as it takes.\n");
}

static void test_rows(void **state) {
    static const struct {
        int line;
        const char *page;
        size_t columns, rows;
    } cases[] = {
        {__LINE__, "", 10, 0},
        {__LINE__, "\n", 10, 1},
        {__LINE__, "a\n\nb\n", 10, 3},
        {__LINE__, "0123456789", 10, 1},
        {__LINE__, "0123456789a", 10, 2},
        {__LINE__, "友達友達友達\n", 6, 2},
        {__LINE__, "abc\n", 0, 1},
        {__LINE__, "友達友達友達\n", 5, 3},
        {__LINE__, "友友\nab", 3, 3},
    };
    (void)state;
    for (size_t i = 0; i < ELEMENTSOF(cases); i++)
        EXPECT(page_rows(cases[i].page, cases[i].columns) == cases[i].rows, cases[i].line);
}

int main(void) {
    static const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_card_bounds),   cmocka_unit_test(test_choice_bounds),
        cmocka_unit_test(test_flags),         cmocka_unit_test(test_replaces),
        cmocka_unit_test(test_names_command), cmocka_unit_test(test_actions),
        cmocka_unit_test(test_notice),        cmocka_unit_test(test_timeout),
        cmocka_unit_test(test_icon_file),     cmocka_unit_test(test_keys),
        cmocka_unit_test(test_page),          cmocka_unit_test(test_page_plain),
        cmocka_unit_test(test_rows),          cmocka_unit_test(test_page_keys),
    };
    (void)setlocale(LC_CTYPE, "C.UTF-8");
    return cmocka_run_group_tests(tests, NULL, NULL);
}
