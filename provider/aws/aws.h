/* aws - sessions with AWS and the one way to call an operation.
 *
 * A session is an identity and a region. Sessions, their credentials, connections and
 * the clock's correction are kept for the life of the process and shared by all calls:
 * credentials are fetched once, renewed by one caller before they expire (from 15
 * minutes before, at the latest 10), and once more when a service calls them expired.
 * Thread-safe. The provider block (`aws`) decides what a call does not say. */
#ifndef AWS_AWS_H
#define AWS_AWS_H
#include <stdbool.h>
#include <stdint.h>

#include "aws/credentials.h"
#include "aws/operation.h"
#include "aws/protocol.h"

struct aws_pool;

struct aws_pool *aws_pool_new(struct http_client *http);
void aws_pool_free(struct aws_pool *pool);

struct aws;

/* What differs from the provider block; "" or NULL = as there. */
struct aws_access {
    const char *region, *profile, *role_arn;
};

/* Asks no service. False: reported at `at`: no region told, a malformed endpoint. */
bool aws_open(struct call *c, const struct aws_access *access, const struct path *at,
              struct aws **out);
/* The same identity elsewhere: the accepter's side of a peering. */
bool aws_open_region(struct call *c, struct aws *session, const char *region, struct aws **out);
const char *aws_region(const struct aws *session);
const struct partition *aws_partition(const struct aws *session);
/* Credentials as they would be used now, in the call's arena: for presigning. */
bool aws_credentials_now(struct call *c, struct aws *session, struct aws_credentials *out);
/* Seconds since 1970 by the services' clock. */
int64_t aws_now(struct aws *session);

/* Who we are; asked once for each session. */
struct aws_identity {
    const char *account, *arn, *user_id;
};
bool aws_identity(struct call *c, struct aws *session, struct aws_identity *out);

/* True = answered. *out is the output, or NULL when what it is about does not exist (a
 * code of the row's `gone`). False = reported: "Cannot <words of the operation>" with
 * region, AWS's code and words, request id, and what to do next. */
bool aws_call(struct call *c, struct aws *session, const struct aws_operation *operation,
              const struct value *input, const struct value **out);

struct aws_reply {
    const struct value *output; /* NULL = refused */
    struct aws_error error;
};
/* The same where refusals are the caller's to judge. False = no answer: reported. */
bool aws_try(struct call *c, struct aws *session, const struct aws_operation *operation,
             const struct value *input, struct aws_reply *reply);
/* Reports a refusal of aws_try(); always false. `subject`: "subnet subnet-1". */
bool aws_refused(struct call *c, struct aws *session, const struct aws_operation *operation,
                 const char *subject, const struct aws_error *error);
/* The items of all pages; an empty list when what it is about does not exist. */
bool aws_list(struct call *c, struct aws *session, const struct aws_operation *operation,
              const struct value *input, const struct value **items);

#endif
