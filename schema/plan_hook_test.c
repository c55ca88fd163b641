#include "schema/invariant.h"
#include "schema/resource.h"
#include "schema/test_case.h"

static const struct attribute spec[] = {
    STRING("text", OPTIONAL, "Text."),
    STRING("hash", COMPUTED, "Hash."),
    END_ATTRIBUTES,
};

static const struct attribute rows[] = {
    STRING("name", REQUIRED | FORCE_NEW, "Name."),
    STRING("manifest", OPTIONAL, "Manifest."),
    STRING("network", OPTIONAL | COMPUTED | KEEP_STATE, "Network."),
    STRING("serial", COMPUTED | KEEP_STATE, "Serial."),
    STRING("expires_at", COMPUTED | KEEP_STATE, "Expiry."),
    STRING("etag", COMPUTED, "Etag."),
    STRING("pem", OPTIONAL | WRITE_ONLY, "PEM.", .version_attribute = "pem_version"),
    NUMBER("pem_version", OPTIONAL, "Version."),
    TYPED("zones", &type_string_set, OPTIONAL, "Zones."),
    NESTED("spec", NESTING_SINGLE, spec, OPTIONAL, "Spec."),
    END_ATTRIBUTES,
};

/* --- hooks, one per rule of plan.h --------------------------------------- */

static bool derive(struct call *c, struct plan *p)
{
    plan_set(c, p, "network", value_string(c->arena, "derived"));
    return true;
}

static bool renew(struct call *c, struct plan *p)
{
    plan_set_all_unknown(c, p, NAMES("serial", "expires_at"));
    return true;
}

static bool keep_manifest(struct call *c, struct plan *p)
{
    plan_keep(c, p, "manifest");
    return true;
}

static bool keep_late(struct call *c, struct plan *p)
{
    plan_set_unknown(c, p, "serial");
    plan_keep(c, p, "manifest");
    return true;
}

static bool keep_name(struct call *c, struct plan *p)
{
    plan_keep(c, p, "name");
    return true;
}

static bool keep_etag(struct call *c, struct plan *p)
{
    plan_keep(c, p, "etag");
    return true;
}

static bool keep_spec(struct call *c, struct plan *p)
{
    plan_keep(c, p, "spec");
    return true;
}

static bool replace_spec(struct call *c, struct plan *p)
{
    plan_replace(c, p, path_of(c->arena, "spec", "text"));
    plan_replace(c, p, path_of(c->arena, "spec", "text"));
    return true;
}

static bool replace_pem(struct call *c, struct plan *p)
{
    if (plan_changes(p, "pem_version"))
        plan_replace(c, p, path_of(c->arena, "pem"));
    return true;
}

static bool replace_serial(struct call *c, struct plan *p)
{
    plan_set_unknown(c, p, "serial");
    plan_replace(c, p, path_of(c->arena, "serial"));
    return true;
}

static bool count_changes(struct call *c, struct plan *p)
{
    const char *changed =
        text_f(c->arena, "%s%s%s%s", plan_is_create(p) ? "create " : "",
               plan_changes(p, "manifest") ? "manifest " : "",
               plan_changes(p, "zones") ? "zones " : "", plan_changes(p, "etag") ? "etag " : "");

    plan_set(c, p, "network", value_string(c->arena, changed));
    return true;
}

static bool set_ordinary(struct call *c, struct plan *p)
{
    plan_set(c, p, "manifest", value_string(c->arena, "x"));
    return true;
}

static bool derive_in(struct call *c, struct plan *p)
{
    plan_set_in(c, p, "spec", "hash", value_string(c->arena, "derived"));
    plan_set_in(c, p, "spec", "text", value_string(c->arena, "derived"));
    return true;
}

static bool refuse(struct call *c, struct plan *p)
{
    (void)p;
    return diag_error(c->diags, NULL, "Refused", "By the hook.");
}

static bool refuse_destroy(struct call *c, const struct value *prior)
{
    return diag_error(c->diags, NULL, "Refused", "%s stays.", value_text(prior, "name"));
}

struct hook_case {
    const char *what;
    bool (*hook)(struct call *c, struct plan *plan);
    const char *prior, *config;
    const char *planned; /* NULL: the plan fails */
    const char *replace;
};

#define STORED "'name':'n','network':'net','serial':'1','expires_at':'then','etag':'e'"

