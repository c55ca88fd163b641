/* time_layout - how Go writes and reads times: by an example of how the moment
 * "Mon Jan 2 15:04:05 MST 2006" would look.
 *
 * Pure; texts are borrowed from the layout or live in the arena of the call. */
#ifndef TEMPLATE_TIME_LAYOUT_H
#define TEMPLATE_TIME_LAYOUT_H
#include "template/moment.h"

enum time_element {
    TIME_NOTHING, /* the layout ends here */
    TIME_YEAR,
    TIME_YEAR_SHORT,
    TIME_MONTH_NAME,
    TIME_MONTH_NAME_SHORT,
    TIME_MONTH,
    TIME_DAY,
    TIME_YEAR_DAY,
    TIME_WEEKDAY,
    TIME_WEEKDAY_SHORT,
    TIME_HOUR, /* of 24, always two digits */
    TIME_HOUR_OF_12,
    TIME_MINUTE,
    TIME_SECOND,
    TIME_FRACTION,
    TIME_FRACTION_TRIMMED, /* without zeros at its end, or nothing */
    TIME_HALF,             /* PM or pm */
    TIME_ZONE,             /* an offset */
    TIME_ZONE_NAME,
};

enum time_flags {
    TIME_PADDED = 1 << 0,  /* with zeros */
    TIME_SPACED = 1 << 1,  /* with blanks */
    TIME_CAPITAL = 1 << 2, /* PM */
    TIME_Z = 1 << 3,       /* Z for UTC */
    TIME_COLONS = 1 << 4,
    TIME_ZONE_MINUTES = 1 << 5,
    TIME_ZONE_SECONDS = 1 << 6,
};

/* One element of a layout, and the text before it. */
struct time_chunk {
    struct text before, word;
    enum time_element element;
    unsigned flags;
    size_t digits; /* of a fraction */
};

extern const char *const time_months[12];
extern const char *const time_weekdays[7];

/* Cuts the next chunk off *layout. */
struct time_chunk time_layout_next(struct text *layout);
/* time.Format. */
void time_layout_format(struct text_builder *b, struct text layout, const struct moment *m);
/* time.Parse, in UTC unless t says otherwise. NULL = done; else what Go says of t. */
const char *time_layout_parse(struct arena *a, struct text layout, struct text t,
                              struct moment *out);
/* Time.String. */
void time_layout_print(struct text_builder *b, const struct moment *m);

#endif
