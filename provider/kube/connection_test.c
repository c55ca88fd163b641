#include "kube/connection.h"

#include <string.h>

#include "base/test.h"
#include "codec/json.h"
#include "kube/test_case.h"
#include "schema/check.h"
#include "schema/plan.h"

static struct call test_call(struct arena *a)
{
    struct diags *diags = arena_alloc(a, sizeof(*diags));
    struct call call;

    diags_init(diags, a);
    call_init(&call, a, diags, NULL, NULL);
    return call;
}

/* --- import ids ----------------------------------------------------------------- */

static const char *without_nulls(struct arena *a, const struct value *map)
{
    struct value_builder b;

    value_builder_init(&b, a);
    for (size_t i = 0; i < value_count(map); i++) {
        const struct value_entry *entry = &map->map.entries[i];

        if (entry->value->kind == VALUE_MAP)
            for (size_t j = 0; j < value_count(entry->value); j++) {
                const struct value_entry *inner = &entry->value->map.entries[j];

                if (value_is_set(inner->value))
                    value_builder_set(&b, text_f(a, "%s.%s", entry->key, inner->key), inner->value);
            }
        else if (value_is_set(entry->value))
            value_builder_set(&b, entry->key, entry->value);
    }
    return json_write(a, value_builder_map(&b)).at;
}

static const char form[] =
    " The form is: cluster=<name>,kubeconfig=<path>,context=<context>,namespace=<namespace>"
    "[,revision=<revision>]; in the place of kubeconfig and context: "
    "eks=<cluster>,region=<region>. A value with a comma stands in double quotes.";

TEST(import_ids_are_read)
{
    static const struct {
        const char *id, *connection, *rest, *error;
    } cases[] = {
        {"cluster=east,kubeconfig=~/.kube/config,context=kind-east,namespace=istio-system",
         "{\"name\":\"east\",\"kubeconfig.path\":\"~/.kube/config\","
         "\"kubeconfig.context\":\"kind-east\"}",
         "{\"namespace\":\"istio-system\"}", NULL},
        {"namespace=a, revision=\"b,c=d\",cluster=east,network=n1,uid=u,eks=prod,"
         "region=us-west-2,role_arn=arn:aws:iam::1:role/x,profile=dev",
         "{\"name\":\"east\",\"network\":\"n1\",\"eks.cluster_name\":\"prod\","
         "\"eks.region\":\"us-west-2\",\"eks.role_arn\":\"arn:aws:iam::1:role/x\","
         "\"eks.profile\":\"dev\",\"uid\":\"u\"}",
         "{\"namespace\":\"a\",\"revision\":\"b,c=d\"}", NULL},
        {"cluster=east,kubeconfig=\"a,b\",namespace=\"x\"",
         "{\"name\":\"east\",\"kubeconfig.path\":\"a,b\"}", "{\"namespace\":\"x\"}", NULL},
        {"", NULL, NULL, "cluster is missing."},
        {"east", NULL, NULL, "\"east\" is not key=value."},
        {"cluster=east,colour=red", NULL, NULL, "\"colour\" is not one of its keys."},
        {"cluster=east,cluster=west", NULL, NULL, "cluster is there twice."},
        {"cluster=", NULL, NULL, "cluster is empty."},
        {"cluster=east,namespace=a", NULL, NULL,
         "Exactly one of kubeconfig and eks has to be there."},
        {"cluster=east,kubeconfig=a,eks=b,namespace=a", NULL, NULL,
         "Exactly one of kubeconfig and eks has to be there."},
        {"cluster=east,eks=b,context=c,namespace=a", NULL, NULL,
         "context goes with kubeconfig only."},
        {"cluster=east,kubeconfig=b,region=c,namespace=a", NULL, NULL,
         "region goes with eks only."},
        {"cluster=east,kubeconfig=a", NULL, NULL, "namespace is missing."},
        {"cluster=east,kubeconfig=\"a", NULL, NULL, "The quotes of kubeconfig are not closed."},
        {"cluster=east,kubeconfig=\"a\"b,namespace=x", NULL, NULL,
         "The quotes of kubeconfig are not closed."},
    };
    static const char *const keys[] = {"namespace", "revision?", NULL};

    for (size_t i = 0; i < sizeof(cases) / sizeof(*cases); i++) {
        const struct value *connection, *rest;
        struct call c = test_call(a);
        bool done = connection_import_id(&c, cases[i].id, keys, &connection, &rest);

        assert_int_equal(done, cases[i].error == NULL);
        if (done) {
            assert_string_equal(without_nulls(a, connection), cases[i].connection);
            assert_string_equal(json_write(a, rest).at, cases[i].rest);
        } else {
            assert_string_equal(c.diags->first->detail, text_f(a, "%s%s", cases[i].error, form));
        }
    }
}

/* Every row of the type is in it, so that it goes into a state as it is. */
TEST(imported_connection_fits_its_type)
{
    static const char *const keys[] = {NULL};
    static const char *const ids[] = {"cluster=a,kubeconfig=b", "cluster=a,eks=b"};

    for (size_t i = 0; i < sizeof(ids) / sizeof(*ids); i++) {
        const struct value *connection, *rest;
        struct call c = test_call(a);

        assert_true(connection_import_id(&c, ids[i], keys, &connection, &rest));
        assert_true(type_admits(attributes_type(a, connection_attributes), connection));
    }
}

