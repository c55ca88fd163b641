/* delete - removing an object, and waiting until it is really gone. */
#include <string.h>

#include "codec/json.h"
#include "kube/client.h"
#include "kube/many.h"
#include "kube/wait.h"

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
static const char *deleted_uid(struct call *c, const struct http_reply *reply)
{
    const struct value *body;
    struct diags unheard;
    const char *uid;

    diags_init(&unheard, c->arena);
    if (!json_read(c->arena, reply->body, "reply", &unheard, &body))
        return "";
    uid = value_z(value_in(body, "metadata", "uid"));
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
    struct http_reply reply;

    *gone = false;
    *uid = "";
    if (!kube_send(c, k, about, &request, &reply))
        return false;
    *gone = reply.status == 404;
    if (*gone)
        return true;
    if (kube_status_is_fine(reply.status)) {
        *uid = deleted_uid(c, &reply);
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

/* An object of the same name that was made since is not ours to wait for. */
static enum kube_verdict judge_gone_or_replaced(struct call *c, void *data,
                                                const struct value *object, const char **last_seen)
{
    const char *const *uid = data;

    if (object && (*uid)[0] && strcmp(*uid, value_z(value_in(object, "metadata", "uid"))) != 0)
        return KUBE_DONE;
    return kube_judge_gone(c, NULL, object, last_seen);
}

bool kube_wait_gone(struct call *c, struct kube *k, const struct kube_ref *ref, const char *uid)
{
    const struct value *last;

    return kube_wait_for(c, k, ref, "be deleted", judge_gone_or_replaced, &uid, &last);
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
