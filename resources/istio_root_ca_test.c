#include "acceptance/harness/component_aws.h"
#include "aws/secretsmanager.h"
#include "istio/signer.h"

extern const struct resource resource_istio_root_ca, resource_istio_cacerts;
static const struct resource *const root_ca = &resource_istio_root_ca;

static const char secret_path[] = "/api/v1/namespaces/istio-system/secrets/istio-root-ca";

#define GENERATED "{\"common_name\": \"mesh\", \"key_algorithm\": \"ECDSA-P256\", \"storage\": "
#define IN_SECRET(n) GENERATED "{\"secret\": {\"cluster\": @cluster" #n "@}}}"
#define IN_STATE GENERATED "{\"state\": true}}"

static const struct value *applied(struct component *t, const struct value *prior, const char *json)
{
    const struct value *state = component_apply(t, root_ca, prior, json);

    if (!state)
        fail_msg("%s", component_diags(t));
    return state;
}

TEST(a_root_in_a_secret_costs_three_requests_and_a_refresh_one)
{
    const struct value *state, *again;
    struct component t;

    component_start(&t, a, 1);
    state = applied(&t, NULL, IN_SECRET(1));
    assert_string_equal(component_requests(&t, 1),
                        "GET /api/v1/namespaces/istio-system 404\n"
                        "POST /api/v1/namespaces?fieldManager=terraform-provider-istio&"
                        "fieldValidation=Strict 201\n"
                        "PATCH /api/v1/namespaces/istio-system/secrets/istio-root-ca?fieldManager="
                        "terraform-provider-istio&fieldValidation=Strict 201\n");
    assert_true(value_is_null(value_at(state, "private_key_pem")));
    assert_true(value_is_null(value_at(value_at(state, "signer"), "private_key_pem")));
    assert_null(strstr(json_write(a, state).at, "PRIVATE KEY-----\\nM"));
    again = component_read(&t, root_ca, state);
    assert_string_equal(component_requests(&t, 1),
                        "GET /api/v1/namespaces/istio-system/secrets/istio-root-ca 200\n");
    assert_true(value_equal(state, again));
    assert_true(component_plans_nothing(&t, root_ca, again, IN_SECRET(1)));
    assert_true(component_remove(&t, root_ca, again));
    assert_null(component_read(&t, root_ca, again));
    component_stop(&t);
}

TEST(a_create_that_was_cut_short_goes_on_with_the_same_root)
{
    const struct value *first, *second;
    struct component t;

    component_start(&t, a, 1);
    first = applied(&t, NULL, IN_SECRET(1));
    second = applied(&t, NULL, IN_SECRET(1));
    assert_true(value_equal(first, second));
    /* Other arguments: it belongs to something else. */
    assert_null(component_apply(&t, root_ca, NULL,
                                "{\"common_name\": \"other\", \"key_algorithm\": \"ECDSA-P256\", "
                                "\"storage\": {\"secret\": {\"cluster\": @cluster1@}}}"));
    assert_non_null(strstr(component_diags(&t), "The Secret exists already"));
    component_stop(&t);
}

TEST(the_state_asks_no_server)
{
    const struct value *state;
    struct component t;

    component_start(&t, a, 1);
    state = applied(&t, NULL, IN_STATE);
    assert_non_null(strstr(value_text(state, "private_key_pem"), "PRIVATE KEY"));
    assert_string_equal(value_text(state, "id"), value_text(state, "fingerprint_sha256"));
    assert_true(value_equal(state, component_read(&t, root_ca, state)));
    assert_true(component_plans_nothing(&t, root_ca, state, IN_STATE));
    assert_true(component_remove(&t, root_ca, state));
    assert_string_equal(component_requests(&t, 1), "");
    component_stop(&t);
}

TEST(a_move_keeps_the_key_and_leaves_nothing)
{
    const struct value *first, *second, *back;
    struct component t;

    component_start(&t, a, 2);
    first = applied(&t, NULL, IN_STATE);
    second = applied(&t, first, IN_SECRET(1));
    second = applied(&t, second, IN_SECRET(2));
    assert_null(sandbox_object(t.servers[0], "/api/v1/namespaces/istio-system"));
    assert_string_equal(value_text(second, "id"), "west/istio-system/istio-root-ca");
    back = applied(&t, second, IN_STATE);
    assert_true(value_equal(first, back));
    assert_null(sandbox_object(t.servers[1], "/api/v1/namespaces/istio-system"));
    component_stop(&t);
}

