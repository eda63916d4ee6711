/* A reader for lines from elsewhere: it believes nothing, allocates nothing, and reads each byte once.
 *
 * A string with its escapes is never shorter than what it means, so that it is decoded in place; its closing
 * quote has room for the NUL. Numbers other than integers of 64 bits are only checked for their form. */
#include "daemon/store/json.h"

#include "daemon/core/letters.h"
#include "daemon/store/guard.h"

struct json_reader json_begin(char *text) {
    return (struct json_reader){.at = text};
}

static int refuse(struct json_reader *reader, const char *mistake) {
    reader->mistake = mistake;
    return -EINVAL;
}

static void skip_blanks(struct json_reader *reader) {
    reader->at += strspn(reader->at, " \t\r\n");
}

static bool take(struct json_reader *reader, char character) {
    if (*reader->at != character)
        return false;
    reader->at++;
    return true;
}

static bool take_word(struct json_reader *reader, const char *word) {
    size_t length = strlen(word);
    if (strncmp(reader->at, word, length) != 0)
        return false;
    reader->at += length;
    return true;
}

static int read_hex(struct json_reader *reader, uint32_t *ret) {
    uint32_t value = 0;
    for (int i = 0; i < 4; i++) {
        static const char digits[] = "0123456789abcdefABCDEF";
        const char *digit = *reader->at ? strchr(digits, *reader->at) : NULL;
        if (!digit)
            return refuse(reader, "\\u needs four hexadecimal digits");
        uint32_t at = (uint32_t)(digit - digits);
        value = value << 4 | (at < 16 ? at : at - 6);
        reader->at++;
    }
    *ret = value;
    return 0;
}

/* After "\u". A character past 16 bits comes as a pair of surrogates. */
static int read_code(struct json_reader *reader, uint32_t *ret) {
    uint32_t code, low;
    int r = read_hex(reader, &code);
    if (r < 0)
        return r;
    if (code >= 0xd800 && code < 0xdc00) {
        r = take_word(reader, "\\u") ? read_hex(reader, &low) : -EINVAL;
        if (r < 0 || low < 0xdc00 || low > 0xdfff)
            return refuse(reader, "half of a surrogate pair");
        code = 0x10000 + ((code - 0xd800) << 10) + (low - 0xdc00);
    } else if (code >= 0xdc00 && code < 0xe000)
        return refuse(reader, "half of a surrogate pair");
    if (code == 0)
        return refuse(reader, "a string holds a NUL");
    if (letter_is_none(code))
        return refuse(reader, "a string holds what stands for no character");
    *ret = code;
    return 0;
}

static char *put_code(char *out, uint32_t code) {
    if (code < 0x80) {
        *out++ = (char)code;
        return out;
    }
    int following = code < 0x800 ? 1 : code < 0x10000 ? 2 : 3;
    static const uint8_t lead[] = {0, 0xc0, 0xe0, 0xf0};
    *out++ = (char)(lead[following] | code >> (6 * following));
    while (following-- > 0)
        *out++ = (char)(0x80 | (code >> (6 * following) & 0x3f));
    return out;
}

static int read_escape(struct json_reader *reader, char **out) {
    static const char letters[] = "\"\\/bfnrt", meanings[] = "\"\\/\b\f\n\r\t";
    uint32_t code;
    if (take(reader, 'u')) {
        int r = read_code(reader, &code);
        if (r >= 0)
            *out = put_code(*out, code);
        return r;
    }
    const char *letter = *reader->at ? strchr(letters, *reader->at) : NULL;
    if (!letter)
        return refuse(reader, "an unknown escape in a string");
    reader->at++;
    *(*out)++ = meanings[letter - letters];
    return 0;
}

static int read_string(struct json_reader *reader, const char **ret) {
    if (!take(reader, '"'))
        return refuse(reader, "a string is missing");
    char *begin = reader->at, *out = begin;
    while (!take(reader, '"')) {
        if (*reader->at == 0)
            return refuse(reader, "it ends within a string");
        if ((uint8_t)*reader->at < 0x20)
            return refuse(reader, "a control character in a string");
        if (take(reader, '\\')) {
            int r = read_escape(reader, &out);
            if (r < 0)
                return r;
            continue;
        }
        size_t length = utf8_sequence(reader->at);
        if (length == 0)
            return refuse(reader, "a string is not UTF-8");
        memmove(out, reader->at, length);
        out += length;
        reader->at += length;
    }
    *out = 0;
    *ret = begin;
    return 0;
}

static size_t count_digits(const char *text) {
    return strspn(text, "0123456789");
}

