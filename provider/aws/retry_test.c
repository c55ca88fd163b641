#include "aws/retry.h"

#include "base/test.h"

static const struct aws_attempt throttled = {
    .sent = true, .class = AWS_THROTTLED, .number = 1, .retry_after_ms = -1};

static int64_t pause(struct aws_attempt attempt)
{
    struct aws_bucket bucket = {0};

    return aws_retry_pause_ms(&bucket, &attempt, AWS_RETRIES_DEFAULT, UINT64_MAX);
}

TEST(what_may_not_have_happened_is_asked_again)
{
    struct aws_attempt x = throttled;

    assert_true(pause(x) >= 0);
    x.class = AWS_REFUSED;
    assert_int_equal(pause(x), -1);
    x.class = AWS_EXPIRED; /* renewal is not the retry's to decide */
    assert_int_equal(pause(x), -1);
    x.class = AWS_TRANSIENT; /* a create that is not told apart from its repetition */
    assert_int_equal(pause(x), -1);
    x.has_token = true;
    assert_true(pause(x) >= 0);
    x.has_token = false;
    x.reads = true;
    assert_true(pause(x) >= 0);
}

TEST(a_lost_answer_is_asked_for_again_when_that_is_safe)
{
    static const struct {
        enum http_failure failure;
        bool sent, reads, again;
    } cases[] = {
        {HTTP_CONNECT, false, false, true},  {HTTP_RESOLVE, false, false, true},
        {HTTP_CUT, true, false, false},      {HTTP_CUT, true, true, true},
        {HTTP_CUT, false, false, true},      {HTTP_TIMED_OUT, true, false, false},
        {HTTP_TIMED_OUT, true, true, true},  {HTTP_TLS, false, true, false},
        {HTTP_CANCELLED, true, true, false}, {HTTP_TOO_LARGE, true, true, false},
    };

    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        struct aws_attempt x = throttled;

        x.failure = cases[i].failure;
        x.sent = cases[i].sent;
        x.reads = cases[i].reads;
        assert_int_equal(pause(x) >= 0, cases[i].again);
    }
}

TEST(pauses_grow_and_are_spread)
{
    static const int64_t ceilings[] = {1000, 2000, 4000, 8000, 16000, 20000, 20000};
    struct aws_attempt x = throttled;

    for (int i = 0; i < 7; i++) {
        struct aws_bucket bucket = {0};

        x.number = i + 1;
        assert_int_equal(aws_retry_pause_ms(&bucket, &x, 10, (uint64_t)ceilings[i]), ceilings[i]);
        assert_int_equal(aws_retry_pause_ms(&bucket, &x, 10, (uint64_t)ceilings[i] + 1), 0);
    }
    x.retry_after_ms = 30000;
    assert_int_equal(pause(x), 30000);
    x.number = 11;
    assert_int_equal(pause(x), -1);
}

TEST(a_service_in_trouble_is_not_drowned)
{
    struct aws_bucket bucket = {0};
    struct aws_attempt x = throttled;
    int retries = 0;

    while (aws_retry_pause_ms(&bucket, &x, 10, 0) >= 0)
        retries++;
    assert_int_equal(retries, AWS_BUCKET / 5);
    for (int i = 0; i < 5; i++)
        aws_retry_succeeded(&bucket);
    assert_int_equal(aws_retry_pause_ms(&bucket, &x, 10, 0), 0);
    assert_int_equal(aws_retry_pause_ms(&bucket, &x, 10, 0), -1);
}