TEST(a_move_onto_another_root_is_refused)
{
    const struct value *state;
    struct component t;

    component_start(&t, a, 2);
    state = applied(&t, NULL, IN_SECRET(1));
    applied(&t, NULL, IN_SECRET(2));
    assert_null(component_apply(&t, root_ca, state, IN_SECRET(2)));
    assert_non_null(strstr(component_diags(&t), "The Secret exists already"));
    component_stop(&t);
}

TEST(a_root_that_is_gone_is_planned_anew_with_a_warning)
{
    const struct value *state, *gone;
    const char *json = IN_SECRET(1);
    const struct value *config;
    struct component t;
    struct plan plan;

    component_start(&t, a, 1);
    state = applied(&t, NULL, json);
    assert_true(sandbox_delete(t.servers[0], secret_path));
    gone = component_read(&t, root_ca, state);
    assert_non_null(strstr(component_diags(&t), "The Secret of the root is gone"));
    assert_string_equal(value_text(gone, "fingerprint_sha256"), "");
    config = component_config(&t, root_ca, json);
    assert_true(
        plan_resource(component_call(&t, root_ca, config), root_ca, gone, config, config, &plan));
    assert_non_null(plan.replace);
    component_stop(&t);
}

TEST(another_argument_plans_another_root)
{
    static const char *const others[] = {
        "{\"common_name\": \"x\", \"key_algorithm\": \"ECDSA-P256\", \"storage\": {\"state\": "
        "true}}",
        "{\"common_name\": \"mesh\", \"key_algorithm\": \"RSA-2048\", \"storage\": {\"state\": "
        "true}}",
        GENERATED "{\"state\": true}, \"validity\": \"1h\"}",
        GENERATED "{\"state\": true}, \"organization\": \"x\"}",
    };
    const struct value *state, *config;
    struct component t;
    struct plan plan;

    component_start(&t, a, 1);
    state = applied(&t, NULL, IN_STATE);
    for (size_t i = 0; i < sizeof(others) / sizeof(others[0]); i++) {
        config = component_config(&t, root_ca, others[i]);
        assert_true(plan_resource(component_call(&t, root_ca, config), root_ca, state, config,
                                  config, &plan));
        assert_non_null(plan.replace);
    }
    assert_true(component_plans_nothing(
        &t, root_ca, state, GENERATED "{\"state\": true}, \"validity\": \"87600h0m\"}"));
    component_stop(&t);
}

/* --- in AWS Secrets Manager ------------------------------------------------------------ */

#define IN_AWS_WITH(name, more)                                                                    \
    GENERATED "{\"secrets_manager\": {\"name\": \"" name "\", \"region\": \"eu-west-1\"" more "}}" \
              "}"
#define IN_AWS IN_AWS_WITH("mesh/root", "")
#define ASKED(operation, status) "POST secretsmanager.eu-west-1/" operation " " #status "\n"

static void close_aws(void *t)
{
    component_stop_aws(t);
}

/* Nothing is sent again, so that each failure is seen. */
static struct component_aws *start_aws(struct arena *a)
{
    struct component_aws *t = arena_alloc(a, sizeof(*t));
    struct clients *clients = &t->component.clients;

    component_start_aws(t, a, 1, &(struct cloud_options){.speed = 0});
    arena_defer(a, close_aws, t);
    clients->provider_config =
        value_with_in(a, clients->provider_config, value_integer(a, 0), "aws", "max_retries");
    return t;
}

static const char *inventory(struct component_aws *t)
{
    char *lines = cloud_inventory(t->cloud);
    const char *copy = arena_strdup(t->component.arena, lines);

    memory_free(lines);
    return copy;
}

/* Another hand at AWS: what comes out, {} of what is gone. */
static const struct value *by_hand(struct component_aws *t, const struct aws_operation *operation,
                                   const char *json)
{
    const struct aws_access access = {.region = "eu-west-1"};
    struct call *c = component_call(&t->component, root_ca, &value_null);
    const struct value *out;
    struct aws *aws;

    if (!aws_open(c, &access, NULL, &aws) ||
        !aws_call(c, aws, operation, component_json(&t->component, json), &out))
        fail_msg("%s", component_diags(&t->component));
    component_aws_requests(t);
    return out ? out : &value_empty_map;
}

static const char *stored(struct component_aws *t)
{
    return value_text(
        by_hand(t, &secretsmanager_get_secret_value_row, "{\"SecretId\": \"mesh/root\"}"),
        "SecretString");
}

