/* retry - when a request is sent again, and when: rules without I/O.
 *
 * A request is repeated when it cannot have been carried out (no connection,
 * refused with 429, asked to come back with 503 and Retry-After), or when
 * carrying it out twice does no harm and the failure may pass. Pauses grow
 * from 100 ms to 10 s and are spread, so that a fleet of waiting requests does
 * not come back at once. The budget paces the retries of one endpoint: a dead
 * or drowning server sees at most a fixed rate, however many requests wait.
 * Not thread-safe: the I/O thread owns all of it. */
#ifndef HTTP_RETRY_H
#define HTTP_RETRY_H
#include <stdbool.h>
#include <stdint.h>

#include "base/text.h"
#include "http/client.h"

enum {
    RETRY_ATTEMPTS_MAX = 6,
    RETRY_PAUSE_MIN_MS = 100,
    RETRY_PAUSE_MAX_MS = 10 * 1000,
    RETRY_AFTER_MAX_MS = 60 * 1000, /* who asks for more gets no retry */
    RETRY_BUDGET_PER_SECOND = 20,
    RETRY_BUDGET_BURST = 40,
};

struct retry_facts {
    enum http_failure failure;
    int status;             /* when failure is HTTP_FINE */
    bool sent;              /* the server may have seen the request */
    bool idempotent;        /* sending it twice does no harm */
    bool lasting;           /* trying again cannot help: a refused certificate */
    int64_t retry_after_ms; /* -1 = the server named none */
};

bool retry_is_worthwhile(const struct retry_facts *facts);

struct retry_random {
    uint64_t state;
};

/* The pause behind the given attempt (from 1). */
int64_t retry_pause_ms(struct retry_random *random, int attempt, int64_t retry_after_ms);
/* Retry-After: seconds or an HTTP date; -1 when it is neither. */
int64_t retry_after_ms(struct text value, int64_t now);

/* All zero is full. */
struct retry_budget {
    int64_t full_at_us; /* when the bucket will be full again, in microseconds */
};

/* The earliest time, at or after at_ms, that the budget allows one more retry. */
int64_t retry_budget_next(const struct retry_budget *budget, int64_t at_ms);
/* Takes the retry that retry_budget_next() has promised. */
void retry_budget_take(struct retry_budget *budget, int64_t at_ms);

#endif
