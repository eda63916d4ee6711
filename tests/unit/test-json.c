/* The reader of JSON objects: each case is a text and what is read from it, or what is wrong with it. */
#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>

#include <cmocka.h>

#include "daemon/store/json.h"

/* "key=value;" for each member; a value is printed with its type. */
static int read_all(char *text, char *out, size_t size, const char **ret_mistake) {
    struct json_reader reader = json_begin(text);
    struct json_value value;
    const char *key;
    size_t used = 0;
    int r;
    out[0] = 0;
    while ((r = json_next(&reader, &key, &value)) > 0) {
        used += (size_t)snprintf(out + used, size - used, "%s=", key);
        if (value.type == JSON_STRING)
            used += (size_t)snprintf(out + used, size - used, "'%s';", value.string);
        else if (value.type == JSON_INTEGER)
            used += (size_t)snprintf(out + used, size - used, "%s%llu;", value.negative ? "-" : "",
                                     (unsigned long long)value.magnitude);
        else if (value.type == JSON_BOOL)
            used += (size_t)snprintf(out + used, size - used, "%s;", value.boolean ? "true" : "false");
        else
            used += (size_t)snprintf(out + used, size - used, "?;");
    }
    *ret_mistake = reader.mistake;
    return r;
}

/* The text in memory of its own size, so that a step past its end is found. */
static int read_copy(const char *text, char *out, size_t size, const char **ret_mistake) {
    char *copy = strdup(text);
    assert_non_null(copy);
    int r = read_all(copy, out, size, ret_mistake);
    free(copy);
    return r;
}

static void test_read(void **state) {
    (void)state;
    static const char *const cases[][2] = {
        {"{}", ""},
        {" { } \r\n", ""},
        {"{\"a\":\"b\"}", "a='b';"},
        {"{\"a\" : 1 , \"b\" :\t-2}", "a=1;b=-2;"},
        {"{\"\":0}", "=0;"},
        {"{\"a\":-0}", "a=-0;"},
        {"{\"a\":true,\"b\":false,\"c\":null}", "a=true;b=false;c=?;"},
        {"{\"a\":18446744073709551615}", "a=18446744073709551615;"},
        {"{\"a\":18446744073709551616}", "a=?;"},
        {"{\"a\":99999999999999999999999999}", "a=?;"},
        {"{\"a\":1.5,\"b\":1e3,\"c\":-1.25E-7,\"d\":0.0}", "a=?;b=?;c=?;d=?;"},
        {"{\"a\":[],\"b\":{},\"c\":[1,\"x\",[null]],\"d\":{\"e\":{\"f\":[{}]}}}", "a=?;b=?;c=?;d=?;"},
        {"{\"a\":[[[[[[[1]]]]]]]}", "a=?;"},
        {"{\"a\":\"\\\"\\\\\\/\\b\\f\\n\\r\\t\"}", "a='\"\\/\b\f\n\r\t';"},
        {"{\"\\u0061\":\"\\u00e4\\u20AC\\ud83d\\ude00\"}", "a='ä€😀';"},
        {"{\"a\":\"ä€😀\"}", "a='ä€😀';"},
        {"{\"a\":\"\\u0001\\u007f\"}", "a='\x01\x7f';"},
    };
    for (size_t i = 0; i < ELEMENTSOF(cases); i++) {
        char out[200];
        const char *mistake;
        int r = read_copy(cases[i][0], out, sizeof out, &mistake);
        if (r != 0 || !streq(out, cases[i][1]))
            fail_msg("%s: %d, \"%s\" instead of \"%s\"", cases[i][0], r, out, cases[i][1]);
    }
}

static void test_refused(void **state) {
    (void)state;
    static const char *const cases[][2] = {
        {"", "it is not an object"},
        {"[]", "it is not an object"},
        {"{", "a string is missing"},
        {"{\"a\":1", "it ends in the middle"},
        {"{\"a\":1,", "a string is missing"},
        {"{\"a\":1,}", "a string is missing"},
        {"{,}", "a string is missing"},
        {"{a:1}", "a string is missing"},
        {"{\"a\" 1}", "a colon is missing"},
        {"{\"a\":}", "a value is missing, or is none"},
        {"{\"a\":tru}", "a value is missing, or is none"},
        {"{\"a\":'b'}", "a value is missing, or is none"},
        {"{\"a\":+1}", "a value is missing, or is none"},
        {"{\"a\":-}", "a value is missing, or is none"},
        {"{\"a\":01}", "a value is missing, or is none"},
        {"{\"a\":.5}", "a value is missing, or is none"},
        {"{\"a\":NaN}", "a value is missing, or is none"},
        {"{\"a\":1.}", "a number is incomplete"},
        {"{\"a\":1e}", "a number is incomplete"},
        {"{\"a\":1e+}", "a number is incomplete"},
        {"{\"a\":1 2}", "a comma is missing"},
        {"{\"a\":nullx}", "a comma is missing"},
        {"{\"a\":[1}", "a comma or a closing bracket is missing"},
        {"{\"a\":[1,]}", "a value is missing, or is none"},
        {"{\"a\":[", "a value is missing, or is none"},
        {"{\"a\":{\"b\"}}", "a colon is missing"},
        {"{\"a\":[[[[[[[[1]]]]]]]]}", "it is nested too deeply"},
        {"{\"a\":\"b", "it ends within a string"},
        {"{\"a\":\"b\\", "an unknown escape in a string"},
        {"{\"a\":\"\\x\"}", "an unknown escape in a string"},
        {"{\"a\":\"\\u12\"}", "\\u needs four hexadecimal digits"},
        {"{\"a\":\"\\u12g4\"}", "\\u needs four hexadecimal digits"},
        {"{\"a\":\"\\u0000\"}", "a string holds a NUL"},
        {"{\"a\":\"\\ufffe\"}", "a string holds what stands for no character"},
        {"{\"a\":\"\357\277\276\"}", "a string is not UTF-8"},
        {"{\"a\":\"\\ud83d\"}", "half of a surrogate pair"},
        {"{\"a\":\"\\ud83d\\u0041\"}", "half of a surrogate pair"},
        {"{\"a\":\"\\ude00\"}", "half of a surrogate pair"},
        {"{\"a\":\"\n\"}", "a control character in a string"},
        {"{\"a\":\"\xc3\"}", "a string is not UTF-8"},
        {"{\"a\":\"\xed\xa0\x80\"}", "a string is not UTF-8"},
        {"{} {}", "something follows the object"},
    };
    for (size_t i = 0; i < ELEMENTSOF(cases); i++) {
        char out[200];
        const char *mistake;
        int r = read_copy(cases[i][0], out, sizeof out, &mistake);
        if (r != -EINVAL || !mistake || !streq(mistake, cases[i][1]))
            fail_msg("%s: %d, \"%s\" instead of \"%s\"", cases[i][0], r, or_empty(mistake), cases[i][1]);
    }
}

/* Wherever a text is cut off, it is refused. */
static void test_cut_off(void **state) {
    (void)state;
    static const char text[] =
        "{\"a\":\"x\\u00e4\\ud83d\\ude00€\",\"b\":[1,{\"c\":null}],\"d\":-12.5e+3,\"e\":true}";
    for (size_t length = 0; length < sizeof text - 1; length++) {
        char part[sizeof text], out[200];
        const char *mistake;
        memcpy(part, text, length);
        part[length] = 0;
        if (read_copy(part, out, sizeof out, &mistake) != -EINVAL)
            fail_msg("%s: accepted", part);
    }
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_read),
        cmocka_unit_test(test_refused),
        cmocka_unit_test(test_cut_off),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
