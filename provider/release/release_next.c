/* release_next - where in its history a release stands. */
#include <inttypes.h>
#include <string.h>

#include "release/release_parts.h"

static bool is(const struct value *record, const char *status)
{
    return strcmp(value_text(record, "status"), status) == 0;
}

static bool is_pending(const struct value *record)
{
    return text_starts_with(text_of(value_text(record, "status")), "pending-");
}

/* The operation that left a status: "install" of "pending-install". */
static bool refuse_pending(struct call *c, struct kube *k, const struct release *r,
                           const struct value *newest)
{
    const char *operation = value_text(newest, "status") + strlen("pending-");
    bool is_install = strcmp(operation, "install") == 0;

    return diag_error(
        c->diags, r->at,
        text_f(c->arena, "Another %s of release %s has not ended", operation, r->name),
        "Its record in namespace %s of cluster %s (revision %" PRId64
        ") is %s, written by another program than this provider. Wait until that has ended. If it "
        "was killed, %s, then apply again.",
        r->namespace, kube_name(k), value_integer_at(newest, "revision"),
        value_text(newest, "status"),
        is_install
            ? text_f(c->arena, "remove what it left with `helm uninstall %s -n %s`", r->name,
                     r->namespace)
            : text_f(c->arena, "go back with `helm rollback %s -n %s`", r->name, r->namespace));
}

static bool refuse_foreign(struct call *c, struct kube *k, const struct release *r)
{
    return diag_error(c->diags, r->at, text_f(c->arena, "Release %s exists", r->name),
                      "Namespace %s of cluster %s has it already, and it was not installed by this "
                      "provider. Import it: %s. Or set take_ownership = true, choose another name, "
                      "or remove it with `helm uninstall %s -n %s`.",
                      r->namespace, kube_name(k),
                      r->import_hint ? r->import_hint : "terraform import", r->name, r->namespace);
}

static bool was_deployed(const struct value *history)
{
    for (size_t i = 0; i < value_count(history); i++) {
        const struct value *record = value_item(history, i);

        if (is(record, "deployed") || is(record, "superseded") || is(record, "pending-upgrade") ||
            is(record, "pending-rollback"))
            return true;
    }
    return false;
}

bool release_next(struct call *c, struct kube *k, const struct release *r,
                  const struct release_memory *before, struct release_next *out)
{
    const struct value *newest;

    *out = (struct release_next){.revision = 1};
    if (!record_history(c, k, r->name, r->namespace, &out->history))
        return false;
    newest = value_item(out->history, 0);
    if (value_is_null(newest))
        return true;
    if (is_pending(newest) && !value_flag(newest, "ours"))
        return refuse_pending(c, k, r, newest);
    if (!value_flag(newest, "ours") && value_is_null(before->private) &&
        !is(newest, "uninstalled") && !(r->flags & RELEASE_TAKE_OWNERSHIP))
        return refuse_foreign(c, k, r);
    out->newest = value_integer_at(newest, "revision");
    out->revision = is_pending(newest) ? out->newest : out->newest + 1;
    out->is_upgrade = was_deployed(out->history) && !is(newest, "uninstalled");
    return true;
}
