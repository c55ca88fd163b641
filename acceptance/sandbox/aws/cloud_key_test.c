/* Who may ask the stand-in account: signatures, keys, roles. Requests are signed here and
 * then changed, and sent with curl as they are. */
#include <curl/curl.h>
#include <stdlib.h>
#include <string.h>

#include "acceptance/sandbox/aws/cloud.h"
#include "aws/signature.h"
#include "base/clock.h"
#include "base/test.h"
#include "codec/json.h"

struct answer {
    long status;
    struct text_builder body;
    const char *code; /* of the refusal, "" = none */
};

/* Of a signed request, what is another on the wire than what was signed. */
enum part { PART_NONE, PART_SIGNATURE, PART_DATE, PART_PATH, PART_QUERY, PART_BODY, PART_SECRET };

/* What a request is made of; zero fields are filled in. */
struct asked {
    const char *service, *region, *method, *path, *query, *body, *type;
    const char *id, *secret, *session_token;
    int64_t seconds_off; /* of the signing clock */
    enum part flip;      /* the lowest bit of its byte `flip_at` is another one */
    size_t flip_at;
    const char *other_body; /* sent instead of what was signed */
};

static size_t on_body(char *data, size_t one, size_t count, void *cls)
{
    struct answer *out = cls;

    (void)one;
    text_add(&out->body, (struct text){data, count});
    return count;
}

static const char *code_in(struct arena *a, const char *body)
{
    const char *begin = strstr(body, "<Code>"), *end = begin ? strstr(begin, "</Code>") : NULL;

    return end ? text_z(a, (struct text){begin + 6, (size_t)(end - begin - 6)}) : "";
}

static const char * or (const char *text, const char *instead)
{
    return text ? text : instead;
}

static void send_to(struct arena *a, struct cloud *cloud, const char *target,
                    const struct asked *asked, const char *const *headers, struct answer *out)
{
    CURL *curl = curl_easy_init();
    struct curl_slist *list = NULL;
    struct curl_blob ca = {(void *)(uintptr_t)cloud_ca_pem(cloud), strlen(cloud_ca_pem(cloud)),
                           CURL_BLOB_COPY};

    *out = (struct answer){.code = ""};
    text_builder_init(&out->body, a, 1 << 20);
    for (size_t i = 0; headers[i]; i++)
        list = curl_slist_append(list, headers[i]);
    curl_easy_setopt(curl, CURLOPT_URL, text_f(a, "%s%s", cloud_url(cloud), target));
    curl_easy_setopt(curl, CURLOPT_PATH_AS_IS, 1L);
    curl_easy_setopt(curl, CURLOPT_CAINFO_BLOB, &ca);
    curl_easy_setopt(curl, CURLOPT_CUSTOMREQUEST, or (asked->method, "POST"));
    if (strcmp(or (asked->method, "POST"), "POST") == 0)
        curl_easy_setopt(curl, CURLOPT_POSTFIELDS,
                         asked->other_body ? asked->other_body : or (asked->body, ""));
    curl_easy_setopt(curl, CURLOPT_HTTPHEADER, list);
    curl_easy_setopt(curl, CURLOPT_WRITEFUNCTION, on_body);
    curl_easy_setopt(curl, CURLOPT_WRITEDATA, out);
    assert_int_equal(curl_easy_perform(curl), CURLE_OK);
    curl_easy_getinfo(curl, CURLINFO_RESPONSE_CODE, &out->status);
    curl_slist_free_all(list);
    curl_easy_cleanup(curl);
    out->code = code_in(a, text_built(&out->body).at);
}

static struct access_key key_of(struct cloud *cloud, const struct asked *asked)
{
    return (struct access_key){ or (asked->id, cloud_key_id(cloud)),
                                or (asked->secret, cloud_secret(cloud)),
                                or (asked->session_token, "")};
}

/* The text, with a bit flipped when it is this part. */
static const char *sent(struct arena *a, const struct asked *asked, enum part part,
                        const char *text)
{
    char *copy = arena_strdup(a, text);

    if (asked->flip == part)
        copy[asked->flip_at] ^= 1;
    return copy;
}

static const char *authorization_of(struct arena *a, const struct asked *asked,
                                    const struct signature *signature)
{
    size_t len = strlen(signature->authorization) - strlen(signature->hex);

    return text_f(a, "%.*s%s", (int)len, signature->authorization,
                  sent(a, asked, PART_SIGNATURE, signature->hex));
}

