#include "base/clock.h"

#include <stdlib.h>
#include <string.h>

#include "base/test.h"

static const struct {
    const char *text;
    int64_t at; /* -1: refused */
    bool canonical;
} times[] = {
    {"1970-01-01T00:00:00Z", 0, true},
    {"2000-02-29T00:00:00Z", 951782400, true},
    {"2026-01-31T10:20:30Z", 1769854830, true},
    {"2038-01-19T03:14:08Z", 2147483648, true},
    {"2100-03-01T00:00:00Z", 4107542400, true},
    {"9999-12-31T23:59:59Z", 253402300799, true},
    {"1969-12-31T23:59:58Z", -2, true},
    {"2026-01-31T10:20:30.123456789Z", 1769854830, false},
    {"2026-01-31t10:20:30z", 1769854830, false},
    {"2026-01-31 10:20:30Z", 1769854830, false},
    {"2026-01-31T11:20:30+01:00", 1769854830, false},
    {"2026-01-31T04:50:30-05:30", 1769854830, false},
    {"2016-12-31T23:59:60Z", 1483228800, false},
    {"", -1, false},
    {"2026-01-31", -1, false},
    {"2026-01-31T10:20:30", -1, false},
    {"2026-01-31T10:20Z", -1, false},
    {"2026-13-01T00:00:00Z", -1, false},
    {"2026-00-01T00:00:00Z", -1, false},
    {"2026-01-00T00:00:00Z", -1, false},
    {"2026-01-32T00:00:00Z", -1, false},
    {"2026-02-29T00:00:00Z", -1, false},
    {"2100-02-29T00:00:00Z", -1, false},
    {"2026-04-31T00:00:00Z", -1, false},
    {"2026-01-31T24:00:00Z", -1, false},
    {"2026-01-31T10:60:00Z", -1, false},
    {"2026-01-31T10:20:61Z", -1, false},
    {"2026-01-31T10:20:30.Z", -1, false},
    {"2026-01-31T10:20:30+0100", -1, false},
    {"2026-01-31T10:20:30+24:00", -1, false},
    {"2026-01-31T10:20:30Zx", -1, false},
    {"26-01-31T10:20:30Z", -1, false},
    {"2026-1-31T10:20:30Z", -1, false},
    {"x026-01-31T10:20:30Z", -1, false},
};

TEST(rfc3339_is_read_and_written)
{
    for (size_t i = 0; i < sizeof(times) / sizeof(times[0]); i++) {
        if (clock_parse_rfc3339(times[i].text) != times[i].at)
            fail_msg("%s: %lld", times[i].text, (long long)clock_parse_rfc3339(times[i].text));
        if (times[i].canonical)
            assert_string_equal(clock_rfc3339(a, times[i].at), times[i].text);
    }
    assert_int_equal(clock_parse_rfc3339(NULL), -1);
}

TEST(every_day_of_four_centuries_comes_back)
{
    for (int64_t day = 0; day < 146097; day++)
        assert_int_equal(clock_parse_rfc3339(clock_rfc3339(a, day * 86400)), day * 86400);
}

static const struct {
    const char *text;
    int64_t ms;
} durations[] = {
    {"0", 0},
    {"0s", 0},
    {"90s", 90000},
    {"1h30m", 5400000},
    {"1h30m0.5s", 5400500},
    {"250ms", 250},
    {"1500us", 1},
    {"1500\xc2\xb5s", 1},
    {"999999ns", 0},
    {"1.5h", 5400000},
    {".5s", 500},
    {"1.s", 1000},
    {"100h", 360000000},
    {"", -1},
    {"1", -1},
    {"s", -1},
    {".s", -1},
    {"-1s", -1},
    {"+1s", -1},
    {"1x", -1},
    {"1d", -1},
    {"1s ", -1},
    {"1 s", -1},
    {"1s2", -1},
    {"900000h", -1},
    {"99999999999999999999999999999999s", -1},
    {"1S", -1},
};

TEST(durations_are_read_as_go_does)
{
    for (size_t i = 0; i < sizeof(durations) / sizeof(durations[0]); i++)
        if (clock_parse_duration_ms(durations[i].text) != durations[i].ms)
            fail_msg("%s: %lld", durations[i].text,
                     (long long)clock_parse_duration_ms(durations[i].text));
    assert_int_equal(clock_parse_duration_ms(NULL), -1);
}

TEST(fractions_lose_no_millisecond)
{
    for (int ms = 0; ms < 1000; ms++)
        assert_int_equal(clock_parse_duration_ms(text_f(a, "1.%03ds", ms)), 1000 + ms);
}

TEST(wall_time_can_be_shifted)
{
    int64_t before = clock_now();

    clock_shift(86400);
    assert_in_range(clock_now() - before, 86400, 86400 + 60);
    clock_shift(0);
    setenv("ISTIO_TEST_CLOCK", "-3600", 1);
    assert_in_range(before - clock_now(), 3600 - 60, 3600);
    unsetenv("ISTIO_TEST_CLOCK");
    assert_in_range(clock_now() - before, 0, 60);
}

TEST(monotonic_time_never_steps_back)
{
    int64_t last = clock_monotonic_ms();

    for (int i = 0; i < 1000; i++) {
        int64_t now = clock_monotonic_ms();

        assert_true(now >= last);
        last = now;
    }
}
