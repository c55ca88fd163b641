/* The cases are requests and what AWS's rules make of them; those with a signature were
 * computed by two other implementations. Keys are made up. */
#include "aws/signature.h"

#include <string.h>

#include "base/test.h"
#include "codec/base64.h"
#include "codec/json.h"
#include "crypto/digest.h"
#include "http/url.h"

static const char cases_file[] = "provider/aws/testdata/signature.json";
static const int64_t noon = 1768478400; /* 2026-01-15T12:00:00Z */

static void expect(const struct value *expected, const char *key, const char *found)
{
    if (value_has(expected, key))
        assert_string_equal(found, value_text(expected, key));
}

/* The bearer token that EKS makes of a presigned URL. */
static void expect_token(struct arena *a, struct diags *diags, const struct value *wanted,
                         const char *host, const char *query)
{
    struct text url = text_of(text_f(a, "https://%s/?%s", host, query));
    const char *token = text_f(a, "k8s-aws-v1.%s", base64_encode(a, url, BASE64_URL_RAW).at);

    if (!value_has(wanted, "token_sha256"))
        return;
    assert_int_equal(strlen(token), value_integer_at(wanted, "token_length"));
    expect(wanted, "token_sha256", digest_sha256_hex(a, diags, text_of(token)));
}

static void check(struct arena *a, const struct value *wanted)
{
    const struct value *headers = value_at(wanted, "headers");
    struct http_header *list = arena_array(a, value_count(headers) + 1, sizeof(*list));
    struct access_key key = {"AKIDWORKEDEXAMPLE001", "wOrKeDeXaMpLe/NotARealSecretKey+0123456789",
                             value_text(wanted, "session_token")};
    struct signature_scope scope = {"eu-west-1", value_text(wanted, "service"), noon};
    struct signature_request r = {.method = value_text(wanted, "method"),
                                  .host = value_text(wanted, "host"),
                                  .path = value_text(wanted, "path"),
                                  .query = value_text(wanted, "query"),
                                  .headers = list,
                                  .header_count = value_count(headers),
                                  .body = text_of(value_text(wanted, "body"))};
    struct signature s;
    struct diags diags;
    const char *query = "";

    for (size_t i = 0; i < value_count(headers); i++)
        list[i] = (struct http_header){headers->map.entries[i].key,
                                       value_z(headers->map.entries[i].value)};
    diags_init(&diags, a);
    if (value_has(wanted, "presign"))
        assert_true(signature_presign(a, &diags, &key, &scope, &r,
                                      value_integer_at(wanted, "presign"), &s, &query));
    else
        assert_true(signature_of(a, &diags, &key, &scope, &r, &s));
    expect(wanted, "canonical_request", s.canonical_request);
    expect(wanted, "canonical_request_sha256",
           digest_sha256_hex(a, &diags, text_of(s.canonical_request)));
    expect(wanted, "signature", s.hex);
    if (value_has(wanted, "signed_headers"))
        assert_string_equal(
            s.authorization,
            text_f(a,
                   "AWS4-HMAC-SHA256 Credential=%s/20260115/eu-west-1/%s/aws4_request, "
                   "SignedHeaders=%s, Signature=%s",
                   key.id, scope.service, value_text(wanted, "signed_headers"), s.hex));
    expect_token(a, &diags, wanted, r.host, query);
}

TEST(requests_are_signed_as_aws_signs_them)
{
    const struct value *cases;
    struct diags diags;

    diags_init(&diags, a);
    assert_true(json_read(a, test_file(a, cases_file), cases_file, &diags, &cases));
    assert_int_equal(value_count(cases), 7);
    for (size_t i = 0; i < value_count(cases); i++)
        check(a, value_item(cases, i));
}

/* --- the cases of AWS's published suite ------------------------------------------------- */

/* Their facts, told anew: made with the key, the scope and the time that AWS's documents
 * use; all signatures were computed by botocore as well. */
static const char suite_file[] = "provider/aws/testdata/signature_suite.json";
static const struct access_key suite_key = {"AKIDEXAMPLE",
                                            "wJalrXUtnFEMI/K7MDENG+bPxRfiCYEXAMPLEKEY", ""};
static const struct signature_scope suite_scope = {"us-east-1", "service",
                                                   1440938160 /* 2015-08-30T12:36:00Z */};

static void add_headers(const struct value *pairs, struct http_header *list, size_t *count)
{
    for (size_t i = 0; i < value_count(pairs); i++)
        list[(*count)++] = (struct http_header){value_z(value_item(value_item(pairs, i), 0)),
                                                value_z(value_item(value_item(pairs, i), 1))};
}

