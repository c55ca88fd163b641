#include "acceptance/harness/component.h"

#include "istio/remote_secret.h"

extern const struct resource resource_istio_remote_secret;
static const struct resource *const remote_secret = &resource_istio_remote_secret;

#define WITH(more) "{\"cluster\": @cluster1@, \"remote\": @cluster2@" more "}"
#define BOUND                                                                                      \
    ", \"token\": {\"type\": \"bound\", \"validity\": \"2400h\", \"renew_before\": \"720h\"}"
#define APPLY "?fieldManager=terraform-provider-istio&fieldValidation=Strict"
#define SYSTEM "/api/v1/namespaces/istio-system"
#define RBAC "/apis/rbac.authorization.k8s.io/v1"
#define ROLE RBAC "/clusterroles/istio-reader-clusterrole-istio-system"
#define BINDING RBAC "/clusterrolebindings/istio-reader-clusterrole-istio-system"
#define ACCOUNT SYSTEM "/serviceaccounts/istio-reader-service-account"
#define SECRET SYSTEM "/secrets/istio-remote-secret-west"
#define TOKEN SYSTEM "/secrets/istio-remote-secret-east-token"
#define MARK SYSTEM "/secrets/istio-remote-secret-east-bound"

/* Fails with what was said. */
static const struct value *must(struct component *t, const struct value *state)
{
    if (!state)
        fail_msg("%s", component_diags(t));
    return state;
}

static const struct value *applied(struct component *t, const char *json)
{
    const struct value *state = must(t, component_apply(t, remote_secret, NULL, json));

    component_requests(t, 1);
    component_requests(t, 2);
    return state;
}

static const struct value *object(struct component *t, size_t n, const char *path)
{
    char *json = sandbox_object(t->servers[n - 1], path);
    const struct value *v = json ? component_json(t, json) : NULL;

    memory_free(json);
    return v;
}

static const char *said_after_update(struct component *t, const struct value *state,
                                     const char *json)
{
    if (component_apply(t, remote_secret, state, json))
        fail_msg("the update did not fail");
    return component_diags(t);
}

static const char *token_of(struct component *t)
{
    struct remote_access access;
    const char *fault;

    remote_secret_read(t->arena, object(t, 1, SECRET), "west", &access, &fault);
    if (fault)
        fail_msg("%s", fault);
    return access.token;
}

/* A list of the token's Secret and, when the cluster has not filled it by then, a
 * watch: one line stands for both. */
static const char *requests_of_remote(struct component *t)
{
    struct text rest = text_of(component_requests(t, 2)), line;
    bool waits = false;
    struct text_builder b;

    text_builder_init(&b, t->arena, 1 << 20);
    while (text_split(&rest, '\n', &line)) {
        bool waited = waits;

        waits = strstr(text_z(t->arena, line), "/secrets?fieldSelector=") != NULL;
        if (waits && !waited)
            text_add_z(&b, "(waits)\n");
        else if (!waits && line.len)
            text_add_f(&b, "%.*s\n", (int)line.len, line.at);
    }
    return text_built(&b).at;
}

/* Names the first line that differs: the texts are longer than cmocka's messages. */
static void same_lines(const char *got, const char *wanted)
{
    struct text a = text_of(got), b = text_of(wanted), line, other;

    while (text_split(&a, '\n', &line) && text_split(&b, '\n', &other))
        if (!text_equal(line, other))
            fail_msg("%.*s where %.*s is expected", (int)line.len, line.at, (int)other.len,
                     other.at);
    assert_string_equal(got, wanted);
}

/* --- what it costs ------------------------------------------------------------------- */

TEST(create_asks_in_this_order)
{
    struct component t;

    component_start(&t, a, 2);
    must(&t, component_apply(&t, remote_secret, NULL, WITH("")));
    same_lines(component_requests(&t, 1), "GET /api/v1/namespaces/kube-system 200\n"
                                          "GET " SECRET " 404\n"
                                          "GET " SYSTEM " 404\n"
                                          "POST /api/v1/namespaces" APPLY " 201\n"
                                          "PATCH " SECRET APPLY " 201\n");
    same_lines(requests_of_remote(&t), "GET /api/v1/namespaces/kube-system 200\n"
                                       "GET " SYSTEM " 404\n"
                                       "POST /api/v1/namespaces" APPLY " 201\n"
                                       "GET " ACCOUNT " 404\n"
                                       "PATCH " ACCOUNT APPLY " 201\n"
                                       "GET " ROLE " 404\n"
                                       "PATCH " ROLE APPLY " 201\n"
                                       "GET " BINDING " 404\n"
                                       "PATCH " BINDING APPLY " 201\n"
                                       "GET " TOKEN " 404\n"
                                       "PATCH " TOKEN APPLY " 201\n"
                                       "(waits)\n"
                                       "GET /api/v1/services?limit=1 200\n");
    component_stop(&t);
}

