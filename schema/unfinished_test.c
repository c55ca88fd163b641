#include "schema/unfinished.h"

#include "base/test.h"
#include "schema/test_case.h"

static const struct attribute rows[] = {STRING("name", REQUIRED | FORCE_NEW, "Name."),
                                        STRING("region", OPTIONAL | COMPUTED, "Region."),
                                        DYNAMIC("cluster", OPTIONAL, "Cluster."), END_ATTRIBUTES};
static const struct resource network = {
    .name = "a_network", .attributes = rows, .continues = NAMES("name", "region", "cluster")};
static const struct resource plain = {.name = "a_plain", .attributes = rows};

struct stage {
    struct clients clients;
    struct diags diags;
    struct call call;
};

static void forget_all(void *data)
{
    unfinished_free(data);
}

static struct stage *stage_new(struct arena *a, const struct resource *r)
{
    struct stage *s = arena_alloc(a, sizeof(*s));

    s->clients.unfinished = unfinished_new();
    arena_defer(a, forget_all, s->clients.unfinished);
    diags_init(&s->diags, a);
    call_init(&s->call, a, &s->diags, NULL, &s->clients);
    s->call.resource = r;
    s->call.private_data = &value_null;
    return s;
}

static const struct value *object(struct arena *a, const char *name, const char *secret)
{
    return value_map_of(a, {"name", value_string(a, name)}, {"region", value_string(a, "r1")},
                        {"cluster", value_map_of(a, {"name", value_string(a, "east")},
                                                 {"token", value_string(a, secret)})});
}

/* The private data that Terraform gives to both halves of the replacement. */
static void plan_create(struct stage *s, const struct value *planned)
{
    unfinished_plan(&s->call, &value_null, planned);
    s->call.private_data = s->call.private_out ? s->call.private_out : s->call.private_data;
    s->call.private_out = NULL;
}

TEST(a_replacement_of_what_is_not_complete_goes_on)
{
    struct stage *s = stage_new(a, &network);
    const struct value *state = unfinished_created(&s->call, object(a, "n", "s1"), false);

    assert_false(value_flag(state, "complete"));
    assert_string_equal(s->diags.first->summary, "a_network is not complete");
    assert_false(unfinished_goes_on(&s->call, state)); /* a destroy that was asked for */
    plan_create(s, object(a, "n", "s2"));              /* other secrets, the same thing */
    assert_true(unfinished_goes_on(&s->call, state));
    unfinished_forget(&s->call);
    assert_false(unfinished_goes_on(&s->call, state));
    plan_create(s, object(a, "other", "s1"));
    assert_false(unfinished_goes_on(&s->call, state));
}

TEST(what_is_complete_is_destroyed)
{
    struct stage *s = stage_new(a, &network);
    const struct value *state = unfinished_created(&s->call, object(a, "n", "s1"), true);

    assert_true(value_flag(state, "complete"));
    plan_create(s, object(a, "n", "s1"));
    assert_false(unfinished_goes_on(&s->call, state));
    assert_null(s->diags.first);
}

/* create_before_destroy: the old state is destroyed after the new one was completed. */
TEST(what_this_process_completed_is_not_destroyed_for_its_beginning)
{
    struct stage *s = stage_new(a, &network);
    const struct value *begun = unfinished_created(&s->call, object(a, "n", "s1"), false);

    (void)unfinished_created(&s->call, object(a, "n", "s1"), true);
    (void)unfinished_created(&s->call, object(a, "n", "s1"), true); /* once is enough */
    assert_true(unfinished_goes_on(&s->call, begun));
    assert_false(unfinished_goes_on(&s->call,
                                    unfinished_created(&s->call, object(a, "other", "s1"), false)));
}

TEST(secrets_of_a_connection_are_not_kept)
{
    struct stage *s = stage_new(a, &network);

    plan_create(s, object(a, "n", "planted"));
    assert_non_null(strstr(json_write(a, s->call.private_data).at, "east"));
    assert_null(strstr(json_write(a, s->call.private_data).at, "planted"));
}

TEST(what_is_not_known_promises_nothing)
{
    struct stage *s = stage_new(a, &network);

    plan_create(s, value_with(a, object(a, "n", "s1"), "region", &value_unknown));
    assert_true(value_is_null(s->call.private_data));
}

TEST(updates_and_destroys_promise_nothing)
{
    struct stage *s = stage_new(a, &network);

    unfinished_plan(&s->call, object(a, "n", "s1"), object(a, "n", "s1"));
    unfinished_plan(&s->call, &value_null, &value_null);
    assert_null(s->call.private_out);
}

TEST(others_are_left_alone)
{
    struct stage *s = stage_new(a, &plain);
    const struct value *state = object(a, "n", "s1");

    plan_create(s, state);
    assert_true(value_is_null(s->call.private_data));
    assert_ptr_equal(unfinished_created(&s->call, state, false), state);
    assert_ptr_equal(unfinished_read(&s->call, state), state);
    assert_false(unfinished_goes_on(&s->call, value_with(a, state, "complete", &value_false)));
    assert_null(s->diags.first);
}

TEST(a_refresh_says_how_it_goes_on)
{
    struct stage *s = stage_new(a, &network);
    const struct value *imported = unfinished_read(&s->call, object(a, "n", "s1"));

    assert_true(value_flag(imported, "complete"));
    assert_null(s->diags.first);
    assert_false(value_flag(
        unfinished_read(&s->call, value_with(a, imported, "complete", &value_false)), "complete"));
    assert_string_equal(s->diags.first->summary, "a_network is not complete");
}