TEST(a_root_in_aws_costs_three_requests_and_a_refresh_two)
{
    struct component_aws *t = start_aws(a);
    const struct value *state = applied(&t->component, NULL, IN_AWS), *tags;

    assert_string_equal(component_aws_requests(t),
                        ASKED("DescribeSecret", 400) ASKED("CreateSecret", 200)
                            ASKED("GetSecretValue", 200));
    assert_string_equal(value_text(state, "id"), "eu-west-1/mesh/root");
    assert_null(strstr(json_write(a, state).at, "PRIVATE KEY-----\\nM"));
    assert_string_equal(value_text(value_in(state, "signer", "secrets_manager"), "name"),
                        "mesh/root");
    assert_true(value_equal(state, component_read(&t->component, root_ca, state)));
    assert_string_equal(component_aws_requests(t),
                        ASKED("DescribeSecret", 200) ASKED("GetSecretValue", 200));
    assert_true(component_plans_nothing(&t->component, root_ca, state, IN_AWS));
    assert_string_equal(component_aws_requests(t), "");
    assert_non_null(strstr(stored(t), "PRIVATE KEY"));
    tags = value_at(
        by_hand(t, &secretsmanager_describe_secret_row, "{\"SecretId\": \"mesh/root\"}"), "Tags");
    assert_string_equal(value_text(value_item(tags, 0), "Key"), "istio.multicluster/root-ca");
    assert_true(component_remove(&t->component, root_ca, state));
    assert_string_equal(component_aws_requests(t), ASKED("DeleteSecret", 200));
    assert_true(component_remove(&t->component, root_ca, state)); /* again */
    assert_string_equal(inventory(t), "");
}

TEST(a_region_that_is_left_out_stays_the_one_of_the_first_apply)
{
    static const char json[] = GENERATED "{\"secrets_manager\": {\"name\": \"mesh/root\"}}}";
    struct component_aws *t = start_aws(a);
    struct clients *clients = &t->component.clients;
    const struct value *state;

    clients->provider_config =
        value_with_in(a, clients->provider_config, value_string(a, "eu-west-1"), "aws", "region");
    state = applied(&t->component, NULL, json);
    assert_string_equal(value_text(state, "id"), "eu-west-1/mesh/root");
    clients->provider_config =
        value_with_in(a, clients->provider_config, value_string(a, "us-east-1"), "aws", "region");
    assert_true(value_equal(state, component_read(&t->component, root_ca, state)));
    assert_true(component_plans_nothing(&t->component, root_ca, state, json));
}

/* Each changing call once fails before it is done and once after. */
TEST(a_create_that_failed_is_continued)
{
    static const enum sandbox_fault faults[] = {FAULT_500, FAULT_CUT, FAULT_CUT_AFTER};
    static const char *const calls[] = {"DescribeSecret", "CreateSecret", "GetSecretValue"};

    for (size_t i = 0; i < sizeof(faults) / sizeof(*faults); i++)
        for (size_t j = 0; j < sizeof(calls) / sizeof(*calls); j++) {
            struct component_aws *t = start_aws(a);

            cloud_fault(t->cloud, faults[i], 1, 1, calls[j]);
            assert_null(component_apply(&t->component, root_ca, NULL, IN_AWS));
            cloud_fault(t->cloud, FAULT_NONE, 0, 0, NULL);
            applied(&t->component, NULL, IN_AWS);
            assert_string_equal(inventory(t), "eu-west-1 secret mesh/root\n");
        }
}

/* Terraform taints what such a create left, and destroys it first. */
TEST(what_a_failed_create_left_can_be_destroyed)
{
    struct component_aws *t = start_aws(a);
    struct component *component = &t->component;
    const struct value *config = component_config(component, root_ca, IN_AWS), *out = NULL;
    struct call *c = component_call(component, root_ca, config);
    struct plan plan;

    assert_true(plan_resource(c, root_ca, &value_null, config, config, &plan));
    cloud_fault(t->cloud, FAULT_CUT_AFTER, 1, 1, "CreateSecret");
    assert_false(root_ca->create(c, plan.planned, &out));
    assert_non_null(out);
    assert_true(component_remove(component, root_ca, out));
    assert_string_equal(inventory(t), "");
    applied(component, NULL, IN_AWS);
    assert_string_equal(inventory(t), "eu-west-1 secret mesh/root\n");
}

