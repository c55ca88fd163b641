#include "schema/call.h"

#include "base/clock.h"
#include "schema/test_case.h"

TEST(call_waits)
{
    struct call *c = case_call(a);

    c->cancel = cancel_new();
    assert_true(call_wait_ms(c, 1, "a moment", NULL));
    assert_int_equal(c->diags->count, 0);
    cancel_free(c->cancel);
}

TEST(call_wait_ends_with_the_deadline)
{
    struct call *c = case_call(a);
    int64_t before = clock_monotonic_ms();

    c->cancel = cancel_new();
    c->deadline_ms = before + 5;
    assert_false(call_wait_ms(c, 60000, "the rollout", "Deployment istiod: 0 of 1 ready."));
    assert_true(clock_monotonic_ms() - before < 30000);
    assert_string_equal(case_said(a, c),
                        ": Timed out waiting for the rollout: Deployment istiod: 0 of 1 ready.\n");
    assert_int_equal(call_left_ms(c), 0);
    cancel_free(c->cancel);
}

TEST(call_wait_ends_with_a_cancellation)
{
    struct call *c = case_call(a);

    c->cancel = cancel_new();
    cancel_fire(c->cancel);
    assert_false(call_wait_ms(c, 60000, "the rollout", "0 of 1 ready."));
    assert_string_equal(c->diags->first->summary, "Interrupted");
    assert_non_null(strstr(c->diags->first->detail, "the rollout"));
    assert_non_null(strstr(c->diags->first->detail, "0 of 1 ready."));
    cancel_free(c->cancel);
}

TEST(call_has_an_hour)
{
    struct call *c = case_call(a);

    assert_true(call_left_ms(c) > 59 * 60 * 1000 && call_left_ms(c) <= 60 * 60 * 1000);
}

TEST(call_quietly_reports_elsewhere)
{
    struct call *c = case_call(a);
    struct diags other;
    struct call quiet;

    diags_init(&other, a);
    quiet = call_quietly(c, &other);
    assert_false(diag_error(quiet.diags, NULL, "Unreachable", "No."));
    assert_int_equal(c->diags->count, 0);
    assert_int_equal(other.count, 1);
}
