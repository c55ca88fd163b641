/* release_apply - installing and upgrading. */
#include <inttypes.h>
#include <string.h>

#include "base/clock.h"
#include "base/log.h"
#include "release/release_parts.h"

enum { RECORD_MS = 10000 }; /* for the last record, when the time is over */

/* One apply of a release. */
struct applying {
    struct call *call;
    struct kube *kube;
    const struct release *release;
    const struct release_memory *before;
    const char *salt;
    struct release_next next;
    struct record last, record; /* that came to its end, else the newest; the one to write */
    bool has_last;
    struct release_text text;
    struct release_todo todo;
    const struct value *inventory; /* of all objects, as they are by now */
};

/* --- records -------------------------------------------------------------------- */

static const char *now_text(struct arena *a)
{
    return clock_rfc3339(a, clock_now());
}

static void record_begin(struct applying *p)
{
    struct arena *a = p->call->arena;
    bool again = p->has_last && p->last.first_deployed[0];

    p->record = (struct record){
        .name = p->release->name,
        .namespace = p->release->namespace,
        .revision = p->next.revision,
        .status = p->next.is_upgrade ? "pending-upgrade" : "pending-install",
        .description = p->next.is_upgrade ? "Preparing upgrade" : "Initial install underway",
        .last_deployed = now_text(a),
        .notes = p->text.rendered.notes,
        .manifest = render_manifest(a, &p->text.rendered),
        .values = p->release->values,
        .chart = record_chart(a, p->release->chart),
        .hooks = record_hooks(a, &p->text.rendered),
    };
    p->record.first_deployed = again ? p->last.first_deployed : p->record.last_deployed;
}

static bool supersede(struct applying *p)
{
    for (size_t i = 0; i < value_count(p->next.history); i++) {
        const struct value *old = value_item(p->next.history, i);
        int64_t revision = value_integer_at(old, "revision");

        if (revision != p->record.revision && strcmp(value_text(old, "status"), "deployed") == 0 &&
            !record_set_status(p->call, p->kube, p->release->name, p->release->namespace, revision,
                               "superseded"))
            return false;
    }
    return true;
}

/* Older records but those that make up the number with the new one. */
static bool prune_records(struct applying *p)
{
    size_t keep = p->release->history ? p->release->history : RELEASE_HISTORY;
    bool taken_up = p->next.revision == p->next.newest;

    return record_prune(p->call, p->kube, p->release->name, p->release->namespace, p->next.history,
                        taken_up ? keep : keep - 1);
}

static bool record_end(struct applying *p)
{
    p->record.status = "deployed";
    p->record.description = p->next.is_upgrade ? "Upgrade complete" : "Install complete";
    return supersede(p) && record_put(p->call, p->kube, &p->record) && prune_records(p);
}

/* What went wrong is told already: a failure here adds nothing. */
static void record_fail(struct applying *p)
{
    const struct diag *why = p->call->diags->first;
    struct diags unheard;
    struct call quiet;

    while (why && why->severity != DIAG_ERROR)
        why = why->next;
    diags_init(&unheard, p->call->arena);
    quiet = call_quietly(p->call, &unheard);
    quiet.deadline_ms = clock_monotonic_ms() + RECORD_MS;
    p->record.status = "failed";
    p->record.description =
        text_f(p->call->arena, "%s \"%s\" failed: %s", p->next.is_upgrade ? "Upgrade" : "Release",
               p->release->name, why ? why->summary : "interrupted");
    (void)record_put(&quiet, p->kube, &p->record);
}

/* --- before anything is written ---------------------------------------------------- */

static bool check_revision(struct applying *p)
{
    const struct release *r = p->release;

    return !r->planned_revision || r->planned_revision == p->next.revision ||
           diag_error(p->call->diags, r->at,
                      text_f(p->call->arena, "Release %s was changed since the plan", r->name),
                      "The plan was to write revision %" PRId64 ", but the next one of release %s "
                      "in namespace %s of cluster %s is %" PRId64
                      ". Nothing was changed: plan and apply again.",
                      r->planned_revision, r->name, r->namespace, kube_name(p->kube),
                      p->next.revision);
}

