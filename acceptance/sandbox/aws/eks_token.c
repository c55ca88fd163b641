/* Bearer tokens from the side of a cluster: a presigned GetCallerIdentity that names it.
 * Source: the authenticator of EKS (aws-iam-authenticator). */
#include <stdlib.h>
#include <string.h>

#include "acceptance/sandbox/aws/cloud_eks.h"
#include "base/clock.h"
#include "codec/base64.h"
#include "http/url.h"

enum { TOKEN_BYTES_MAX = 4096, AGE_SECONDS_MAX = 15 * 60, AHEAD_SECONDS_MAX = 5 * 60 };

static const char prefix[] = "k8s-aws-v1.";

/* The query's parameters: only those of such a URL, each once; NULL = another URL. */
static const struct value *parameters_of(struct arena *a, const char *query)
{
    static const char *const names[] = {
        "Action",         "Version",       "X-Amz-Algorithm",     "X-Amz-Credential",
        "X-Amz-Date",     "X-Amz-Expires", "X-Amz-SignedHeaders", "X-Amz-Security-Token",
        "X-Amz-Signature"};
    const struct value *form = cloud_form(a, text_of(query));
    struct text rest = text_of(query), piece;
    size_t pieces = 0, found = 0;

    while (rest.len && text_split(&rest, '&', &piece))
        pieces++;
    for (size_t i = 0; i < sizeof(names) / sizeof(*names); i++)
        found += value_has(form, names[i]);
    return found == pieces && found == value_count(form) ? form : NULL;
}

/* Seconds since 1970 of "20260115T120000Z"; -1 when it is not of that form. */
static int64_t time_of(struct arena *a, const char *at)
{
    if (strlen(at) != 16)
        return -1;
    return clock_parse_rfc3339(
        text_f(a, "%.4s-%.2s-%.2sT%.2s:%.2s:%.2sZ", at, at + 4, at + 6, at + 9, at + 11, at + 13));
}

/* GetCallerIdentity, in time, with the cluster among what is signed. */
static bool is_such(struct arena *a, const struct value *form)
{
    int64_t at = time_of(a, value_text(form, "X-Amz-Date")), now = clock_now();
    long long expires = strtoll(value_text(form, "X-Amz-Expires"), NULL, 10);

    return strcmp(value_text(form, "Action"), "GetCallerIdentity") == 0 &&
           strcmp(value_text(form, "Version"), "2011-06-15") == 0 &&
           strcmp(value_text(form, "X-Amz-Algorithm"), "AWS4-HMAC-SHA256") == 0 &&
           strcmp(value_text(form, "X-Amz-SignedHeaders"), "host;x-k8s-aws-id") == 0 &&
           expires >= 0 && expires <= AGE_SECONDS_MAX && at >= 0 && at <= now + AHEAD_SECONDS_MAX &&
           now < at + AGE_SECONDS_MAX;
}

/* The key of "ID/20260115/eu-west-1/sts/aws4_request" with its session token. */
static const struct cloud_key *find_key(struct cloud *c, struct arena *a, const char *region,
                                        const struct value *form)
{
    const char *date = text_f(a, "%.8s", value_text(form, "X-Amz-Date"));

    for (const struct cloud_key *key = c->keys; key; key = key->next)
        if (strcmp(value_text(form, "X-Amz-Credential"),
                   text_f(a, "%s/%s/%s/sts/aws4_request", key->id, date, region)) == 0 &&
            strcmp(value_text(form, "X-Amz-Security-Token"), key->session_token) == 0)
            return key->expires_at && key->expires_at <= clock_now() ? NULL : key;
    return NULL;
}

/* Checked as the service would, for this cluster, whatever cluster the token was made for. */
static bool is_signed(struct arena *a, const struct cloud_key *key, const char *cluster,
                      const char *host, const char *query)
{
    const struct cloud_request request = {
        .a = a,
        .method = "GET",
        .path = "/",
        .query = query,
        .headers = value_map_of(a, {"host", value_string(a, host)},
                                {"x-k8s-aws-id", value_string(a, cluster)}),
        .body = TEXT("")};
    struct cloud_claim claim;

    cloud_claim_of(&request, &claim);
    return cloud_is_signed(&request, &claim, key);
}

const struct cloud_key *cloud_eks_token_key(struct cloud *c, struct arena *a, const char *region,
                                            const char *cluster, const char *token)
{
    const char *start = text_f(a, "https://sts.%s.amazonaws.com/?", region), *url;
    const struct cloud_key *key;
    const struct value *form;
    struct text decoded;
    struct url parts;

    if (strncmp(token, prefix, strlen(prefix)) != 0 || strlen(token) > TOKEN_BYTES_MAX ||
        !base64_decode(a, text_of(token + strlen(prefix)), BASE64_URL_RAW, &decoded))
        return NULL;
    url = text_z(a, decoded);
    if (strncmp(url, start, strlen(start)) != 0 || !url_parse(a, url, &parts))
        return NULL;
    form = parameters_of(a, url + strlen(start));
    if (!form || !is_such(a, form))
        return NULL;
    key = find_key(c, a, region, form);
    return key && is_signed(a, key, cluster, parts.host, url + strlen(start)) ? key : NULL;
}
