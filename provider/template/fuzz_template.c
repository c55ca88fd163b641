/* Any text as a template of a chart: it is rendered or refused, within the limits. Texts
 * that make keys or passwords are passed over: they take long, and not here. */
#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "codec/json.h"
#include "template/template.h"

enum { RENDER_MS = 1000 };

int LLVMFuzzerTestOneInput(const unsigned char *data, size_t size);

static const char values[] =
    "{\"name\": \"reviews\", \"on\": true, \"off\": false, \"port\": 15021, \"half\": 1.5,"
    " \"none\": null, \"empty\": \"\", \"list\": [\"b\", 2, null, {\"k\": [1, [2]]}],"
    " \"map\": {\"b\": 1, \"a\": {\"x\": [true]}}, \"text\": \"a: {{ .Values.name }}\\n- b\\n\"}";

static const char helpers[] =
    "{{ define \"labels\" }}app: {{ .Values.name | quote }}{{ end }}"
    "{{ define \"again\" }}{{ if . }}{{ include \"again\" (sub . 1) }}{{ end }}{{ end }}";

static const struct datum *root(struct arena *a)
{
    const struct datum *root = datum_map_new(a);
    const struct value *v;

    if (json_try(a, text_of(values), &v))
        abort();
    datum_set(root, TEXT("Values"), datum_of_value(a, v));
    return root;
}

static bool is_slow(struct arena *a, struct text source)
{
    static const char *const names[] = {"gen", "Custom", "bcrypt", "htpasswd", "derive"};
    const char *z = text_z(a, source);

    for (size_t i = 0; i < sizeof names / sizeof names[0]; i++)
        if (strstr(z, names[i]))
            return true;
    return false;
}

static void check(struct call *c, struct text source)
{
    struct template_set *set = template_set_new(c, NULL);
    struct text out;

    if (!template_parse(set, "chart/templates/_helpers.tpl", text_of(helpers)))
        abort();
    if (template_parse(set, "chart/templates/a.yaml", source) &&
        template_execute(set, "chart/templates/a.yaml", root(c->arena), &out)) {
        if (c->diags->failed || out.len > TEMPLATE_OUTPUT_BYTES_MAX)
            abort();
    } else if (c->diags->count != 1 || !*template_error(set)) {
        abort();
    }
}

int LLVMFuzzerTestOneInput(const unsigned char *data, size_t size)
{
    struct text source = {(const char *)data, size};
    struct cancel *cancel = cancel_new();
    struct arena *a = arena_new();
    struct diags diags;
    struct call c;

    diags_init(&diags, a);
    call_init(&c, a, &diags, cancel, NULL);
    c.deadline_ms = clock_monotonic_ms() + RENDER_MS;
    if (!is_slow(a, source))
        check(&c, source);
    arena_free(a);
    cancel_free(cancel);
    return 0;
}
