/* Signature Version 4 from the service's side: what came is made canonical and signed
 * anew with the secret of the key it names. Shares no code with the provider's signer.
 * Source: AWS General Reference, "Signature Version 4 signing process". */
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "acceptance/sandbox/aws/cloud_server.h"
#include "base/clock.h"
#include "crypto/digest.h"
#include "http/url.h"

enum { CLOCK_SECONDS_MAX = 5 * 60, CANONICAL_BYTES_MAX = 1 << 20 };

static const char algorithm[] = "AWS4-HMAC-SHA256";

/* --- what a service calls the same fault -------------------------------------------------- */
struct fault_words {
    int status;
    const char *code;
};
enum fault_kind { NO_SIGNATURE, UNKNOWN_KEY, BAD_SIGNATURE, KEY_EXPIRED, BAD_TIME, FAULT_KINDS };

static const struct fault_words words[][FAULT_KINDS] = {
    [AWS_EC2_QUERY] = {{401, "AuthFailure"},
                       {401, "AuthFailure"},
                       {401, "AuthFailure"},
                       {400, "RequestExpired"},
                       {400, "RequestExpired"}},
    [AWS_QUERY] = {{403, "MissingAuthenticationToken"},
                   {403, "InvalidClientTokenId"},
                   {403, "SignatureDoesNotMatch"},
                   {403, "ExpiredToken"},
                   {403, "SignatureDoesNotMatch"}},
    [AWS_REST_JSON] = {{403, "MissingAuthenticationTokenException"},
                       {403, "UnrecognizedClientException"},
                       {403, "InvalidSignatureException"},
                       {403, "ExpiredTokenException"},
                       {403, "InvalidSignatureException"}},
    [AWS_REST_XML] = {{403, "MissingAuthenticationToken"},
                      {403, "InvalidClientTokenId"},
                      {403, "SignatureDoesNotMatch"},
                      {403, "ExpiredToken"},
                      {403, "SignatureDoesNotMatch"}},
    [AWS_JSON] = {{400, "MissingAuthenticationTokenException"},
                  {400, "UnrecognizedClientException"},
                  {400, "InvalidSignatureException"},
                  {400, "ExpiredTokenException"},
                  {400, "InvalidSignatureException"}},
};

static bool refuse(struct cloud_request *r, enum fault_kind kind, const char *message)
{
    const struct fault_words *w = &words[r->service->protocol][kind];

    return cloud_refuse(r, w->status, w->code, "%s", message);
}

/* --- the claim ------------------------------------------------------------------------------- */
/* The value behind "name=" in "AWS4-HMAC-SHA256 Credential=…, SignedHeaders=…". */
static const char *part_of(struct arena *a, const char *authorization, const char *name)
{
    const char *at = strstr(authorization, name);
    size_t len;

    if (!at)
        return "";
    at += strlen(name);
    len = strcspn(at, ", ");
    return text_z(a, (struct text){at, len});
}

static void read_scope(struct arena *a, const char *credential, struct cloud_claim *out)
{
    struct text rest = text_of(credential), pieces[5];
    size_t count = 0;

    while (count < 5 && text_split(&rest, '/', &pieces[count]))
        count++;
    if (count < 5 || !text_is(pieces[4], "aws4_request"))
        return;
    out->key_id = text_z(a, pieces[0]);
    out->date = text_z(a, pieces[1]);
    out->region = text_z(a, pieces[2]);
    out->service = text_z(a, pieces[3]);
}

