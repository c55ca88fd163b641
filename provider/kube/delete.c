/* delete - removing an object, and waiting until it is really gone. */
#include <string.h>

#include "base/clock.h"
#include "codec/json.h"
#include "kube/client.h"
#include "kube/many.h"
#include "kube/wait.h"

enum { STIR_MS_MIN = 500, STIR_MS_MAX = 16000 };

struct text kube_delete_body(struct call *c, const struct kube_delete_options *o)
{
    struct arena *a = c->arena;
    const struct value *preconditions = &value_empty_map;
    struct value_builder b;

    value_builder_init(&b, a);
    value_builder_set(&b, "kind", value_string(a, "DeleteOptions"));
    value_builder_set(&b, "apiVersion", value_string(a, "v1"));
    value_builder_set(&b, "propagationPolicy",
                      value_string(a, o->propagation ? o->propagation : "Background"));
    if (o->uid && o->uid[0])
        preconditions = value_with(a, preconditions, "uid", value_string(a, o->uid));
    if (o->resource_version && o->resource_version[0])
        preconditions =
            value_with(a, preconditions, "resourceVersion", value_string(a, o->resource_version));
    if (value_count(preconditions))
        value_builder_set(&b, "preconditions", preconditions);
    return json_write(a, value_builder_map(&b));
}

/* A precondition failed: when the object there has another uid, ours is gone. */
static bool is_replaced(struct call *c, struct kube *k, const struct kube_ref *ref, const char *uid,
                        bool *replaced)
{
    const struct value *object;

    *replaced = false;
    if (!uid || !uid[0])
        return true;
    if (!kube_get(c, k, ref, &object))
        return false;
    *replaced = !object || strcmp(value_z(value_in(object, "metadata", "uid")), uid) != 0;
    return true;
}

/* The uid of what was deleted, from the object or the Status that came back. */
static const char *deleted_uid(const struct value *body)
{
    const char *uid = value_z(value_in(body, "metadata", "uid"));

    return uid[0] ? uid : value_z(value_in(body, "details", "uid"));
}

/* *gone = there is nothing to wait for; else *uid is of what goes. */
static bool delete_send(struct call *c, struct kube *k, const struct kube_subject *about,
                        const struct kube_delete_options *o, const char *target, bool *gone,
                        const char **uid)
{
    const struct kube_request request = {
        .method = "DELETE",
        .target = target,
        .content_type = "application/json",
        .body = kube_delete_body(c, o),
        .flags = object_secrecy(about->ref, 0) | HTTP_IDEMPOTENT,
    };
    const struct value *body;
    struct http_reply reply;

    *gone = false;
    *uid = "";
    if (!kube_send(c, k, about, &request, &reply))
        return false;
    *gone = reply.status == 404;
    if (*gone)
        return true;
    if (kube_status_is_fine(reply.status)) {
        if (!kube_reply_body(c, k, &reply, &body))
            return false;
        *uid = deleted_uid(body);
        return true;
    }
    if (reply.status == 409) {
        if (!is_replaced(c, k, about->ref, o->uid, gone))
            return false;
        if (*gone)
            return true;
    }
    return kube_refused(c, k, about, &reply);
}

/* --- waiting ------------------------------------------------------------------- */

struct going {
    const char *uid; /* "" = any */
    bool is_stuck;
};

/* A server that could not list a CRD's objects, as while their storage starts, tries
 * again only when the CRD changes, or minutes later. */
static bool is_stuck(const struct value *object)
{
    const struct value *conditions = value_in(object, "status", "conditions");

    if (strcmp(value_text(object, "kind"), "CustomResourceDefinition") != 0)
        return false;
    for (size_t i = 0; i < value_count(conditions); i++)
        if (strcmp(value_text(value_item(conditions, i), "reason"), "InstanceDeletionFailed") == 0)
            return true;
    return false;
}

/* An object of the same name that was made since is not ours to wait for. */
static enum kube_verdict judge_going(struct call *c, void *data, const struct value *object,
                                     const char **last_seen)
{
    struct going *g = data;

    if (object && g->uid[0] && strcmp(g->uid, value_z(value_in(object, "metadata", "uid"))) != 0)
        return KUBE_DONE;
    g->is_stuck = object && is_stuck(object);
    return g->is_stuck ? KUBE_DONE : kube_judge_gone(c, NULL, object, last_seen);
}

/* A change of the CRD, so that the server looks at it again. Its failure is no matter: it
 * may be gone by now. */
static void stir(struct call *c, struct kube *k, const struct kube_ref *ref)
{
    const struct value *now = value_string(c->arena, clock_rfc3339(c->arena, clock_now()));
    const struct value *patch =
        value_with_in(c->arena, &value_empty_map, now, "metadata", "annotations",
                      KUBE_FIELD_MANAGER "/deletion-retried-at");
    const struct value *unused;
    struct diags unheard;
    struct call quiet;

    diags_init(&unheard, c->arena);
    quiet = call_quietly(c, &unheard);
    (void)!kube_patch(&quiet, k, ref, patch, KUBE_ASIDE, &unused);
}

bool kube_wait_gone(struct call *c, struct kube *k, const struct kube_ref *ref, const char *uid)
{
    const char *what = text_f(c->arena, "%s to be deleted", kube_ref_text(c->arena, ref));
    struct going going = {.uid = uid ? uid : ""};
    const struct value *last;

    for (int64_t pause = STIR_MS_MIN;; pause = pause < STIR_MS_MAX ? 2 * pause : STIR_MS_MAX) {
        if (!kube_wait_for(c, k, ref, "be deleted", judge_going, &going, &last))
            return false;
        if (!going.is_stuck)
            return true;
        if (!call_wait_ms(c, pause, what, "the server could not delete the objects of its kind"))
            return false;
        stir(c, k, ref);
    }
}

bool kube_delete(struct call *c, struct kube *k, const struct kube_ref *ref,
                 const struct kube_delete_options *options)
{
    const struct kube_subject about = {.verb = "delete", .ref = ref};
    struct kube_resource resource;
    const char *uid, *target;
    bool found, gone;

    if (!kube_check_uid(c, k) ||
        !kube_discover(c, k, ref->api_version, ref->kind, &found, &resource))
        return false;
    if (!found)
        return true;
    if (!object_target(c, k, &about, &resource, ref->name ? ref->name : "", &target) ||
        !delete_send(c, k, &about, options, target, &gone, &uid))
        return false;
    return gone || !options->wait || kube_wait_gone(c, k, ref, uid);
}