/* --- validation ------------------------------------------------------------------- */

TEST(rows_refuse_what_cannot_work)
{
    static const struct {
        const char *json, *fault; /* text that a message has to hold; NULL = fine */
    } cases[] = {
        {"{\"name\":\"east\",\"eks\":{\"cluster_name\":\"e\"}}", NULL},
        {"{\"name\":\"east\",\"kubeconfig\":{\"path\":\"x\"}}", NULL},
        {"{\"name\":\"east\",\"host\":\"https://h\",\"token\":\"t\"}", NULL},
        {"{\"name\":\"east\",\"host\":\"https://h\",\"exec\":{\"command\":\"x\"}}", NULL},
        {"{\"name\":\"East_1\",\"kubeconfig\":{\"path\":\"x\"}}", "name"},
        {"{\"name\":\"east\"}", "eks"},
        {"{\"name\":\"east\",\"token\":\"t\"}", "host"},
        {"{\"name\":\"east\",\"host\":\"http://h\",\"token\":\"t\"}", "https"},
        {"{\"name\":\"east\",\"host\":\"https://"
         "h\",\"token\":\"t\",\"eks\":{\"cluster_name\":\"e\"}}",
         "eks"},
        {"{\"name\":\"east\",\"kubeconfig\":{}}", "path"},
        {"{\"name\":\"east\",\"kubeconfig\":{\"path\":\"x\",\"raw\":\"y\"}}", "raw"},
        {"{\"name\":\"east\",\"host\":\"https://h\",\"client_certificate\":\"-----BEGIN \"}",
         "client_key"},
        {"{\"name\":\"east\",\"host\":\"https://"
         "h\",\"token\":\"t\",\"ca_certificate\":\"LS0tLS1C\"}",
         "base64decode"},
        {"{\"name\":\"east\",\"kubeconfig\":{\"path\":\"x\"},\"proxy_url\":\"proxy:1\"}",
         "socks5://"},
        {"{\"name\":\"east\",\"host\":\"https://h\",\"exec\":{\"command\":\"x\",\"api_version\":"
         "\"client.authentication.k8s.io/v1alpha1\"}}",
         "v1beta1"},
    };

    for (size_t i = 0; i < sizeof(cases) / sizeof(*cases); i++) {
        const struct value *connection = &value_null;
        struct call c = test_call(a);
        const char *said;

        assert_true(json_read(a, text_of(cases[i].json), "case", c.diags, &connection));
        check_attributes(&c, connection_attributes, connection);
        said = diags_text(a, c.diags);
        if (!cases[i].fault)
            assert_string_equal(said, "");
        else if (!c.diags->failed || !strstr(said, cases[i].fault))
            fail_msg("%s: %s", cases[i].json, said);
    }
}

TEST(secrets_are_sensitive)
{
    static const char *const secrets[] = {"token", "client_key"};

    for (size_t i = 0; i < sizeof(secrets) / sizeof(*secrets); i++) {
        assert_true(attribute_find(connection_attributes, secrets[i])->flags & SENSITIVE);
        assert_true(attribute_find(connection_access_attributes, secrets[i])->flags & SENSITIVE);
    }
    assert_true(
        attribute_find(attribute_find(connection_attributes, "kubeconfig")->nested, "raw")->flags &
        SENSITIVE);
}

/* --- planning --------------------------------------------------------------------- */

static const struct value *with_uid(struct arena *a, const char *name, const struct value *uid)
{
    return value_map_of(a, {"name", value_string(a, name)}, {"uid", uid});
}

TEST(only_another_uid_is_a_move)
{
    const struct value *one = with_uid(a, "x", value_string(a, "1")),
                       *renamed = with_uid(a, "y", value_string(a, "1")),
                       *two = with_uid(a, "x", value_string(a, "2")),
                       *unknown = with_uid(a, "x", &value_unknown),
                       *none = with_uid(a, "x", &value_null);

    assert_true(connection_moved(one, two));
    assert_false(connection_moved(one, renamed));
    assert_false(connection_moved(one, unknown));
    assert_false(connection_moved(one, none));
    assert_false(connection_moved(none, two));
    assert_false(connection_moved(&value_null, two));
}

TEST(connection_is_known_without_name_and_network)
{
    const struct value *known =
        value_map_of(a, {"name", &value_unknown}, {"network", &value_unknown},
                     {"host", value_string(a, "https://h")}, {"token", value_string(a, "t")});

    assert_true(connection_is_known(known));
    assert_string_equal(connection_name(known), "");
    assert_false(connection_is_known(value_with(a, known, "token", &value_unknown)));
    assert_false(connection_is_known(
        value_with(a, known, "eks", value_map_of(a, {"cluster_name", &value_unknown}))));
    assert_false(connection_is_known(&value_unknown));
    assert_false(connection_is_known(&value_null));
}
