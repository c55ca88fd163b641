/* load_balancer_wait - until one serves, and until one is gone. */
#include <string.h>

#include "aws/elasticloadbalancing.h"
#include "base/clock.h"
#include "base/log.h"
#include "http/resolve.h"
#include "network/load_balancer_parts.h"

enum { POLL_MS_MIN = 1000, POLL_MS_MAX = 10 * 1000, TARGETS_TOLD_MAX = 8 };

static int64_t longer(int64_t pause_ms)
{
    return pause_ms * 3 / 2 < POLL_MS_MAX ? pause_ms * 3 / 2 : POLL_MS_MAX;
}

/* --- what is wrong -------------------------------------------------------------------- */

/* What to look at, by how AWS's reason begins. */
static const struct {
    const char *reason, *advice;
} advices[] = {
    {"Target.FailedHealthChecks",
     "See whether the pods behind the targets are ready, and whether the security groups of pods "
     "or nodes let the load balancer in, on the ports of the traffic and of the health check."},
    {"Target.Timeout",
     "Nothing answered in time: see whether the security groups of pods or nodes let the load "
     "balancer in, on the ports of the traffic and of the health check."},
    {"Target.ResponseCodeMismatch",
     "The health check got another status than 200: see its path and port."},
    {"Target.NotInUse",
     "Their availability zone is not one of the load balancer's: give it a subnet in each zone "
     "where the gateway's pods or nodes are."},
    {"Target.IpUnusable", "The address is in use by another load balancer."},
    {"Target.InvalidState", "The instance is stopped or terminated."},
    {"Elb.", "Targets have just been registered: this takes some minutes."},
};

static const char *advice_of(const char *reason)
{
    for (size_t i = 0; i < sizeof(advices) / sizeof(*advices); i++)
        if (strncmp(reason, advices[i].reason, strlen(advices[i].reason)) == 0)
            return advices[i].advice;
    return "";
}

static bool is_told(const struct value *listener, const struct value *target)
{
    const char *state = value_text(target, "state");

    return value_integer_at(listener, "port") == value_integer_at(target, "port") &&
           strcmp(state, "healthy") != 0 && !strstr(state, "draining");
}

struct telling {
    struct text_builder text;
    size_t told, left_out;
    const char *advice;
};

static void tell_target(struct telling *t, const struct value *target)
{
    const char *zone = value_text(target, "zone"), *reason = value_text(target, "reason"),
               *description = value_text(target, "description");

    if (!*t->advice)
        t->advice = advice_of(reason);
    if (t->told++ >= TARGETS_TOLD_MAX) {
        t->left_out++;
        return;
    }
    text_add_f(&t->text, "\n- port %d: %s:%d%s%s is %s%s%s%s%s",
               (int)value_integer_at(target, "port"), value_text(target, "target"),
               (int)value_integer_at(target, "target_port"), *zone ? " in " : "", zone,
               value_text(target, "state"), *reason ? ": " : "", reason, *description ? ": " : "",
               description);
}

static void tell_listener(struct telling *t, const struct value *listener,
                          const struct value *targets)
{
    size_t before = t->told;

    for (size_t i = 0; i < value_count(targets); i++)
        if (is_told(listener, value_item(targets, i)))
            tell_target(t, value_item(targets, i));
    if (t->told > before)
        return;
    text_add_f(&t->text, "\n- port %d: %s", (int)value_integer_at(listener, "port"),
               value_text(listener, "reason"));
    t->advice = "Its controller registers pods or nodes as targets: see the controller's log, and "
                "the events of the TargetGroupBindings beside the Service.";
}

const char *load_balancer_trouble(struct arena *a, const struct value *load_balancer)
{
    const struct value *listeners = value_at(load_balancer, "listeners"),
                       *targets = value_at(load_balancer, "targets");
    const char *reason = value_text(load_balancer, "state_reason");
    struct telling t = {.advice = ""};

    if (value_flag(load_balancer, "healthy"))
        return "";
    if (strncmp(value_text(load_balancer, "state"), "active", 6) != 0)
        return text_f(a, "It is %s%s%s.", value_text(load_balancer, "state"), *reason ? ": " : "",
                      reason);
    if (!value_count(listeners))
        return "It has no listener yet.";
    text_builder_init(&t.text, a, 8000);
    text_add_z(&t.text, "Not healthy:");
    for (size_t i = 0; i < value_count(listeners); i++)
        if (!value_flag(value_item(listeners, i), "healthy"))
            tell_listener(&t, value_item(listeners, i), targets);
    if (t.left_out)
        text_add_f(&t.text, "\n- and %zu more", t.left_out);
    if (*t.advice)
        text_add_f(&t.text, "\n%s", t.advice);
    return t.text.at;
}

/* --- until it serves ------------------------------------------------------------------- */

struct waiting {
    struct call *call;
    struct aws *aws;
    struct load_balancer_key key;
    int64_t since_ms;
    const char *seen; /* what is missing still; "" = nothing */
    const struct value *found;
};

static bool report_missing(const struct waiting *w)
{
    return diag_error(
        w->call->diags, NULL,
        text_f(w->call->arena, "There is no load balancer %s", load_balancer_key_text(&w->key)),
        "AWS knows none of this name in %s. When it was deleted behind the back of "
        "the controller that made it, restart that controller, which makes it "
        "anew; when it is another account's or region's, say in the connection "
        "(`eks`) which.",
        aws_region(w->aws));
}

