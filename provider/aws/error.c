#include <string.h>

#include "aws/protocol.h"

/* AWS SDKs and Tools Reference Guide, "Retry behavior"; EC2's own codes beside them.
 * IAM's LimitExceeded is a quota and stands in none of the lists. */
static const char *const throttled[] = {"Throttling",
                                        "ThrottlingException",
                                        "ThrottledException",
                                        "RequestThrottled",
                                        "RequestThrottledException",
                                        "TooManyRequestsException",
                                        "RequestLimitExceeded",
                                        "EC2ThrottledException",
                                        "BandwidthLimitExceeded",
                                        "ProvisionedThroughputExceededException",
                                        "TransactionInProgressException",
                                        "PriorRequestNotComplete",
                                        "LimitExceededException",
                                        "SlowDown",
                                        NULL};
static const char *const transient[] = {
    "RequestTimeout",        "RequestTimeoutException",
    "InternalError",         "InternalFailure",
    "InternalServerError",   "Unavailable",
    "ServiceUnavailable",    "ServiceUnavailableException",
    "ServerException",       "ResourcePropagationDelayException",
    "IDPCommunicationError", NULL};
static const char *const clock_differs[] = {
    "RequestExpired",        "RequestTimeTooSkewed", "InvalidSignatureException",
    "SignatureDoesNotMatch", "RequestInTheFuture",   NULL};
static const char *const expired[] = {"ExpiredToken", "ExpiredTokenException", NULL};
static const char *const unauthorized[] = {"AuthFailure",
                                           "AccessDenied",
                                           "AccessDeniedException",
                                           "UnauthorizedOperation",
                                           "UnauthorizedException",
                                           "InvalidClientTokenId",
                                           "UnrecognizedClientException",
                                           "MissingAuthenticationToken",
                                           "OptInRequired",
                                           NULL};

static bool matches(const char *pattern, const char *code)
{
    size_t len = strlen(pattern), code_len = strlen(code);

    if (pattern[0] == '*')
        return code_len >= len - 1 && strcmp(code + code_len - (len - 1), pattern + 1) == 0;
    if (len && pattern[len - 1] == '*')
        return strncmp(code, pattern, len - 1) == 0;
    return strcmp(pattern, code) == 0;
}

bool aws_error_is(const struct aws_error *error, const char *const *patterns)
{
    for (const char *const *p = patterns; p && *p && *error->code; p++)
        if (matches(*p, error->code))
            return true;
    return false;
}

enum aws_error_class aws_error_class(const struct aws_error *error)
{
    if (aws_error_is(error, throttled) || error->status == 429)
        return AWS_THROTTLED;
    if (aws_error_is(error, transient))
        return AWS_TRANSIENT;
    if (aws_error_is(error, clock_differs))
        return AWS_CLOCK;
    if (aws_error_is(error, expired))
        return AWS_EXPIRED;
    if (aws_error_is(error, unauthorized))
        return AWS_UNAUTHORIZED;
    return error->status == 500 || error->status == 502 || error->status == 503 ||
                   error->status == 504
               ? AWS_TRANSIENT
               : AWS_REFUSED;
}