TEST(what_is_not_ours_is_named_with_the_import)
{
    struct component_aws *t = start_aws(a);

    by_hand(t, &secretsmanager_create_secret,
            "{\"Name\": \"mesh/root\", \"SecretString\": \"theirs\"}");
    assert_null(component_apply(&t->component, root_ca, NULL, IN_AWS));
    assert_non_null(strstr(component_diags(&t->component), "The secret exists already"));
    assert_non_null(strstr(component_diags(&t->component), "'region=eu-west-1,secret=mesh/root'"));
    by_hand(t, &secretsmanager_delete_secret, "{\"SecretId\": \"mesh/root\"}");
    assert_null(component_apply(&t->component, root_ca, NULL, IN_AWS));
    assert_non_null(strstr(component_diags(&t->component), "scheduled for deletion"));
    by_hand(t, &secretsmanager_restore_secret, "{\"SecretId\": \"mesh/root\"}");
    assert_string_equal(stored(t), "theirs");
}

TEST(ours_with_another_root_is_not_taken)
{
    struct component_aws *t = start_aws(a);

    applied(&t->component, NULL, IN_AWS);
    assert_null(component_apply(
        &t->component, root_ca, NULL,
        "{\"common_name\": \"other\", \"key_algorithm\": \"ECDSA-P256\", \"storage\": "
        "{\"secrets_manager\": {\"name\": \"mesh/root\", \"region\": \"eu-west-1\"}}}"));
    assert_non_null(strstr(component_diags(&t->component), "The secret exists already"));
}

TEST(after_a_destroy_the_secret_gets_another_root)
{
    struct component_aws *t = start_aws(a);
    const struct value *first = applied(&t->component, NULL, IN_AWS), *second;

    assert_true(component_remove(&t->component, root_ca, first));
    assert_string_equal(inventory(t), "");
    second = applied(&t->component, NULL, IN_AWS);
    assert_non_null(strstr(component_diags(&t->component), "A deleted secret is used again"));
    assert_string_not_equal(value_text(first, "fingerprint_sha256"),
                            value_text(second, "fingerprint_sha256"));
    assert_true(value_equal(second, component_read(&t->component, root_ca, second)));
}

TEST(without_a_window_a_destroyed_root_is_gone)
{
    static const char json[] = IN_AWS_WITH("mesh/root", ", \"recovery_window_in_days\": 0");
    struct component_aws *t = start_aws(a);
    const struct value *state = applied(&t->component, NULL, json);

    assert_true(component_remove(&t->component, root_ca, state));
    assert_int_equal(
        value_count(by_hand(t, &secretsmanager_restore_secret, "{\"SecretId\": \"mesh/root\"}")),
        0);
    assert_null(component_read(&t->component, root_ca, state));
    assert_non_null(strstr(component_diags(&t->component), "The secret of the root is gone"));
    applied(&t->component, NULL, json);
}

TEST(a_deleted_secret_is_drift_that_the_next_apply_restores)
{
    struct component_aws *t = start_aws(a);
    const struct value *first = applied(&t->component, NULL, IN_AWS), *state;

    by_hand(t, &secretsmanager_delete_secret, "{\"SecretId\": \"mesh/root\"}");
    state = component_read(&t->component, root_ca, first);
    assert_non_null(strstr(component_diags(&t->component), "is scheduled for deletion"));
    assert_false(component_plans_nothing(&t->component, root_ca, state, IN_AWS));
    component_aws_requests(t);
    state = applied(&t->component, state, IN_AWS);
    assert_string_equal(component_aws_requests(t),
                        ASKED("DescribeSecret", 200) ASKED("RestoreSecret", 200)
                            ASKED("GetSecretValue", 200) ASKED("GetSecretValue", 200)
                                ASKED("DescribeSecret", 200) ASKED("GetSecretValue", 200));
    assert_true(value_equal(first, state));
}

TEST(another_key_of_kms_is_drift)
{
    static const char json[] = IN_AWS_WITH("mesh/root", ", \"kms_key_id\": \"alias/mesh\"");
    struct component_aws *t = start_aws(a);
    const struct value *first = applied(&t->component, NULL, json), *state;

    by_hand(t, &secretsmanager_update_secret,
            "{\"SecretId\": \"mesh/root\", \"KmsKeyId\": "
            "\"arn:aws:kms:eu-west-1:111122223333:alias/mesh\"}");
    assert_true(value_equal(first, component_read(&t->component, root_ca, first)));
    by_hand(t, &secretsmanager_update_secret,
            "{\"SecretId\": \"mesh/root\", \"KmsKeyId\": \"alias/other\"}");
    state = component_read(&t->component, root_ca, first);
    assert_false(component_plans_nothing(&t->component, root_ca, state, json));
    assert_true(value_equal(first, applied(&t->component, state, json)));
    assert_true(value_equal(first, component_read(&t->component, root_ca, first)));
    applied(&t->component, first, IN_AWS); /* back to the account's own */
    assert_string_equal(
        value_text(by_hand(t, &secretsmanager_describe_secret_row, "{\"SecretId\": \"mesh/root\"}"),
                   "KmsKeyId"),
        "alias/aws/secretsmanager");
}

