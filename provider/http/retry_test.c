#include "http/retry.h"

#include <stdlib.h>
#include <string.h>

#include "base/test.h"
#include "http/proxy.h"
#include "http/timer.h"

TEST(knows_what_is_worth_repeating)
{
    static const struct {
        struct retry_facts facts;
        bool wanted;
    } cases[] = {
        {{.status = 200, .idempotent = true, .retry_after_ms = -1}, false},
        {{.status = 404, .idempotent = true, .retry_after_ms = -1}, false},
        {{.status = 409, .idempotent = true, .retry_after_ms = -1}, false},
        {{.status = 429, .retry_after_ms = -1}, true},
        {{.status = 429, .retry_after_ms = 1000}, true},
        {{.status = 429, .retry_after_ms = RETRY_AFTER_MAX_MS + 1}, false},
        {{.status = 503, .retry_after_ms = -1}, false},
        {{.status = 503, .retry_after_ms = 0}, true},
        {{.status = 503, .idempotent = true, .retry_after_ms = -1}, true},
        {{.status = 500, .retry_after_ms = -1}, false},
        {{.status = 500, .idempotent = true, .retry_after_ms = -1}, true},
        {{.status = 502, .idempotent = true, .retry_after_ms = -1}, true},
        {{.status = 504, .idempotent = true, .retry_after_ms = -1}, true},
        {{.status = 501, .idempotent = true, .retry_after_ms = -1}, false},
        {{.failure = HTTP_CONNECT, .retry_after_ms = -1}, true},
        {{.failure = HTTP_RESOLVE, .retry_after_ms = -1}, true},
        {{.failure = HTTP_PROXY, .retry_after_ms = -1}, true},
        {{.failure = HTTP_PROXY, .lasting = true, .retry_after_ms = -1}, false},
        {{.failure = HTTP_CUT, .sent = true, .retry_after_ms = -1}, false},
        {{.failure = HTTP_CUT, .retry_after_ms = -1}, true},
        {{.failure = HTTP_CUT, .sent = true, .idempotent = true, .retry_after_ms = -1}, true},
        {{.failure = HTTP_TIMED_OUT, .sent = true, .retry_after_ms = -1}, false},
        {{.failure = HTTP_TIMED_OUT, .idempotent = true, .retry_after_ms = -1}, true},
        {{.failure = HTTP_TLS, .idempotent = true, .retry_after_ms = -1}, false},
        {{.failure = HTTP_CANCELLED, .idempotent = true, .retry_after_ms = -1}, false},
        {{.failure = HTTP_TOO_LARGE, .idempotent = true, .retry_after_ms = -1}, false},
    };

    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++)
        if (retry_is_worthwhile(&cases[i].facts) != cases[i].wanted)
            fail_msg("case %zu: failure %d, status %d", i, cases[i].facts.failure,
                     cases[i].facts.status);
}

TEST(pauses_grow_and_are_spread)
{
    static const int64_t full[] = {100, 200, 400, 800, 1600, 3200, 6400, 10000, 10000};
    struct retry_random random = {7};

    for (int attempt = 1; attempt <= 9; attempt++) {
        int64_t least = INT64_MAX, most = 0;

        for (int i = 0; i < 500; i++) {
            int64_t pause = retry_pause_ms(&random, attempt, -1);

            least = pause < least ? pause : least;
            most = pause > most ? pause : most;
        }
        assert_true(least >= full[attempt - 1] / 2 && least < full[attempt - 1] * 6 / 10);
        assert_true(most <= full[attempt - 1] && most > full[attempt - 1] * 9 / 10);
    }
    for (int i = 0; i < 100; i++) {
        int64_t pause = retry_pause_ms(&random, 1, 2000);

        assert_true(pause >= 2000 && pause < 2100);
    }
}

TEST(reads_retry_after)
{
    static const struct {
        const char *z;
        int64_t ms;
    } cases[] = {
        {"", -1},
        {"0", 0},
        {" 3 ", 3000},
        {"99999999999999999999999", -2},
        {"-1", -1},
        {"soon", -1},
        {"Thu, 01 Jan 2026 00:00:05 GMT", 5000},
        {"Wed, 31 Dec 2025 23:59:59 GMT", 0},
    };

    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        int64_t ms = retry_after_ms(text_of(cases[i].z), 1767225600);

        if (cases[i].ms == -2 ? ms <= RETRY_AFTER_MAX_MS : ms != cases[i].ms)
            fail_msg("\"%s\" was read as %lld", cases[i].z, (long long)ms);
    }
}

