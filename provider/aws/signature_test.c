/* The cases are requests and what AWS's rules make of them; those with a signature were
 * computed by two other implementations. Keys are made up. */
#include "aws/signature.h"

#include <string.h>

#include "base/test.h"
#include "codec/base64.h"
#include "codec/json.h"
#include "crypto/digest.h"

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