TEST(the_second_watcher_writes_its_token_only)
{
    struct component t;

    component_start(&t, a, 3);
    applied(&t, WITH(""));
    must(&t, component_apply(&t, remote_secret, NULL,
                             "{\"cluster\": @cluster3@, \"remote\": @cluster2@}"));
    same_lines(requests_of_remote(&t),
               "GET " SYSTEM " 200\n"
               "GET " ACCOUNT " 200\n"
               "GET " ROLE " 200\n"
               "GET " BINDING " 200\n"
               "GET " SYSTEM "/secrets/istio-remote-secret-north-token 404\n"
               "PATCH " SYSTEM "/secrets/istio-remote-secret-north-token" APPLY " 201\n"
               "(waits)\n"
               "GET /api/v1/services?limit=1 200\n");
    component_stop(&t);
}

TEST(refresh_asks_once_on_each_cluster)
{
    const struct value *state;
    struct component t;

    component_start(&t, a, 2);
    state = applied(&t, WITH(""));
    assert_true(value_equal(must(&t, component_read(&t, remote_secret, state)), state));
    same_lines(component_requests(&t, 1), "GET " SECRET " 200\n");
    same_lines(component_requests(&t, 2), "GET /api/v1/services?limit=1 200\n");
    assert_string_equal(component_diags(&t), "");
    assert_true(component_plans_nothing(&t, remote_secret, state, WITH("")));
    component_stop(&t);
}

/* The new token is proven, then written; what the old one was bound to stays. */
TEST(renewal_proves_before_it_writes)
{
    const struct value *state, *renewed;
    const char *before;
    struct component t;

    component_start(&t, a, 2);
    state = applied(&t, WITH(BOUND));
    before = token_of(&t);
    clock_shift(1700 * 3600);
    state = must(&t, component_read(&t, remote_secret, state));
    clock_shift(0);
    assert_true(value_flag(state, "ready_for_renewal"));
    component_requests(&t, 1);
    component_requests(&t, 2);
    renewed = must(&t, component_apply(&t, remote_secret, state, WITH(BOUND)));
    same_lines(component_requests(&t, 1), "GET " SYSTEM " 200\n"
                                          "PATCH " SECRET APPLY "&force=true 200\n");
    same_lines(component_requests(&t, 2), "GET " SYSTEM " 200\n"
                                          "GET " ACCOUNT " 200\n"
                                          "GET " ROLE " 200\n"
                                          "GET " BINDING " 200\n"
                                          "GET " MARK " 200\n"
                                          "PATCH " MARK APPLY " 200\n"
                                          "POST " ACCOUNT "/token" APPLY " 201\n"
                                          "GET /api/v1/services?limit=1 200\n");
    assert_string_not_equal(before, token_of(&t));
    assert_false(value_equal(value_at(state, "token_fingerprint_sha256"),
                             value_at(renewed, "token_fingerprint_sha256")));
    assert_false(value_flag(renewed, "ready_for_renewal"));
    component_stop(&t);
}

TEST(a_token_that_is_refused_is_never_written)
{
    const struct value *state;
    const char *before, *said;
    struct component t;

    component_start(&t, a, 2);
    state = applied(&t, WITH(BOUND));
    before = token_of(&t);
    state = value_with(a, state, "ready_for_renewal", &value_true);
    sandbox_fault(t.servers[1], FAULT_EXPIRED, 1, 0, "/api/v1/services?");
    said = said_after_update(&t, state, WITH(BOUND));
    assert_non_null(strstr(said, "Cluster west does not accept its reader's token"));
    assert_non_null(strstr(said, "Nothing was written for istiod"));
    assert_string_equal(token_of(&t), before);
    component_stop(&t);
}

