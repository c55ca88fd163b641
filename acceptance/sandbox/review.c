#include "acceptance/sandbox/review.h"

#include <string.h>

#include "acceptance/sandbox/decode.h"
#include "acceptance/sandbox/identity.h"
#include "acceptance/sandbox/managers.h"
#include "acceptance/sandbox/rbac.h"
#include "acceptance/sandbox/status.h"
#include "acceptance/sandbox/store.h"
#include "base/clock.h"
#include "codec/base64.h"

enum { LIFE_SECONDS_MIN = 600, LIFE_SECONDS = 3600 };
static const int64_t life_seconds_max = 1LL << 32;

static const struct value *user_info(struct arena *a, const struct user *u)
{
    const struct value *groups = &value_empty_list;
    const struct value *v = value_map_of(a, {"username", value_string(a, u->name)});

    for (size_t i = 0; u->groups[i]; i++)
        groups = value_append(a, groups, value_string(a, u->groups[i]));
    if (*u->uid)
        v = value_with(a, v, "uid", value_string(a, u->uid));
    return value_with(a, v, "groups", groups);
}

/* --- tokens ------------------------------------------------------------------------------- */
const struct value *review_fill_secret(struct sandbox *s, struct arena *a,
                                       const struct value *secret)
{
    static const char prefix[] = "kubernetes.io/serviceaccount";
    const char *ns = value_z(value_in(secret, "metadata", "namespace"));
    const char *account =
        value_z(value_in(secret, "metadata", "annotations", "kubernetes.io/service-account.name"));
    const struct stored *found =
        store_find(s, kind_find(s, "", "v1", "serviceaccounts"), ns, account);
    const struct value *claims, *data;

    if (!found)
        return NULL;
    claims =
        value_map_of(a, {"iss", value_string(a, "kubernetes/serviceaccount")},
                     {text_f(a, "%s/namespace", prefix), value_string(a, ns)},
                     {text_f(a, "%s/secret.name", prefix), value_in(secret, "metadata", "name")},
                     {text_f(a, "%s/service-account.name", prefix), value_string(a, account)},
                     {text_f(a, "%s/service-account.uid", prefix), value_string(a, found->uid)},
                     {"sub", value_f(a, "system:serviceaccount:%s:%s", ns, account)});
    data = value_map_of(
        a,
        {"ca.crt",
         value_string_of(a, base64_encode(a, text_of(s->identity->ca_pem), BASE64_STANDARD))},
        {"namespace", value_string_of(a, base64_encode(a, text_of(ns), BASE64_STANDARD))},
        {"token", value_string_of(
                      a, base64_encode(a, text_of(identity_sign(s, a, claims)), BASE64_STANDARD))});
    secret = value_with(a, secret, "data", data);
    return value_with_in(a, secret, value_string(a, found->uid), "metadata", "annotations",
                         "kubernetes.io/service-account.uid");
}

static const struct value *named(struct arena *a, const struct value *name, const char *uid)
{
    return value_map_of(a, {"name", name}, {"uid", value_string(a, uid)});
}

/* The object that the token is bound to, as a claim; *plural NULL: to none. */
static bool bound_object(struct request *r, const struct value *spec, const char **claim,
                         const struct value **reference)
{
    const struct value *bound = value_at(spec, "boundObjectRef");
    bool is_pod = strcmp(value_text(bound, "kind"), "Pod") == 0;
    const struct stored *found;

    *claim = NULL;
    if (!value_is_set(bound))
        return true;
    found = store_find(r->s, kind_find(r->s, "", "v1", is_pod ? "pods" : "secrets"), r->ns,
                       value_text(bound, "name"));
    if (!found || (*value_text(bound, "uid") && strcmp(value_text(bound, "uid"), found->uid) != 0))
        return status_fail(r, 404, "NotFound", "%s \"%s\" not found", is_pod ? "pods" : "secrets",
                           value_text(bound, "name"));
    *claim = is_pod ? "pod" : "secret";
    *reference = named(r->a, value_at(bound, "name"), found->uid);
    return true;
}

static bool check_life(struct request *r, int64_t life)
{
    struct problems p;

    problems_init(&p, r->a);
    if (life < LIFE_SECONDS_MIN)
        problem(&p, "FieldValueInvalid", "spec.expirationSeconds",
                "Invalid value: %lld: may not specify a duration less than 10 minutes",
                (long long)life);
    else if (life > life_seconds_max)
        problem(&p, "FieldValueInvalid", "spec.expirationSeconds",
                "Invalid value: %lld: may not specify a duration larger than 2^32 seconds",
                (long long)life);
    return status_valid(r, "authentication.k8s.io", "TokenRequest", "", &p);
}

