/* JSON and TOML texts are read or refused; what was read is written by every writer, and
 * toYaml's text reads back to the value that JSON had. */
#include <stdlib.h>
#include <string.h>

#include "codec/json.h"
#include "codec/yml.h"
#include "template/json_write.h"
#include "template/toml.h"
#include "template/yaml_write.h"

enum { OUTPUT_BYTES_MAX = 1 << 24 };

int LLVMFuzzerTestOneInput(const unsigned char *data, size_t size);

static struct text written_json(struct arena *a, const struct datum *d)
{
    struct text_builder b;

    text_builder_init(&b, a, OUTPUT_BYTES_MAX);
    json_write_datum(&b, d, JSON_WRITE_HTML_SAFE);
    return text_built(&b);
}

/* Characters that the way through go-yaml changes, and keys that merge. */
static bool changes(struct text json)
{
    return strstr(json.at, "<<") != NULL || strstr(json.at, "\\u003c") != NULL ||
           strstr(json.at, "\xc2\x85") != NULL || strstr(json.at, "\xef\xbb\xbf") != NULL ||
           strstr(json.at, "\\u202") != NULL || strstr(json.at, "\\u0000") != NULL;
}

static void check(struct arena *a, const struct datum *d)
{
    struct text json = written_json(a, d), yaml;
    const struct value *again;
    struct text_builder b;

    text_builder_init(&b, a, OUTPUT_BYTES_MAX);
    if (toml_write(&b, d))
        b.len = 0;
    text_builder_init(&b, a, OUTPUT_BYTES_MAX);
    yaml_write_datum(&b, d, YAML_WRITE_PRETTY);
    text_builder_init(&b, a, OUTPUT_BYTES_MAX);
    if (yaml_write_datum(&b, d, YAML_WRITE) || b.overflow || changes(json))
        return;
    yaml = text_built(&b);
    if (yml_try(a, yaml, &again) || !text_equal(written_json(a, datum_of_value(a, again)), json))
        abort();
}

int LLVMFuzzerTestOneInput(const unsigned char *data, size_t size)
{
    struct text text = {(const char *)data, size};
    struct arena *a = arena_new();
    const struct value *v;
    const struct datum *d;

    if (!json_try(a, text, &v))
        check(a, datum_of_value(a, v));
    /* through JSON, so that numbers are the doubles that YAML reads back */
    if (!toml_read(a, text, &d) && !json_try(a, written_json(a, d), &v))
        check(a, datum_of_value(a, v));
    arena_free(a);
    return 0;
}