/* The second line of a canonical request is its path. S3 alone signs it as it was sent,
 * which the signer does not do: all else of such a case is the signer's. */
static const char *with_path_as_sent(struct arena *a, const char *canonical, const char *path)
{
    const char *line = strchr(canonical, '\n') + 1, *rest = strchr(line, '\n');

    return text_f(a, "%.*s%s%s", (int)(line - canonical), canonical,
                  url_escape(a, text_of(path), "/"), rest);
}

static const char *hmac_chain(struct arena *a, struct diags *diags, const char *text)
{
    const char *const steps[] = {"20150830", "us-east-1", "service", "aws4_request", text};
    struct text key = text_of(text_f(a, "AWS4%s", suite_key.secret));

    for (size_t i = 0; i < sizeof(steps) / sizeof(steps[0]); i++) {
        unsigned char *out = arena_alloc(a, SHA256_BYTES);

        assert_true(digest_hmac_sha256(diags, key, text_of(steps[i]), out));
        key = (struct text){(const char *)out, SHA256_BYTES};
    }
    return digest_hex(a, key.at, key.len);
}

static void expect_made(struct arena *a, struct diags *diags, const struct value *wanted,
                        const char *form, const struct signature *made)
{
    const char *canonical = made->canonical_request, *hex = made->hex, *hash;

    if (value_flag(wanted, "path_as_sent")) {
        canonical = with_path_as_sent(a, canonical, value_text(wanted, "path"));
        hash = digest_sha256_hex(a, diags, text_of(canonical));
        hex = hmac_chain(a, diags,
                         text_f(a,
                                "AWS4-HMAC-SHA256\n20150830T123600Z\n"
                                "20150830/us-east-1/service/aws4_request\n%s",
                                hash));
    }
    hash = digest_sha256_hex(a, diags, text_of(canonical));
    if (strcmp(hash, value_text(value_at(wanted, form), "canonical_request_sha256")) != 0)
        fail_msg("%s, %s: %s", value_text(wanted, "name"), form, canonical);
    assert_string_equal(hex, value_text(value_at(wanted, form), "signature"));
}

static void check_suite(struct arena *a, const struct value *wanted)
{
    const struct value *headers = value_at(wanted, "headers"),
                       *more = value_in(wanted, "header", "headers");
    struct http_header *list =
        arena_array(a, value_count(headers) + value_count(more) + 1, sizeof(*list));
    struct access_key key = suite_key;
    struct signature_request r = {.method = value_text(wanted, "method"),
                                  .host = "example.amazonaws.com",
                                  .path = value_text(wanted, "path"),
                                  .query = value_text(wanted, "query"),
                                  .headers = list,
                                  .body = text_of(value_text(wanted, "body"))};
    struct signature made;
    struct diags diags;
    const char *query;

    key.session_token = value_text(wanted, "session_token");
    diags_init(&diags, a);
    add_headers(headers, list, &r.header_count);
    assert_true(signature_presign(a, &diags, &key, &suite_scope, &r, 3600, &made, &query));
    expect_made(a, &diags, wanted, "presigned", &made);
    assert_non_null(strstr(query, text_f(a, "X-Amz-Signature=%s", made.hex)));
    add_headers(more, list, &r.header_count);
    assert_true(signature_of(a, &diags, &key, &suite_scope, &r, &made));
    expect_made(a, &diags, wanted, "header", &made);
}

TEST(the_published_cases_come_out_in_both_forms)
{
    const struct value *cases;
    struct diags diags;

    diags_init(&diags, a);
    assert_true(json_read(a, test_file(a, suite_file), suite_file, &diags, &cases));
    assert_int_equal(value_count(cases), 38);
    for (size_t i = 0; i < value_count(cases); i++)
        check_suite(a, value_item(cases, i));
}

TEST(presigning_for_over_a_week_is_refused)
{
    const struct access_key key = {"AKIDWORKEDEXAMPLE001", "secret", ""};
    const struct signature_scope scope = {"eu-west-1", "sts", noon};
    const struct signature_request r = {
        .method = "GET", .host = "sts.eu-west-1.amazonaws.com", .path = "/", .query = ""};
    struct signature s;
    struct diags diags;
    const char *query;

    diags_init(&diags, a);
    assert_true(signature_presign(a, &diags, &key, &scope, &r, 604800, &s, &query));
    assert_false(signature_presign(a, &diags, &key, &scope, &r, 604801, &s, &query));
    assert_string_equal(diags.first->detail,
                        "It is to be good for 604801 seconds. Expected 1 to 604800.");
}
