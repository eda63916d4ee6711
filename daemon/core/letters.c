/* Three tables of ranges, looked up from their beginnings: most letters are in ASCII and found at once. */
#include "daemon/core/letters.h"

/* The bits of a code that the first byte of a sequence holds, and the sequence's length; 0: none begins so.
 */
static size_t begin_sequence(unsigned char first, uint32_t *ret_bits) {
    size_t length = first < 0xc2 ? 0 : first < 0xe0 ? 2 : first < 0xf0 ? 3 : first < 0xf5 ? 4 : 0;
    *ret_bits = length ? first & (0x7fU >> length) : 0;
    return length;
}

uint32_t letter_next(const char **at) {
    static const uint32_t lowest[] = {0, 0, 0x80, 0x800, 0x10000};
    const unsigned char *byte = (const unsigned char *)*at;
    uint32_t code;
    if (*byte < 0x80) {
        *at += *byte != 0;
        return *byte;
    }
    size_t length = begin_sequence(*byte, &code), i = 1;
    for (; i < length && (byte[i] & 0xc0) == 0x80; i++)
        code = code << 6 | (byte[i] & 0x3f);
    bool valid = length > 0 && i == length && code >= lowest[length] && code <= 0x10ffff &&
                 !(code >= 0xd800 && code < 0xe000);
    *at += valid ? length : 1;
    return valid ? code : LETTER_UNKNOWN;
}

/* Moves past a character, or a byte that belongs to none. */
static bool take_stray(const char **at, uint32_t *ret_letter) {
    const char *begin = *at;
    *ret_letter = letter_next(at);
    return letter_is_none(*ret_letter) ||
           (*ret_letter == LETTER_UNKNOWN && *at - begin == 1); /* itself it has three bytes */
}

bool letters_are_whole(const char *text) {
    uint32_t letter;
    while (*text)
        if (take_stray(&text, &letter))
            return false;
    return true;
}

static bool is_control(uint32_t letter) {
    return letter < 0x20 || (letter >= 0x7f && letter < 0xa0);
}

/* Never longer than before. */
static void mend(char *text, bool controls_too) {
    char *to = text;
    for (const char *at = text; *at;) {
        const char *begin = at;
        uint32_t letter;
        if (take_stray(&at, &letter) || (controls_too && is_control(letter)))
            *to++ = '?';
        else {
            memmove(to, begin, (size_t)(at - begin));
            to += at - begin;
        }
    }
    *to = 0;
}

void letters_mend(char *text) {
    mend(text, false);
}

void letters_make_plain(char *text) {
    mend(text, true);
}

size_t letters_cut(const char *text, size_t size) {
    const char *at = text, *end = text;
    while (*at) {
        letter_next(&at);
        if ((size_t)(at - text) > size)
            break;
        end = at;
    }
    return (size_t)(end - text);
}

