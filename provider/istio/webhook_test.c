#include "istio/webhook.h"

#include "schema/test_case.h"

TEST(configurations_that_istiod_has_not_seen)
{
    static const struct {
        const char *json, *without;
    } cases[] = {
        {"{\"webhooks\": []}", NULL},
        {"{\"webhooks\": [{\"name\": \"a\", \"clientConfig\": {\"caBundle\": \"x\"}}]}", NULL},
        {"{\"webhooks\": [{\"name\": \"a\", \"clientConfig\": {\"url\": \"https://a\"}}]}", NULL},
        {"{\"webhooks\": [{\"name\": \"a\", \"clientConfig\": {\"caBundle\": \"x\"}},"
         " {\"name\": \"b\", \"clientConfig\": {\"service\": {}}}]}",
         "b"},
        {"{\"webhooks\": [{\"name\": \"a\", \"clientConfig\": {\"caBundle\": \"\"}}]}", "a"},
    };

    for (size_t i = 0; i < sizeof(cases) / sizeof(*cases); i++) {
        const struct value *configuration;

        assert_true(
            json_read(a, text_of(cases[i].json), "case", case_call(a)->diags, &configuration));
        if (cases[i].without)
            assert_string_equal(webhook_without_ca(configuration), cases[i].without);
        else
            assert_null(webhook_without_ca(configuration));
    }
}

/* As API servers say it, and as istiod does. */
TEST(words_of_a_webhook_that_nobody_answers)
{
    (void)a;
    assert_true(webhook_is_unanswered(
        "Internal error occurred: failed calling webhook \"rev.object.sidecar-injector.istio.io\": "
        "failed to call webhook: Post \"https://istiod.istio-system.svc:443/inject?timeout=10s\": "
        "dial tcp 10.96.0.1:443: connect: connection refused"));
    assert_false(webhook_is_unanswered(
        "admission webhook \"rev.validation.istio.io\" denied the request: configuration is "
        "invalid: server must have at least one host"));
    assert_false(webhook_is_unanswered("pods \"x\" is forbidden: exceeded quota"));
}
