#include "aws/eks_token.h"

#include "aws/eks.h"
#include "aws/test_stage.h"
#include "codec/base64.h"

#define CLUSTER(members) ANSWER("200 OK", "{\"cluster\":{\"name\":\"eks-1\"," members "}}")

static const char no_cluster[] =
    "HTTP/1.1 404 Not Found\r\nx-amzn-ErrorType: ResourceNotFoundException\r\nConnection: "
    "close\r\n\r\n{\"message\":\"No cluster found for name: eks-1.\"}";

static const struct value *eks_of(struct arena *a)
{
    return value_map_of(a, {"cluster_name", value_string(a, "eks-1")},
                        {"region", value_string(a, "eu-west-1")});
}

static const char *url_of(struct arena *a, const char *token)
{
    static const char prefix[] = "k8s-aws-v1.";
    struct text url;

    assert_true(text_starts_with(text_of(token), prefix));
    assert_true(base64_decode(a, text_of(token + sizeof(prefix) - 1), BASE64_URL_RAW, &url));
    return text_z(a, url);
}

TEST(a_token_is_a_presigned_question_that_names_the_cluster)
{
    const char *const none[] = {"", NULL};
    struct stage *s = stage_with_keys(a, none);
    const char *token, *url;
    int64_t expires_at, now = clock_now();

    assert_true(eks_connection_token(&s->f->call, eks_of(a), &token, &expires_at));
    url = url_of(a, token);
    assert_true(text_starts_with(
        text_of(url), "https://sts.eu-west-1.amazonaws.com/?Action=GetCallerIdentity&Version="
                      "2011-06-15&X-Amz-Algorithm=AWS4-HMAC-SHA256&X-Amz-Credential=AKIDONE%2F"));
    assert_non_null(strstr(url, "&X-Amz-Expires=60&X-Amz-SignedHeaders=host%3Bx-k8s-aws-id&"));
    assert_true(expires_at >= now + 14 * 60 && expires_at <= clock_now() + 14 * 60);
    assert_int_equal(server_requests(s->server), 0);
}

TEST(a_token_ends_with_the_session_that_signed_it)
{
    const char *const none[] = {"", NULL};
    struct stage *s = stage_new(a, none, "{}");
    const char *token;
    int64_t expires_at, soon = clock_now() + 700;

    keys_set("ASIAONE");
    setenv("AWS_SESSION_TOKEN", "a/b+c=", 1);
    setenv("AWS_CREDENTIAL_EXPIRATION", clock_rfc3339(a, soon), 1);
    assert_true(eks_connection_token(&s->f->call, eks_of(a), &token, &expires_at));
    unsetenv("AWS_CREDENTIAL_EXPIRATION");
    assert_int_equal(expires_at, soon);
    assert_non_null(strstr(url_of(a, token), "&X-Amz-Security-Token=a%2Fb%2Bc%3D&"));
}

TEST(a_token_that_eks_would_refuse_is_not_made)
{
    const char *const none[] = {"", NULL};
    struct stage *s = stage_new(a, none, "{}");
    char *session = arena_alloc(a, 4001);
    const char *token;
    int64_t expires_at;

    memset(session, 'x', 4000);
    keys_set("ASIAONE");
    setenv("AWS_SESSION_TOKEN", session, 1);
    assert_false(eks_connection_token(&s->f->call, eks_of(a), &token, &expires_at));
    assert_string_equal(s->f->diags.first->summary, "The session token is too long for EKS");
}

TEST(a_cluster_tells_its_address)
{
    const char *const answers[] = {
        CLUSTER("\"status\":\"ACTIVE\",\"endpoint\":\"https://x.eks.example\","
                "\"certificateAuthority\":{\"data\":\"UEVN\"}"),
        NULL};
    struct stage *s = stage_with_keys(a, answers);
    const char *host;
    struct text ca;

    assert_true(eks_connection_cluster(&s->f->call, eks_of(a), &host, &ca));
    assert_string_equal(host, "https://x.eks.example");
    assert_true(text_is(ca, "PEM"));
    assert_true(saw(s, 0, "GET /clusters/eks-1 HTTP/1.1"));
}

TEST(a_cluster_that_is_missing_or_young_is_told_so)
{
    static const struct {
        const char *answer, *summary, *detail;
    } cases[] = {
        {no_cluster, "There is no EKS cluster eks-1",
         "Region eu-west-1, seen with the identity of the connection."},
        {CLUSTER("\"status\":\"CREATING\""), "EKS cluster eks-1 cannot be reached yet",
         "It is CREATING and has no endpoint or no certificate authority yet."},
    };

    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        const char *const answers[] = {cases[i].answer, NULL};
        struct stage *s = stage_with_keys(a, answers);
        const char *host;
        struct text ca;

        assert_false(eks_connection_cluster(&s->f->call, eks_of(a), &host, &ca));
        assert_string_equal(s->f->diags.first->summary, cases[i].summary);
        assert_string_equal(s->f->diags.first->detail, cases[i].detail);
    }
}

TEST(health_is_told_in_awss_words)
{
    const struct value *v;

    assert_null(json_try(a,
                         TEXT("{\"health\":{\"issues\":[{\"code\":\"NodeCreationFailure\","
                              "\"message\":\"Instances failed to join\",\"resourceIds\":[\"i-1\","
                              "\"i-2\"]},{\"code\":\"AccessDenied\",\"message\":\"no\"}]}}"),
                         &v));
    assert_string_equal(
        eks_health(a, v),
        "NodeCreationFailure: Instances failed to join (i-1, i-2). AccessDenied: no");
    assert_string_equal(eks_health(a, &value_empty_map), "");
}
