#include "istio/gloo_status.h"

#include "schema/test_case.h"

static const struct value *object_of(struct arena *a, const struct value *test)
{
    const struct value *object = value_at(test, "object");

    object = value_with(a, object, "kind", value_string(a, "Workspace"));
    object = value_with_in(a, object, value_string(a, "a"), "metadata", "namespace");
    return value_with_in(a, object, value_string(a, "x"), "metadata", "name");
}

static const char *said_of(struct arena *a, const struct call *c)
{
    const struct diag *d = c->diags->first;

    return d ? text_f(a, "%s: %s", d->summary, d->detail) : "";
}

/* What each shape of the status says, and whether to wait for more. */
TEST(status)
{
    static const char *const verdicts[] = {
        [KUBE_NOT_YET] = "wait", [KUBE_DONE] = "done", [KUBE_FAILED] = "failed"};
    const struct value *cases = case_file(a, "provider/istio/testdata", "gloo_status.json");

    for (size_t i = 0; i < value_count(cases); i++) {
        const struct value *test = value_item(cases, i), *object = object_of(a, test);
        struct gloo_wait wait = {.cluster = "mgmt", .arena = a};
        struct call *c = case_call(a);
        struct gloo_status status;
        const char *seen = "";
        enum kube_verdict verdict;

        print_message("    %s\n", value_text(test, "name"));
        gloo_status_read(a, object, &status);
        assert_string_equal(status.state, value_text(test, "state"));
        assert_string_equal(status.message, value_text(test, "message"));
        verdict = gloo_status_judge(c, &wait, object, &seen);
        assert_string_equal(verdicts[verdict], value_text(test, "verdict"));
        if (value_text(test, "seen")[0])
            assert_string_equal(seen, value_text(test, "seen"));
        assert_string_equal(said_of(a, c), value_text(test, "said"));
        assert_int_equal(wait.final != NULL, verdict == KUBE_FAILED);
    }
}

TEST(no_object)
{
    struct gloo_wait wait = {.cluster = "mgmt", .arena = a};
    const char *seen = "it does not exist";
    struct gloo_status status;

    gloo_status_read(a, NULL, &status);
    assert_string_equal(status.state, "PENDING");
    assert_int_equal(gloo_status_judge(case_call(a), &wait, NULL, &seen), KUBE_NOT_YET);
    assert_string_equal(seen, "it does not exist");
}

/* Gloo Mesh's words are somebody else's: no control characters get through. */
TEST(foreign_words)
{
    const struct value *generic = value_map_of(a, {"observedGeneration", value_integer(a, 1)},
                                               {"state", value_string(a, "\033[1mINVALID")},
                                               {"message", value_string(a, "a\033]0;b\007c")});
    const struct value *object = value_with_in(a, &value_empty_map, generic, "status", "generic");
    struct gloo_status status;

    gloo_status_read(a, object, &status);
    assert_string_equal(status.state, "[1mINVALID");
    assert_string_equal(status.message, "a]0;bc");
}
