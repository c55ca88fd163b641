#include "istio/control_plane_id.h"

#include "schema/test_case.h"

TEST(reads_what_it_writes)
{
    static const struct control_plane_id ids[] = {
        {.cluster = "east", .namespace = "istio-system", .revision = "", .version = "1.27.3"},
        {.cluster = "east", .namespace = "mesh", .revision = "1-28", .version = "1.28.0-rc.1"},
    };
    static const char *const texts[] = {"east/istio-system/default@1.27.3",
                                        "east/mesh/1-28@1.28.0-rc.1"};

    for (size_t i = 0; i < 2; i++) {
        struct control_plane_id back;

        assert_string_equal(value_z(control_plane_id_write(a, &ids[i])), texts[i]);
        assert_true(control_plane_id_read(case_call(a), NULL, texts[i], &back));
        assert_string_equal(back.cluster, ids[i].cluster);
        assert_string_equal(back.namespace, ids[i].namespace);
        assert_string_equal(back.revision, ids[i].revision);
        assert_string_equal(back.version, ids[i].version);
    }
}

TEST(refuses_what_is_none)
{
    static const char *const texts[] = {
        "", "east", "east/istio-system", "a/b/c", "a/b/default@", "a//default@1.2.3", "a/b/@1.2.3"};

    for (size_t i = 0; i < sizeof(texts) / sizeof(texts[0]); i++) {
        struct call *c = case_call(a);
        struct control_plane_id id;

        assert_false(control_plane_id_read(c, path_of(a, "control_plane"), texts[i], &id));
        assert_non_null(strstr(case_said(a, c), "control_plane: Not the id of a control plane"));
    }
}
