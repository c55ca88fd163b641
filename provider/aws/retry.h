/* retry - when a request to AWS is sent again: the standard mode of AWS's tools, as
 * rules without I/O.
 *
 * A pause is random up to min(2^(attempt-1), 20) seconds. A bucket of 500 tokens for
 * each service and region pays for retries (5, after a timeout 10; a clean success
 * gives 1 back), so that a service in trouble is not drowned. http/retry is switched
 * off for these requests: each attempt has to be signed anew.
 * Source: AWS SDKs and Tools Reference Guide, "Retry behavior". */
#ifndef AWS_RETRY_H
#define AWS_RETRY_H
#include <stdbool.h>
#include <stdint.h>

#include "aws/protocol.h"

enum { AWS_RETRIES_DEFAULT = 10, AWS_BUCKET = 500, AWS_RETRY_PAUSE_MAX_MS = 20 * 1000 };

struct aws_bucket {
    int taken; /* all zero is full */
};

struct aws_attempt {
    enum http_failure failure; /* HTTP_FINE = answered */
    bool sent, reads, has_token;
    enum aws_error_class class; /* of an answer that is a refusal */
    int number;                 /* from 1 */
    int64_t retry_after_ms;     /* -1 = none told */
};

/* -1 = do not; else milliseconds to wait. Takes from the bucket. */
int64_t aws_retry_pause_ms(struct aws_bucket *bucket, const struct aws_attempt *attempt,
                           int retries_max, uint64_t random);
void aws_retry_succeeded(struct aws_bucket *bucket);

#endif