static struct answer ask(struct arena *a, struct cloud *cloud, struct asked asked)
{
    static const char form[] = "application/x-www-form-urlencoded; charset=utf-8";
    const struct http_header type = {"content-type", or (asked.type, form)};
    struct access_key key = key_of(cloud, &asked);
    const struct signature_scope scope = {
        or (asked.region, "eu-west-1"), or (asked.service, "ec2"), clock_now() + asked.seconds_off};
    const struct signature_request r = {.method = or (asked.method, "POST"),
                                        .host = strstr(cloud_url(cloud), "://") + 3,
                                        .path = or (asked.path, "/"),
                                        .query = or (asked.query, ""),
                                        .headers = &type,
                                        .header_count = 1,
                                        .body = text_of(asked.body)};
    struct signature signature;
    struct diags diags;
    struct answer out;

    diags_init(&diags, a);
    key.secret = sent(a, &asked, PART_SECRET, key.secret);
    assert_true(signature_of(a, &diags, &key, &scope, &r, &signature));
    if (asked.flip == PART_BODY)
        asked.other_body = sent(a, &asked, PART_BODY, asked.body);
    const char *const headers[] = {
        text_f(a, "Content-Type: %s", type.value),
        text_f(a, "X-Amz-Date: %s", sent(a, &asked, PART_DATE, signature.date)),
        text_f(a, "Authorization: %s", authorization_of(a, &asked, &signature)),
        *key.session_token ? text_f(a, "X-Amz-Security-Token: %s", key.session_token) : NULL, NULL};
    send_to(a, cloud,
            text_f(a, "%s%s%s", sent(a, &asked, PART_PATH, r.path), *r.query ? "?" : "",
                   sent(a, &asked, PART_QUERY, r.query)),
            &asked, headers, &out);
    return out;
}

static struct cloud *start(void)
{
    return cloud_start(&(struct cloud_options){.speed = 0});
}

#define VPCS "Action=DescribeVpcs&Version=2016-11-15"
#define WHO "Action=GetCallerIdentity&Version=2011-06-15"
static const struct asked vpcs = {.body = VPCS}, who = {.service = "sts", .body = WHO};

/* --- signatures ---------------------------------------------------------------------------------
 */
TEST(one_flipped_bit_is_refused)
{
    struct cloud *cloud = start();
    struct asked asked = vpcs;
    struct answer got = ask(a, cloud, asked);

    assert_int_equal(got.status, 200);
    asked.flip = PART_SIGNATURE;
    got = ask(a, cloud, asked);
    assert_int_equal(got.status, 401);
    assert_string_equal(got.code, "AuthFailure");
    asked = who;
    asked.flip = PART_SIGNATURE;
    got = ask(a, cloud, asked);
    assert_int_equal(got.status, 403);
    assert_string_equal(got.code, "SignatureDoesNotMatch");
    cloud_stop(cloud);
}

/* Of everything that is signed, each byte in its turn. */
TEST(any_flipped_bit_is_refused)
{
    static const struct asked form = {.service = "sts", .body = WHO},
                              rest = {.service = "sts", .method = "GET", .query = WHO};
    struct cloud *cloud = cloud_start(&(struct cloud_options){.speed = 0, .plain = true});
    const struct {
        struct asked asked;
        enum part part;
        size_t from, to;
    } rows[] = {
        {form, PART_SIGNATURE, 0, 64},
        {form, PART_DATE, 0, strlen("20260115T120000Z")},
        {form, PART_PATH, 1, 2},
        {form, PART_BODY, strlen("Action=GetCallerIdentity&"), strlen(WHO)},
        {form, PART_SECRET, 0, strlen(cloud_secret(cloud))},
        {rest, PART_QUERY, strlen("Action=GetCallerIdentity&"), strlen(WHO)},
        {rest, PART_SIGNATURE, 0, 64},
    };

    for (size_t i = 0; i < sizeof(rows) / sizeof(*rows); i++) {
        struct asked asked = rows[i].asked;

        asked.path = rows[i].part == PART_PATH ? "/ab" : "/";
        assert_int_equal(ask(a, cloud, asked).status, 200);
        asked.flip = rows[i].part;
        for (asked.flip_at = rows[i].from; asked.flip_at < rows[i].to; asked.flip_at++)
            assert_string_equal(ask(a, cloud, asked).code, "SignatureDoesNotMatch");
    }
    cloud_stop(cloud);
}

