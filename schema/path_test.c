#include "schema/path.h"

#include "base/test.h"

static const struct path *ports_path(struct arena *a)
{
    const struct path *p = path_index(a, path_of(a, "load_balancer", "ports"), 0);

    return path_key(a, path_name(a, p, "annotations"), "x.y/z");
}

TEST(text_reads_like_terraform)
{
    assert_string_equal(path_text(a, ports_path(a)),
                        "load_balancer.ports[0].annotations[\"x.y/z\"]");
    assert_string_equal(path_text(a, NULL), "");
    assert_string_equal(path_text(a, path_key(a, NULL, "a\"b\\")), "[\"a\\\"b\\\\\"]");
    assert_string_equal(path_text(a, path_name(a, path_index(a, NULL, 7), "a")), "[7].a");
}

TEST(steps_come_from_the_root)
{
    const struct path *const *steps = path_steps(a, ports_path(a));

    assert_int_equal(path_depth(ports_path(a)), 5);
    assert_int_equal(path_depth(NULL), 0);
    assert_string_equal(steps[0]->name, "load_balancer");
    assert_int_equal(steps[2]->kind, PATH_INDEX);
    assert_int_equal(steps[4]->kind, PATH_KEY);
}

TEST(equal_means_every_step)
{
    const struct path *p = ports_path(a);

    assert_true(path_equal(p, ports_path(a)));
    assert_true(path_equal(p, path_copy(a, p)));
    assert_true(path_equal(NULL, NULL));
    assert_false(path_equal(p, p->parent));
    assert_false(path_equal(p->parent, p));
    assert_false(path_equal(p, NULL));
    assert_false(path_equal(path_name(a, NULL, "a"), path_key(a, NULL, "a")));
    assert_false(path_equal(path_index(a, NULL, 0), path_index(a, NULL, 1)));
    assert_false(path_equal(path_of(a, "a", "c"), path_of(a, "b", "c")));
}

TEST(copies_outlive_their_arena)
{
    struct arena *short_lived = arena_new();
    const struct path *p =
        path_copy(a, path_key(short_lived, NULL, arena_strdup(short_lived, "key")));

    arena_free(short_lived);
    assert_string_equal(path_text(a, p), "[\"key\"]");
    assert_null(path_copy(a, NULL));
}

TEST(values_are_found_and_replaced)
{
    const struct value *root =
        value_map_of(a, {"l", value_list_of(a, &value_true, value_map_of(a, {"k", &value_true}))});
    const struct path *p = path_key(a, path_index(a, path_of(a, "l"), 1), "k");
    const struct value *changed = path_replace(a, root, p, &value_false);

    assert_ptr_equal(path_value(root, p), &value_true);
    assert_ptr_equal(path_value(changed, p), &value_false);
    assert_ptr_equal(path_value(changed, path_index(a, path_of(a, "l"), 0)), &value_true);
    assert_ptr_equal(path_value(root, NULL), root);
    assert_ptr_equal(path_replace(a, root, NULL, &value_null), &value_null);
    assert_true(value_is_null(path_value(root, path_index(a, path_of(a, "l"), 2))));
    assert_true(value_is_null(path_value(NULL, p)));
}

TEST(replacing_makes_maps_on_the_way)
{
    const struct path *p = path_of(a, "a", "b", "c");
    const struct value *v = path_replace(a, &value_null, p, &value_true);

    assert_true(value_as_bool(value_in(v, "a", "b", "c")));
    v = path_replace(a, v, p, NULL);
    assert_true(value_has(value_in(v, "a", "b"), "c"));
    assert_true(value_is_null(path_value(v, p)));
}
