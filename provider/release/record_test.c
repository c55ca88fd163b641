#include "release/record.h"

#include "acceptance/harness/component.h"
#include "crypto/digest.h"

static struct record record_of(struct arena *a, int64_t revision, const char *status)
{
    return (struct record){
        .name = "cart",
        .namespace = "shop",
        .revision = revision,
        .status = status,
        .description = "Install complete",
        .first_deployed = "2026-01-02T03:04:05Z",
        .last_deployed = "2026-01-03T03:04:05Z",
        .deleted = "",
        .notes = TEXT("Have fun.\n"),
        .manifest = TEXT("---\n# Source: shop/templates/a.yaml\nkind: ConfigMap\n"),
        .values = value_map_of(a, {"size", value_integer(a, 3)}, {"drop", &value_null}),
        .chart = value_map_of(
            a,
            {"metadata", value_map_of(a, {"name", value_string(a, "shop")},
                                      {"version", value_string(a, "1.2.0")})},
            {"files", value_list_of(a, value_map_of(a, {"name", value_string(a, "crds/a.yaml")},
                                                    {"data", value_string(a, "a2luZDogWA==")}))}),
        .hooks = &value_empty_list,
    };
}

TEST(a_record_reads_back)
{
    struct component t;
    struct record written, read;
    struct chart_files crds;

    component_start(&t, a, 0);
    written = record_of(a, 7, "deployed");
    assert_true(record_read(component_call(&t, NULL, &value_null), record_write(a, &written),
                            "record", &read));
    assert_string_equal(read.name, "cart");
    assert_string_equal(read.namespace, "shop");
    assert_int_equal(read.revision, 7);
    assert_string_equal(read.status, "deployed");
    assert_string_equal(read.description, written.description);
    assert_string_equal(read.first_deployed, written.first_deployed);
    assert_string_equal(read.last_deployed, written.last_deployed);
    assert_true(text_equal(read.notes, written.notes));
    assert_true(text_equal(read.manifest, written.manifest));
    assert_true(value_equal(read.values, written.values));
    assert_true(value_equal(read.chart, written.chart));
    assert_true(record_chart_files(&t.call, read.chart, "crds/", &crds));
    assert_int_equal(crds.count, 1);
    assert_true(text_is(crds.all[0].data, "kind: X"));
    component_stop(&t);
}

TEST(what_is_no_record_is_told)
{
    static const struct {
        const char *data, *error;
    } cases[] = {
        {"?", "no base64"},
        {"e30=", "name or version is missing"}, /* {} */
        {"e30", "name or version is missing"},
        {"bm90IGpzb24=", "record"},                 /* not json */
        {"H4sIAAAAAAAC/wMAAAAAAAAAAAA=", "record"}, /* an empty gzip */
        {"H4sIAAAAAAAC/6tWyU3MTgYA", "record"},     /* one that is cut */
    };
    struct component t;
    struct record out;

    component_start(&t, a, 0);
    for (size_t i = 0; i < sizeof(cases) / sizeof(*cases); i++) {
        struct call *c = component_call(&t, NULL, &value_null);

        assert_false(record_read(c, text_of(cases[i].data), "record", &out));
        if (!strstr(component_diags(&t), cases[i].error))
            fail_msg("%s: %s", cases[i].data, component_diags(&t));
    }
    component_stop(&t);
}

static struct kube *open_shop(struct component *t)
{
    struct call *c = component_call(t, NULL, &value_null);
    const struct value *done;
    struct kube *k;

    if (!kube_open(c, component_cluster(t, 1), NULL, &k) ||
        !kube_apply(c, k,
                    component_json(t, "{\"apiVersion\": \"v1\", \"kind\": \"Namespace\", "
                                      "\"metadata\": {\"name\": \"shop\"}}"),
                    0, &done))
        fail_msg("%s", component_diags(t));
    component_requests(t, 1);
    return k;
}

TEST(history_is_listed_by_metadata_newest_first)
{
    struct component t;
    const struct value *history;
    struct record record;
    struct kube *k;
    bool found;

    component_start(&t, a, 1);
    k = open_shop(&t);
    for (int64_t revision = 1; revision <= 11; revision++) {
        record = record_of(a, revision, revision < 11 ? "superseded" : "deployed");
        assert_true(record_put(&t.call, k, &record));
    }
    component_requests(&t, 1);
    assert_true(record_history(&t.call, k, "cart", "shop", &history));
    assert_string_equal(component_requests(&t, 1),
                        "GET /api/v1/namespaces/shop/secrets?labelSelector=name%3Dcart%2Cowner%3D"
                        "helm&limit=500 200\n");
    assert_int_equal(value_count(history), 11);
    assert_int_equal(value_integer_at(value_item(history, 0), "revision"), 11);
    assert_string_equal(value_text(value_item(history, 0), "status"), "deployed");
    assert_true(value_flag(value_item(history, 0), "ours"));
    assert_int_equal(value_integer_at(value_item(history, 10), "revision"), 1);

    assert_true(record_set_status(&t.call, k, "cart", "shop", 11, "superseded"));
    assert_true(record_get(&t.call, k, "cart", "shop", 11, &found, &record));
    assert_true(found);
    assert_string_equal(record.status, "superseded");
    assert_true(record_set_status(&t.call, k, "cart", "shop", 12, "superseded"));

    assert_true(record_prune(&t.call, k, "cart", "shop", history, 10));
    assert_true(record_get(&t.call, k, "cart", "shop", 1, &found, &record));
    assert_false(found);
    assert_true(record_prune(&t.call, k, "cart", "shop", history, 0));
    assert_true(record_history(&t.call, k, "cart", "shop", &history));
    assert_int_equal(value_count(history), 0);
    component_stop(&t);
}

TEST(a_record_above_what_a_secret_holds_is_refused)
{
    enum { BYTES = 2 << 20 };
    struct component t;
    struct record record;
    struct kube *k;
    char *noise;

    component_start(&t, a, 1);
    k = open_shop(&t);
    record = record_of(a, 1, "deployed");
    noise = arena_alloc(a, BYTES);
    assert_true(digest_random(t.call.diags, noise, BYTES));
    record.manifest = text_of(digest_hex(a, noise, BYTES));
    assert_false(record_put(&t.call, k, &record));
    assert_non_null(strstr(component_diags(&t), "too large"));
    assert_non_null(strstr(component_diags(&t), "4194304 of rendered objects"));
    assert_string_equal(component_requests(&t, 1), "");
    component_stop(&t);
}