void cloud_claim_of(const struct cloud_request *r, struct cloud_claim *out)
{
    const char *authorization = value_text(r->headers, "authorization");
    const struct value *query = cloud_form(r->a, text_of(r->query));

    *out = (struct cloud_claim){"", "", "", "", "", "", "", false};
    if (strncmp(authorization, algorithm, strlen(algorithm)) == 0) {
        read_scope(r->a, part_of(r->a, authorization, "Credential="), out);
        out->signed_headers = part_of(r->a, authorization, "SignedHeaders=");
        out->signature = part_of(r->a, authorization, "Signature=");
        out->at = value_text(r->headers, "x-amz-date");
        return;
    }
    if (strcmp(value_text(query, "X-Amz-Algorithm"), algorithm) != 0)
        return;
    out->presigned = true;
    read_scope(r->a, value_text(query, "X-Amz-Credential"), out);
    out->signed_headers = value_text(query, "X-Amz-SignedHeaders");
    out->signature = value_text(query, "X-Amz-Signature");
    out->at = value_text(query, "X-Amz-Date");
}

/* --- canonical form -------------------------------------------------------------------------- */
static int compare_texts(const void *one, const void *two)
{
    const struct text *x = one, *y = two;
    struct text name_x, name_y, rest_x = *x, rest_y = *y;
    int order;

    text_split(&rest_x, '=', &name_x);
    text_split(&rest_y, '=', &name_y);
    order = text_compare(name_x, name_y);
    return order ? order : text_compare(rest_x, rest_y);
}

/* Queries come with every byte escaped that has to be: clients here write them in the
 * canonical form already, and what is written otherwise does not match. */
static const char *canonical_query(struct arena *a, const char *query)
{
    struct text rest = text_of(query), *pieces = arena_array(a, rest.len + 1, sizeof(*pieces));
    struct text_builder b;
    size_t count = 0;

    while (rest.len && text_split(&rest, '&', &pieces[count])) {
        bool is_signature = text_starts_with(pieces[count], "X-Amz-Signature=");

        count += pieces[count].len && !is_signature;
    }
    qsort(pieces, count, sizeof(*pieces), compare_texts);
    text_builder_init(&b, a, CANONICAL_BYTES_MAX);
    for (size_t i = 0; i < count; i++) {
        const char *piece = text_z(a, pieces[i]);

        text_add_f(&b, "%s%s%s", i ? "&" : "", piece, strchr(piece, '=') ? "" : "=");
    }
    return text_built(&b).at;
}

static const char *canonical_request(const struct cloud_request *r, const struct cloud_claim *claim,
                                     const char *body_hash)
{
    struct text rest = text_of(claim->signed_headers), name;
    struct text_builder b;

    text_builder_init(&b, r->a, CANONICAL_BYTES_MAX);
    text_add_f(&b, "%s\n%s\n%s\n", r->method, url_escape(r->a, text_of(r->path), "/"),
               canonical_query(r->a, r->query));
    while (rest.len && text_split(&rest, ';', &name)) {
        const char *header = text_z(r->a, name);
        struct text value = text_trim(text_of(value_text(r->headers, header)));

        text_add_f(&b, "%s:%s\n", header, text_z(r->a, value));
    }
    text_add_f(&b, "\n%s\n%s", claim->signed_headers, body_hash);
    return text_built(&b).at;
}

static const char *expected(const struct cloud_request *r, const struct cloud_claim *claim,
                            const char *secret)
{
    const char *steps[] = {claim->date, claim->region, claim->service, "aws4_request", NULL};
    struct text key = text_of(text_f(r->a, "AWS4%s", secret));
    const char *canonical;
    struct diags diags;

    diags_init(&diags, r->a);
    canonical = canonical_request(r, claim, digest_sha256_hex(r->a, &diags, r->body));
    steps[4] =
        text_f(r->a, "%s\n%s\n%s/%s/%s/aws4_request\n%s", algorithm, claim->at, claim->date,
               claim->region, claim->service, digest_sha256_hex(r->a, &diags, text_of(canonical)));
    for (size_t i = 0; i < sizeof(steps) / sizeof(*steps); i++) {
        unsigned char *out = arena_alloc(r->a, SHA256_BYTES);

        if (!digest_hmac_sha256(&diags, key, text_of(steps[i]), out))
            return "";
        key = (struct text){(const char *)out, SHA256_BYTES};
    }
    return digest_hex(r->a, key.at, key.len);
}

