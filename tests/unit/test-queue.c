/* Calls that wait: callers in turn, each one's calls in their order, and no more than may. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <sys/socket.h>

#include <cmocka.h>

#include "daemon/desktop/queue.h"

struct rig {
    sd_event *event;
    sd_bus *bus; /* connected to nobody: messages only have to be made */
    struct call_queue *queue;
    char log[256];
    size_t n_answered;
};

static int answer(sd_bus_message *call, void *userdata, sd_bus_error *error) {
    (void)error;
    struct rig *rig = userdata;
    size_t used = strlen(rig->log);
    if (used + 16 < sizeof rig->log)
        snprintf(rig->log + used, sizeof rig->log - used, "%s%s%s", used > 0 ? " " : "",
                 or_empty(sd_bus_message_get_sender(call)), sd_bus_message_get_member(call));
    rig->n_answered++;
    return 0;
}

static int setup(void **state) {
    struct rig *rig = calloc(1, sizeof *rig);
    int fds[2];
    assert_non_null(rig);
    assert_int_equal(socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0, fds), 0);
    assert_true(sd_event_new(&rig->event) >= 0 && sd_bus_new(&rig->bus) >= 0);
    assert_true(sd_bus_set_fd(rig->bus, fds[0], fds[1]) >= 0 && sd_bus_start(rig->bus) >= 0);
    assert_int_equal(call_queue_new(rig->event, answer, rig, &rig->queue), 0);
    *state = rig;
    return 0;
}

static int teardown(void **state) {
    struct rig *rig = *state;
    call_queue_free(rig->queue);
    sd_bus_close_unref(rig->bus);
    sd_event_unref(rig->event);
    free(rig);
    return 0;
}

static int add(struct rig *rig, const char *sender, const char *member) {
    sd_bus_message *call;
    assert_true(sd_bus_message_new_method_call(rig->bus, &call, NULL, "/x", "x.y", member) >= 0);
    assert_true(!sender || sd_bus_message_set_sender(call, sender) >= 0);
    int r = call_queue_add(rig->queue, call);
    sd_bus_message_unref(call);
    return r;
}

static void answer_all(struct rig *rig) {
    while (sd_event_run(rig->event, 0) > 0)
        ;
}

static void test_callers_take_turns(void **state) {
    struct rig *rig = *state;
    static const char *const calls[][2] = {{":1.1", "a"}, {":1.1", "b"}, {":1.1", "c"}, {":1.2", "d"},
                                           {":1.3", "e"}, {":1.2", "f"}, {NULL, "g"}};
    for (size_t i = 0; i < ELEMENTSOF(calls); i++)
        assert_int_equal(add(rig, calls[i][0], calls[i][1]), 0);
    answer_all(rig);
    assert_string_equal(rig->log, ":1.1a :1.2d :1.3e g :1.1b :1.2f :1.1c");
    assert_int_equal(add(rig, ":1.1", "h"), 0); /* the line was empty */
    answer_all(rig);
    assert_int_equal(rig->n_answered, 8);
}

/* Between two answers other things of the loop happen, and one who comes late is next. */
static void test_one_at_a_time(void **state) {
    struct rig *rig = *state;
    for (int i = 0; i < 3; i++)
        assert_int_equal(add(rig, ":1.1", "a"), 0);
    assert_int_equal(sd_event_run(rig->event, 0), 1);
    assert_int_equal(rig->n_answered, 1);
    assert_int_equal(add(rig, ":1.2", "b"), 0);
    answer_all(rig);
    assert_string_equal(rig->log, ":1.1a :1.1a :1.2b :1.1a");
}

static void test_bounds(void **state) {
    struct rig *rig = *state;
    char sender[16];
    for (int i = 0; i < QUEUE_OF_ONE_MAX; i++)
        assert_int_equal(add(rig, ":1.0", "a"), 0);
    assert_int_equal(add(rig, ":1.0", "a"), -E2BIG);
    for (int i = QUEUE_OF_ONE_MAX; i < QUEUE_MAX; i++) {
        snprintf(sender, sizeof sender, ":1.%d", i / QUEUE_OF_ONE_MAX);
        assert_int_equal(add(rig, sender, "a"), 0);
    }
    assert_int_equal(add(rig, ":1.99999", "a"), -E2BIG);
    assert_int_equal(sd_event_run(rig->event, 0), 1);
    assert_int_equal(add(rig, ":1.99999", "a"), 0); /* there is room again */
    answer_all(rig);
    assert_int_equal(rig->n_answered, QUEUE_MAX + 1);
}

static void test_what_waits_is_dropped(void **state) {
    struct rig *rig = *state;
    for (int i = 0; i < 5; i++)
        assert_int_equal(add(rig, i % 2 ? ":1.1" : ":1.2", "a"), 0);
    rig->queue = call_queue_free(rig->queue);
    assert_null(rig->queue);
    assert_null(call_queue_free(NULL));
    assert_int_equal(rig->n_answered, 0);
}

#define TEST(function) cmocka_unit_test_setup_teardown(function, setup, teardown)

int main(void) {
    const struct CMUnitTest tests[] = {
        TEST(test_callers_take_turns),
        TEST(test_one_at_a_time),
        TEST(test_bounds),
        TEST(test_what_waits_is_dropped),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
