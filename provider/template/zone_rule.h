/* zone_rule - the rule that goes on where the table of a zone ends, written as in the
 * environment variable TZ: "EST5EDT,M3.2.0,M11.1.0".
 *
 * Pure; texts live in the arena that the rule was read into. */
#ifndef TEMPLATE_ZONE_RULE_H
#define TEMPLATE_ZONE_RULE_H
#include <stdbool.h>
#include <stdint.h>

#include "base/text.h"

/* One of the times that a zone knows. */
struct zone_kind {
    const char *name; /* "CET"; empty: none */
    int32_t offset;   /* seconds east of Greenwich */
    bool summer;
};

enum zone_day_form { ZONE_DAY_JULIAN, ZONE_DAY_OF_YEAR, ZONE_DAY_OF_WEEK };

/* When in a year the clocks change. */
struct zone_change {
    enum zone_day_form form;
    int month, week, day;
    int32_t second; /* of the day, by the clocks before the change */
};

struct zone_rule {
    struct zone_kind standard, summer;
    bool has_summer;
    struct zone_change summer_starts, summer_ends;
};

/* False: it is no rule. */
bool zone_rule_read(struct arena *a, struct text t, struct zone_rule *out);
struct zone_kind zone_rule_at(const struct zone_rule *rule, int64_t seconds);

#endif