static void request_token(struct request *r)
{
    struct arena *a = r->a;
    const struct stored *account = store_find(r->s, r->kind, r->ns, r->name);
    const struct value *body = &value_empty_map, *spec, *claims, *inner, *reference, *audiences;
    const char *claim;
    int64_t life, now = clock_now();

    if (!account) {
        status_not_found(r);
        return;
    }
    if (r->body.len && !decode_body(r, &body))
        return;
    spec = value_at(body, "spec");
    life = value_has(spec, "expirationSeconds") ? value_integer_at(spec, "expirationSeconds")
                                                : LIFE_SECONDS;
    if (!check_life(r, life) || !bound_object(r, spec, &claim, &reference))
        return;
    audiences = value_count(value_at(spec, "audiences"))
                    ? value_at(spec, "audiences")
                    : value_list_of(a, value_string(a, IDENTITY_AUDIENCE));
    inner = value_map_of(a, {"namespace", value_string(a, r->ns)},
                         {"serviceaccount", named(a, value_string(a, r->name), account->uid)});
    if (claim)
        inner = value_with(a, inner, claim, reference);
    claims =
        value_map_of(a, {"aud", audiences}, {"exp", value_integer(a, now + life)},
                     {"iat", value_integer(a, now)}, {"nbf", value_integer(a, now)},
                     {"iss", value_string(a, IDENTITY_AUDIENCE)},
                     {"jti", value_string(a, identity_random_uid(a))}, {"kubernetes.io", inner},
                     {"sub", value_f(a, "system:serviceaccount:%s:%s", r->ns, r->name)});
    spec = value_map_of(a, {"audiences", audiences}, {"expirationSeconds", value_integer(a, life)},
                        {"boundObjectRef", value_at(spec, "boundObjectRef")});
    reply_value(
        r, 201,
        value_map_of(
            a, {"kind", value_string(a, "TokenRequest")},
            {"apiVersion", value_string(a, "authentication.k8s.io/v1")},
            {"metadata",
             value_map_of(a, {"name", value_string(a, r->name)},
                          {"namespace", value_string(a, r->ns)},
                          {"creationTimestamp", value_string(a, clock_rfc3339(a, now))})},
            {"spec", spec},
            {"status", value_map_of(a, {"token", value_string(a, identity_sign(r->s, a, claims))},
                                    {"expirationTimestamp",
                                     value_string(a, clock_rfc3339(a, now + life))})}));
}

static const struct value *review_token(struct request *r, const struct value *v)
{
    const struct user *u = identity_of_token(r->s, r->a, value_z(value_in(v, "spec", "token")));
    const struct value *status;

    if (!u)
        status = value_map_of(r->a, {"user", &value_empty_map},
                              {"error", value_string(r->a, "invalid bearer token")});
    else
        status =
            value_map_of(r->a, {"authenticated", &value_true}, {"user", user_info(r->a, u)},
                         {"audiences", value_list_of(r->a, value_string(r->a, IDENTITY_AUDIENCE))});
    return value_with(r->a, v, "status", status);
}

/* --- access --------------------------------------------------------------------------------- */
static const struct value *review_access(struct request *r, const struct value *v,
                                         const struct user *user)
{
    const struct value *what = value_in(v, "spec", "resourceAttributes");
    const struct value *path = value_in(v, "spec", "nonResourceAttributes");
    struct access x = {user,
                       value_text(what, "verb"),
                       value_text(what, "group"),
                       value_text(what, "resource"),
                       value_text(what, "subresource"),
                       value_text(what, "name"),
                       value_text(what, "namespace"),
                       NULL};

    if (value_is_set(path)) {
        x.verb = value_text(path, "verb");
        x.url = value_text(path, "path");
    }
    return value_with_in(r->a, v, value_bool(rbac_allows(r->s, r->a, &x)), "status", "allowed");
}

static const struct user *reviewed_user(struct request *r, const struct value *v)
{
    const struct value *groups = value_in(v, "spec", "groups");
    const char **names = arena_array(r->a, value_count(groups) + 1, sizeof(*names));
    struct user *u = arena_alloc(r->a, sizeof(*u));

    for (size_t i = 0; i < value_count(groups); i++)
        names[i] = value_z(value_item(groups, i));
    *u = (struct user){value_z(value_in(v, "spec", "user")), "", names, NULL};
    return u;
}

static const struct value *review_rules(struct request *r, const struct value *v)
{
    const struct value *all = value_list_of(r->a, value_string(r->a, "*"));
    const struct value *rules = &value_empty_list;

    if (user_in_group(&r->user, "system:masters"))
        rules = value_list_of(
            r->a, value_map_of(r->a, {"verbs", all}, {"apiGroups", all}, {"resources", all}));
    return value_with(r->a, v, "status",
                      value_map_of(r->a, {"resourceRules", rules},
                                   {"nonResourceRules", &value_empty_list},
                                   {"incomplete", &value_false}));
}

static const struct value *answer(struct request *r, const struct value *v)
{
    if (kind_is(r->kind, "authentication.k8s.io", "selfsubjectreviews"))
        return value_with_in(r->a, v, user_info(r->a, &r->user), "status", "userInfo");
    if (kind_is(r->kind, "authentication.k8s.io", "tokenreviews"))
        return review_token(r, v);
    if (kind_is(r->kind, "authorization.k8s.io", "selfsubjectrulesreviews"))
        return review_rules(r, v);
    if (kind_is(r->kind, "authorization.k8s.io", "selfsubjectaccessreviews"))
        return review_access(r, v, &r->user);
    return review_access(r, v, reviewed_user(r, v));
}

void review_handle(struct request *r)
{
    const struct value *body, *v;

    if (strcmp(r->verb, "create") != 0) {
        status_fail(r, 405, "MethodNotAllowed",
                    "the server does not allow this method on the requested resource");
        return;
    }
    if (strcmp(r->subresource, "token") == 0) {
        request_token(r);
        return;
    }
    if (decode_body(r, &body) && decode_object(r, body, &v)) {
        struct write w = {r->a, r->kind, r->manager, "", false};

        v = value_with(r->a, v, "status", NULL);
        if (kind_is(r->kind, "authentication.k8s.io", "selfsubjectreviews"))
            v = value_with_in(r->a, v, value_string(r->a, clock_rfc3339(r->a, clock_now())),
                              "metadata", "creationTimestamp");
        else
            v = managers_update(&w, NULL, v);
        reply_value(r, 201, answer(r, v));
    }
}
