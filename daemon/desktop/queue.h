/* Calls that take long, put in a queue: those of one caller in their order, and callers in turn. Everything
 * else comes before them, so that nobody waits for all that another one has asked. */
#pragma once

#include <systemd/sd-bus.h>

#include "daemon/core/base.h"

/* Calls that wait, of one caller and in all: only one that doesn't wait for its replies gets that far. Each
 * is about a kilobyte. */
#define QUEUE_OF_ONE_MAX 256
#define QUEUE_MAX        25600

struct call_queue;

/* Answers a call; a negative return becomes its error. */
typedef int (*call_answer)(sd_bus_message *call, void *userdata, sd_bus_error *error);

int call_queue_new(sd_event *event, call_answer answer, void *userdata, struct call_queue **ret);
struct call_queue *call_queue_free(struct call_queue *queue); /* always NULL; what waits isn't answered */
DEFINE_CLEANUP(struct call_queue, call_queue_free)

/* Keeps a reference. -E2BIG: as many wait as may. */
int call_queue_add(struct call_queue *queue, sd_bus_message *call);
