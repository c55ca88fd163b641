#include <string.h>

#include "acceptance/sandbox/charts_server.h"
#include "codec/yml.h"

static const char page[] = "<!DOCTYPE html>\n<html><body>Charts are elsewhere.</body></html>\n";

/* Which of the repositories (charts.h) a request is for, and what below it. */
struct part {
    const char *repository, *file;
};

static bool is(const struct part *p, const char *repository)
{
    return strcmp(p->repository, repository) == 0;
}

static bool split(struct charts_request *r, struct part *out)
{
    static const char *const names[] = {"charts",    "private", "relative",  "redirected",
                                        "html",      "forged",  "truncated", "broken",
                                        "downgrade", "pages",   "pointing",  "unsigned"};
    struct text rest = text_of(r->path), piece;

    if (!text_split(&rest, '/', &piece) || piece.len || !text_split(&rest, '/', &piece))
        return false;
    for (size_t i = 0; i < sizeof(names) / sizeof(*names); i++)
        if (text_is(piece, names[i])) {
            *out = (struct part){names[i], text_z(r->a, rest)};
            return true;
        }
    return false;
}

static const char *file_name(struct arena *a, const struct offer *o)
{
    return text_f(a, "%s-%s.tgz", o->name, o->version);
}

/* --- the index
 * -------------------------------------------------------------------------------------- */
static const char *url_of(struct charts_request *r, const struct part *p, const struct offer *o)
{
    const char *file = file_name(r->a, o);

    if (is(p, "relative"))
        return text_f(r->a, "archives/../archives/%s", file);
    if (is(p, "pointing"))
        return text_f(r->a, "oci://%s/charts/%s:%s", strstr(r->at->url, "://") + 3, o->name,
                      o->version);
    return text_f(r->a, "%s/%s/%s", r->at->url, p->repository, file);
}

static const struct value *entry_of(struct charts_request *r, const struct part *p,
                                    const struct offer *o)
{
    struct arena *a = r->a;
    const char *digest = o->digest + strlen("sha256:");
    const struct value *chart = &value_null;
    struct diags diags;

    diags_init(&diags, a);
    if (!yml_read(a, text_of(o->chart_yaml), "Chart.yaml", NULL, &diags, &chart))
        return chart;
    if (is(p, "forged"))
        digest = "0000000000000000000000000000000000000000000000000000000000000000";
    chart = value_with(a, chart, "urls", value_list_of(a, value_string(a, url_of(r, p, o))));
    chart = value_with(a, chart, "created", value_string(a, "2026-01-02T03:04:05Z"));
    return value_with(a, chart, "digest", value_string(a, digest));
}

static struct text index_of(struct charts_request *r, const struct part *p)
{
    const struct offers *offers = &r->s->offers;
    const struct value *entries = &value_empty_map;
    struct arena *a = r->a;

    for (size_t i = 0; i < offers->count; i++) {
        const struct offer *o = &offers->all[i];

        entries = value_with(a, entries, o->name,
                             value_append(a, value_at(entries, o->name), entry_of(r, p, o)));
    }
    return yml_write(a, value_map_of(a, {"apiVersion", value_string(a, "v1")}, {"entries", entries},
                                     {"generated", value_string(a, "2026-01-02T03:04:05Z")}));
}

static bool answer_index(struct charts_request *r, const struct part *p)
{
    if (is(p, "html"))
        return charts_answer(r, 200, "text/html", TEXT(page));
    if (is(p, "broken"))
        return charts_answer(r, 200, "text/yaml", TEXT("apiVersion: v1\nentries: [\n"));
    if (is(p, "relative") && strcmp(value_text(r->query, "team"), "mesh") != 0)
        return charts_answer(r, 404, "text/plain", TEXT("the query is missing\n"));
    return charts_answer(r, 200, "text/yaml", index_of(r, p));
}

/* --- archives
 * ------------------------------------------------------------------------------------------ */
static const struct offer *offer_of_file(struct charts_request *r, const char *file)
{
    for (size_t i = 0; i < r->s->offers.count; i++)
        if (strcmp(file_name(r->a, &r->s->offers.all[i]), file) == 0)
            return &r->s->offers.all[i];
    return NULL;
}

static bool answer_archive(struct charts_request *r, const struct part *p, const struct offer *o)
{
    struct text archive = o->archive;

    if (is(p, "redirected"))
        return charts_redirect(r,
                               text_f(r->a, "%s/charts/%s", charts_other(r), file_name(r->a, o)));
    if (is(p, "downgrade"))
        return charts_redirect(
            r, text_f(r->a, "%s/charts/%s", r->s->listeners[PORT_PLAIN].url, file_name(r->a, o)));
    if (is(p, "pages"))
        return charts_answer(r, 200, "text/html", TEXT(page));
    if (is(p, "truncated"))
        archive.len /= 2;
    return charts_answer(r, 200, "application/gzip", archive);
}

bool repository_handle(struct charts_request *r)
{
    const struct offer *offer;
    struct part p;

    if (!split(r, &p))
        return false;
    if (is(&p, "private") && !charts_is_user(r)) {
        r->challenge = "Basic realm=\"charts\"";
        return charts_answer(r, 401, "text/plain", TEXT("401 unauthorized\n"));
    }
    if (strcmp(p.file, "index.yaml") == 0)
        return answer_index(r, &p);
    if (is(&p, "relative") && strncmp(p.file, "archives/", 9) == 0)
        p.file += 9;
    offer = offer_of_file(r, p.file);
    return offer && answer_archive(r, &p, offer);
}