/* What stands in no range is a LETTER_WORD. */
static const struct {
    uint32_t first, last;
    enum letter_kind kind;
} kinds[] = {
    {0x00, 0x1f, LETTER_SYMBOL},
    {' ', ' ', LETTER_SPACE},
    {'!', '!', LETTER_EXCLAMATION},
    {'"', '"', LETTER_QUOTE},
    {'#', '&', LETTER_SYMBOL},
    {'\'', ')', LETTER_QUOTE},
    {'*', '+', LETTER_SYMBOL},
    {',', '-', LETTER_PUNCTUATION},
    {'.', '.', LETTER_STOP},
    {'/', '/', LETTER_PUNCTUATION},
    {':', ';', LETTER_PUNCTUATION},
    {'<', '>', LETTER_SYMBOL},
    {'?', '?', LETTER_QUESTION},
    {'@', '@', LETTER_SYMBOL},
    {'[', '`', LETTER_SYMBOL},
    {'{', 0x9f, LETTER_SYMBOL},
    /* Latin */
    {0xa0, 0xa0, LETTER_SPACE},
    {0xa1, 0xa1, LETTER_EXCLAMATION},
    {0xa2, 0xa9, LETTER_SYMBOL},
    {0xab, 0xab, LETTER_QUOTE},
    {0xac, 0xb6, LETTER_SYMBOL},
    {0xb7, 0xb7, LETTER_PUNCTUATION},
    {0xb8, 0xb9, LETTER_SYMBOL},
    {0xbb, 0xbb, LETTER_QUOTE},
    {0xbc, 0xbe, LETTER_SYMBOL},
    {0xbf, 0xbf, LETTER_QUOTE},
    {0xd7, 0xd7, LETTER_SYMBOL},
    {0xf7, 0xf7, LETTER_SYMBOL},
    {0x2c2, 0x2c5, LETTER_SYMBOL},
    {0x2d2, 0x2df, LETTER_SYMBOL},
    /* Greek, Armenian, Hebrew, Arabic, the scripts of India and its neighbours, Ethiopic */
    {0x37e, 0x37e, LETTER_QUESTION},
    {0x387, 0x387, LETTER_PUNCTUATION},
    {0x55a, 0x55b, LETTER_PUNCTUATION},
    {0x55c, 0x55c, LETTER_EXCLAMATION},
    {0x55d, 0x55d, LETTER_PUNCTUATION},
    {0x55e, 0x55e, LETTER_QUESTION},
    {0x589, 0x589, LETTER_STOP},
    {0x58a, 0x58a, LETTER_PUNCTUATION},
    {0x58d, 0x58f, LETTER_SYMBOL},
    {0x5be, 0x5be, LETTER_PUNCTUATION},
    {0x5f3, 0x5f4, LETTER_QUOTE},
    {0x600, 0x60b, LETTER_SYMBOL},
    {0x60c, 0x60d, LETTER_PUNCTUATION},
    {0x61b, 0x61b, LETTER_PUNCTUATION},
    {0x61f, 0x61f, LETTER_QUESTION},
    {0x66a, 0x66d, LETTER_PUNCTUATION},
    {0x6d4, 0x6d4, LETTER_STOP},
    {0x964, 0x965, LETTER_STOP},
    {0xe3f, 0xe3f, LETTER_SYMBOL},
    {0xf0d, 0xf0d, LETTER_STOP},
    {0x104a, 0x104b, LETTER_STOP},
    {0x1361, 0x1361, LETTER_SPACE},
    {0x1362, 0x1362, LETTER_STOP},
    {0x1363, 0x1366, LETTER_PUNCTUATION},
    {0x1367, 0x1367, LETTER_QUESTION},
    {0x17d4, 0x17d5, LETTER_STOP},
    /* Punctuation and symbols of all scripts; U+200C to U+200F join or turn letters */
    {0x2000, 0x200a, LETTER_SPACE},
    {0x200b, 0x200b, LETTER_SYMBOL},
    {0x2010, 0x2015, LETTER_PUNCTUATION},
    {0x2016, 0x2017, LETTER_SYMBOL},
    {0x2018, 0x201f, LETTER_QUOTE},
    {0x2020, 0x2024, LETTER_SYMBOL},
    {0x2025, 0x2026, LETTER_PUNCTUATION},
    {0x2027, 0x202e, LETTER_SYMBOL},
    {0x202f, 0x202f, LETTER_SPACE},
    {0x2030, 0x2038, LETTER_SYMBOL},
    {0x2039, 0x203a, LETTER_QUOTE},
    {0x203b, 0x203b, LETTER_SYMBOL},
    {0x203c, 0x203c, LETTER_EXCLAMATION},
    {0x203d, 0x203d, LETTER_QUESTION},
    {0x203e, 0x2046, LETTER_SYMBOL},
    {0x2047, 0x2049, LETTER_QUESTION},
    {0x204a, 0x205e, LETTER_SYMBOL},
    {0x205f, 0x205f, LETTER_SPACE},
    {0x2060, 0x2bff, LETTER_SYMBOL},
    {0x2e00, 0x2e7f, LETTER_SYMBOL},
    /* Chinese, Japanese, Korean */
    {0x2e80, 0x2fdf, LETTER_IDEOGRAPH},
    {0x2ff0, 0x2fff, LETTER_SYMBOL},
    {0x3000, 0x3000, LETTER_SPACE},
    {0x3001, 0x3001, LETTER_PUNCTUATION},
    {0x3002, 0x3002, LETTER_STOP},
    {0x3003, 0x3004, LETTER_SYMBOL},
    {0x3005, 0x3007, LETTER_IDEOGRAPH},
    {0x3008, 0x3011, LETTER_QUOTE},
    {0x3012, 0x3013, LETTER_SYMBOL},
    {0x3014, 0x301b, LETTER_QUOTE},
    {0x301c, 0x301c, LETTER_PUNCTUATION},
    {0x301d, 0x301f, LETTER_QUOTE},
    {0x3020, 0x3030, LETTER_SYMBOL},
    {0x3031, 0x3035, LETTER_IDEOGRAPH},
    {0x3036, 0x303f, LETTER_SYMBOL},
    {0x3040, 0x30fa, LETTER_IDEOGRAPH},
    {0x30fb, 0x30fb, LETTER_PUNCTUATION},
    {0x30fc, 0x312f, LETTER_IDEOGRAPH},
    {0x3190, 0x31ff, LETTER_IDEOGRAPH},
    {0x3200, 0x33ff, LETTER_SYMBOL},
    {0x3400, 0x4dbf, LETTER_IDEOGRAPH},
    {0x4dc0, 0x4dff, LETTER_SYMBOL},
    {0x4e00, 0x9fff, LETTER_IDEOGRAPH},
    {0xe000, 0xf8ff, LETTER_SYMBOL},
    {0xf900, 0xfaff, LETTER_IDEOGRAPH},
    {0xfe00, 0xfe0f, LETTER_SYMBOL},
    {0xfe10, 0xfe19, LETTER_PUNCTUATION},
    {0xfe30, 0xfe6f, LETTER_SYMBOL},
    {0xfeff, 0xfeff, LETTER_SYMBOL},
    {0xff01, 0xff01, LETTER_EXCLAMATION},
    {0xff02, 0xff02, LETTER_QUOTE},
    {0xff03, 0xff06, LETTER_SYMBOL},
    {0xff07, 0xff09, LETTER_QUOTE},
    {0xff0a, 0xff0b, LETTER_SYMBOL},
    {0xff0c, 0xff0d, LETTER_PUNCTUATION},
    {0xff0e, 0xff0e, LETTER_STOP},
    {0xff0f, 0xff0f, LETTER_PUNCTUATION},
    {0xff1a, 0xff1b, LETTER_PUNCTUATION},
    {0xff1c, 0xff1e, LETTER_SYMBOL},
    {0xff1f, 0xff1f, LETTER_QUESTION},
    {0xff20, 0xff20, LETTER_SYMBOL},
    {0xff3b, 0xff40, LETTER_SYMBOL},
    {0xff5b, 0xff5e, LETTER_SYMBOL},
    {0xff5f, 0xff60, LETTER_QUOTE},
    {0xff61, 0xff61, LETTER_STOP},
    {0xff62, 0xff63, LETTER_QUOTE},
    {0xff64, 0xff65, LETTER_PUNCTUATION},
    {0xff66, 0xff9f, LETTER_IDEOGRAPH},
    {0xffe0, 0xffff, LETTER_SYMBOL},
    /* Notes, mathematics, emoji, more ideographs, tags and private use */
    {0x1d000, 0x1dfff, LETTER_SYMBOL},
    {0x1ee00, 0x1eeff, LETTER_SYMBOL},
    {0x1f000, 0x1ffff, LETTER_SYMBOL},
    {0x20000, 0x3ffff, LETTER_IDEOGRAPH},
    {0xe0000, 0x10ffff, LETTER_SYMBOL},
};

