/* What on a cluster needs the load balancer controller: things with its finalizers, which
 * stay for ever when it goes before them. */
#include <string.h>

#include "base/clock.h"
#include "base/log.h"
#include "istio/load_balancer_controller.h"

enum {
    GRACE_MS = 2 * 60 * 1000, /* for deletions that have not begun */
    SPEAK_MS = 5 * 1000,      /* kept of the call's time to name them */
    POLL_MS = 2 * 1000,
    TEXT_BYTES_MAX = 8 * 1024,
};

static const struct {
    const char *api_version, *kind;
} kinds[] = {{"v1", "Service"},
             {"networking.k8s.io/v1", "Ingress"},
             {"gateway.networking.k8s.io/v1", "Gateway"},
             {"elbv2.k8s.aws/v1beta1", "TargetGroupBinding"}};

struct use {
    struct text_builder text;
    bool deleting; /* one of them is on its way */
};

static bool is_its(const char *finalizer)
{
    static const char *const prefixes[] = {"service.k8s.aws/", "ingress.k8s.aws/",
                                           "group.ingress.k8s.aws/", "gateway.k8s.aws/",
                                           "elbv2.k8s.aws/"};

    for (size_t i = 0; i < sizeof(prefixes) / sizeof(*prefixes); i++)
        if (strncmp(finalizer, prefixes[i], strlen(prefixes[i])) == 0)
            return true;
    return false;
}

static void look_at(struct use *use, const char *kind, const struct value *metadata)
{
    const struct value *finalizers = value_at(metadata, "finalizers");
    const char *since = value_text(metadata, "deletionTimestamp");
    size_t i = 0;

    while (i < value_count(finalizers) && !is_its(value_z(value_item(finalizers, i))))
        i++;
    if (i == value_count(finalizers))
        return;
    use->deleting = use->deleting || *since;
    text_add_f(&use->text, "- %s %s/%s (%s%s)\n", kind, value_text(metadata, "namespace"),
               value_text(metadata, "name"),
               *since ? "being deleted since " : "nobody has deleted it", since);
}

static bool find(struct call *c, struct kube *k, struct use *use)
{
    use->deleting = false;
    text_builder_init(&use->text, c->arena, TEXT_BYTES_MAX);
    for (size_t i = 0; i < sizeof(kinds) / sizeof(*kinds); i++) {
        const struct kube_ref ref = {.api_version = kinds[i].api_version, .kind = kinds[i].kind};
        const struct value *items;

        if (!kube_list_metadata(c, k, &ref, NULL, &items))
            return false;
        for (size_t n = 0; n < value_count(items); n++)
            look_at(use, kinds[i].kind, value_at(value_item(items, n), "metadata"));
    }
    return true;
}

bool load_balancer_controller_wait_unused(struct call *c, struct kube *k)
{
    int64_t began_ms = clock_monotonic_ms(), most_ms = call_left_ms(c) - SPEAK_MS;
    const char *before = "";
    struct use use;

    for (;;) {
        int64_t ms;

        if (!find(c, k, &use))
            return false;
        if (!use.text.len)
            return true;
        ms = use.deleting || most_ms < GRACE_MS ? most_ms : GRACE_MS;
        if (clock_monotonic_ms() - began_ms + POLL_MS > ms)
            break;
        if (strcmp(before, use.text.at) != 0)
            log_event(LOG_INFO, "istio", "waits until nothing needs the load balancer controller",
                      "cluster", kube_name(k), "left", use.text.at, NULL);
        before = use.text.at;
        if (!call_wait_ms(c, POLL_MS, "the last load balancers of the controller to go", before))
            return false;
    }
    return diag_error(c->diags, NULL, "The load balancer controller is still needed",
                      "On cluster %s these have finalizers that only it takes off, when it has "
                      "deleted their load balancers:\n%sNothing was deleted. Delete them first; "
                      "istio_gateway does so by itself when its load_balancer.controller is the "
                      "id of this resource.",
                      kube_name(k), use.text.at);
}
