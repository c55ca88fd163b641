/* test_charts - stand-in repository and registry for the tests of this folder, and
 * one call that asks them. For tests only: compiled into them. */
#ifndef SOURCE_TEST_CHARTS_H
#define SOURCE_TEST_CHARTS_H
#include <string.h>

#include "acceptance/sandbox/charts.h"
#include "base/clock.h"
#include "base/test.h"
#include "codec/json.h"
#include "http/client.h"
#include "source/package.h"

#define TEST_CHARTS "provider/source/testdata/source"

#define UNUSED_HERE __attribute__((unused))

struct charts_fixture {
    struct arena *arena;
    struct charts *server;
    struct cancel *cancel;
    struct clients clients;
    struct diags diags;
    struct call call;
};

static void charts_fixture_close(void *data)
{
    struct charts_fixture *f = data;

    chart_store_free(f->clients.charts);
    http_client_free(f->clients.http);
    cancel_free(f->cancel);
    charts_stop(f->server);
}

UNUSED_HERE static struct charts_fixture *charts_fixture_new(struct arena *a)
{
    struct charts_fixture *f = arena_alloc(a, sizeof(*f));

    f->arena = a;
    f->server = charts_start(TEST_CHARTS);
    f->cancel = cancel_new();
    f->clients.http = http_client_new(f->cancel);
    f->clients.charts = chart_store_new(f->clients.http);
    f->clients.provider_config = &value_null;
    arena_defer(a, charts_fixture_close, f);
    return f;
}

/* A fresh call of the same process. */
UNUSED_HERE static struct call *charts_call(struct charts_fixture *f)
{
    diags_init(&f->diags, f->arena);
    call_init(&f->call, f->arena, &f->diags, f->cancel, &f->clients);
    f->call.deadline_ms = clock_monotonic_ms() + 60000;
    return &f->call;
}

/* Forgets what was fetched, as a new process would. */
UNUSED_HERE static void charts_restart(struct charts_fixture *f)
{
    chart_store_free(f->clients.charts);
    f->clients.charts = chart_store_new(f->clients.http);
}

static const char *charts_replace(struct arena *a, const char *text, const char *word,
                                  const char *by)
{
    struct text_builder b;
    const char *found;

    text_builder_init(&b, a, 1 << 20);
    for (; (found = strstr(text, word)); text = found + strlen(word)) {
        text_add(&b, (struct text){text, (size_t)(found - text)});
        text_add_z(&b, by);
    }
    text_add_z(&b, text);
    return b.at;
}

/* @plain@, @tls@ and their hosts filled in. */
UNUSED_HERE static const char *charts_fill(struct charts_fixture *f, const char *text)
{
    const char *plain = charts_url(f->server), *tls = charts_tls_url(f->server);

    text = charts_replace(f->arena, text, "@plain@", plain);
    text = charts_replace(f->arena, text, "@tls@", tls);
    text = charts_replace(f->arena, text, "@host@", strstr(plain, "//") + 2);
    return charts_replace(f->arena, text, "@tlshost@", strstr(tls, "//") + 2);
}

/* "summary: detail" of every diagnostic, a line each. */
UNUSED_HERE static const char *charts_said(struct charts_fixture *f)
{
    struct text_builder b;

    text_builder_init(&b, f->arena, 1 << 20);
    for (const struct diag *d = f->diags.first; d; d = d->next)
        text_add_f(&b, "%s: %s\n", d->summary, d->detail);
    return b.at;
}

/* Requests since the last look. */
UNUSED_HERE static const char *charts_asked(struct charts_fixture *f)
{
    char *lines = charts_requests(f->server);
    const char *copy = arena_strdup(f->arena, lines);

    memory_free(lines);
    charts_requests_reset(f->server);
    return copy;
}

UNUSED_HERE static struct wanted charts_wanted(const char *repository, const char *name,
                                               const char *version)
{
    return (struct wanted){.repository = repository,
                           .name = name,
                           .version = version,
                           .username = "",
                           .password = "",
                           .ca_pem = "",
                           .digest = "",
                           .cache_dir = ""};
}

#endif
