/* A page is plain text that ends with a newline, so that it can stand between other output:
 *
 *     A moment
 *       You could put a hand on your heart, if it feels all right.
 *
 *       h Helpful   l In 15 min   n Not this   Enter Put away
 *
 * The only colours are bold for the title and one hue for the keys; they can be left out without loss. */
#include "daemon/notify/page.h"

#include <ctype.h>
#include <stdio.h>

#include "daemon/core/translate.h"
#include "daemon/notify/text.h"

#define INDENT  2
#define GAP     3
#define BOLD    "\033[1m"
#define KEY     "\033[1;36m"
#define NORMAL  "\033[0m"
#define LETTERS "123456789abcdefghijklmnopqrstuvwxyz"

static bool take(bool taken[128], char key) {
    unsigned char at = (unsigned char)key;
    if (at >= 128 || taken[at])
        return false;
    taken[at] = true;
    return true;
}

static char first_free(bool taken[128], const char *id) {
    for (; *id; id++)
        if (isascii((unsigned char)*id) && isalnum((unsigned char)*id)) {
            char key = (char)tolower((unsigned char)*id);
            if (take(taken, key))
                return key;
        }
    const char *letter = LETTERS;
    while (!take(taken, *letter)) /* more letters than choices: one is free */
        letter++;
    return *letter;
}

void page_keys(const struct card *card, char ret_keys[CARD_CHOICES_MAX]) {
    bool taken[128] = {[PAGE_KEY_WRITE] = card_takes_line(card)};
    for (size_t i = 0; i < card->n_choices; i++)
        ret_keys[i] = first_free(taken, card->choices[i].id);
}

const char *page_default_label(const struct card *card) {
    return card->concealed ? _("Open") : _("Put away");
}

struct key_line {
    FILE *out;
    size_t columns, used;
    bool colour;
};

/* Its words, and where the row ends, the next one begins below the first. */
static void put_label(struct key_line *line, const char *label, size_t indent) {
    for (;;) {
        size_t size = strcspn(label, " "), width = text_columns(label, size);
        if (line->columns > 0 && line->used > indent && line->used + 1 + width > line->columns) {
            fprintf(line->out, "\n%*s", (int)indent, "");
            line->used = indent;
        } else {
            fputc(' ', line->out);
            line->used++;
        }
        fwrite(label, 1, size, line->out);
        line->used += width;
        if (label[size] == '\0')
            return;
        label += size + 1;
    }
}

static void put_key(struct key_line *line, const char *key, const char *label) {
    size_t width = text_columns(key, strlen(key)) + 1 + text_columns(label, strlen(label));
    bool breaks = line->columns > 0 && line->used + GAP + width > line->columns;
    if (line->used == 0 || breaks) {
        fprintf(line->out, "%s%*s", line->used > 0 ? "\n" : "", INDENT, "");
        line->used = INDENT;
    } else {
        fprintf(line->out, "%*s", GAP, "");
        line->used += GAP;
    }
    fprintf(line->out, "%s%s%s", line->colour ? KEY : "", key, line->colour ? NORMAL : "");
    line->used += strlen(key);
    put_label(line, label, INDENT + strlen(key) + 1);
}

/* A choice that Enter makes anyhow ("Open") is shown once; its key works too. */
static void put_keys(FILE *out, const struct card *card, size_t columns, bool colour) {
    struct key_line line = {.out = out, .columns = columns, .colour = colour};
    char keys[CARD_CHOICES_MAX];
    page_keys(card, keys);
    for (size_t i = 0; i < card->n_choices; i++)
        if (!streq(card->choices[i].label, page_default_label(card)))
            put_key(&line, (char[]){keys[i], '\0'}, card->choices[i].label);
    if (card_takes_line(card))
        put_key(&line, (char[]){PAGE_KEY_WRITE, '\0'}, _("Write"));
    put_key(&line, _("Enter"), page_default_label(card));
    fputc('\n', out);
}

static void put_text(FILE *out, const struct card *card, size_t columns, bool colour) {
    fprintf(out, "\n%s", colour ? BOLD : "");
    text_wrap(out, card->title, columns, 0);
    fputs(colour ? NORMAL : "", out);
    text_wrap(out, card->body, columns, INDENT);
}

static int finish(FILE *out, char **text, char **ret) {
    bool failed = ferror(out);
    if (fclose(out) != 0 || failed) {
        free(*text);
        return -ENOMEM;
    }
    *ret = *text;
    return 0;
}

int page_compose(const struct card *card, size_t columns, bool colour, char **ret) {
    char *text = NULL;
    size_t size;
    FILE *out = open_memstream(&text, &size);
    if (!out)
        return -ENOMEM;
    put_text(out, card, columns, colour);
    fputc('\n', out);
    put_keys(out, card, columns, colour);
    return finish(out, &text, ret);
}

int page_compose_plain(const struct card *card, size_t columns, char **ret) {
    char *text = NULL;
    size_t size;
    FILE *out = open_memstream(&text, &size);
    if (!out)
        return -ENOMEM;
    put_text(out, card, columns, false);
    if (card->n_choices > 0)
        fprintf(out, "\n%s\n", _("Answer with: kindly answer CHOICE"));
    for (size_t i = 0; i < card->n_choices; i++)
        fprintf(out, "  %-12s %s\n", card->choices[i].id, card->choices[i].label);
    return finish(out, &text, ret);
}

int page_compose_remark(const char *remark, size_t columns, char **ret) {
    char *text = NULL;
    size_t size;
    FILE *out = open_memstream(&text, &size);
    if (!out)
        return -ENOMEM;
    text_wrap(out, remark, columns, INDENT);
    return finish(out, &text, ret);
}

/* A wide character that no longer fits on a row leaves its last column free. */
size_t page_rows(const char *page, size_t columns) {
    size_t rows = 0;
    while (*page) {
        size_t used = 0, size, width;
        rows++;
        for (; *page != '\n' && (size = text_next(page, &width)) > 0; page += size) {
            if (columns > 0 && used + width > columns) {
                rows++;
                used = 0;
            }
            used += width;
        }
        if (*page++ != '\n')
            break;
    }
    return rows;
}
