#include "istio/gloo_status.h"

#include <string.h>

enum { MESSAGE_BYTES_MAX = 4096 };

/* --- pieces -------------------------------------------------------------------- */

/* int64 is text in the JSON of protocol buffers, and a number in Gloo Mesh's. */
static int64_t integer_of(struct arena *a, const struct value *v)
{
    if (v->kind == VALUE_STRING)
        v = value_number(a, value_string_text(v));
    return v ? value_as_integer(v) : 0;
}

static bool is_at(struct arena *a, const struct value *status, int64_t generation)
{
    return integer_of(a, value_at(status, "observedGeneration")) >= generation;
}

static void add_line(struct text_builder *b, const char *line)
{
    if (line[0])
        text_add_f(b, "%s%s", b->len ? "\n" : "", line);
}

/* 1.x has lists in place of a message. */
static const char *message_of(struct arena *a, const struct value *status)
{
    static const char *const lists[] = {"errors", "warnings"};
    struct text_builder b;

    text_builder_init(&b, a, MESSAGE_BYTES_MAX);
    add_line(&b, value_text(status, "message"));
    for (size_t i = 0; i < sizeof(lists) / sizeof(*lists); i++) {
        const struct value *list = value_at(status, lists[i]);

        for (size_t k = 0; list->kind == VALUE_LIST && k < value_count(list); k++)
            add_line(&b, value_z(value_item(list, k)));
    }
    return text_printable(a, text_built(&b), MESSAGE_BYTES_MAX);
}

static void take(struct arena *a, const struct value *status, const char *state,
                 struct gloo_status *out)
{
    if (value_text(status, state)[0])
        out->state = text_printable(a, value_string_text(value_at(status, state)), 64);
    out->message = message_of(a, status);
}

/* --- status.global --------------------------------------------------------------- */

/* status.global has no generation: the entries of the clusters have one. Without
 * any entry, an object that was never changed has but one it can be of; of
 * another, only the good news is believed, because no better one would come. */
static void read_global(struct arena *a, const struct value *status, int64_t generation,
                        struct gloo_status *out)
{
    const struct value *workspaces = value_at(status, "workspaces");
    size_t entries = 0;

    take(a, value_at(status, "global"), "state", out);
    out->is_current = true;
    for (size_t i = 0; workspaces->kind == VALUE_MAP && i < workspaces->map.count; i++) {
        const struct value *clusters = value_at(workspaces->map.entries[i].value, "clusters");

        for (size_t k = 0; clusters->kind == VALUE_MAP && k < clusters->map.count; k++) {
            const struct value *entry = value_at(clusters->map.entries[k].value, "generic");

            out->is_current = out->is_current && is_at(a, entry, generation);
            entries++;
        }
    }
    if (!entries && generation > 1 && gloo_status_is_refusal(out))
        out->is_current = false;
}

/* --- the whole -------------------------------------------------------------------- */

void gloo_status_read(struct arena *a, const struct value *object, struct gloo_status *out)
{
    const struct value *status = value_at(object, "status");
    const struct value *common = value_at(status, "common"), *part = status;
    int64_t generation = integer_of(a, value_in(object, "metadata", "generation"));
    const char *state = "state";

    *out = (struct gloo_status){.state = "PENDING", .message = ""};
    if (value_is_set(value_at(status, "global"))) {
        read_global(a, status, generation, out);
        return;
    }
    if (value_is_set(common)) {
        part = value_at(common, value_has(common, "State") ? "State" : "state");
        state = "approval";
    } else if (value_is_set(value_at(status, "generic"))) {
        part = value_at(status, "generic");
    }
    take(a, part, state, out);
    out->is_current = value_has(part, "observedGeneration") && is_at(a, part, generation);
}

bool gloo_status_is_refusal(const struct gloo_status *status)
{
    static const char *const refusals[] = {"INVALID", "FAILED", "UNLICENSED"};

    for (size_t i = 0; i < sizeof(refusals) / sizeof(*refusals); i++)
        if (strcmp(status->state, refusals[i]) == 0)
            return true;
    return false;
}

void gloo_status_report(struct call *c, const char *cluster, const struct value *object,
                        bool is_warning)
{
    const struct kube_ref ref = kube_ref_of(object);
    struct gloo_status status;
    const char *summary, *detail;

    gloo_status_read(c->arena, object, &status);
    summary = text_f(c->arena, "%s is in state %s", kube_ref_text(c->arena, &ref), status.state);
    detail = text_f(c->arena, "Gloo Mesh on cluster %s says: %s%s", cluster,
                    status.message[0] ? status.message : "(no message)",
                    strcmp(status.state, "UNLICENSED") == 0
                        ? "\n\nThe license of the management plane does not cover this kind."
                        : "");
    if (is_warning)
        diag_warning(c->diags, NULL, summary, "%s", detail);
    else
        (void)diag_error(c->diags, NULL, summary, "%s", detail);
}

static const char *seen(struct arena *a, const struct gloo_status *status)
{
    if (!status->is_current)
        return text_f(a,
                      "Gloo Mesh has not yet looked at it as it is now (state %s). Is the "
                      "management server running?",
                      status->state);
    return text_f(a, "state %s%s%s", status->state, status->message[0] ? ": " : "",
                  status->message);
}

enum kube_verdict gloo_status_judge(struct call *c, void *data, const struct value *object,
                                    const char **last_seen)
{
    struct gloo_wait *w = data;
    struct gloo_status status;

    if (!object)
        return KUBE_NOT_YET;
    gloo_status_read(c->arena, object, &status);
    *last_seen = seen(c->arena, &status);
    if (!status.is_current)
        return KUBE_NOT_YET;
    if (gloo_status_is_refusal(&status)) {
        w->final = value_copy(w->arena, object);
        gloo_status_report(c, w->cluster, object, false);
        return KUBE_FAILED;
    }
    return strcmp(status.state, "ACCEPTED") == 0 || strcmp(status.state, "WARNING") == 0
               ? KUBE_DONE
               : KUBE_NOT_YET;
}
