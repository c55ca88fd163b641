/* The stand-in Route 53, asked through the provider's own functions. */
#include "aws/route53.h"

#include "acceptance/sandbox/aws/test_account.h"

/* The provider makes no zones. */
static const struct aws_member create_in[] = {MEMBER("Name", AWS_STRING),
                                              MEMBER("CallerReference", AWS_STRING), END_MEMBERS};
static const struct aws_member zone[] = {MEMBER("Id", AWS_STRING), END_MEMBERS};
static const struct aws_member create_out[] = {MEMBER("HostedZone", AWS_STRUCTURE, .members = zone),
                                               END_MEMBERS};
static const struct aws_operation create_hosted_zone = {.name = "CreateHostedZone",
                                                        .service = &aws_route53,
                                                        .method = "POST",
                                                        .path = "/2013-04-01/hostedzone",
                                                        .input = create_in,
                                                        .output = create_out};
static const struct aws_member by_id[] = {MEMBER("Id", AWS_STRING, .place = AWS_PATH), END_MEMBERS};
static const struct aws_operation delete_hosted_zone = {.name = "DeleteHostedZone",
                                                        .service = &aws_route53,
                                                        .method = "DELETE",
                                                        .path = "/2013-04-01/hostedzone/{Id}",
                                                        .input = by_id};

static struct account *with_speed(struct arena *a, int64_t speed)
{
    const struct cloud_options options = {.speed = speed};

    return account_new(a, &options);
}

static const char *make_zone(struct account *t, const char *name)
{
    done(t, &create_hosted_zone,
         text_f(t->a, "{'Name': '%s', 'CallerReference': '%s'}", name, name));
    return route53_id(value_z(value_in(t->reply.output, "HostedZone", "Id")));
}

static const struct value *set(struct arena *a, const char *name, const char *type,
                               const char *content)
{
    return value_map_of(a, {"Name", value_string(a, name)}, {"Type", value_string(a, type)},
                        {"TTL", value_integer(a, 300)},
                        {"ResourceRecords",
                         value_list_of(a, value_map_of(a, {"Value", value_string(a, content)}))});
}

TEST(a_zone_is_found_and_goes_when_it_is_empty)
{
    struct account *t = with_speed(a, 0);
    const char *id = make_zone(t, "mesh.example"), *change;
    const struct value *found;

    assert_refused(t, &create_hosted_zone,
                   "{'Name': 'mesh.example', 'CallerReference': 'mesh.example'}",
                   "HostedZoneAlreadyExists");
    make_zone(t, "a.mesh.example");
    assert_true(route53_find_hosted_zone(&t->f->call, t->aws, "Mesh.example.", false, &found));
    assert_string_equal(route53_id(value_text(found, "Id")), id);
    assert_int_equal(value_integer_at(found, "ResourceRecordSetCount"), 2);
    assert_true(route53_find_hosted_zone(&t->f->call, t->aws, "mesh.example", true, &found));
    assert_null(found);
    assert_true(route53_get_hosted_zone(&t->f->call, t->aws, "Z0", &found));
    assert_null(found);
    assert_true(route53_upsert_record(&t->f->call, t->aws, id,
                                      set(a, "x.mesh.example", "A", "10.0.0.1"), &change));
    assert_refused(t, &delete_hosted_zone, text_f(a, "{'Id': '%s'}", id), "HostedZoneNotEmpty");
    assert_true(route53_find_record(&t->f->call, t->aws, id, "x.mesh.example", "A", &found));
    assert_true(route53_delete_record(&t->f->call, t->aws, id, found, &change));
    done(t, &delete_hosted_zone, text_f(a, "{'Id': '%s'}", id));
    assert_refused(t, &delete_hosted_zone, text_f(a, "{'Id': '%s'}", id), "NoSuchHostedZone");
}

