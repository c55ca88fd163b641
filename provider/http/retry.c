#include "http/retry.h"

#include <curl/curl.h>

static bool status_is_worthwhile(const struct retry_facts *facts)
{
    switch (facts->status) {
    case 429: /* refused before any work was done */
        return true;
    case 503:
        return facts->idempotent || facts->retry_after_ms >= 0;
    case 500:
    case 502:
    case 504:
        return facts->idempotent;
    default:
        return false;
    }
}

bool retry_is_worthwhile(const struct retry_facts *facts)
{
    if (facts->lasting || facts->retry_after_ms > RETRY_AFTER_MAX_MS)
        return false;
    switch (facts->failure) {
    case HTTP_FINE:
        return status_is_worthwhile(facts);
    case HTTP_RESOLVE:
    case HTTP_CONNECT:
    case HTTP_PROXY:
        return true;
    case HTTP_CUT:
    case HTTP_TIMED_OUT:
        return facts->idempotent || !facts->sent;
    case HTTP_TLS:
    case HTTP_CANCELLED:
    case HTTP_TOO_LARGE:
        break;
    }
    return false;
}

/* splitmix64: spreading needs no secrecy. */
static uint64_t random_next(struct retry_random *random)
{
    uint64_t z = random->state += 0x9e3779b97f4a7c15u;

    z = (z ^ (z >> 30)) * 0xbf58476d1ce4e5b9u;
    z = (z ^ (z >> 27)) * 0x94d049bb133111ebu;
    return z ^ (z >> 31);
}

static int64_t random_below(struct retry_random *random, int64_t bound)
{
    return bound > 0 ? (int64_t)(random_next(random) % (uint64_t)bound) : 0;
}

int64_t retry_pause_ms(struct retry_random *random, int attempt, int64_t retry_after)
{
    int64_t pause = RETRY_PAUSE_MIN_MS;

    for (int i = 1; i < attempt && pause < RETRY_PAUSE_MAX_MS; i++)
        pause *= 2;
    if (pause > RETRY_PAUSE_MAX_MS)
        pause = RETRY_PAUSE_MAX_MS;
    if (retry_after >= 0) /* never earlier than asked for */
        return retry_after + random_below(random, pause);
    return pause / 2 + random_below(random, pause / 2 + 1);
}

int64_t retry_after_ms(struct text value, int64_t now)
{
    int64_t seconds = 0;
    char date[64];
    time_t at;

    value = text_trim(value);
    if (!value.len || value.len >= sizeof(date))
        return -1;
    for (size_t i = 0; i < value.len; i++)
        date[i] = value.at[i];
    date[value.len] = '\0';
    for (size_t i = 0; i < value.len && seconds >= 0; i++) {
        if (date[i] < '0' || date[i] > '9')
            seconds = -1;
        else if (seconds < INT32_MAX)
            seconds = seconds * 10 + (date[i] - '0');
    }
    if (seconds >= 0)
        return seconds * 1000;
    at = curl_getdate(date, NULL);
    if (at < 0)
        return -1;
    return at > now ? (at - now) * 1000 : 0;
}

/* A generic cell rate algorithm: one number instead of a bucket and a clock. */
enum { STEP_US = 1000000 / RETRY_BUDGET_PER_SECOND, BURST_US = STEP_US * (RETRY_BUDGET_BURST - 1) };

int64_t retry_budget_next(const struct retry_budget *budget, int64_t at_ms)
{
    int64_t allowed_us = budget->full_at_us - BURST_US;

    return allowed_us > at_ms * 1000 ? (allowed_us + 999) / 1000 : at_ms;
}

void retry_budget_take(struct retry_budget *budget, int64_t at_ms)
{
    if (budget->full_at_us < at_ms * 1000)
        budget->full_at_us = at_ms * 1000;
    budget->full_at_us += STEP_US;
}
