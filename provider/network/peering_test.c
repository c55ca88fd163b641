#include "network/peering.h"

#include <string.h>

#include "base/test.h"

static const char *explained(struct arena *a, const char *code, const char *message)
{
    const struct value *status =
        value_map_of(a, {"Code", value_string(a, code)}, {"Message", value_string(a, message)});

    return peering_explain(
        a, value_map_of(a, {"VpcPeeringConnections",
                            value_list_of(a, value_map_of(a, {"Status", status}))}));
}

/* AWS's own words come first, then what to do. */
TEST(a_connection_that_ended_is_explained)
{
    static const struct {
        const char *code, *message, *advice;
    } cases[] = {
        {"failed", "Failed due to incorrect VPC-ID, Account ID, or overlapping CIDR range",
         "whose blocks overlap"},
        {"rejected", "Rejected by 111122223333", "Ask there"},
        {"expired", "Expired", "within seven days"},
        {"pending-acceptance", "Pending Acceptance by 111122223333", ""},
    };

    for (size_t i = 0; i < sizeof(cases) / sizeof(*cases); i++) {
        const char *text = explained(a, cases[i].code, cases[i].message);

        assert_int_equal(strncmp(text, cases[i].message, strlen(cases[i].message)), 0);
        assert_non_null(strstr(text, cases[i].advice));
        assert_int_equal(*cases[i].advice != 0, strcmp(text, cases[i].message) != 0);
    }
}
