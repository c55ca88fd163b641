#include "codec/yml.h"
#include "schema/resource.h"

static const struct attribute parameters[] = {
    STRING("yaml", REQUIRED, "One or many YAML documents, divided by `---`."),
    END_ATTRIBUTES,
};

static bool decode(struct call *c, const struct value *arguments, const struct value **out)
{
    const struct path *at = path_index(c->arena, NULL, 0);
    struct text yaml = value_string_text(value_item(arguments, 0));

    if (!yml_read_all(c->arena, yaml, "manifest", at, c->diags, out))
        return false;
    for (size_t i = 0; i < value_count(*out); i++) {
        const struct value *object = value_item(*out, i);

        if (!*value_text(object, "apiVersion") || !*value_text(object, "kind"))
            return diag_error(c->diags, at, "Not a Kubernetes object",
                              "Document %zu has no apiVersion or no kind.", i + 1);
    }
    return true;
}

FUNCTION(manifest_decode) = {
    .name = "manifest_decode",
    .kind = KIND_FUNCTION,
    .summary = "Decodes YAML into a list of Kubernetes objects.",
    .doc = "Empty documents are left out. Text is read as Kubernetes reads it: YAML 1.1 words "
           "such as `yes` are booleans, and a key that stands twice is an error.",
    .attributes = parameters,
    .returns = &type_dynamic,
    .run = decode,
};
