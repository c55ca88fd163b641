#include "istio/webhook.h"

#include <string.h>

#include "istio/revision.h"
#include "kube/set.h"

enum { TRY_AGAIN_MS = 1000 };

const char *webhook_without_ca(const struct value *configuration)
{
    const struct value *webhooks = value_at(configuration, "webhooks");

    for (size_t i = 0; i < value_count(webhooks); i++) {
        const struct value *client = value_at(value_item(webhooks, i), "clientConfig");

        if (!value_text(client, "url")[0] && !value_text(client, "caBundle")[0])
            return value_text(value_item(webhooks, i), "name");
    }
    return NULL;
}

bool webhook_is_unanswered(const char *said)
{
    return strstr(said, "failed calling webhook") || strstr(said, "failed to call webhook");
}

/* --- the configurations of an inventory ----------------------------------------------- */

static bool is_configuration(const char *key)
{
    return strncmp(key, "MutatingWebhookConfiguration.", 29) == 0 ||
           strncmp(key, "ValidatingWebhookConfiguration.", 31) == 0;
}

static const struct value *configurations(struct arena *a, const struct value *inventory)
{
    struct value_builder b;

    value_builder_init(&b, a);
    for (size_t i = 0; i < value_count(inventory); i++)
        if (is_configuration(inventory->map.entries[i].key))
            value_builder_set(&b, inventory->map.entries[i].key, inventory->map.entries[i].value);
    return value_builder_map(&b);
}

bool webhook_delete(struct call *c, struct kube *k, const struct value *inventory)
{
    const struct kube_delete_options options = {.wait = true};

    return kube_set_delete(c, k, configurations(c->arena, inventory), &options, NULL);
}

/* --- caBundle -------------------------------------------------------------------------- */

static enum kube_verdict judge_ca(struct call *c, void *data, const struct value *object,
                                  const char **last_seen)
{
    const char *without = object ? webhook_without_ca(object) : NULL;

    (void)data;
    if (!object)
        *last_seen = "it does not exist";
    else if (without)
        *last_seen = text_f(c->arena,
                            "webhook %s has no caBundle: istiod has not written it, which it does "
                            "as soon as it runs",
                            without);
    return object && !without ? KUBE_DONE : KUBE_NOT_YET;
}

static bool wait_for_ca(struct call *c, struct kube *k, const struct value *inventory)
{
    const struct value *all = configurations(c->arena, inventory), *last;

    for (size_t i = 0; i < value_count(all); i++) {
        const struct value_entry *e = &all->map.entries[i];
        const struct kube_ref ref =
            kube_set_ref(c->arena, e->key, value_text(e->value, "api_version"));

        if (!kube_wait_for(c, k, &ref, "be served by istiod", judge_ca, NULL, &last))
            return false;
    }
    return true;
}

/* --- objects that are tried -------------------------------------------------------------- */

static const struct value *trial(struct arena *a, const char *api_version, const char *kind,
                                 const char *namespace, const char *revision,
                                 const struct value *spec)
{
    const char *label = revision[0] ? revision : REVISION_DEFAULT;
    const struct value *metadata = value_map_of(
        a, {"generateName", value_string(a, "istiod-answers-")},
        {"namespace", value_string(a, namespace)},
        {"labels", value_map_of(a, {REVISION_LABEL, value_string(a, label)},
                                {"sidecar.istio.io/inject", value_string(a, "true")})});

    return value_map_of(a, {"apiVersion", value_string(a, api_version)},
                        {"kind", value_string(a, kind)}, {"metadata", metadata}, {"spec", spec});
}

static const struct value *trial_pod(struct arena *a, const char *namespace, const char *revision)
{
    const struct value *container =
        value_map_of(a, {"name", value_string(a, "trial")}, {"image", value_string(a, "trial")});

    return trial(a, "v1", "Pod", namespace, revision,
                 value_map_of(a, {"containers", value_list_of(a, container)}));
}

static const struct value *trial_gateway(struct arena *a, const char *namespace,
                                         const char *revision)
{
    const struct value *port =
        value_map_of(a, {"number", value_integer(a, 80)}, {"name", value_string(a, "http")},
                     {"protocol", value_string(a, "HTTP")});
    const struct value *server = value_map_of(
        a, {"port", port}, {"hosts", value_list_of(a, value_string(a, "trial.invalid"))});

    return trial(a, "networking.istio.io/v1beta1", "Gateway", namespace, revision,
                 value_map_of(a, {"servers", value_list_of(a, server)},
                              {"selector", value_map_of(a, {"istio", value_string(a, "none")})}));
}

/* What the server said when it could not ask a webhook; NULL = it came through, or was
 * refused for another reason. */
static const char *unanswered(struct call *c, struct kube *k, const struct value *object)
{
    const struct value *unused;
    struct diags said;
    struct call quiet;

    diags_init(&said, c->arena);
    quiet = call_quietly(c, &said);
    if (kube_create(&quiet, k, object, KUBE_DRY_RUN | KUBE_MISSING_KIND_OK, NULL, &unused))
        return NULL;
    for (const struct diag *d = said.first; d; d = d->next)
        if (webhook_is_unanswered(d->detail))
            return d->detail;
    return NULL;
}

bool webhook_wait_for_answer(struct call *c, struct kube *k, const char *who,
                             const struct value *object)
{
    const char *what = text_f(c->arena, "%s to answer when a %s is created on cluster %s", who,
                              value_text(object, "kind"), kube_name(k));
    const char *seen;

    while ((seen = unanswered(c, k, object)))
        if (!call_wait_ms(c, TRY_AGAIN_MS, what, seen))
            return false;
    return true;
}

bool webhook_wait(struct call *c, struct kube *k, const char *namespace, const char *revision,
                  const struct value *inventory)
{
    return wait_for_ca(c, k, inventory) &&
           webhook_wait_for_answer(c, k, "istiod", trial_pod(c->arena, namespace, revision)) &&
           webhook_wait_for_answer(c, k, "istiod", trial_gateway(c->arena, namespace, revision));
}
