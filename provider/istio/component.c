#include "istio/component.h"

#include <string.h>

#include "helm/arguments.h"

const enum component component_removal[COMPONENT_COUNT] = {
    COMPONENT_ISTIOD,
    COMPONENT_ZTUNNEL,
    COMPONENT_CNI,
    COMPONENT_BASE,
};

static const struct {
    const char *name, *release;
} facts[COMPONENT_COUNT] = {
    [COMPONENT_BASE] = {"base", "istio-base"},
    [COMPONENT_ISTIOD] = {"istiod", "istiod"},
    [COMPONENT_CNI] = {"cni", "istio-cni"},
    [COMPONENT_ZTUNNEL] = {"ztunnel", "ztunnel"},
};

static const struct attribute rows_of_one[] = {
    BOOL("enabled", OPTIONAL, "Whether it is a part of this control plane."),
    DYNAMIC("values", OPTIONAL, "Values for its chart, over the typed arguments.",
            .check = arguments_check_object),
    END_ATTRIBUTES,
};

const struct attribute component_rows[] = {
    NESTED("base", NESTING_SINGLE, rows_of_one, OPTIONAL,
           "CRDs, the account that remote clusters read with, and the cluster-wide validator. "
           "Default: enabled when `revision` is empty."),
    NESTED(
        "istiod", NESTING_SINGLE, rows_of_one, OPTIONAL,
        "The control plane itself. Its `values` lie below the resource's own. Default: enabled."),
    NESTED("cni", NESTING_SINGLE, rows_of_one, OPTIONAL,
           "The CNI plug-in. Default: enabled with the profile `ambient` when `revision` is "
           "empty."),
    NESTED("ztunnel", NESTING_SINGLE, rows_of_one, OPTIONAL,
           "The node proxy of the ambient data plane. Default: as for `cni`."),
    END_ATTRIBUTES,
};

const char *component_name(enum component which)
{
    return facts[which].name;
}

const char *component_istiod(struct arena *a, const char *revision)
{
    return revision[0] ? text_f(a, "istiod-%s", revision) : "istiod";
}

const char *component_release(struct arena *a, enum component which, const char *revision)
{
    return which == COMPONENT_ISTIOD ? component_istiod(a, revision) : facts[which].release;
}

static const struct value *enabled(const struct value *object, enum component which)
{
    return value_in(object, "components", facts[which].name, "enabled");
}

bool component_is_wanted(const struct value *object, enum component which)
{
    const struct value *said = enabled(object, which);
    const char *profile = value_text(object, "profile");
    bool is_default = !value_text(object, "revision")[0];

    if (value_is_set(said))
        return value_as_bool(said);
    if (strcmp(profile, "empty") == 0)
        return false;
    if (which == COMPONENT_ISTIOD)
        return true;
    return is_default && (which == COMPONENT_BASE || strcmp(profile, "ambient") == 0);
}

bool component_is_decided(const struct value *object, enum component which)
{
    return !value_is_unknown(value_at(object, "components")) &&
           !value_is_unknown(value_in(object, "components", facts[which].name)) &&
           !value_is_unknown(enabled(object, which)) &&
           (value_is_set(enabled(object, which)) ||
            (!value_is_unknown(value_at(object, "profile")) &&
             !value_is_unknown(value_at(object, "revision"))));
}
