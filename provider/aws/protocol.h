/* protocol - requests and replies of the five wire forms, by the tables of operation.h.
 * Pure. One file each: protocol_query.c (both query forms), protocol_json.c,
 * protocol_xml.c; error.c reads refusals. */
#ifndef AWS_PROTOCOL_H
#define AWS_PROTOCOL_H
#include "aws/operation.h"
#include "http/client.h"

struct protocol_request {
    const char *method;
    const char *path;                  /* encoded once: what is sent and signed */
    const char *query;                 /* without the question mark; "" = none */
    const struct http_header *headers; /* content type and the operation's own */
    size_t header_count;
    struct text body;
};

/* False: the input lacks what the path needs, or holds what the member's kind does not
 * allow: our own mistake, reported as such. */
bool protocol_encode(struct arena *a, struct diags *diags, const struct aws_operation *operation,
                     const struct value *input, struct protocol_request *out);
/* Of a 2xx reply. False: what came is not what the protocol says; reported with the
 * operation's name and the first bytes. */
bool protocol_decode(struct arena *a, struct diags *diags, const struct aws_operation *operation,
                     const struct http_reply *reply, const struct value **output);

/* What a service says when it refuses. */
struct aws_error {
    int status;
    const char *code;    /* "DependencyViolation", without a namespace; "" = none told */
    const char *message; /* its own words, fit for people */
    const char *request_id;
    const struct value *detail; /* further members of a JSON refusal: validZones, … */
};

/* Of any other reply, also one that is HTML, empty or cut: code is then "" and message
 * the beginning of what came. */
void protocol_error(struct arena *a, const struct aws_service *service,
                    const struct http_reply *reply, struct aws_error *out);

/* Classes of codes, the same for all services (error.c has the tables). */
enum aws_error_class {
    AWS_REFUSED,     /* asking again cannot help */
    AWS_THROTTLED,   /* slower */
    AWS_TRANSIENT,   /* the service's own trouble */
    AWS_CLOCK,       /* our clock and theirs differ */
    AWS_EXPIRED,     /* the credentials' time is over */
    AWS_UNAUTHORIZED /* known, but not allowed; or not known */
};
enum aws_error_class aws_error_class(const struct aws_error *error);
/* One of the patterns of a row of operation.h. */
bool aws_error_is(const struct aws_error *error, const char *const *patterns);

#endif
