/* signature - Signature Version 4 of AWS: requests signed in headers or presigned in
 * the query. Pure: no clock, no network.
 *
 * The caller gives the very bytes that will be sent: path and query already encoded
 * once. The path is encoded again for signing (every service here wants that, only S3
 * does not), the query is sorted by name and value. Signed are host, date, session
 * token and every header given; what proxies may change (User-Agent, Accept,
 * Content-Length) is left to be added afterwards.
 * Source: AWS General Reference, "Signature Version 4 signing process". */
#ifndef AWS_SIGNATURE_H
#define AWS_SIGNATURE_H
#include <stdbool.h>
#include <stdint.h>

#include "base/text.h"
#include "http/client.h"
#include "schema/diag.h"

/* An access key; the parts of one belong together. */
struct access_key {
    const char *id, *secret;
    const char *session_token; /* "" = a long-lived key */
};

struct signature_scope {
    const char *region, *service; /* as signed: "us-east-1", "elasticloadbalancing" */
    int64_t at;                   /* seconds since 1970 */
};

struct signature_request {
    const char *method;
    const char *host;                  /* with the port when it is not the scheme's own */
    const char *path;                  /* "/clusters/eks-1", as on the wire */
    const char *query;                 /* "a=1&b=2" without the question mark; "" = none */
    const struct http_header *headers; /* to be signed, without host, date and token */
    size_t header_count;
    struct text body;
};

/* What was made on the way, each stage as AWS's own test cases show it. */
struct signature {
    const char *canonical_request, *string_to_sign;
    const char *hex;           /* the signature: 64 digits */
    const char *authorization; /* header value; "" of a presigned request */
    const char *date;          /* "20260115T120000Z", the header x-amz-date */
};

/* For a request that is sent with the headers X-Amz-Date and, with a session token,
 * X-Amz-Security-Token, both of which are added to r's for signing. */
bool signature_of(struct arena *a, struct diags *diags, const struct access_key *key,
                  const struct signature_scope *scope, const struct signature_request *r,
                  struct signature *out);
/* The query of r with the X-Amz parameters and the signature, for a request without a
 * body that is good for `seconds` (at most 604800). */
bool signature_presign(struct arena *a, struct diags *diags, const struct access_key *key,
                       const struct signature_scope *scope, const struct signature_request *r,
                       int64_t seconds, struct signature *out, const char **query);

#endif