/* Fraction and exponent: only their form. */
static int read_rest_of_number(struct json_reader *reader) {
    static const char wrong[] = "a number is incomplete";
    if (take(reader, '.')) {
        size_t digits = count_digits(reader->at);
        if (digits == 0)
            return refuse(reader, wrong);
        reader->at += digits;
    }
    if (take(reader, 'e') || take(reader, 'E')) {
        reader->at += *reader->at == '+' || *reader->at == '-';
        size_t digits = count_digits(reader->at);
        if (digits == 0)
            return refuse(reader, wrong);
        reader->at += digits;
    }
    return 0;
}

static int read_number(struct json_reader *reader, struct json_value *ret) {
    *ret = (struct json_value){.type = JSON_INTEGER, .negative = take(reader, '-')};
    size_t digits = count_digits(reader->at);
    if (digits == 0 || (digits > 1 && *reader->at == '0'))
        return refuse(reader, "a value is missing, or is none");
    for (; digits > 0; digits--, reader->at++)
        if (__builtin_mul_overflow(ret->magnitude, 10U, &ret->magnitude) ||
            __builtin_add_overflow(ret->magnitude, (uint64_t)(*reader->at - '0'), &ret->magnitude))
            ret->type = JSON_OTHER;
    if (strchr(".eE", *reader->at) && *reader->at)
        ret->type = JSON_OTHER;
    return read_rest_of_number(reader);
}

static int read_value(struct json_reader *reader, int depth, struct json_value *ret);

/* The values of an array, or the members of an object, after its opening bracket. */
static int pass_over(struct json_reader *reader, int depth, bool object) {
    struct json_value unused;
    const char *key;
    char closing = object ? '}' : ']';
    if (depth > JSON_DEPTH_MAX)
        return refuse(reader, "it is nested too deeply");
    skip_blanks(reader);
    if (take(reader, closing))
        return 0;
    do {
        skip_blanks(reader);
        int r = object ? read_string(reader, &key) : 0;
        if (r < 0)
            return r;
        skip_blanks(reader);
        if (object && !take(reader, ':'))
            return refuse(reader, "a colon is missing");
        r = read_value(reader, depth, &unused);
        if (r < 0)
            return r;
        skip_blanks(reader);
    } while (take(reader, ','));
    return take(reader, closing) ? 0 : refuse(reader, "a comma or a closing bracket is missing");
}

static int read_value(struct json_reader *reader, int depth, struct json_value *ret) {
    skip_blanks(reader);
    *ret = (struct json_value){.type = JSON_OTHER};
    if (*reader->at == '"') {
        ret->type = JSON_STRING;
        return read_string(reader, &ret->string);
    }
    if (take(reader, '['))
        return pass_over(reader, depth + 1, false);
    if (take(reader, '{'))
        return pass_over(reader, depth + 1, true);
    if (take_word(reader, "null"))
        return 0;
    if (take_word(reader, "true")) {
        *ret = (struct json_value){.type = JSON_BOOL, .boolean = true};
        return 0;
    }
    if (take_word(reader, "false")) {
        ret->type = JSON_BOOL;
        return 0;
    }
    return read_number(reader, ret);
}

static int end_object(struct json_reader *reader) {
    skip_blanks(reader);
    return *reader->at == 0 ? 0 : refuse(reader, "something follows the object");
}

/* Up to the key of the next member, or past the object's end (0). */
static int go_to_member(struct json_reader *reader) {
    skip_blanks(reader);
    if (!reader->begun) {
        reader->begun = true;
        if (!take(reader, '{'))
            return refuse(reader, "it is not an object");
        skip_blanks(reader);
        if (*reader->at != '}')
            return 1;
    }
    if (take(reader, '}'))
        return end_object(reader);
    if (!take(reader, ','))
        return refuse(reader, *reader->at ? "a comma is missing" : "it ends in the middle");
    skip_blanks(reader);
    return 1;
}

int json_next(struct json_reader *reader, const char **ret_key, struct json_value *ret) {
    struct json_value value;
    const char *key;
    int r = go_to_member(reader);
    if (r <= 0)
        return r;
    r = read_string(reader, &key);
    if (r < 0)
        return r;
    skip_blanks(reader);
    if (!take(reader, ':'))
        return refuse(reader, "a colon is missing");
    r = read_value(reader, 1, &value);
    if (r < 0)
        return r;
    *ret_key = key;
    *ret = value;
    return 1;
}

void json_write_string(FILE *stream, const char *text) {
    static const char letters[] = "\"\\\n\t", escapes[] = "\"\\nt";
    fputc('"', stream);
    for (; *text; text++) {
        const char *letter = strchr(letters, *text);
        if (letter)
            fprintf(stream, "\\%c", escapes[letter - letters]);
        else if ((uint8_t)*text < 0x20)
            fprintf(stream, "\\u%04x", (unsigned)*text);
        else
            fputc(*text, stream);
    }
    fputc('"', stream);
}