static const struct hook_case hook_cases[] = {
    {"set: what the configuration leaves out", derive, "null", "{'name':'n'}",
     "{'name':'n','network':'derived','serial':'<unknown>','expires_at':'<unknown>',"
     "'etag':'<unknown>'}",
     ""},
    {"set: what is configured stays", derive, "null", "{'name':'n','network':'own'}",
     "{'name':'n','network':'own','serial':'<unknown>','expires_at':'<unknown>',"
     "'etag':'<unknown>'}",
     ""},
    {"set: a value that differs is an update", derive, "{" STORED "}", "{'name':'n'}",
     "{'name':'n','network':'derived','serial':'1','expires_at':'then','etag':'e'}", ""},
    {"set: an unknown configured value stays", derive, "{" STORED "}",
     "{'name':'n','network':'<unknown>'}",
     "{'name':'n','network':'<unknown>','serial':'1','expires_at':'then','etag':'<unknown>'}", ""},
    {"set: a row that is not computed is a bug", set_ordinary, "{" STORED "}", "{'name':'n'}", NULL,
     ""},
    {"set in: what the configuration leaves out there", derive_in, "null",
     "{'name':'n','spec':{'text':'t'}}",
     "{'name':'n','spec':{'text':'t','hash':'derived'},'network':'<unknown>',"
     "'serial':'<unknown>','expires_at':'<unknown>','etag':'<unknown>'}",
     ""},
    {"set in: nothing where the object is not set", derive_in, "{" STORED "}", "{'name':'n'}",
     "{" STORED "}", ""},
    {"unknown: an update without a configured change", renew, "{" STORED "}", "{'name':'n'}",
     "{'name':'n','network':'net','serial':'<unknown>','expires_at':'<unknown>','etag':'e'}", ""},
    {"keep: the only change means nothing", keep_manifest, "{" STORED ",'manifest':'a: 1'}",
     "{'name':'n','manifest':'a:  1'}", "{" STORED ",'manifest':'a: 1'}", ""},
    {"keep: another change goes on", keep_manifest, "{" STORED ",'manifest':'a: 1'}",
     "{'name':'n','manifest':'a:  1','pem_version':2}",
     "{'name':'n','network':'net','serial':'1','expires_at':'then','etag':'<unknown>',"
     "'manifest':'a: 1','pem_version':2}",
     ""},
    {"keep: nothing stored, so configured", keep_manifest, "{" STORED "}",
     "{'name':'n','manifest':'a: 1'}",
     "{'name':'n','network':'net','serial':'1','expires_at':'then','etag':'<unknown>',"
     "'manifest':'a: 1'}",
     ""},
    {"keep: nothing configured, so null", keep_manifest, "{" STORED ",'manifest':'a: 1'}",
     "{'name':'n'}",
     "{'name':'n','network':'net','serial':'1','expires_at':'then','etag':'<unknown>'}", ""},
    {"keep: on create there is nothing to keep", keep_manifest, "null",
     "{'name':'n','manifest':'a: 1'}",
     "{'name':'n','manifest':'a: 1','network':'<unknown>','serial':'<unknown>',"
     "'expires_at':'<unknown>','etag':'<unknown>'}",
     ""},
    {"keep: earlier edits stay", keep_late, "{" STORED ",'manifest':'a: 1'}",
     "{'name':'n','manifest':'a:  1'}",
     "{'name':'n','network':'net','serial':'<unknown>','expires_at':'then','etag':'e',"
     "'manifest':'a: 1'}",
     ""},
    {"keep: a forced row no longer replaces", keep_name, "{" STORED "}", "{'name':'N'}",
     "{" STORED "}", ""},
    {"keep: a computed row", keep_etag, "{" STORED "}", "{'name':'n','manifest':'x'}",
     "{" STORED ",'manifest':'x'}", ""},
    {"keep: a nested row with what is computed in it", keep_spec,
     "{" STORED ",'spec':{'text':'T','hash':'h'}}", "{'name':'n','spec':{'text':'t'}}",
     "{" STORED ",'spec':{'text':'T','hash':'h'}}", ""},
    {"replace: once, after the rows' own", replace_spec,
     "{" STORED ",'spec':{'text':'T','hash':'h'}}", "{'name':'m','spec':{'text':'t'}}",
     "{'name':'m','network':'net','serial':'1','expires_at':'then','etag':'<unknown>',"
     "'spec':{'text':'t','hash':'<unknown>'}}",
     "name, spec.text"},
    {"replace: nothing differs there", replace_spec, "{" STORED ",'spec':{'text':'T','hash':'h'}}",
     "{'name':'n','spec':{'text':'T'}}", "{" STORED ",'spec':{'text':'T','hash':'h'}}", ""},
    {"replace: a place that exists nowhere", replace_spec, "{" STORED "}",
     "{'name':'n','manifest':'x'}",
     "{'name':'n','network':'net','serial':'1','expires_at':'then','etag':'<unknown>',"
     "'manifest':'x'}",
     ""},
    {"replace: not on create", replace_spec, "null", "{'name':'n','spec':{'text':'t'}}",
     "{'name':'n','network':'<unknown>','serial':'<unknown>','expires_at':'<unknown>',"
     "'etag':'<unknown>','spec':{'text':'t','hash':'<unknown>'}}",
     ""},
    {"replace: a write-only value never differs", replace_pem, "{" STORED ",'pem_version':1}",
     "{'name':'n','pem':'p','pem_version':2}",
     "{'name':'n','network':'net','serial':'1','expires_at':'then','etag':'<unknown>',"
     "'pem_version':2}",
     "pem"},
    {"replace: by a value that the hook made unknown", replace_serial, "{" STORED "}",
     "{'name':'n'}",
     "{'name':'n','network':'net','serial':'<unknown>','expires_at':'then','etag':'e'}", "serial"},
    {"changes: create", count_changes, "null", "{'name':'n','manifest':'x'}",
     "{'name':'n','manifest':'x','network':'create manifest etag ','serial':'<unknown>',"
     "'expires_at':'<unknown>','etag':'<unknown>'}",
     ""},
    {"changes: sets without order", count_changes, "{" STORED ",'zones':['a','b']}",
     "{'name':'n','manifest':'x','zones':['b','a']}",
     "{'name':'n','manifest':'x','network':'manifest etag ','serial':'1','expires_at':'then',"
     "'etag':'<unknown>','zones':['a','b']}",
     ""},
    {"a hook may refuse", refuse, "{" STORED "}", "{'name':'n'}", NULL, ""},
};