static bool look_at_name(struct waiting *w, const char *name)
{
    const struct value *addresses;
    const char *why;

    if (!resolve_name(w->call, name, &addresses, &why))
        return false;
    w->seen = *why ? text_f(w->call->arena,
                            "It serves, but %s yet, as asked from here: new names take some "
                            "minutes. See whether names of AWS resolve where Terraform runs.",
                            why)
                   : "";
    return true;
}

static bool look_for_missing(struct waiting *w)
{
    const char *hostname = w->key.hostname ? w->key.hostname : "";

    if (load_balancer_may_be_classic(hostname)) /* it may be there all the same */
        return look_at_name(w, hostname);
    if (clock_monotonic_ms() - w->since_ms >= AWS_VISIBLE_MS)
        return report_missing(w);
    w->seen = text_f(w->call->arena, "AWS knows none of this name in %s.", aws_region(w->aws));
    return !w->key.rename || w->key.rename(w->call, w->key.data, &w->key.hostname);
}

static bool report_failed(const struct waiting *w, const char *reason)
{
    return diag_error(
        w->call->diags, NULL,
        text_f(w->call->arena, "Load balancer %s failed", load_balancer_key_text(&w->key)),
        "AWS says: %s", *reason ? reason : "nothing more. Delete it, so that it is made anew.");
}

static bool look(struct waiting *w)
{
    struct arena *a = w->call->arena;
    const struct value *item;
    const char *state, *reason;

    w->found = NULL;
    if (!load_balancer_find(w->call, w->aws, &w->key, &item))
        return false;
    if (!item)
        return look_for_missing(w);
    state = value_z(value_in(item, "State", "Code"));
    reason = value_z(value_in(item, "State", "Reason"));
    if (strcmp(state, "failed") == 0)
        return report_failed(w, reason);
    w->seen = text_f(a, "It is %s%s%s.", state, *reason ? ": " : "", reason);
    if (strncmp(state, "active", 6) != 0)
        return true;
    if (!load_balancer_judge(w->call, w->aws, item, &w->found))
        return false;
    w->seen = load_balancer_trouble(a, w->found);
    return *w->seen || look_at_name(w, value_text(w->found, "dns_name"));
}

bool load_balancer_wait(struct call *c, struct aws *aws, const struct load_balancer_key *key,
                        const struct value **out)
{
    struct waiting w = {.call = c, .aws = aws, .key = *key, .since_ms = clock_monotonic_ms()};
    const char *what = text_f(c->arena, "load balancer %s to serve", load_balancer_key_text(key)),
               *before = "";

    for (int64_t pause_ms = POLL_MS_MIN;; pause_ms = longer(pause_ms)) {
        if (!look(&w))
            return false;
        *out = w.found;
        if (!*w.seen)
            return true;
        if (strcmp(w.seen, before) != 0)
            log_event(LOG_INFO, "eks", "waits", "for", what, "seen", w.seen, NULL);
        before = w.seen;
        if (!call_wait_ms(c, pause_ms, what, w.seen))
            return false;
    }
}

/* --- until it is gone ------------------------------------------------------------------ */

/* Where controllers write whose it is. */
static const char *const owner_tags[] = {
    "service.k8s.aws/stack", "ingress.k8s.aws/stack", "service.eks.amazonaws.com/stack",
    "ingress.eks.amazonaws.com/stack", "kubernetes.io/service-name"};

static bool ask_owner(struct call *c, struct aws *aws, const struct value *arn, const char **owner)
{
    const struct value *of_all, *tags;

    *owner = "";
    if (!aws_list(c, aws, &elasticloadbalancing_describe_tags,
                  value_map_of(c->arena, {"ResourceArns", value_list_of(c->arena, arn)}), &of_all))
        return false;
    tags = value_at(value_item(of_all, 0), "Tags");
    for (size_t i = 0; i < value_count(tags); i++)
        for (size_t k = 0; k < sizeof(owner_tags) / sizeof(*owner_tags); k++)
            if (strcmp(value_text(value_item(tags, i), "Key"), owner_tags[k]) == 0)
                *owner = value_text(value_item(tags, i), "Value");
    return true;
}

static bool report_left(struct call *c, struct aws *aws, const struct value *item,
                        const char *owner)
{
    return diag_error(
        c->diags, NULL,
        text_f(c->arena, "Load balancer %s is still there", value_text(item, "LoadBalancerName")),
        "%s, for which it was made, is gone from the cluster, and so was its controller, or the "
        "controller's permissions, before it could take the load balancer down. In AWS it costs "
        "money and keeps the VPC from being deleted. Delete %s in %s, then destroy again.",
        owner, value_text(item, "LoadBalancerArn"), aws_region(aws));
}

bool load_balancer_wait_gone(struct call *c, struct aws *aws, const struct load_balancer_key *key,
                             const char *owner)
{
    const char *what = text_f(c->arena, "load balancer %s to be gone", load_balancer_key_text(key)),
               *tagged = NULL;
    int64_t until_ms = clock_monotonic_ms() + LOAD_BALANCER_GONE_MS;
    const struct value *item;

    if (c->deadline_ms < until_ms)
        until_ms = c->deadline_ms;
    for (int64_t pause_ms = POLL_MS_MIN;; pause_ms = longer(pause_ms)) {
        if (!load_balancer_find(c, aws, key, &item))
            return false;
        if (!item)
            return true;
        if (!tagged && !ask_owner(c, aws, value_at(item, "LoadBalancerArn"), &tagged))
            return false;
        if (*tagged && strcmp(tagged, owner) != 0)
            return true;
        if (clock_monotonic_ms() + pause_ms > until_ms)
            return report_left(c, aws, item, owner);
        if (!call_wait_ms(c, pause_ms, what, "AWS still knows it."))
            return false;
    }
}
