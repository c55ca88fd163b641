/* The account, its role and its binding; tokens are in reader_token.c. */
#include "istio/reader.h"

#include <string.h>

#include "istio/namespace.h"
#include "istio/reader_object.h"

/* --- making ------------------------------------------------------------------------ */

static bool find(struct call *c, const struct reader *r, const struct value *wanted,
                 const struct value **found)
{
    const struct kube_ref ref = kube_ref_of(wanted);

    return kube_get(c, r->kube, &ref, found);
}

/* A role's binding cannot be pointed elsewhere, so it is not compared. */
static bool is_as_wanted(const struct value *found, const struct value *wanted)
{
    static const char *const parts[] = {"rules", "subjects"};

    for (size_t i = 0; i < sizeof(parts) / sizeof(parts[0]); i++)
        if (!value_equal(value_at(found, parts[i]), value_at(wanted, parts[i])))
            return false;
    return true;
}

static bool keep(struct call *c, const struct reader *r, const struct value *wanted, bool *changed)
{
    const struct value *found, *unused;

    if (!find(c, r, wanted, &found))
        return false;
    if (found && (!reader_object_is_ours(found) || is_as_wanted(found, wanted)))
        return true;
    if (!kube_apply(c, r->kube, wanted, found ? KUBE_FORCE : 0, &unused))
        return false;
    *changed = true;
    return true;
}

static bool demand_account(struct call *c, const struct reader *r)
{
    const struct value *wanted = reader_object(c->arena, r, READER_ACCOUNT), *found;
    const struct kube_ref ref = kube_ref_of(wanted);

    if (!find(c, r, wanted, &found))
        return false;
    if (found)
        return true;
    return diag_error(c->diags, NULL,
                      text_f(c->arena, "There is no %s", kube_ref_text(c->arena, &ref)),
                      "On cluster %s it is missing, and create_service_account is false. Istio's "
                      "chart base makes %s; or leave create_service_account out.",
                      kube_name(r->kube), READER_ACCOUNT_DEFAULT);
}

bool reader_ensure(struct call *c, const struct reader *r, bool *changed)
{
    bool unheard = false;

    changed = changed ? changed : &unheard;
    *changed = false;
    if (!r->may_create)
        return demand_account(c, r) && namespace_ensure(c, r->kube, r->namespace, r->network);
    if (!namespace_ensure(c, r->kube, r->namespace, r->network))
        return false;
    for (int part = 0; part < READER_PARTS; part++)
        if (!keep(c, r, reader_object(c->arena, r, (enum reader_part)part), changed))
            return false;
    return true;
}

/* --- taking away -------------------------------------------------------------------- */

static bool names_account(const struct value *secrets, const char *account)
{
    for (size_t i = 0; i < value_count(secrets); i++)
        if (strcmp(value_z(value_in(value_item(secrets, i), "metadata", "annotations",
                                    READER_ACCOUNT_ANNOTATION)),
                   account) == 0)
            return true;
    return false;
}

/* Somebody has a token of the account: another watcher, or who made one by hand
 * or with istioctl. Watchers are looked for first: there may be many other
 * Secrets. */
static bool is_used(struct call *c, const struct reader *r, bool *used)
{
    const struct kube_ref secrets = {"v1", "Secret", r->namespace, NULL};
    const struct value *found;

    if (!kube_list(c, r->kube, &secrets, READER_WATCHER_LABEL, &found))
        return false;
    *used = names_account(found, r->account);
    if (*used)
        return true;
    if (!kube_list(c, r->kube, &secrets, NULL, &found))
        return false;
    *used = names_account(found, r->account);
    return true;
}

static bool take_away(struct call *c, const struct reader *r, enum reader_part part)
{
    const struct value *wanted = reader_object(c->arena, r, part), *found;
    const struct kube_ref ref = kube_ref_of(wanted);
    struct kube_delete_options options = {.propagation = NULL};

    if (!find(c, r, wanted, &found))
        return false;
    if (!found || !reader_object_is_ours(found))
        return true;
    options.uid = value_z(value_in(found, "metadata", "uid"));
    return kube_delete(c, r->kube, &ref, &options);
}

bool reader_release(struct call *c, const struct reader *r)
{
    bool used;

    if (!is_used(c, r, &used))
        return false;
    for (int part = READER_PARTS; !used && part-- > 0;)
        if (!take_away(c, r, (enum reader_part)part))
            return false;
    return namespace_release(c, r->kube, r->namespace);
}
