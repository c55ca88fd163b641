#include "schema/diag.h"

#include <stdarg.h>
#include <string.h>

void diags_init(struct diags *d, struct arena *a)
{
    *d = (struct diags){.arena = a};
}

static bool is_known(const struct diags *d, const struct diag *entry)
{
    for (const struct diag *old = d->first; old; old = old->next)
        if (old->severity == entry->severity && strcmp(old->summary, entry->summary) == 0 &&
            strcmp(old->detail, entry->detail) == 0 && path_equal(old->path, entry->path))
            return true;
    return false;
}

static void link_entry(struct diags *d, const struct diag *entry)
{
    struct diag *linked = arena_alloc(d->arena, sizeof(*linked));

    *linked = *entry;
    linked->next = NULL;
    if (d->last)
        d->last->next = linked;
    else
        d->first = linked;
    d->last = linked;
    d->count++;
}

/* Keeps one closing entry for all that the list has no room for; it is an error
 * as soon as one of them is, so that a failure is never lost. */
static void add(struct diags *d, const struct diag *entry)
{
    struct diag rest = {
        .severity = entry->severity,
        .summary = "More problems were found",
        .detail = "The list was cut here. Solve the problems above and run Terraform again.",
    };

    d->failed = d->failed || entry->severity == DIAG_ERROR;
    if (is_known(d, entry))
        return;
    if (d->count < DIAG_COUNT_MAX - 1)
        link_entry(d, entry);
    else if (d->count < DIAG_COUNT_MAX)
        link_entry(d, &rest);
    else if (entry->severity == DIAG_ERROR)
        d->last->severity = DIAG_ERROR;
}

static const char *one_line(struct arena *a, const char *summary)
{
    char *line = text_printable(a, text_of(summary), DIAG_SUMMARY_BYTES_MAX);

    for (char *at = line; *at; at++)
        if (*at == '\n' || *at == '\t')
            *at = ' ';
    return line;
}

static void add_formatted(struct diags *d, enum diag_severity severity, const struct path *at,
                          const char *summary, const char *detail)
{
    const struct diag entry = {
        .severity = severity,
        .summary = one_line(d->arena, summary),
        .detail = text_printable(d->arena, text_of(detail), DIAG_DETAIL_BYTES_MAX),
        .path = at,
    };

    add(d, &entry);
}

bool diag_error(struct diags *d, const struct path *at, const char *summary,
                const char *detail_format, ...)
{
    va_list arguments;
    char *detail;

    va_start(arguments, detail_format);
    detail = text_fv(d->arena, detail_format, arguments);
    va_end(arguments);
    add_formatted(d, DIAG_ERROR, at, summary, detail);
    return false;
}

void diag_warning(struct diags *d, const struct path *at, const char *summary,
                  const char *detail_format, ...)
{
    va_list arguments;
    char *detail;

    va_start(arguments, detail_format);
    detail = text_fv(d->arena, detail_format, arguments);
    va_end(arguments);
    add_formatted(d, DIAG_WARNING, at, summary, detail);
}

void diags_append(struct diags *to, const struct diags *from)
{
    for (const struct diag *entry = from->first; entry; entry = entry->next) {
        struct diag copy = {
            .severity = entry->severity,
            .summary = arena_strdup(to->arena, entry->summary),
            .detail = arena_strdup(to->arena, entry->detail),
            .path = path_copy(to->arena, entry->path),
        };

        add(to, &copy);
    }
    to->failed = to->failed || from->failed;
}