/* --- judging --------------------------------------------------------------------------------- */
static bool is_signed(const struct cloud_claim *claim, const char *header)
{
    struct text rest = text_of(claim->signed_headers), name;

    while (rest.len && text_split(&rest, ';', &name))
        if (text_is(name, header))
            return true;
    return false;
}

/* Host, and whatever speaks to AWS. */
static bool signs_enough(const struct cloud_request *r, const struct cloud_claim *claim)
{
    for (size_t i = 0; i < value_count(r->headers); i++) {
        const char *name = r->headers->map.entries[i].key;

        if (strncmp(name, "x-amz-", 6) == 0 && !is_signed(claim, name))
            return false;
    }
    return is_signed(claim, "host");
}

/* Seconds since 1970 of "20260115T120000Z"; -1 when it is not of that form. */
static int64_t time_of(struct arena *a, const char *at)
{
    if (strlen(at) != 16)
        return -1;
    return clock_parse_rfc3339(
        text_f(a, "%.4s-%.2s-%.2sT%.2s:%.2s:%.2sZ", at, at + 4, at + 6, at + 9, at + 11, at + 13));
}

static bool is_timely(struct cloud_request *r, const struct cloud_claim *claim)
{
    const struct value *query = cloud_form(r->a, text_of(r->query));
    int64_t at = time_of(r->a, claim->at), now = clock_now(), good_for = CLOCK_SECONDS_MAX;

    if (claim->presigned)
        good_for = strtoll(value_text(query, "X-Amz-Expires"), NULL, 10);
    if (at < 0 || strncmp(claim->at, claim->date, 8) != 0)
        return refuse(r, BAD_SIGNATURE, "Date in Credential scope does not match the date signed.");
    if (at <= now + CLOCK_SECONDS_MAX && now <= at + good_for)
        return true;
    return refuse(r, BAD_TIME,
                  text_f(r->a, "Signature expired: %s is not within %" PRId64 " seconds of %s",
                         claim->at, good_for, clock_rfc3339(r->a, now)));
}

static const struct cloud_key *find_key(const struct cloud_request *r,
                                        const struct cloud_claim *claim)
{
    const struct value *query = cloud_form(r->a, text_of(r->query));
    const char *token = claim->presigned ? value_text(query, "X-Amz-Security-Token")
                                         : value_text(r->headers, "x-amz-security-token");

    for (const struct cloud_key *key = r->cloud->keys; key; key = key->next)
        if (strcmp(key->id, claim->key_id) == 0 && strcmp(key->session_token, token) == 0)
            return key;
    return NULL;
}

bool cloud_is_signed(const struct cloud_request *r, const struct cloud_claim *claim,
                     const struct cloud_key *key)
{
    return signs_enough(r, claim) && strcmp(expected(r, claim, key->secret), claim->signature) == 0;
}

bool cloud_verify(struct cloud_request *r, const struct cloud_claim *claim)
{
    const struct cloud_key *key = find_key(r, claim);

    if (!*claim->key_id)
        return refuse(r, NO_SIGNATURE, "Request is missing Authentication Token");
    if (!key)
        return refuse(r, UNKNOWN_KEY, "The security token included in the request is invalid.");
    if (r->service->region && strcmp(r->service->region, claim->region) != 0)
        return refuse(r, BAD_SIGNATURE,
                      text_f(r->a, "Credential should be scoped to a valid region, not '%s'.",
                             claim->region));
    if (!is_timely(r, claim))
        return false;
    if (!cloud_is_signed(r, claim, key))
        return refuse(r, BAD_SIGNATURE,
                      "The request signature we calculated does not match the signature you "
                      "provided. Check your AWS Secret Access Key and signing method.");
    if (key->expires_at && key->expires_at <= clock_now())
        return refuse(r, KEY_EXPIRED, "The security token included in the request is expired");
    r->key = key;
    return true;
}