/* A presigned one is good for its very words; its order is free. */
TEST(any_flipped_bit_of_a_presigned_request_is_refused)
{
    struct cloud *cloud = cloud_start(&(struct cloud_options){.speed = 0, .plain = true});
    const struct access_key key = {cloud_key_id(cloud), cloud_secret(cloud), ""};
    const struct signature_scope scope = {"eu-west-1", "sts", clock_now()};
    const struct signature_request r = {
        .method = "GET", .host = strstr(cloud_url(cloud), "://") + 3, .path = "/", .query = WHO};
    const struct asked get = {.method = "GET"};
    const char *const none[] = {NULL}, *query;
    struct signature signature;
    struct answer got;
    struct diags diags;

    diags_init(&diags, a);
    assert_true(signature_presign(a, &diags, &key, &scope, &r, 60, &signature, &query));
    send_to(a, cloud, text_f(a, "/?%s", query), &get, none, &got);
    assert_int_equal(got.status, 200);
    for (size_t i = 0; query[i]; i++) {
        char *flipped = arena_strdup(a, query);

        flipped[i] ^= 1;
        if (flipped[i] == '#' || flipped[i] == '"' || flipped[i] == '$')
            continue; /* no URL, or another one */
        send_to(a, cloud, text_f(a, "/?%s", flipped), &get, none, &got);
        if (got.status < 400)
            fail_msg("accepted: %s", flipped);
    }
    cloud_stop(cloud);
}

TEST(another_body_than_the_signed_one_is_refused)
{
    struct cloud *cloud = start();
    struct asked asked = vpcs;

    asked.other_body = "Action=DeleteVpc&Version=2016-11-15&VpcId=vpc-1";
    assert_string_equal(ask(a, cloud, asked).code, "AuthFailure");
    cloud_stop(cloud);
}

TEST(keys_and_clocks_are_judged)
{
    struct cloud *cloud = start();
    const int64_t past = clock_now() - 10;
    const struct {
        struct asked asked;
        const char *code;
    } cases[] = {
        {{.body = VPCS, .id = "AKIANOBODY"}, "AuthFailure"},
        {{.service = "sts", .body = WHO, .id = "AKIANOBODY"}, "InvalidClientTokenId"},
        {{.body = VPCS, .secret = "wrong"}, "AuthFailure"},
        {{.body = VPCS, .seconds_off = -301}, "RequestExpired"},
        {{.body = VPCS, .seconds_off = 301}, "RequestExpired"},
        {{.body = VPCS, .seconds_off = -290}, ""},
        {{.service = "sts", .body = WHO, .seconds_off = 400}, "SignatureDoesNotMatch"},
        {{.body = VPCS, .id = "ASIAOLD", .secret = "s", .session_token = "t"}, "RequestExpired"},
        {{.service = "sts", .body = WHO, .id = "ASIAOLD", .secret = "s", .session_token = "t"},
         "ExpiredToken"},
        {{.service = "sts", .body = WHO, .id = "ASIAOLD", .secret = "s", .session_token = "u"},
         "InvalidClientTokenId"},
        {{.body = VPCS, .region = "mars-1"}, "AuthFailure"},
        {{.service = "s3", .body = VPCS}, "MissingAuthenticationToken"},
    };

    cloud_add_key(cloud, "old", "ASIAOLD", "s", "t", past);
    for (size_t i = 0; i < sizeof(cases) / sizeof(*cases); i++)
        assert_string_equal(ask(a, cloud, cases[i].asked).code, cases[i].code);
    cloud_stop(cloud);
}

TEST(paths_and_queries_are_part_of_the_signature)
{
    struct cloud *cloud = start();
    const char *const none[] = {NULL};
    const struct asked get = {.service = "sts", .method = "GET", .query = WHO "&b=%2A&a=~"};
    const struct asked plain = {.method = "GET"};
    struct answer got = ask(a, cloud, get);

    assert_string_equal(got.code, "UnknownParameter"); /* of a, so the signature held */
    send_to(a, cloud, "/?" WHO, &plain, none, &got);
    assert_int_equal(got.status, 403);
    cloud_stop(cloud);
}

