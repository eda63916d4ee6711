/* A ring of callers, each with a list of calls. The first caller's first call is answered, then that caller
 * goes to the end of the ring. One call is answered each time around the loop, and only when the loop has
 * nothing else to do: all that the bus has for us is read before, so that the line here is the whole line. */
#include "daemon/desktop/queue.h"

struct waiting {
    sd_bus_message *call;
    struct waiting *next;
};

struct caller {
    char *name;
    struct waiting *first, *last; /* never empty */
    size_t n;
    struct caller *next;
};

struct call_queue {
    sd_event_source *turn;
    call_answer answer;
    void *userdata;
    struct caller *first, *last; /* NULL: nobody waits */
    size_t n;
};

static void push_caller(struct call_queue *queue, struct caller *caller) {
    caller->next = NULL;
    if (queue->last)
        queue->last->next = caller;
    else
        queue->first = caller;
    queue->last = caller;
}

static struct caller *pop_caller(struct call_queue *queue) {
    struct caller *caller = queue->first;
    queue->first = caller->next;
    if (!queue->first)
        queue->last = NULL;
    return caller;
}

static void caller_free(struct caller *caller) {
    while (caller->first) {
        struct waiting *waiting = caller->first;
        caller->first = waiting->next;
        sd_bus_message_unref(waiting->call);
        free(waiting);
    }
    free(caller->name);
    free(caller);
}

/* The first call of the first caller, taken out. Who has another one goes to the end. */
static sd_bus_message *pop(struct call_queue *queue) {
    struct caller *caller = pop_caller(queue);
    struct waiting *waiting = caller->first;
    sd_bus_message *call = waiting->call;
    caller->first = waiting->next;
    caller->n--;
    queue->n--;
    free(waiting);
    if (caller->first)
        push_caller(queue, caller);
    else
        caller_free(caller);
    return call;
}

static int on_turn(sd_event_source *source, void *userdata) {
    struct call_queue *queue = userdata;
    sd_bus_message *call = pop(queue);
    _cleanup_(sd_bus_error_free) sd_bus_error error = SD_BUS_ERROR_NULL;
    sd_event_source_set_enabled(source, queue->first ? SD_EVENT_ON : SD_EVENT_OFF);
    int r = queue->answer(call, queue->userdata, &error);
    if (r < 0)
        sd_bus_reply_method_errno(call, r, &error);
    sd_bus_message_unref(call);
    return 0;
}

static struct caller *find_caller(struct call_queue *queue, const char *name) {
    struct caller *caller = queue->first;
    while (caller && !streq(caller->name, name))
        caller = caller->next;
    return caller;
}

static int add_caller(struct call_queue *queue, const char *name, struct caller **ret) {
    struct caller *caller = calloc(1, sizeof *caller);
    if (!caller || !(caller->name = strdup(name))) {
        free(caller);
        return -ENOMEM;
    }
    push_caller(queue, caller);
    *ret = caller;
    return 0;
}

int call_queue_add(struct call_queue *queue, sd_bus_message *call) {
    const char *name = or_empty(sd_bus_message_get_sender(call));
    struct caller *caller = find_caller(queue, name);
    if (queue->n >= QUEUE_MAX || (caller && caller->n >= QUEUE_OF_ONE_MAX))
        return -E2BIG;
    struct waiting *waiting = calloc(1, sizeof *waiting);
    int r = waiting ? 0 : -ENOMEM;
    if (r >= 0 && !caller)
        r = add_caller(queue, name, &caller);
    if (r < 0) {
        free(waiting);
        return r;
    }
    waiting->call = sd_bus_message_ref(call);
    if (caller->first)
        caller->last->next = waiting;
    else
        caller->first = waiting;
    caller->last = waiting;
    caller->n++;
    queue->n++;
    return sd_event_source_set_enabled(queue->turn, SD_EVENT_ON);
}

int call_queue_new(sd_event *event, call_answer answer, void *userdata, struct call_queue **ret) {
    _cleanup_(call_queue_freep) struct call_queue *queue = calloc(1, sizeof *queue);
    if (!queue)
        return -ENOMEM;
    queue->answer = answer;
    queue->userdata = userdata;
    int r = sd_event_add_defer(event, &queue->turn, on_turn, queue);
    if (r >= 0)
        r = sd_event_source_set_priority(queue->turn, SD_EVENT_PRIORITY_NORMAL + 1);
    if (r >= 0)
        r = sd_event_source_set_enabled(queue->turn, SD_EVENT_OFF);
    if (r < 0)
        return r;
    *ret = TAKE_PTR(queue);
    return 0;
}

struct call_queue *call_queue_free(struct call_queue *queue) {
    if (!queue)
        return NULL;
    while (queue->first)
        caller_free(pop_caller(queue));
    sd_event_source_disable_unref(queue->turn);
    free(queue);
    return NULL;
}
