#include "kube/many.h"

#include <stdlib.h>
#include <string.h>

#include "codec/json.h"
#include "kube/client.h"

/* --- reading ----------------------------------------------------------------- */

/* One object that is looked for; sorted, so that those that can share a LIST
 * stand side by side. */
struct wanted {
    struct kube_ref ref;
    struct kube_subject about;
    const char *target; /* of a GET; NULL = none is needed */
    size_t place;
};

static const char *given(const char *z)
{
    return z ? z : "";
}

static int compare_kinds(const struct wanted *x, const struct wanted *y)
{
    int by = strcmp(x->ref.api_version, y->ref.api_version);

    by = by ? by : strcmp(x->ref.kind, y->ref.kind);
    return by ? by : strcmp(given(x->ref.namespace), given(y->ref.namespace));
}

static int compare_wanted(const void *x, const void *y)
{
    const struct wanted *a = x, *b = y;
    int by = compare_kinds(a, b);

    return by ? by : strcmp(given(a->ref.name), given(b->ref.name));
}

static struct wanted *wanted_sorted(struct call *c, const struct kube_ref *refs, size_t count)
{
    struct wanted *all = arena_array(c->arena, count, sizeof(*all));

    for (size_t i = 0; i < count; i++)
        all[i] = (struct wanted){.ref = refs[i], .place = i};
    qsort(all, count, sizeof(*all), compare_wanted);
    return all;
}

static int compare_name(const void *key, const void *entry)
{
    return strcmp(key, given(((const struct wanted *)entry)->ref.name));
}

/* Puts what a list brought to those of `run` that look for it. */
static void share_out(const struct wanted *run, size_t count, const struct value *list,
                      const struct value **objects)
{
    for (size_t i = 0; i < value_count(list); i++) {
        const struct value *object = value_item(list, i);
        const char *name = value_z(value_in(object, "metadata", "name"));
        const struct wanted *w = bsearch(name, run, count, sizeof(*run), compare_name);

        if (w)
            objects[w->place] = object;
    }
}

/* Quietly: who may not list may still read each. */
static bool list_run(struct call *c, struct kube *k, const struct wanted *run, size_t count,
                     const char *selector, const struct value **objects)
{
    const struct value *list;
    struct diags unheard;
    struct call quiet;

    diags_init(&unheard, c->arena);
    quiet = call_quietly(c, &unheard);
    if (!kube_list(&quiet, k, &run->ref, selector, &list))
        return false;
    share_out(run, count, list, objects);
    return true;
}

/* The addresses for GETs of what is missing; none for kinds that are not served. */
static bool address_run(struct call *c, struct kube *k, struct wanted *run, size_t count,
                        const struct value **objects)
{
    struct kube_resource resource;
    bool found;

    if (!kube_discover(c, k, run->ref.api_version, run->ref.kind, &found, &resource))
        return false;
    for (size_t i = 0; i < count && found; i++) {
        if (objects[run[i].place])
            continue;
        run[i].about = (struct kube_subject){.verb = "read", .ref = &run[i].ref};
        if (!object_target(c, k, &run[i].about, &resource, given(run[i].ref.name), &run[i].target))
            return false;
    }
    return true;
}

static bool take_reply(struct call *c, struct kube *k, const struct wanted *w,
                       const struct http_reply *reply, const struct value **object)
{
    if (reply->failure != HTTP_FINE)
        return kube_unreachable(c, k, &w->about, reply);
    if (reply->status == 404)
        return true;
    if (!kube_status_is_fine(reply->status))
        return kube_refused(c, k, &w->about, reply);
    return kube_reply_body(c, k, reply, object);
}

static bool get_addressed(struct call *c, struct kube *k, const struct wanted *all, size_t count,
                          const struct value **objects)
{
    struct kube_request *requests = arena_array(c->arena, count, sizeof(*requests));
    struct http_reply *replies = arena_array(c->arena, count, sizeof(*replies));
    size_t sent = 0;

    for (size_t i = 0; i < count; i++)
        if (all[i].target)
            requests[sent++] = (struct kube_request){
                .method = "GET", .target = all[i].target, .flags = object_secrecy(&all[i].ref, 0)};
    if (!kube_send_all(c, k, requests, sent, replies))
        return false;
    sent = 0;
    for (size_t i = 0; i < count; i++)
        if (all[i].target && !take_reply(c, k, &all[i], &replies[sent++], &objects[all[i].place]))
            return false;
    return true;
}

static size_t count_missing(const struct wanted *run, size_t count, const struct value **objects)
{
    size_t missing = 0;

    for (size_t i = 0; i < count; i++)
        missing += !objects[run[i].place];
    return missing;
}