TEST(budget_paces_retries)
{
    struct retry_budget budget = {0};
    int64_t at = 1000;

    for (int i = 0; i < RETRY_BUDGET_BURST; i++) {
        assert_int_equal(retry_budget_next(&budget, 1000), 1000);
        retry_budget_take(&budget, 1000);
    }
    for (int64_t i = 1; i <= RETRY_BUDGET_PER_SECOND; i++) {
        at = retry_budget_next(&budget, 1000);
        assert_int_equal(at, 1000 + i * (1000 / RETRY_BUDGET_PER_SECOND));
        retry_budget_take(&budget, at);
    }
    assert_int_equal(at, 2000);
    assert_int_equal(retry_budget_next(&budget, 100 * 1000), 100 * 1000);
}

TEST(timers_come_in_order)
{
    struct timers timers = {0};
    struct timer many[200] = {0};
    int64_t before = -1;
    size_t count = 0;

    for (size_t i = 0; i < 200; i++)
        timer_set(&timers, &many[i], (int64_t)(i * 7919 % 50));
    for (size_t i = 0; i < 200; i += 3)
        timer_set(&timers, &many[i], (int64_t)(i * 7919 % 50));
    for (size_t i = 0; i < 200; i += 7) {
        timer_remove(&timers, &many[i]);
        timer_remove(&timers, &many[i]);
    }
    for (struct timer *first; (first = timer_first(&timers)); count++) {
        assert_true(first->due_ms >= before);
        before = first->due_ms;
        timer_remove(&timers, first);
    }
    assert_int_equal(count, 200 - 29);
    timers_clear(&timers);
}

TEST(no_proxy_follows_the_common_rules)
{
    static const struct {
        const char *url, *list;
        bool exempt;
    } cases[] = {
        {"https://a.example", "", false},
        {"https://a.example", "*", true},
        {"https://a.example", "b.example,a.example", true},
        {"https://x.a.example", "a.example", true},
        {"https://xa.example", "a.example", false},
        {"https://a.example", ".a.example", false},
        {"https://x.a.example", " .a.example ", true},
        {"https://x.a.example", "*.a.example", true},
        {"https://a.example", "A.EXAMPLE", true},
        {"https://a.example:6443", "a.example:6443", true},
        {"https://a.example:6443", "a.example:443", false},
        {"https://10.1.2.3", "10.0.0.0/8", true},
        {"https://11.1.2.3", "10.0.0.0/8", false},
        {"https://10.1.2.3", "10.1.2.0/23", true},
        {"https://10.1.4.3", "10.1.2.0/23", false},
        {"https://10.1.2.3", "10.1.2.3", true},
        {"https://10.1.2.3", "10.1.2.3/33", false},
        {"https://10.1.2.3", "10.1.2.3/", false},
        {"https://10.1.2.3:6443", "10.1.2.3:6443", true},
        {"https://10.1.2.3", "1.2.3", false},
        {"https://[fd00::1]", "fd00::/8", true},
        {"https://[fd00::1]", "fd00::1", true},
        {"https://[fd00::1]:6443", "[fd00::1]:6443", true},
        {"https://127.0.0.9", "", true},
        {"https://[::1]", "", true},
        {"http://localhost:8080", "", true},
        {"http://localhost.example", "", false},
        {"https://a.example", ",,.", false},
    };
    struct url url;

    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        assert_true(url_parse(a, cases[i].url, &url));
        if (proxy_is_exempt(a, &url, cases[i].list) != cases[i].exempt)
            fail_msg("%s with \"%s\"", cases[i].url, cases[i].list);
    }
}

static char *environment(const char *name)
{
    static char variables[][2][32] = {{"HTTPS_PROXY", "http://secure:3128"},
                                      {"http_proxy", "plain:3128"},
                                      {"NO_PROXY", "inside.example"}};

    for (size_t i = 0; i < 3; i++)
        if (strcmp(variables[i][0], name) == 0)
            return variables[i][1];
    return NULL;
}

TEST(proxy_comes_from_the_environment)
{
    static const char *const cases[][2] = {{"https://a.example", "http://secure:3128"},
                                           {"http://a.example", "plain:3128"},
                                           {"https://inside.example", ""},
                                           {"https://127.0.0.1:6443", ""}};
    struct url url;

    for (size_t i = 0; i < 4; i++) {
        assert_true(url_parse(a, cases[i][0], &url));
        assert_string_equal(proxy_for(&url, environment), cases[i][1]);
    }
}

TEST(proxy_addresses)
{
    struct url url;

    assert_true(proxy_parse(a, "proxy:3128", &url));
    assert_string_equal(url.scheme, "http");
    assert_int_equal(url.port, 3128);
    assert_true(proxy_parse(a, "socks5://me:pw@proxy", &url));
    assert_string_equal(url.scheme, "socks5h");
    assert_int_equal(url.port, 1080);
    assert_true(url.has_user_information);
    assert_true(proxy_parse(a, "https://proxy", &url));
    assert_false(proxy_parse(a, "ftp://proxy", &url));
    assert_false(proxy_parse(a, "http://", &url));
}