static bool prepare(struct applying *p)
{
    const struct release *r = p->release;
    const struct value *planned = r->planned && r->planned->kind == VALUE_MAP ? r->planned : NULL;
    int64_t settled;

    if (!release_salt(p->call, p->before, &p->salt) ||
        !release_next(p->call, p->kube, r, p->before, &p->next) || !check_revision(p))
        return false;
    settled = value_integer_at(p->before->private, "revision");
    if (p->next.newest && !record_get(p->call, p->kube, r->name, r->namespace,
                                      settled ? settled : p->next.newest, &p->has_last, &p->last))
        return false;
    return release_render(p->call, p->kube, r, p->next.revision, p->next.is_upgrade,
                          p->has_last ? &p->last : NULL, p->salt, &p->text) &&
           release_decide(p->call, p->kube, r, p->before, &p->text, planned, p->next.revision,
                          &p->todo);
}

/* --- objects ------------------------------------------------------------------------- */

/* Entries of `map` with keys of `objects` (or without). */
static const struct value *entries_of(struct arena *a, const struct value *map,
                                      const struct value *digests, bool among)
{
    struct value_builder b;

    value_builder_init(&b, a);
    for (size_t i = 0; i < value_count(map); i++)
        if (value_has(digests, map->map.entries[i].key) == among)
            value_builder_push(&b, map->map.entries[i].key, map->map.entries[i].value);
    return value_builder_map(&b);
}

static const struct value *keys_of(struct arena *a, const struct value *objects)
{
    struct value_builder b;

    value_builder_init(&b, a);
    for (size_t i = 0; i < value_count(objects); i++)
        value_builder_push(&b, kube_set_key(a, value_item(objects, i)), &value_true);
    return value_builder_map(&b);
}

/* As they are to be sent: those that are touched without the fields of others. */
static const struct value *as_wanted(struct applying *p, const struct value *objects)
{
    struct arena *a = p->call->arena;
    struct value_builder b;

    value_builder_init(&b, a);
    for (size_t i = 0; i < value_count(objects); i++) {
        const struct value *object = value_item(objects, i);
        const struct value *wanted = value_at(p->todo.wanted, kube_set_key(a, object));

        value_builder_add(&b, value_is_null(wanted) ? object : wanted);
    }
    return value_builder_list(&b);
}

/* What Helm applied before us becomes ours, so that no second owner stays behind. */
static bool migrate_all(struct applying *p)
{
    const struct value *live = p->todo.live, *now;

    for (size_t i = 0; i < value_count(live); i++)
        if (!release_migrate(p->call, p->kube, live->map.entries[i].value, &now))
            return false;
    return true;
}

static void inventory_take(struct applying *p, const struct value *some)
{
    for (size_t i = 0; i < value_count(some); i++)
        p->inventory = value_with(p->call->arena, p->inventory, some->map.entries[i].key,
                                  some->map.entries[i].value);
}

static bool apply_set(struct applying *p, const struct value *objects, const struct value *before)
{
    const struct kube_set_options options = {
        .flags = p->release->flags & (RELEASE_FORCE_CONFLICTS | RELEASE_TAKE_OWNERSHIP)
                     ? (unsigned)KUBE_FORCE
                     : 0,
        .planned = p->todo.entries,
        .live = p->todo.live,
        .view = release_view,
    };
    const struct value *inventory;
    bool done =
        kube_set_apply(p->call, p->kube, as_wanted(p, objects), before, &options, &inventory);

    inventory_take(p, inventory);
    return done;
}

static bool is_to_stay(const struct applying *p, const struct value *live)
{
    return release_is_crd(live) ? (p->release->flags & RELEASE_KEEP_CRDS) != 0
                                : release_is_kept(live);
}

