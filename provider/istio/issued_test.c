#include "istio/issued.h"

#include "base/test.h"

TEST(part_of_a_subject_is_unescaped)
{
    static const struct {
        const char *subject, *key, *part;
    } rows[] = {
        {"CN=Root CA,O=Istio", "CN", "Root CA"},
        {"CN=Root CA,O=Istio", "O", "Istio"},
        {"CN=Root CA,O=Istio", "L", ""},
        {"CN=a\\,O=b,O=Example\\, Inc.", "O", "Example, Inc."},
        {"CN=a\\,O=b", "O", ""},
        {"OU=x,O=y", "O", "y"},
        {"CN=x\\", "CN", "x\\"},
        {"", "CN", ""},
    };

    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++)
        assert_string_equal(issued_part(a, rows[i].subject, rows[i].key), rows[i].part);
}

TEST(validity_leaves_out_what_was_backdated)
{
    assert_string_equal(issued_validity(a, 0, 87600 * 3600LL), "87600h");
    assert_string_equal(issued_validity(a, -300, 87600 * 3600LL), "87600h");
    assert_string_equal(issued_validity(a, 0, 90), "90s");
    assert_string_equal(issued_validity(a, 0, 3601), "3601s");
}

TEST(fill_changes_only_what_is_not_set)
{
    const struct value *object = value_map_of(a, {"name", value_string(a, "x")});

    assert_ptr_equal(issued_fill(a, object, "name", "y"), object);
    assert_string_equal(value_text(issued_fill(a, object, "other", "y"), "other"), "y");
    object = value_with(a, object, "name", &value_unknown);
    assert_string_equal(value_text(issued_fill(a, object, "name", "y"), "name"), "y");
}