TEST(removal_takes_all_of_it_away)
{
    const struct value *state;
    struct component t;

    component_start(&t, a, 2);
    state = applied(&t, WITH(""));
    assert_true(component_remove(&t, remote_secret, state));
    assert_true(text_starts_with(text_of(component_requests(&t, 1)), "DELETE " SECRET " 200\n"));
    assert_true(text_starts_with(
        text_of(component_requests(&t, 2)),
        "DELETE " TOKEN " 200\n"
        "DELETE " MARK " 404\n"
        "GET " SYSTEM "/secrets?labelSelector=multicluster.istio.io%2Fwatched-by&limit=500 200\n"
        "GET " SYSTEM "/secrets?limit=500 200\n"
        "GET " BINDING " 200\n"
        "DELETE " BINDING " 200\n"
        "GET " ROLE " 200\n"
        "DELETE " ROLE " 200\n"
        "GET " ACCOUNT " 200\n"
        "DELETE " ACCOUNT " 200\n"));
    assert_null(object(&t, 1, SYSTEM));
    assert_null(object(&t, 2, SYSTEM));
    assert_true(component_remove(&t, remote_secret, state)); /* gone already is success */
    component_stop(&t);
}

/* --- failures --------------------------------------------------------------------------- */

TEST(a_create_that_fails_half_way_leaves_state_and_goes_on)
{
    const struct value *config, *left = NULL, *state;
    struct component t;
    struct plan plan;
    struct call *c;

    component_start(&t, a, 2);
    sandbox_fault(t.servers[0], FAULT_500, 1, 0, "PATCH " SECRET);
    config = component_config(&t, remote_secret, WITH(""));
    c = component_call(&t, remote_secret, config);
    c->deadline_ms = clock_monotonic_ms() + 2000;
    assert_true(plan_resource(c, remote_secret, &value_null, config, config, &plan));
    assert_false(remote_secret->create(c, plan.planned, &left));
    assert_non_null(left);
    assert_true(invariant_state(c, remote_secret, left));
    assert_true(value_flag(left, "ready_for_renewal"));
    assert_true(value_is_null(value_at(left, "server")));
    sandbox_fault(t.servers[0], FAULT_NONE, 0, 0, NULL);
    state = component_read(&t, remote_secret, left);
    assert_non_null(state);
    assert_non_null(strstr(component_diags(&t), "On cluster east, it is gone"));
    state = must(&t, component_apply(&t, remote_secret, state, WITH("")));
    assert_false(value_flag(state, "ready_for_renewal"));
    assert_non_null(object(&t, 1, SECRET));
    component_stop(&t);
}

TEST(an_account_that_vanishes_is_made_again)
{
    const struct value *state;
    struct component t;

    component_start(&t, a, 2);
    state = applied(&t, WITH(""));
    assert_true(sandbox_delete(t.servers[1], ACCOUNT));
    state = must(&t, component_read(&t, remote_secret, state));
    assert_true(value_flag(state, "ready_for_renewal"));
    assert_non_null(strstr(component_diags(&t), "cluster west answers its token with 401"));
    assert_false(component_plans_nothing(&t, remote_secret, state, WITH("")));
    state = must(&t, component_apply(&t, remote_secret, state, WITH("")));
    state = must(&t, component_read(&t, remote_secret, state));
    assert_string_equal(component_diags(&t), "");
    component_stop(&t);
}

TEST(a_token_that_somebody_spoiled_is_made_anew)
{
    const struct value *state;
    struct component t;

    component_start(&t, a, 2);
    state = applied(&t, WITH(""));
    assert_true(
        sandbox_put(t.servers[1], TOKEN, "{\"data\": {\"token\": \"c3BvaWxlZA==\"}}", "somebody"));
    state = value_with(a, state, "ready_for_renewal", &value_true);
    state = must(&t, component_apply(&t, remote_secret, state, WITH("")));
    state = must(&t, component_read(&t, remote_secret, state));
    assert_string_equal(component_diags(&t), "");
    component_stop(&t);
}

/* Another server than the watched one answers there: its certificate is not of
 * the CA that istiod would be given. */
