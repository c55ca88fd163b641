/* test_stage - a server that plays AWS: one scripted answer after the other, for every
 * service. For the tests of this folder only: included by them, compiled into them. */
#ifndef AWS_TEST_STAGE_H
#define AWS_TEST_STAGE_H
#include "aws/aws.h"
#include "codec/json.h"
#include "http/test_server.h"

struct stage {
    struct fixture *f;
    struct server *server;
    struct clients clients;
    struct aws *aws;
    const char *const *answers; /* the last one again and again */
    size_t said;
};

static bool play(struct exchange *x)
{
    struct stage *s = x->server->data;
    const char *answer = s->answers[s->said];

    if (s->answers[s->said + 1])
        s->said++;
    if (*answer) /* else the connection is cut without a word */
        exchange_say(x, answer);
    return false;
}

static void stage_close(void *pool)
{
    aws_pool_free(pool);
}

static void clean_environment(void)
{
    static const char *const names[] = {"AWS_PROFILE",
                                        "AWS_DEFAULT_PROFILE",
                                        "AWS_REGION",
                                        "AWS_DEFAULT_REGION",
                                        "AWS_SESSION_TOKEN",
                                        "AWS_ENDPOINT_URL",
                                        "AWS_CA_BUNDLE",
                                        "AWS_WEB_IDENTITY_TOKEN_FILE",
                                        "AWS_ROLE_ARN",
                                        "AWS_CONTAINER_CREDENTIALS_FULL_URI",
                                        "AWS_CONTAINER_CREDENTIALS_RELATIVE_URI",
                                        "AWS_CONTAINER_AUTHORIZATION_TOKEN",
                                        "AWS_ACCESS_KEY_ID",
                                        "AWS_SECRET_ACCESS_KEY",
                                        "AWS_EC2_METADATA_SERVICE_ENDPOINT"};

    for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++)
        unsetenv(names[i]);
    setenv("AWS_CONFIG_FILE", "provider/aws/testdata/shared_files/none", 1);
    setenv("AWS_SHARED_CREDENTIALS_FILE", "provider/aws/testdata/shared_files/none", 1);
    setenv("AWS_EC2_METADATA_DISABLED", "true", 1);
}

/* Everything goes to the one server; extra is JSON of the provider block's aws. */
static struct stage *stage_new(struct arena *a, const char *const *answers, const char *extra)
{
    struct stage *s = arena_alloc(a, sizeof(*s));
    const struct value *config, *urls = &value_empty_map;
    const char *url;

    clean_environment();
    s->f = fixture_new(a);
    s->server = server_new(a, play, s, NULL);
    s->answers = answers;
    url = text_f(a, "http://127.0.0.1:%d", s->server->port);
    for (const struct aws_service *const *service = aws_services; *service; service++)
        urls = value_with(a, urls, (*service)->id, value_string(a, url));
    assert_null(json_try(a, text_of(extra), &config));
    s->clients.provider_config = value_map_of(a, {"aws", value_with(a, config, "endpoints", urls)});
    s->clients.http = s->f->client;
    s->clients.aws = aws_pool_new(s->f->client);
    arena_defer(a, stage_close, s->clients.aws);
    s->f->call.clients = &s->clients;
    s->f->call.config = s->f->call.private_data = &value_null;
    return s;
}

static void keys_set(const char *id)
{
    setenv("AWS_ACCESS_KEY_ID", id, 1);
    setenv("AWS_SECRET_ACCESS_KEY", "secret", 1);
}

static void stage_open(struct stage *s, const char *region)
{
    const struct aws_access access = {.region = region};

    assert_true(aws_open(&s->f->call, &access, NULL, &s->aws));
}

UNUSED static struct stage *stage_with_keys(struct arena *a, const char *const *answers)
{
    struct stage *s = stage_new(a, answers, "{}");

    keys_set("AKIDONE");
    stage_open(s, "eu-west-1");
    return s;
}

UNUSED static bool saw(struct stage *s, size_t request, const char *text)
{
    return strstr(server_saw(s->server, s->server->heads, request), text) ||
           strstr(server_saw(s->server, s->server->bodies, request), text);
}

#define ANSWER(status, body) "HTTP/1.1 " status "\r\nConnection: close\r\n\r\n" body

#endif
