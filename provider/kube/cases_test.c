/* Pure rules against cases in testdata: messages for refusals, fields that are
 * ours, discovery documents, judges. */
#include <string.h>

#include "base/test.h"
#include "codec/json.h"
#include "kube/client.h"
#include "kube/test_case.h"
#include "kube/wait.h"

static struct call test_call(struct arena *a)
{
    struct diags *diags = arena_alloc(a, sizeof(*diags));
    struct call call;

    diags_init(diags, a);
    call_init(&call, a, diags, NULL, NULL);
    return call;
}

/* Runs `run` over all cases of a folder. */
static void each_case(struct arena *a, const char *folder,
                      void (*run)(struct arena *a, const struct value *test))
{
    const char *path = text_f(a, "provider/kube/testdata/%s", folder);
    const char *const *names = test_files(a, path, ".yml");

    for (; *names; names++)
        run(a, case_read(a, text_f(a, "%s/%s", path, *names)));
}

/* --- refused ------------------------------------------------------------------ */

static void refused_run(struct arena *a, const struct value *test)
{
    const struct value *about = value_at(test, "about"), *sent = value_at(test, "sent");
    const struct kube k = {
        .name = "east",
        .target = {.host = "https://10.0.0.1:6443", .credentials = {.token = "t"}},
    };
    const struct kube_ref ref = {value_text(about, "apiVersion"), value_text(about, "kind"),
                                 value_text(about, "namespace"), value_text(about, "name")};
    const struct kube_subject subject = {
        .verb = value_text(about, "verb"),
        .ref = ref.kind[0] ? &ref : NULL,
        .import_hint = value_text(about, "import_hint"),
        .sent = value_is_set(sent) ? sent : NULL,
    };
    const struct http_reply reply = {
        .status = (int)value_integer_at(test, "status"),
        .body = value_has(test, "raw") ? value_string_text(value_at(test, "raw"))
                                       : json_write(a, value_at(test, "body")),
    };
    struct call c = test_call(a);

    assert_false(kube_refused(&c, &k, &subject, &reply));
    assert_string_equal(diags_text(a, c.diags), value_text(test, "text"));
}

TEST(refusals_are_told)
{
    each_case(a, "refused", refused_run);
}

/* --- owned --------------------------------------------------------------------- */

static void owned_run(struct arena *a, const struct value *test)
{
    const struct value *object = value_at(test, "object");

    assert_int_equal(kube_is_ours(object), value_flag(test, "ours"));
    assert_string_equal(case_json(a, kube_owned_fields(a, object)),
                        case_json(a, value_at(test, "owned")));
}

TEST(owned_fields_are_found)
{
    each_case(a, "owned", owned_run);
}

/* --- discovery ----------------------------------------------------------------- */

static const char *kind_text(struct arena *a, const struct discovery_kind *k)
{
    return k ? text_f(a, "%s %s %s", k->resource.namespaced ? "namespaced" : "cluster",
                      k->resource.path, k->resource.plural)
             : "none";
}

static void discovery_run(struct arena *a, const struct value *test)
{
    const struct value *documents = value_at(test, "documents"), *kinds = value_at(test, "kinds");
    struct discovery d;

    discovery_init(&d);
    for (size_t i = 0; i < value_count(documents); i++)
        assert_int_equal(discovery_add(&d, value_item(documents, i)),
                         !value_has(test, "taken") || value_flag(test, "taken"));
    for (size_t i = 0; i < value_count(kinds); i++) {
        struct text kind = text_of(kinds->map.entries[i].key), version;

        text_split(&kind, ' ', &version);
        assert_string_equal(kind_text(a, discovery_find(&d, text_z(a, version), text_z(a, kind))),
                            value_z(kinds->map.entries[i].value));
    }
    discovery_clear(&d);
}

TEST(kinds_are_found)
{
    each_case(a, "discovery", discovery_run);
}

/* --- judges -------------------------------------------------------------------- */

static void judge_run(struct arena *a, const struct value *test)
{
    const struct value *object = value_at(test, "object");
    kube_judge_fn *judge =
        strcmp(value_text(test, "judge"), "gone") == 0 ? kube_judge_gone : kube_judge_ready;
    const char *seen = "";
    struct call c = test_call(a);
    enum kube_verdict verdict = judge(&c, NULL, value_is_null(object) ? NULL : object, &seen);

    if (value_has(test, "failed")) {
        assert_int_equal(verdict, KUBE_FAILED);
        assert_string_equal(diags_text(a, c.diags), value_text(test, "failed"));
        return;
    }
    assert_int_equal(verdict, value_flag(test, "done") ? KUBE_DONE : KUBE_NOT_YET);
    if (!value_flag(test, "done"))
        assert_string_equal(seen, value_text(test, "seen"));
}

static void judges_run(struct arena *a, const struct value *tests)
{
    assert_true(value_count(tests) > 0);
    for (size_t i = 0; i < value_count(tests); i++)
        judge_run(a, value_item(tests, i));
}

TEST(judges_judge)
{
    each_case(a, "ready", judges_run);
}

TEST(condition_judge_wants_true)
{
    const struct value *object = value_map_of(
        a,
        {"status",
         value_map_of(a, {"conditions",
                          value_list_of(a, value_map_of(a, {"type", value_string(a, "Ready")},
                                                        {"status", value_string(a, "True")}))})});
    struct call c = test_call(a);
    const char *seen = "";

    assert_int_equal(kube_judge_condition(&c, (char[]){"Ready"}, object, &seen), KUBE_DONE);
    assert_int_equal(kube_judge_condition(&c, (char[]){"Other"}, object, &seen), KUBE_NOT_YET);
    assert_string_equal(seen, "it has no condition Other yet");
    assert_int_equal(kube_judge_condition(&c, (char[]){"Ready"}, NULL, &seen), KUBE_NOT_YET);
}

/* --- addresses ------------------------------------------------------------------ */

TEST(names_do_not_lead_elsewhere)
{
    static const struct {
        const char *namespace, *name, *target;
    } cases[] = {
        {"a", "b", "/api/v1/namespaces/a/secrets/b"},
        {"a", "system:node", "/api/v1/namespaces/a/secrets/system:node"},
        {"a", "x y?", "/api/v1/namespaces/a/secrets/x%20y%3F"},
        {"a", "..", NULL},
        {"..", "b", NULL},
        {"a", "b/c", NULL},
        {"a", "b%2f", NULL},
        {"a", "", NULL},
        {"", "b", NULL},
    };
    const struct kube_resource secrets = {"/api/v1", "secrets", true};
    const struct kube k = {.name = "east"};

    for (size_t i = 0; i < sizeof(cases) / sizeof(*cases); i++) {
        const struct kube_ref ref = {"v1", "Secret", cases[i].namespace, cases[i].name};
        const struct kube_subject about = {.verb = "read", .ref = &ref};
        struct call c = test_call(a);
        const char *target = "";

        assert_int_equal(object_target(&c, &k, &about, &secrets, ref.name, &target),
                         cases[i].target != NULL);
        if (cases[i].target)
            assert_string_equal(target, cases[i].target);
    }
}

TEST(secret_data_is_decoded)
{
    const struct value *secret =
        value_map_of(a, {"data", value_map_of(a, {"good", value_string(a, "YWI=")},
                                              {"bad", value_string(a, "!")})});
    struct text out;

    assert_true(kube_secret_data(a, secret, "good", &out));
    assert_true(text_is(out, "ab"));
    assert_false(kube_secret_data(a, secret, "bad", &out));
    assert_false(kube_secret_data(a, secret, "none", &out));
}
