#include "schema/unknown.h"

#include "base/test.h"
#include "codec/json.h"

TEST(unknowns_become_null_at_any_depth)
{
    const struct value *known = value_map_of(a, {"x", value_string(a, "y")}),
                       *mixed = value_map_of(
                           a, {"a", &value_unknown},
                           {"b", value_list_of(a, value_string(a, "c"), &value_unknown)},
                           {"d", value_map_of(a, {"e", &value_unknown}, {"f", &value_true})});

    assert_ptr_equal(unknown_to_null(a, known), known);
    assert_true(value_is_null(unknown_to_null(a, &value_unknown)));
    assert_string_equal(json_write(a, unknown_to_null(a, mixed)).at,
                        "{\"a\":null,\"b\":[\"c\",null],\"d\":{\"e\":null,\"f\":true}}");
}
