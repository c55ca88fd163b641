#include "aws/tags.h"

#include "base/test.h"
#include "codec/json.h"

static const struct value *json(struct arena *a, const char *z)
{
    const struct value *v;

    assert_null(json_try(a, text_of(z), &v));
    return v;
}

TEST(default_tags_lie_under_a_resources_own)
{
    struct clients clients = {
        .provider_config = json(a, "{\"aws\":{\"default_tags\":{\"team\":\"mesh\",\"a\":\"1\"}}}")};
    struct call c = {.arena = a, .clients = &clients};

    assert_string_equal(json_write(a, tags_all(&c, json(a, "{\"a\":\"2\",\"B\":\"3\"}"))).at,
                        "{\"B\":\"3\",\"a\":\"2\",\"team\":\"mesh\"}");
    assert_string_equal(json_write(a, tags_all(&c, &value_null)).at,
                        "{\"a\":\"1\",\"team\":\"mesh\"}");
    clients.provider_config = &value_null;
    assert_string_equal(json_write(a, tags_all(&c, &value_null)).at, "{}");
}

TEST(tags_travel_as_lists)
{
    const struct value *map = json(a, "{\"b\":\"2\",\"a\":\"1\"}"), *list = tags_list(a, map);

    assert_string_equal(json_write(a, list).at,
                        "[{\"Key\":\"a\",\"Value\":\"1\"},{\"Key\":\"b\",\"Value\":\"2\"}]");
    assert_true(value_equal(tags_map(a, list), map));
    assert_string_equal(json_write(a, tags_specification(a, "vpc", map)).at,
                        "[{\"ResourceType\":\"vpc\",\"Tags\":[{\"Key\":\"a\",\"Value\":\"1\"},"
                        "{\"Key\":\"b\",\"Value\":\"2\"}]}]");
    assert_int_equal(value_count(tags_specification(a, "vpc", &value_empty_map)), 0);
}

TEST(tags_of_services_and_controllers_are_not_drift)
{
    const struct value *kept = tags_without_foreign(
        a, json(a, "{\"Name\":\"x\",\"aws:cloudformation:stack\":\"y\",\"elbv2.k8s.aws/cluster\":"
                   "\"z\",\"kubernetes.io/cluster/east\":\"owned\",\"kubernetes.io/role/elb\":"
                   "\"1\"}"));

    assert_string_equal(json_write(a, kept).at,
                        "{\"Name\":\"x\",\"kubernetes.io/role/elb\":\"1\"}");
}
