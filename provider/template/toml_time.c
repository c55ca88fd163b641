#include "template/toml_time.h"

#include <string.h>

#include "template/time_layout.h"
#include "template/time_object.h"

static const struct form {
    const char *layout, *zone, *written; /* zone NULL: that of the time */
} forms[] = {
    {"2006-01-02T15:04:05Z07:00", NULL, "2006-01-02T15:04:05.999999999Z07:00"},
    {"2006-01-02T15:04:05", "datetime-local", "2006-01-02T15:04:05.999999999"},
    {"2006-01-02", "date-local", "2006-01-02"},
    {"15:04:05", "time-local", "15:04:05.999999999"},
    {"2006-01-02T15:04Z07:00", NULL, NULL},
    {"2006-01-02T15:04", "datetime-local", NULL},
    {"15:04", "time-local", NULL},
};
enum { FORMS = sizeof forms / sizeof forms[0], DATE_BYTES = 10 };

/* A blank or "t" between date and time, and "z", are as good as capitals. */
static struct text with_capitals(struct arena *a, struct text word)
{
    char *z = text_z(a, word);

    if (word.len > DATE_BYTES && (z[DATE_BYTES] == ' ' || z[DATE_BYTES] == 't'))
        z[DATE_BYTES] = 'T';
    if (word.len && z[word.len - 1] == 'z')
        z[word.len - 1] = 'Z';
    return (struct text){z, word.len};
}

bool toml_time_read(struct arena *a, struct text word, const struct datum **out)
{
    struct text t = with_capitals(a, word);
    struct moment m;

    for (size_t i = 0; i < FORMS; i++) {
        if (time_layout_parse(a, text_of(forms[i].layout), t, &m))
            continue;
        if (forms[i].zone)
            m.zone = zone_fixed(a, forms[i].zone, 0);
        *out = time_object(a, &m);
        return true;
    }
    return false;
}

bool toml_time_write(struct text_builder *b, const struct datum *d)
{
    const struct moment *m = time_object_moment(d);
    const struct form *form = &forms[0];

    if (!m)
        return false;
    for (size_t i = 1; i < FORMS; i++)
        if (forms[i].written && strcmp(m->zone->name, forms[i].zone) == 0)
            form = &forms[i];
    time_layout_format(b, text_of(form->written), m);
    return true;
}