enum letter_kind letter_kind(uint32_t letter) {
    bool plain = (letter >= 'a' && letter <= 'z') || (letter >= 'A' && letter <= 'Z');
    for (size_t i = 0; !plain && i < ELEMENTSOF(kinds) && kinds[i].first <= letter; i++)
        if (letter <= kinds[i].last)
            return kinds[i].kind;
    return LETTER_WORD;
}

/* Capitals and how far their small letters are; where the two take turns, every second one is a capital. */
static const struct {
    uint32_t first, last;
    int distance;
    bool turns;
} capitals[] = {
    {'A', 'Z', 32, false},     {0xc0, 0xd6, 32, false},     {0xd8, 0xde, 32, false},
    {0x100, 0x12e, 1, true},   {0x130, 0x130, -199, false}, {0x132, 0x136, 1, true},
    {0x139, 0x147, 1, true},   {0x14a, 0x176, 1, true},     {0x178, 0x178, -121, false},
    {0x179, 0x17d, 1, true},   {0x1cd, 0x1db, 1, true},     {0x1de, 0x1ee, 1, true},
    {0x1f8, 0x21e, 1, true},   {0x222, 0x232, 1, true},     {0x386, 0x386, 38, false},
    {0x388, 0x38a, 37, false}, {0x38c, 0x38c, 64, false},   {0x38e, 0x38f, 63, false},
    {0x391, 0x3ab, 32, false}, {0x400, 0x40f, 80, false},   {0x410, 0x42f, 32, false},
    {0x460, 0x480, 1, true},   {0x48a, 0x4be, 1, true},     {0x4c1, 0x4cd, 1, true},
    {0x4d0, 0x52e, 1, true},   {0x531, 0x556, 48, false},   {0x1e00, 0x1e94, 1, true},
    {0x1ea0, 0x1efe, 1, true}, {0xff21, 0xff3a, 32, false},
};

