#include "helm/hook.h"

#include "helm/test_pure.h"

/* "kind/name events weight policy", "no hook", "unknown: ..." or the fault. */
static const char *read(struct arena *a, const char *json)
{
    struct hook_head head = {.object = pure_json(a, json)};
    const char *fault = hook_read(a, &head);
    struct text_builder b;

    if (fault)
        return fault;
    text_builder_init(&b, a, 4096);
    text_add_f(&b, "%s/%s", head.kind, head.name);
    if (!head.is_hook)
        return b.at;
    if (head.unknown)
        return text_f(a, "%s unknown: %s", b.at, head.unknown);
    for (const char *const *event = head.events; *event; event++)
        text_add_f(&b, " %s", *event);
    text_add_f(&b, " %lld %u", (long long)head.weight, head.delete_policy);
    return b.at;
}

static const char *annotated(struct arena *a, const char *hook, const char *weight,
                             const char *policy)
{
    return read(a, text_f(a,
                          "{\"kind\":\"Job\",\"metadata\":{\"name\":\"x\",\"annotations\":{"
                          "\"helm.sh/hook\":%s,\"helm.sh/hook-weight\":%s,"
                          "\"helm.sh/hook-delete-policy\":%s}}}",
                          hook, weight, policy));
}

TEST(heads_are_read)
{
    static const struct {
        const char *json, *gives;
    } cases[] = {
        {"null", "/"},
        {"{}", "/"},
        {"{\"kind\":\"A\",\"metadata\":{\"name\":\"b\"}}", "A/b"},
        {"{\"kind\":1,\"metadata\":{\"name\":1.5}}", "1/1.5"},
        {"{\"kind\":null,\"metadata\":null}", "/"},
        {"{\"metadata\":{\"annotations\":null}}", "/"},
        {"{\"metadata\":{\"annotations\":{\"a\":1,\"b\":true,\"c\":null}}}", "/"},
        {"[]", "The document is a list, not a map."},
        {"\"x\"", "The document is a string, not a map."},
        {"{\"kind\":[]}", "kind is a list, not a string."},
        {"{\"apiVersion\":{}}", "apiVersion is a map, not a string."},
        {"{\"metadata\":\"x\"}", "metadata is a string, not a map."},
        {"{\"metadata\":{\"name\":[]}}", "metadata.name is a list, not a string."},
        {"{\"metadata\":{\"annotations\":[]}}", "metadata.annotations is a list, not a map."},
        {"{\"metadata\":{\"annotations\":{\"a\":{}}}}",
         "metadata.annotations: a is a map, not a string."},
    };

    for (size_t i = 0; i < sizeof(cases) / sizeof(*cases); i++)
        assert_string_equal(read(a, cases[i].json), cases[i].gives);
}

TEST(hooks_say_when_and_what_becomes_of_them)
{
    static const struct {
        const char *hook, *weight, *policy, *gives;
    } cases[] = {
        {"\"pre-install\"", "null", "null", "Job/x pre-install 0 1"},
        {"\" Pre-Install , post-upgrade\"", "\"-5\"", "\"hook-succeeded\"",
         "Job/x pre-install post-upgrade -5 2"},
        {"\"test\"", "3", "\"before-hook-creation,hook-failed,nonsense\"", "Job/x test 3 5"},
        {"\"test-success\"", "\"heavy\"", "\"hook-succeeded,hook-failed\"", "Job/x test 0 6"},
        {"\"pre-delete,post-delete,pre-rollback,post-rollback\"", "\"+7\"", "null",
         "Job/x pre-delete post-delete pre-rollback post-rollback 7 1"},
        {"\"\"", "null", "null", "Job/x unknown: "},
        {"\"test-failure\"", "null", "null", "Job/x unknown: test-failure"},
        {"\"pre-install,crd-install\"", "null", "null", "Job/x unknown: pre-install,crd-install"},
    };

    for (size_t i = 0; i < sizeof(cases) / sizeof(*cases); i++) {
        const char *got = annotated(a, cases[i].hook, cases[i].weight, cases[i].policy);

        if (strcmp(got, cases[i].gives) != 0)
            fail_msg("%s %s %s gives %s, not %s", cases[i].hook, cases[i].weight, cases[i].policy,
                     got, cases[i].gives);
    }
}