static const struct value *object(struct arena *a, const char *quoted)
{
    char *json = arena_strdup(a, quoted);
    const struct value *v;
    struct diags said;

    for (char *at = json; *at; at++)
        if (*at == '\'')
            *at = '"';
    diags_init(&said, a);
    assert_true(json_read(a, text_of(json), "case", &said, &v));
    return case_object(a, rows, v);
}

static void check_hook(struct arena *a, const struct hook_case *test)
{
    const struct resource r = {.name = "hooked", .attributes = rows, .plan = test->hook};
    struct call *c = case_call(a);
    const struct value *config = object(a, test->config);
    struct text_builder b;
    struct plan plan;

    if (!plan_resource(c, &r, object(a, test->prior), config, config, &plan)) {
        if (test->planned || !c->diags->failed)
            fail_msg("%s: %s", test->what, case_said(a, c));
        return;
    }
    if (!test->planned)
        fail_msg("%s: no error", test->what);
    if (!type_value_equal(attributes_type(a, rows), plan.planned, object(a, test->planned)))
        fail_msg("%s: planned %s", test->what, case_text(a, plan.planned));
    text_builder_init(&b, a, 1000);
    for (const struct plan_replace_path *p = plan.replace; p; p = p->next)
        text_add_f(&b, "%s%s", b.len ? ", " : "", path_text(a, p->path));
    if (!text_is(text_built(&b), test->replace))
        fail_msg("%s: replaced by [%s]", test->what, text_built(&b).at);
    if (!invariant_plan(c, &r, &plan))
        fail_msg("%s: %s", test->what, case_said(a, c));
}

TEST(plan_hooks)
{
    for (size_t i = 0; i < sizeof(hook_cases) / sizeof(hook_cases[0]); i++)
        check_hook(a, &hook_cases[i]);
}

TEST(plan_destroy_may_refuse)
{
    const struct resource r = {
        .name = "hooked", .attributes = rows, .plan = refuse, .plan_destroy = refuse_destroy};
    struct call *c = case_call(a);
    struct plan plan;

    assert_false(plan_resource(c, &r, object(a, "{" STORED "}"), &value_null, &value_null, &plan));
    assert_string_equal(case_said(a, c), ": Refused: n stays.\n");
}
