/* test_vpc_stage - what tests of istio_vpc share: a stand-in account, what was asked of it
 * and what is in it. */
#ifndef RESOURCES_TEST_VPC_STAGE_H
#define RESOURCES_TEST_VPC_STAGE_H
#include "acceptance/harness/component_aws.h"

extern const struct resource resource_istio_vpc;

#define BASE "\"name\": \"east\", \"region\": \"eu-west-1\", \"cidr_block\": \"10.1.0.0/16\""
/* as the state has what may be of any type */
#define ZONES(n) "\"availability_zones\": {\"type\": \"number\", \"value\": " #n "}"
#define TWO_ZONES "{" BASE ", " ZONES(2) "}"
#define ONE_ZONE "{" BASE ", " ZONES(1) "}"

static inline void close_component(void *t)
{
    component_stop_aws(t);
}

/* Nothing is sent again, so that each failure is seen. */
static inline struct component_aws *start(struct arena *a)
{
    struct component_aws *t = arena_alloc(a, sizeof(*t));
    struct clients *clients = &t->component.clients;

    component_start_aws(t, a, 0, &(struct cloud_options){.speed = 0});
    arena_defer(a, close_component, t);
    clients->provider_config =
        value_with_in(a, clients->provider_config, value_integer(a, 0), "aws", "max_retries");
    return t;
}

static inline const struct value *apply(struct component_aws *t, const struct value *prior,
                                        const char *json)
{
    const struct value *out = component_apply(&t->component, &resource_istio_vpc, prior, json);

    if (!out)
        fail_msg("%s", component_diags(&t->component));
    return out;
}

static inline const struct value *refreshed(struct component_aws *t, const struct value *state)
{
    return component_read(&t->component, &resource_istio_vpc, state);
}

/* Lines "kind count". */
static inline const char *inventory(struct component_aws *t)
{
    struct arena *a = t->component.arena;
    char *lines = cloud_inventory(t->cloud);
    struct text rest = text_of(arena_strdup(a, lines)), line, region, kind;
    const struct value *counts = &value_empty_map;
    const char *text = "";

    memory_free(lines);
    while (text_split(&rest, '\n', &line))
        if (line.len && text_split(&line, ' ', &region) && text_split(&line, ' ', &kind)) {
            const char *key = text_z(a, kind);

            counts =
                value_with(a, counts, key, value_integer(a, value_integer_at(counts, key) + 1));
        }
    counts = value_sorted(a, counts);
    for (size_t i = 0; i < value_count(counts); i++)
        text = text_f(a, "%s%s %d\n", text, counts->map.entries[i].key,
                      (int)value_as_integer(counts->map.entries[i].value));
    return text;
}

/* Requests without those that only look, a line "CreateVpc" each. */
static inline const char *changes(struct component_aws *t)
{
    struct text rest = text_of(component_aws_requests(t)), line;
    struct text_builder b;

    text_builder_init(&b, t->component.arena, 1 << 16);
    while (text_split(&rest, '\n', &line)) {
        const char *operation = memchr(line.at, '/', line.len);

        if (line.len && operation && strncmp(operation, "/Describe", 9) != 0)
            text_add_f(&b, "%.*s\n", (int)(line.at + line.len - operation - 1), operation + 1);
    }
    return b.at;
}

static inline size_t count_lines(const char *text)
{
    size_t count = 0;

    for (; *text; text++)
        count += *text == '\n';
    return count;
}

static inline const struct value *ask(struct component_aws *t,
                                      const struct aws_operation *operation, const char *json)
{
    struct call *c = component_call(&t->component, &resource_istio_vpc, &value_null);
    const struct aws_access access = {.region = "eu-west-1"};
    const struct value *output;
    struct aws *aws;

    assert_true(aws_open(c, &access, NULL, &aws));
    if (!aws_call(c, aws, operation, component_json(&t->component, json), &output))
        fail_msg("%s", component_diags(&t->component));
    return output;
}

#endif