TEST(an_address_of_another_server_is_refused)
{
    struct component t;
    const char *config;

    component_start(&t, a, 3);
    config = text_f(a, WITH(", \"server_override\": \"%s\""), sandbox_url(t.servers[2]));
    assert_null(component_apply(&t, remote_secret, NULL, config));
    assert_non_null(strstr(component_diags(&t), "The certificate of cluster west is not trusted"));
    assert_null(object(&t, 1, SECRET));
    component_stop(&t);
}

/* Nobody can tell from here whether istiod gets there. */
TEST(an_address_out_of_reach_is_a_warning)
{
    const struct value *state;
    struct component t;

    component_start(&t, a, 2);
    state = must(&t, component_apply(&t, remote_secret, NULL,
                                     WITH(", \"server_override\": \"https://west.invalid\"")));
    assert_non_null(strstr(component_diags(&t), "https://west.invalid was not tried"));
    assert_string_equal(value_text(state, "server"), "https://west.invalid");
    state = must(&t, component_read(&t, remote_secret, state));
    assert_string_equal(component_diags(&t), "");
    component_stop(&t);
}

TEST(either_cluster_away_is_a_warning_for_a_refresh)
{
    const struct value *state;
    struct component t;

    component_start(&t, a, 2);
    state = applied(&t, WITH(""));
    for (size_t n = 0; n < 2; n++) {
        component_restart(&t);
        sandbox_fault(t.servers[n], FAULT_CUT, 1, 0, NULL);
        assert_true(value_equal(must(&t, component_read(&t, remote_secret, state)), state));
        assert_int_equal(t.diags.first->severity, DIAG_WARNING);
        assert_non_null(strstr(component_diags(&t), "Cannot reach cluster"));
        sandbox_fault(t.servers[n], FAULT_NONE, 0, 0, NULL);
    }
    component_stop(&t);
}

TEST(the_change_of_type_takes_the_other_token_away)
{
    const struct value *state;
    struct component t;

    component_start(&t, a, 2);
    state = applied(&t, WITH(""));
    assert_non_null(object(&t, 2, TOKEN));
    state = must(&t, component_apply(&t, remote_secret, state, WITH(BOUND)));
    assert_null(object(&t, 2, TOKEN));
    assert_non_null(object(&t, 2, MARK));
    assert_true(value_is_set(value_at(state, "token_expires_at")));
    state = must(&t, component_apply(&t, remote_secret, state, WITH("")));
    assert_null(object(&t, 2, MARK));
    assert_true(value_is_null(value_at(state, "token_expires_at")));
    component_stop(&t);
}

/* --- what stays out of sight --------------------------------------------------------------- */

TEST(the_token_is_in_no_state_and_no_message)
{
    const struct value *state;
    struct component t;
    const char *token;

    component_start(&t, a, 2);
    state = applied(&t, WITH(BOUND));
    token = token_of(&t);
    assert_true(strlen(token) > 100);
    assert_null(strstr(json_write(a, state).at, token));
    assert_null(strstr(component_diags(&t), token));
    assert_null(strstr(json_write(a, t.call.private_out).at, token));
    component_stop(&t);
}

TEST(rules_of_the_configuration)
{
    static const struct {
        const char *config, *said;
    } cases[] = {
        {"{\"cluster\": @cluster1@, \"remote\": @cluster1@}", "Both clusters have the same name"},
        {WITH(", \"token\": {\"validity\": \"24h\"}"), "The token does not expire"},
        {WITH(", \"token\": {\"type\": \"secret\", \"renew_before\": \"24h\"}"),
         "The token does not expire"},
        {WITH(", \"token\": {\"type\": \"bound\", \"validity\": \"5m\"}"),
         "The token's life is too short"},
        {WITH(", \"token\": {\"type\": \"bound\", \"renew_before\": \"8760h\"}"),
         "Renewal would never come to an end"},
        {WITH(", \"server_override\": \"10.0.0.1\""), "https://"},
        {WITH(", \"namespace\": \"Istio_System\""), "Istio_System"},
    };
    struct component t;

    component_start(&t, a, 2);
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        assert_null(component_apply(&t, remote_secret, NULL, cases[i].config));
        if (!strstr(component_diags(&t), cases[i].said))
            fail_msg("%s is not in: %s", cases[i].said, component_diags(&t));
    }
    same_lines(component_requests(&t, 1), "");
    component_stop(&t);
}