TEST(a_record_is_written_replaced_and_taken_away)
{
    struct account *t = with_speed(a, CLOUD_SPEED);
    const char *id = make_zone(t, "mesh.example"), *change;
    const struct value *found, *out;

    assert_true(route53_upsert_record(&t->f->call, t->aws, id,
                                      set(a, "*.mesh.example", "A", "10.0.0.1"), &change));
    done(t, &route53_get_change, text_f(a, "{'Id': '%s'}", change));
    assert_string_equal(value_z(value_in(t->reply.output, "ChangeInfo", "Status")), "PENDING");
    assert_true(route53_upsert_record(&t->f->call, t->aws, id,
                                      set(a, "*.mesh.example", "A", "10.0.0.2"), &change));
    assert_true(aws_wait(&t->f->call, t->aws, &route53_change_done,
                         value_map_of(a, {"Id", value_string(a, change)}), NULL, &out));
    assert_true(route53_find_record(&t->f->call, t->aws, id, "*.MESH.example", "A", &found));
    assert_string_equal(value_text(found, "Name"), "\\052.mesh.example.");
    assert_string_equal(value_text(value_item(value_at(found, "ResourceRecords"), 0), "Value"),
                        "10.0.0.2");
    assert_true(route53_delete_record(&t->f->call, t->aws, id, found, &change));
    assert_true(*change);
    assert_true(route53_delete_record(&t->f->call, t->aws, id, found, &change));
    assert_string_equal(change, "");
    assert_true(route53_find_record(&t->f->call, t->aws, id, "*.mesh.example", "A", &found));
    assert_null(found);
}

TEST(an_alias_keeps_no_time_to_live)
{
    struct account *t = with_speed(a, 0);
    const char *id = make_zone(t, "mesh.example"), *change;
    const struct value *alias =
        value_map_of(a, {"HostedZoneId", value_string(a, "Z2FDTNDATAQYW2")},
                     {"DNSName", value_string(a, "nlb.elb.eu-west-1.amazonaws.com")},
                     {"EvaluateTargetHealth", &value_false});
    const struct value *found;

    assert_true(
        route53_upsert_record(&t->f->call, t->aws, id,
                              value_map_of(a, {"Name", value_string(a, "mesh.example")},
                                           {"Type", value_string(a, "A")}, {"AliasTarget", alias}),
                              &change));
    assert_true(route53_find_record(&t->f->call, t->aws, id, "mesh.example", "A", &found));
    assert_string_equal(value_z(value_in(found, "AliasTarget", "DNSName")),
                        "nlb.elb.eu-west-1.amazonaws.com.");
    assert_true(route53_delete_record(&t->f->call, t->aws, id, found, &change));
}

TEST(a_batch_that_does_not_fit_changes_nothing)
{
    static const struct {
        const char *name, *type, *content;
    } rows[] = {
        {"x.other.example", "A", "10.0.0.1"},
        {"x.mesh.example", "A", "no address"},
        {"mesh.example", "CNAME", "a.example"},
        {"taken.mesh.example", "CNAME", "a.example"},
    };
    struct account *t = with_speed(a, 0);
    const char *id = make_zone(t, "mesh.example"), *change;

    assert_true(route53_upsert_record(&t->f->call, t->aws, id,
                                      set(a, "taken.mesh.example", "A", "10.0.0.1"), &change));
    for (size_t i = 0; i < sizeof(rows) / sizeof(*rows); i++)
        assert_refused(
            t, &route53_change_resource_record_sets,
            text_f(a,
                   "{'HostedZoneId': '%s', 'ChangeBatch': {'Changes': [{'Action': 'CREATE', "
                   "'ResourceRecordSet': {'Name': 'new.mesh.example', 'Type': 'A', 'TTL': 60, "
                   "'ResourceRecords': [{'Value': '10.0.0.1'}]}}, {'Action': 'UPSERT', "
                   "'ResourceRecordSet': {'Name': '%s', 'Type': '%s', 'TTL': 60, "
                   "'ResourceRecords': [{'Value': '%s'}]}}]}}",
                   id, rows[i].name, rows[i].type, rows[i].content),
            "InvalidChangeBatch");
    assert_refused(t, &route53_list_resource_record_sets, "{'HostedZoneId': 'Z0'}",
                   "NoSuchHostedZone");
    done(t, &route53_list_resource_record_sets, text_f(a, "{'HostedZoneId': '%s'}", id));
    assert_int_equal(value_count(value_at(t->reply.output, "ResourceRecordSets")), 3);
}
