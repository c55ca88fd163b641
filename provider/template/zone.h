/* zone - time zones: their offsets and abbreviations at any time.
 *
 * A zone by name is read from /usr/share/zoneinfo, where the machine has it; files
 * are limited in size and checked. The local zone of the plugin is UTC, whatever TZ
 * says: a plan and its apply may run on different machines. Zones live in the arena
 * that they were read into. */
#ifndef TEMPLATE_ZONE_H
#define TEMPLATE_ZONE_H
#include <stdbool.h>
#include <stdint.h>

#include "base/text.h"
#include "template/zone_rule.h"

enum { ZONE_FILE_BYTES_MAX = 256 << 10, ZONE_NAME_BYTES_MAX = 200 };

struct zone {
    const char *name;
    struct zone_kind *kinds; /* at least one */
    size_t kind_count;
    const int64_t *starts; /* seconds since 1970, ascending */
    const uint8_t *start_kinds;
    size_t start_count;
    bool has_rule; /* after the last start */
    struct zone_rule rule;
};

extern const struct zone zone_utc;

/* As Go's time.LoadLocation: "" is UTC. NULL: there is no such zone here. */
const struct zone *zone_load(struct arena *a, struct text name);
/* The contents of a file of /usr/share/zoneinfo; NULL: it is none. */
const struct zone *zone_read(struct arena *a, const char *name, struct text file);
const struct zone *zone_fixed(struct arena *a, const char *name, int32_t offset);
/* What holds at a time. */
struct zone_kind zone_at(const struct zone *zone, int64_t seconds);

#endif