TEST(another_root_and_garbage_in_the_secret_are_told)
{
    struct component_aws *t = start_aws(a);
    const struct value *first = applied(&t->component, NULL, IN_AWS), *state;

    by_hand(t, &secretsmanager_put_secret_value,
            "{\"SecretId\": \"mesh/root\", \"SecretString\": \"no JSON\"}");
    state = component_read(&t->component, root_ca, first);
    assert_non_null(strstr(component_diags(&t->component), "The root CA cannot sign"));
    assert_non_null(strstr(component_diags(&t->component), "The secret holds another root"));
    assert_string_equal(value_text(state, "fingerprint_sha256"), "");
}

TEST(a_root_moves_to_aws_and_back_with_its_key)
{
    struct component_aws *t = start_aws(a);
    struct component *component = &t->component;
    const struct value *first = applied(component, NULL, IN_SECRET(1)), *state;
    const char *fingerprint = value_text(first, "fingerprint_sha256");

    state = applied(component, first, IN_AWS);
    assert_string_equal(value_text(state, "fingerprint_sha256"), fingerprint);
    assert_null(sandbox_object(component->servers[0], "/api/v1/namespaces/istio-system"));
    state = applied(component, state, IN_AWS_WITH("mesh/other", ""));
    assert_string_equal(inventory(t), "eu-west-1 secret mesh/other\n");
    state = applied(component, state, IN_SECRET(1));
    assert_string_equal(inventory(t), "");
    assert_true(value_equal(state, first));
}

TEST(a_move_that_could_not_leave_is_continued)
{
    struct component_aws *t = start_aws(a);
    struct component *component = &t->component;
    const struct value *first = applied(component, NULL, IN_AWS), *state;

    cloud_fault(t->cloud, FAULT_409, 1, 1, "DeleteSecret");
    assert_null(component_apply(component, root_ca, first, IN_AWS_WITH("mesh/other", "")));
    cloud_fault(t->cloud, FAULT_NONE, 0, 0, NULL);
    assert_string_equal(inventory(t), "eu-west-1 secret mesh/root\neu-west-1 secret mesh/other\n");
    state = applied(component, component_read(component, root_ca, first),
                    IN_AWS_WITH("mesh/other", ""));
    assert_string_equal(inventory(t), "eu-west-1 secret mesh/other\n");
    assert_string_equal(value_text(state, "fingerprint_sha256"),
                        value_text(first, "fingerprint_sha256"));
}

TEST(cacerts_fetch_the_key_from_aws)
{
    struct component_aws *t = start_aws(a);
    struct component *component = &t->component;
    const struct value *root = applied(component, NULL, IN_AWS), *state;
    const char *config =
        text_f(a, "{\"cluster\": @cluster1@, \"root\": %s, \"key_algorithm\": \"ECDSA-P256\"}",
               json_write(a, value_at(root, "signer")).at);

    component_aws_requests(t);
    state = component_apply(component, &resource_istio_cacerts, NULL, config);
    if (!state)
        fail_msg("%s", component_diags(component));
    assert_string_equal(component_aws_requests(t), ASKED("GetSecretValue", 200));
    assert_string_equal(value_text(state, "root_fingerprint_sha256"),
                        value_text(root, "fingerprint_sha256"));
    assert_true(component_remove(component, &resource_istio_cacerts, state));
    assert_true(component_remove(component, root_ca, root));
    assert_null(component_apply(component, &resource_istio_cacerts, NULL, config));
    assert_non_null(strstr(component_diags(component), "marked for deletion"));
}

TEST(a_root_of_aws_is_imported)
{
    struct component_aws *t = start_aws(a);
    const struct value *first = applied(&t->component, NULL, IN_AWS), *state;
    struct call *c = component_call(&t->component, root_ca, &value_null);

    assert_true(root_ca->import(c, "region=eu-west-1,secret=mesh/root", &state));
    state = component_config(&t->component, root_ca, json_write(a, state).at);
    assert_true(value_equal(component_read(&t->component, root_ca, state), first));
    c = component_call(&t->component, root_ca, &value_null);
    assert_false(root_ca->import(c, "region=eu-west-1,name=x", &state));
}