/* What the chart lacks by now, but for what is marked to be kept and CRDs that nobody
 * asked to delete: those leave the inventory and stay on the cluster. */
static bool leftovers(struct applying *p, const struct value **pruned)
{
    struct call *c = p->call;
    const struct value *left = entries_of(c->arena, p->before->objects, p->text.digests, false);
    const struct value *live;
    struct text_builder kept;
    struct value_builder b;

    if (!kube_set_look(c, p->kube, left, NULL, &live))
        return false;
    text_builder_init(&kept, c->arena, 4000);
    value_builder_init(&b, c->arena);
    for (size_t i = 0; i < value_count(left); i++) {
        const struct value_entry *e = &left->map.entries[i];

        if (is_to_stay(p, value_at(live, e->key))) {
            text_add_f(&kept, "\n%s", e->key);
            p->inventory = value_with(c->arena, p->inventory, e->key, NULL);
        } else {
            value_builder_push(&b, e->key, e->value);
        }
    }
    *pruned = value_builder_map(&b);
    if (kept.len)
        diag_warning(c->diags, p->release->at,
                     text_f(c->arena, "Objects of release %s are kept", p->release->name),
                     "They are not part of the chart any more, but are marked to be kept, or are "
                     "CRDs, whose deletion takes all objects of their kind along:%s",
                     text_built(&kept).at);
    return true;
}

static bool apply_crds(struct applying *p)
{
    const struct value *keys = keys_of(p->call->arena, p->text.crds);

    return !value_count(p->text.crds) ||
           apply_set(p, p->text.crds, entries_of(p->call->arena, p->before->objects, keys, true));
}

static bool apply_objects(struct applying *p)
{
    struct arena *a = p->call->arena;
    const struct value *before =
        entries_of(a, p->before->objects, keys_of(a, p->text.objects), true);
    const struct value *pruned;

    if (!leftovers(p, &pruned))
        return false;
    for (size_t i = 0; i < value_count(pruned); i++)
        before = value_with(a, before, pruned->map.entries[i].key, pruned->map.entries[i].value);
    if (!apply_set(p, p->text.objects, before))
        return false;
    for (size_t i = 0; i < value_count(pruned); i++)
        p->inventory = value_with(a, p->inventory, pruned->map.entries[i].key, NULL);
    return true;
}

/* --- waiting ---------------------------------------------------------------------------- */

static bool is_waited_for(const struct value *object)
{
    static const char *const kinds[] = {"Deployment", "StatefulSet",
                                        "DaemonSet",  "ReplicaSet",
                                        "Job",        "Pod",
                                        "Service",    "PersistentVolumeClaim",
                                        "APIService", "CustomResourceDefinition"};
    const char *kind = value_text(object, "kind");

    if (strcmp(kind, "Service") == 0 &&
        strcmp(value_z(value_in(object, "spec", "type")), "LoadBalancer") != 0)
        return false;
    for (size_t i = 0; i < sizeof(kinds) / sizeof(*kinds); i++)
        if (strcmp(kinds[i], kind) == 0)
            return true;
    return false;
}

static bool wait_until_ready(struct applying *p)
{
    struct arena *a = p->call->arena;
    struct value_builder b;

    if (!(p->release->flags & RELEASE_WAIT))
        return true;
    value_builder_init(&b, a);
    for (size_t i = 0; i < value_count(p->text.objects); i++)
        if (is_waited_for(value_item(p->text.objects, i)))
            value_builder_add(&b, value_item(p->text.objects, i));
    log_event(LOG_INFO, "helm", "waiting for objects to be ready", "release", p->release->name,
              "objects", text_f(a, "%zu", b.count), NULL);
    return kube_set_wait(p->call, p->kube, value_builder_list(&b), "be ready", kube_judge_ready,
                         NULL);
}

/* --- the whole ------------------------------------------------------------------------------ */

