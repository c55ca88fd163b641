/* Names as DNS compares them, and records found, written and taken away. */
#include "aws/route53.h"

#include "aws/test_stage.h"

TEST(names_are_compared_as_dns_does)
{
    static const struct {
        const char *one, *other;
        bool same;
    } rows[] = {
        {"a.example", "A.Example.", true},
        {"*.a.example", "\\052.a.example.", true},
        {"a.example", "b.example", false},
        {"a.example", "a.example.org", false},
        {"a.example.", "a.example.", true},
        {"a", "", false},
        {"\\05", "*", false},
    };

    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        assert_int_equal(route53_same_name(rows[i].one, rows[i].other), rows[i].same);
        assert_int_equal(route53_same_name(rows[i].other, rows[i].one), rows[i].same);
    }
    assert_string_equal(route53_id("/hostedzone/Z1"), "Z1");
    assert_string_equal(route53_id("Z1"), "Z1");
}

#define ZONE(id, name, is_private)                                                                 \
    "<HostedZone><Id>/hostedzone/" id "</Id><Name>" name "</Name><Config><PrivateZone>" is_private \
    "</PrivateZone></Config></HostedZone>"

TEST(a_zone_is_found_by_name_and_kind)
{
    const char *const answers[] = {
        ANSWER("200 OK",
               "<R><HostedZones>" ZONE("Z1", "a.example.", "true") ZONE("Z2", "a.example.", "false")
                   ZONE("Z3", "b.example.", "false") "</HostedZones></R>"),
        NULL};
    struct stage *s = stage_with_keys(a, answers);
    const struct value *zone;

    assert_true(route53_find_hosted_zone(&s->f->call, s->aws, "a.example", false, &zone));
    assert_string_equal(value_text(zone, "Id"), "/hostedzone/Z2");
    assert_true(saw(s, 0, "GET /2013-04-01/hostedzonesbyname?dnsname=a.example "));
    assert_true(route53_find_hosted_zone(&s->f->call, s->aws, "a.example", true, &zone));
    assert_string_equal(value_text(zone, "Id"), "/hostedzone/Z1");
    assert_true(route53_find_hosted_zone(&s->f->call, s->aws, "b.example", true, &zone));
    assert_null(zone);
}

#define RECORD(name, type, more)                                                                   \
    ANSWER("200 OK", "<R><ResourceRecordSets><ResourceRecordSet><Name>" name "</Name><Type>" type  \
                     "</Type>" more "</ResourceRecordSet></ResourceRecordSets></R>")

TEST(a_record_is_the_first_one_or_none)
{
    static const struct {
        const char *answer;
        bool found;
    } rows[] = {
        {RECORD("\\052.a.example.", "A", ""), true},
        {RECORD("\\052.a.example.", "AAAA", ""), false},
        {RECORD("\\052.b.example.", "A", ""), false},
        {RECORD("\\052.a.example.", "A", "<SetIdentifier>blue</SetIdentifier>"), false},
        {ANSWER("404 Not Found", "<ErrorResponse><Error><Code>NoSuchHostedZone</Code></Error>"
                                 "</ErrorResponse>"),
         false},
    };

    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        const char *const answers[] = {rows[i].answer, NULL};
        struct stage *s = stage_with_keys(a, answers);
        const struct value *record;

        assert_true(route53_find_record(&s->f->call, s->aws, "/hostedzone/Z1", "*.a.example", "A",
                                        &record));
        assert_int_equal(record != NULL, rows[i].found);
        assert_true(saw(s, 0,
                        "GET /2013-04-01/hostedzone/Z1/rrset?name=%2A.a.example&type=A&"
                        "maxitems=1 "));
    }
}

static const char accepted[] =
    ANSWER("200 OK", "<R><ChangeInfo><Id>/change/C1</Id><Status>PENDING</Status></ChangeInfo></R>");

TEST(a_record_is_written_whole)
{
    const char *const answers[] = {
        accepted, ANSWER("200 OK", "<R><ChangeInfo><Status>INSYNC</Status></ChangeInfo></R>"),
        NULL};
    struct stage *s = stage_with_keys(a, answers);
    const struct value *record = value_map_of(a, {"Name", value_string(a, "a.example")},
                                              {"Type", value_string(a, "A")}),
                       *out;
    const char *change;

    assert_true(route53_upsert_record(&s->f->call, s->aws, "Z1", record, &change));
    assert_string_equal(change, "C1");
    assert_true(saw(s, 0, "<Action>UPSERT</Action><ResourceRecordSet><Name>a.example</Name>"));
    assert_true(aws_wait(&s->f->call, s->aws, &route53_change_done,
                         value_map_of(a, {"Id", value_string(a, change)}), NULL, &out));
    assert_true(saw(s, 1, "GET /2013-04-01/change/C1 "));
}

#define INVALID(message)                                                                           \
    ANSWER("400 Bad Request", "<InvalidChangeBatch><Messages><Message>" message                    \
                              "</Message></Messages></InvalidChangeBatch>")

TEST(deleting_what_is_gone_is_a_success)
{
    static const struct {
        const char *answer, *change, *error;
    } rows[] = {
        {accepted, "C1", NULL},
        {INVALID("Tried to delete resource record set, but it was not found"), "", NULL},
        {INVALID("the values provided do not match the current values"), "",
         "Route 53 refused ChangeResourceRecordSets: InvalidChangeBatch"},
    };

    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        const char *const answers[] = {rows[i].answer, NULL};
        struct stage *s = stage_with_keys(a, answers);
        const char *change;
        bool done = route53_delete_record(&s->f->call, s->aws, "Z1",
                                          value_map_of(a, {"Name", value_string(a, "a.example.")}),
                                          &change);

        assert_int_equal(done, !rows[i].error);
        assert_string_equal(change, rows[i].change);
        if (rows[i].error)
            assert_string_equal(s->f->diags.first->summary, rows[i].error);
    }
}