TEST(presigned_identities_are_good_for_their_cluster_only)
{
    struct cloud *cloud = start();
    const struct http_header name = {"x-k8s-aws-id", "eks-1"};
    const struct access_key key = {cloud_key_id(cloud), cloud_secret(cloud), ""};
    const struct signature_scope scope = {"eu-west-1", "sts", clock_now()};
    const struct signature_request r = {.method = "GET",
                                        .host = strstr(cloud_url(cloud), "://") + 3,
                                        .path = "/",
                                        .query = WHO,
                                        .headers = &name,
                                        .header_count = 1};
    const char *const right[] = {"x-k8s-aws-id: eks-1", "Accept: application/json", NULL},
                      *const other[] = {"x-k8s-aws-id: eks-2", NULL}, *query;
    const struct asked get = {.method = "GET"};
    const struct value *v;
    struct signature signature;
    struct answer got;
    struct diags diags;

    diags_init(&diags, a);
    assert_true(signature_presign(a, &diags, &key, &scope, &r, 60, &signature, &query));
    send_to(a, cloud, text_f(a, "/?%s", query), &get, right, &got);
    assert_int_equal(got.status, 200);
    assert_null(json_try(a, text_built(&got.body), &v));
    v = value_in(v, "GetCallerIdentityResponse", "GetCallerIdentityResult");
    assert_string_equal(value_text(v, "Arn"), "arn:aws:iam::111122223333:user/stand-in");
    send_to(a, cloud, text_f(a, "/?%s", query), &get, other, &got);
    assert_string_equal(got.code, "SignatureDoesNotMatch");
    cloud_stop(cloud);
}

/* --- roles ---------------------------------------------------------------------------------------
 */
static const char *element(struct arena *a, const struct answer *got, const char *name)
{
    const char *body = got->body.at, *open = text_f(a, "<%s>", name), *begin = strstr(body, open),
               *end = begin ? strstr(begin, text_f(a, "</%s>", name)) : NULL;

    assert_non_null(end);
    begin += strlen(open);
    return text_z(a, (struct text){begin, (size_t)(end - begin)});
}

#define ROLE                                                                                       \
    "&RoleArn=arn%3Aaws%3Aiam%3A%3A111122223333%3Arole%2Fmesh%2Fadmin&RoleSessionName=terraform"

TEST(sessions_of_roles_sign_until_they_expire)
{
    struct cloud *cloud = start();
    struct asked asked = {.service = "sts", .body = "Action=AssumeRole&Version=2011-06-15" ROLE};
    struct answer got = ask(a, cloud, asked);

    assert_int_equal(got.status, 200);
    asked = who;
    asked.id = element(a, &got, "AccessKeyId");
    asked.secret = element(a, &got, "SecretAccessKey");
    asked.session_token = element(a, &got, "SessionToken");
    got = ask(a, cloud, asked);
    assert_string_equal(element(a, &got, "Arn"),
                        "arn:aws:sts::111122223333:assumed-role/admin/terraform");
    asked.session_token = "";
    assert_string_equal(ask(a, cloud, asked).code, "InvalidClientTokenId");
    asked = (struct asked){
        .service = "sts",
        .body = "Action=AssumeRole&Version=2011-06-15&RoleSessionName=terraform&RoleArn=nobody"};
    assert_string_equal(ask(a, cloud, asked).code, "AccessDenied");
    cloud_stop(cloud);
}

TEST(web_identities_need_no_signature)
{
    struct cloud *cloud = start();
    const char *const headers[] = {"Content-Type: application/x-www-form-urlencoded", NULL};
    struct asked asked = {.body = "Action=AssumeRoleWithWebIdentity&Version=2011-06-15" ROLE
                                  "&WebIdentityToken=a.b.c"};
    struct answer got;

    send_to(a, cloud, "/", &asked, headers, &got);
    assert_int_equal(got.status, 200);
    asked.body = "Action=AssumeRoleWithWebIdentity&Version=2011-06-15" ROLE "&WebIdentityToken=x";
    send_to(a, cloud, "/", &asked, headers, &got);
    assert_string_equal(got.code, "InvalidIdentityToken");
    asked.body = "Action=AssumeRole&Version=2011-06-15" ROLE;
    send_to(a, cloud, "/", &asked, headers, &got);
    assert_string_equal(got.code, "MissingAuthenticationToken");
    cloud_stop(cloud);
}

TEST(the_control_interface_wants_its_token)
{
    struct cloud *cloud = start();
    const char *const nobody[] = {NULL}, *const token[] = {text_f(a, "Authorization: Bearer %s",
                                                                  cloud_control_token(cloud)),
                                                           NULL};
    const struct asked fault = {.body = "{\"fault\": \"500\", \"match\": \"DescribeVpcs\"}"};
    struct answer got;

    send_to(a, cloud, "/sandbox/faults", &fault, nobody, &got);
    assert_int_equal(got.status, 403);
    send_to(a, cloud, "/sandbox/faults", &fault, token, &got);
    assert_int_equal(got.status, 200);
    assert_string_equal(ask(a, cloud, vpcs).code, "InternalError");
    cloud_stop(cloud);
}