static bool run_hooks(struct applying *p, const char *when)
{
    const char *event =
        text_f(p->call->arena, "%s-%s", when, p->next.is_upgrade ? "upgrade" : "install");

    return p->release->flags & RELEASE_NO_HOOKS ||
           release_run_hooks(p->call, p->kube, p->record.hooks, p->release->namespace, event);
}

static bool carry_out(struct applying *p)
{
    log_event(LOG_INFO, "helm", p->next.is_upgrade ? "upgrading release" : "installing release",
              "release", p->release->name, "namespace", p->release->namespace, NULL);
    return migrate_all(p) && apply_crds(p) && run_hooks(p, "pre") && apply_objects(p) &&
           wait_until_ready(p) && run_hooks(p, "post");
}

/* --- what is remembered ----------------------------------------------------------------------- */

/* After a failure what was to be changed keeps its old digest: the next refresh shows
 * how far the change came. */
static const struct value *entry_after(struct applying *p, const char *key, const struct value *now,
                                       bool done)
{
    struct arena *a = p->call->arena;
    const struct value *planned = value_at(p->todo.entries, key),
                       *before = value_at(p->before->objects, key);

    if (!done && value_is_set(before))
        return value_with(a, before, "uid", value_at(now, "uid"));
    if (release_is_settled(planned))
        return planned;
    planned = value_is_set(planned) ? planned : before;
    planned = value_with(a, planned, "uid", value_at(now, "uid"));
    return value_with(a, planned, "digest", value_at(now, "digest"));
}

static const struct value *objects_after(struct applying *p, bool done)
{
    struct value_builder b;

    value_builder_init(&b, p->call->arena);
    for (size_t i = 0; i < value_count(p->inventory); i++) {
        const struct value_entry *e = &p->inventory->map.entries[i];

        value_builder_push(&b, e->key, entry_after(p, e->key, e->value, done));
    }
    return value_builder_map(&b);
}

/* Digests of what was rendered, of those that were applied. */
static const struct value *digests_after(struct applying *p, bool done)
{
    const struct value *before = value_at(p->before->private, "rendered"), *now = p->text.digests;
    struct value_builder b;

    value_builder_init(&b, p->call->arena);
    for (size_t i = 0; i < value_count(now); i++) {
        const char *key = now->map.entries[i].key;
        bool kept = release_is_settled(value_at(p->todo.entries, key)) || !done;

        value_builder_push(&b, key,
                           kept && value_has(before, key) ? value_at(before, key)
                                                          : now->map.entries[i].value);
    }
    return value_builder_map(&b);
}

static bool remember(struct applying *p, bool done, struct release_memory *after)
{
    const struct release *r = p->release;
    const char *values;

    if (!release_digest(p->call, p->salt, r->values, &values))
        return false;
    after->objects = objects_after(p, done);
    after->revision = p->record.revision;
    after->status = p->record.status;
    if (done)
        after->private =
            release_private(p->call->arena, p->salt, p->record.revision, p->next.is_upgrade,
                            r->chart->digest, values, digests_after(p, true));
    else
        after->private = value_with(p->call->arena,
                                    value_with(p->call->arena, p->before->private, "salt",
                                               value_string(p->call->arena, p->salt)),
                                    "rendered", digests_after(p, false));
    return done;
}

bool release_apply(struct call *c, struct kube *k, const struct release *r,
                   const struct release_memory *before, struct release_memory *after)
{
    struct applying p = {.call = c, .kube = k, .release = r, .before = before};
    bool done;

    *after = *before;
    if (!prepare(&p))
        return false;
    p.inventory = value_is_null(before->objects) ? &value_empty_map : before->objects;
    record_begin(&p);
    if (!record_put(c, k, &p.record))
        return false;
    done = carry_out(&p) && record_end(&p);
    if (!done)
        record_fail(&p);
    return remember(&p, done, after);
}