uint32_t letter_fold(uint32_t letter) {
    if (letter == 0x2019 || letter == 0x2bc)
        return '\'';
    for (size_t i = 0; i < ELEMENTSOF(capitals) && capitals[i].first <= letter; i++)
        if (letter <= capitals[i].last && (!capitals[i].turns || (letter - capitals[i].first) % 2 == 0))
            return (uint32_t)((int)letter + capitals[i].distance);
    return letter;
}

/* What stands in no range takes one column. */
static const struct {
    uint32_t first, last;
    unsigned columns;
} widths[] = {
    {0x300, 0x36f, 0},     {0x483, 0x489, 0},     {0x591, 0x5bd, 0},     {0x5bf, 0x5bf, 0},
    {0x5c1, 0x5c2, 0},     {0x5c4, 0x5c5, 0},     {0x5c7, 0x5c7, 0},     {0x610, 0x61a, 0},
    {0x64b, 0x65f, 0},     {0x670, 0x670, 0},     {0x6d6, 0x6dc, 0},     {0x6df, 0x6e4, 0},
    {0x6e7, 0x6e8, 0},     {0x6ea, 0x6ed, 0},     {0xe31, 0xe31, 0},     {0xe34, 0xe3a, 0},
    {0xe47, 0xe4e, 0},     {0x1100, 0x115f, 2},   {0x1160, 0x11ff, 0},   {0x1ab0, 0x1aff, 0},
    {0x1dc0, 0x1dff, 0},   {0x200b, 0x200f, 0},   {0x202a, 0x202e, 0},   {0x2060, 0x2064, 0},
    {0x20d0, 0x20ff, 0},   {0x2e80, 0x303e, 2},   {0x3041, 0x4dbf, 2},   {0x4e00, 0xa4cf, 2},
    {0xa960, 0xa97f, 2},   {0xac00, 0xd7a3, 2},   {0xf900, 0xfaff, 2},   {0xfe00, 0xfe0f, 0},
    {0xfe20, 0xfe2f, 0},   {0xfe30, 0xfe6f, 2},   {0xff00, 0xff60, 2},   {0xffe0, 0xffe6, 2},
    {0x1f300, 0x1f64f, 2}, {0x1f680, 0x1f6ff, 2}, {0x1f900, 0x1f9ff, 2}, {0x20000, 0x3ffff, 2},
};

unsigned letter_columns(uint32_t letter) {
    for (size_t i = 0; i < ELEMENTSOF(widths) && widths[i].first <= letter; i++)
        if (letter <= widths[i].last)
            return widths[i].columns;
    return 1;
}