/* Those of one kind and namespace; what is left for GETs has its address then. */
static bool look_at_run(struct call *c, struct kube *k, struct wanted *run, size_t count,
                        const char *selector, const struct value **objects)
{
    if (selector && count > 1)
        (void)list_run(c, k, run, count, selector, objects);
    if (count_missing(run, count, objects) > MANY_GETS_MAX &&
        list_run(c, k, run, count, NULL, objects))
        return true;
    return address_run(c, k, run, count, objects);
}

bool kube_get_all(struct call *c, struct kube *k, const struct kube_ref *refs, size_t count,
                  const char *label_selector, const struct value **objects)
{
    struct wanted *all = wanted_sorted(c, refs, count);
    size_t run;

    for (size_t i = 0; i < count; i++)
        objects[i] = NULL;
    for (size_t i = 0; i < count; i += run) {
        for (run = 1; i + run < count && compare_kinds(&all[i], &all[i + run]) == 0;)
            run++;
        if (!look_at_run(c, k, &all[i], run, label_selector, objects))
            return false;
    }
    return get_addressed(c, k, all, count, objects);
}

/* --- deleting ---------------------------------------------------------------- */

static bool delete_form(struct call *c, struct kube *k, const struct kube_ref *ref, const char *uid,
                        const struct kube_delete_options *options, struct kube_request *out)
{
    const struct kube_subject about = {.verb = "delete", .ref = ref};
    struct kube_delete_options o = *options;
    struct kube_resource resource;
    bool found;

    o.uid = uid;
    *out = (struct kube_request){.method = "DELETE",
                                 .content_type = "application/json",
                                 .body = kube_delete_body(c, &o),
                                 .flags = object_secrecy(ref, 0) | HTTP_IDEMPOTENT};
    if (!kube_discover(c, k, ref->api_version, ref->kind, &found, &resource))
        return false;
    return !found || object_target(c, k, &about, &resource, given(ref->name), &out->target);
}

enum fate { FATE_ASK, FATE_GOING, FATE_GONE };

/* A Status in the place of the object says that it went at once; of what is neither,
 * nothing is known. */
static enum fate fate_of(struct call *c, const struct http_reply *reply)
{
    const struct value *body;
    struct diags unheard;

    diags_init(&unheard, c->arena);
    if (reply->failure != HTTP_FINE)
        return FATE_ASK;
    if (reply->status == 404)
        return FATE_GONE;
    if (!kube_status_is_fine(reply->status))
        return FATE_ASK;
    if (!json_read(c->arena, reply->body, "reply", &unheard, &body) || !value_text(body, "kind")[0])
        return FATE_ASK;
    return strcmp(value_text(body, "kind"), "Status") == 0 ? FATE_GONE : FATE_GOING;
}

static bool send_deletes(struct call *c, struct kube *k, const struct kube_ref *refs,
                         const char *const *uids, size_t count,
                         const struct kube_delete_options *options, enum fate *fates)
{
    struct kube_request *requests = arena_array(c->arena, count, sizeof(*requests));
    struct http_reply *replies = arena_array(c->arena, count, sizeof(*replies));
    size_t *which = arena_array(c->arena, count, sizeof(*which));
    size_t sent = 0;

    for (size_t i = 0; i < count; i++) {
        if (!delete_form(c, k, &refs[i], uids[i], options, &requests[sent]))
            return false;
        if (requests[sent].target)
            which[sent++] = i;
        else
            fates[i] = FATE_GONE;
    }
    if (!kube_send_all(c, k, requests, sent, replies))
        return false;
    for (size_t i = 0; i < sent; i++)
        fates[which[i]] = fate_of(c, &replies[i]);
    return true;
}

/* What was refused is asked for again, alone: that tells what is wrong. */
bool kube_delete_all(struct call *c, struct kube *k, const struct kube_ref *refs,
                     const char *const *uids, size_t count,
                     const struct kube_delete_options *options, bool *gone)
{
    enum fate *fates = arena_array(c->arena, count, sizeof(*fates));
    bool all = true;

    for (size_t i = 0; i < count; i++)
        gone[i] = false;
    if (!kube_check_uid(c, k) || !send_deletes(c, k, refs, uids, count, options, fates))
        return false;
    for (size_t i = 0; i < count; i++) {
        struct kube_delete_options o = *options;

        o.uid = uids[i];
        gone[i] = fates[i] == FATE_GONE || (fates[i] == FATE_GOING && !options->wait) ||
                  (fates[i] == FATE_GOING ? kube_wait_gone(c, k, &refs[i], uids[i])
                                          : kube_delete(c, k, &refs[i], &o));
        all = all && gone[i];
    }
    return all;
}
