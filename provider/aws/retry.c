#include "aws/retry.h"

enum { COST = 5, COST_OF_TIMEOUT = 10 };

/* Was the request perhaps carried out, and would it be twice? */
static bool may_repeat(const struct aws_attempt *attempt)
{
    return !attempt->sent || attempt->reads || attempt->has_token;
}

static bool is_worthwhile(const struct aws_attempt *attempt)
{
    switch (attempt->failure) {
    case HTTP_FINE:
        if (attempt->class == AWS_THROTTLED) /* refused before it was carried out */
            return true;
        return attempt->class == AWS_TRANSIENT && may_repeat(attempt);
    case HTTP_CONNECT:
    case HTTP_RESOLVE:
    case HTTP_PROXY:
        return true;
    case HTTP_CUT:
    case HTTP_TIMED_OUT:
        return may_repeat(attempt);
    default:
        return false;
    }
}

int64_t aws_retry_pause_ms(struct aws_bucket *bucket, const struct aws_attempt *attempt,
                           int retries_max, uint64_t random)
{
    int cost = attempt->failure == HTTP_TIMED_OUT ? COST_OF_TIMEOUT : COST;
    int64_t ceiling =
        attempt->number > 5 ? AWS_RETRY_PAUSE_MAX_MS : (int64_t)1000 << (attempt->number - 1);
    int64_t pause;

    if (attempt->number > retries_max || !is_worthwhile(attempt) ||
        bucket->taken + cost > AWS_BUCKET)
        return -1;
    bucket->taken += cost;
    pause = (int64_t)(random % (uint64_t)(ceiling + 1));
    return attempt->retry_after_ms > pause ? attempt->retry_after_ms : pause;
}

void aws_retry_succeeded(struct aws_bucket *bucket)
{
    bucket->taken -= bucket->taken > 0;
}
