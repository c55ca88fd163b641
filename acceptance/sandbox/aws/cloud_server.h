/* cloud_server - the inside of the stand-in account: what its files share.
 *
 * One lock guards everything in struct cloud and is held while a request is handled.
 *
 * A service is one file with one row (struct cloud_service) that cloud_route.c lists.
 * An operation reads r->parameters (query protocols: a tree of the dotted names;
 * json, rest-json: the body; rest: also what path and query say), changes records, and ends with
 * cloud_answer() or cloud_refuse(), whose result it returns. Bodies of records have the
 * names of answers on the wire; what XML never answers has a name that begins with a dot. */
#ifndef SANDBOX_AWS_CLOUD_SERVER_H
#define SANDBOX_AWS_CLOUD_SERVER_H
#include <pthread.h>

#include "acceptance/sandbox/aws/cloud.h"
#include "acceptance/sandbox/faults.h"
#include "acceptance/sandbox/identity.h"
#include "aws/service.h"
#include "schema/value.h"

enum { CLOUD_BODY_BYTES_MAX = 1 << 20, CLOUD_REPLY_BYTES_MAX = 64 << 20 };

struct cloud_region {
    const char *name, *zone_prefix; /* "eu-west-1", "euw1" */
};
extern const struct cloud_region cloud_region_list[]; /* ends with name NULL */
enum { CLOUD_ZONES = 3 };                             /* of each region: a, b, c */

/* Who signs. */
struct cloud_key {
    struct cloud_key *next;
    const char *id, *secret, *session_token; /* "" = a long-lived one */
    const char *arn, *user_id;
    int64_t expires_at; /* 0 = never */
};

/* One object of the account. */
struct record {
    struct record *next; /* in the order of making */
    struct arena *arena;
    const char *kind;   /* as tag specifications call it: "vpc", "natgateway" */
    const char *region; /* "" = of all */
    const char *id;
    const struct value *body; /* map; its old values stay readable until the request ends */
    const struct value *tags; /* map of strings */
    bool ghost;               /* deleted, only still listed; or always there */
    int64_t seen_at_ms;       /* readers find it from then on */
    int64_t due_ms;
    void (*ripen)(struct cloud *c, struct record *record); /* at due_ms; NULL = never */
};

struct cloud_token; /* a request that may be repeated */

struct cloud {
    pthread_mutex_t lock;
    pthread_cond_t changed;
    bool stopping;
    struct arena *arena; /* lives as long as the account */
    struct cloud_options options;
    const char *account, *url, *control_token;
    struct identity *identity;
    struct MHD_Daemon *daemon;
    pthread_t ticker;
    uint64_t changes; /* of records, so far: what looks at them may have to look again */
    struct faults faults;
    struct cloud_key *keys;
    const struct cloud_key *user; /* the one that is there from the start */
    struct record *records, *last_record, *removed;
    struct cloud_token *tokens;
    uint64_t made; /* ids so far */
    int64_t allowance_ms;
};

struct cloud_request {
    struct cloud *cloud;
    struct arena *a;
    const char *method, *path, *query; /* as they came, still encoded */
    const struct value *headers;       /* map of strings, names in lower case */
    struct text body;

    const struct cloud_service *service;
    const struct cloud_operation *operation;
    const char *region;
    const struct cloud_key *key; /* NULL = an unsigned operation */
    const struct value *parameters;
    const char *id; /* of the request */

    int status;
    const char *type, *error_code; /* error_code: header of rest-json */
    struct text reply;
};

struct cloud_operation {
    const char *name;
    bool (*handle)(struct cloud_request *r);
    /* Top-level parameters that there may be, separated by blanks; "!" = there must be.
     * NULL = any: the operation looks itself. */
    const char *parameters;
    const char *method, *path; /* rest protocols: "GET", "/clusters/{name}" */
    bool is_unsigned;
};

struct cloud_service {
    const char *name; /* in the scope: "elasticloadbalancing" */
    enum aws_protocol protocol;
    const char *version, *xmlns;
    const char *region; /* the one region to sign for; NULL = each its own */
    const char *target; /* json: before "." in X-Amz-Target */
    const struct cloud_operation *const *operations; /* tables, each ended by name NULL */
    const char *const *items;      /* rest-xml: pairs of a list's name and its items', NULL ends */
    void (*seed)(struct cloud *c); /* what is there from the start; may be NULL */
};
extern const struct cloud_service cloud_autoscaling, cloud_ec2, cloud_eks,
    cloud_elasticloadbalancing, cloud_iam, cloud_route53, cloud_secretsmanager, cloud_sts;

/* --- cloud_route.c ------------------------------------------------------------------ */
/* Tells service, region and operation; verifies; runs it. */
void cloud_handle(struct cloud_request *r);
/* What faults and record call the request; once before cloud_handle(). */
const char *cloud_target(struct cloud_request *r);
extern const struct cloud_service *const cloud_services[];

/* --- cloud_verify.c ----------------------------------------------------------------- */
/* What a request says about who signed it; texts are "" when it says nothing. */
struct cloud_claim {
    const char *key_id, *date, *region, *service; /* of the scope */
    const char *at, *signed_headers, *signature;
    bool presigned;
};
void cloud_claim_of(const struct cloud_request *r, struct cloud_claim *out);
/* Did this key sign the request, whenever that was? */
bool cloud_is_signed(const struct cloud_request *r, const struct cloud_claim *claim,
                     const struct cloud_key *key);
/* Sets r->key; false = refused. */
bool cloud_verify(struct cloud_request *r, const struct cloud_claim *claim);

/* --- cloud_wire.c ------------------------------------------------------------------- */
/* The tree of "A.1.B=x&…"; query strings have the same form. What is named twice
 * ("tagKeys=a&tagKeys=b") is a list. */
const struct value *cloud_form(struct arena *a, struct text form);
/* The items of a numbered list of the tree ("member" in between or not). */
const struct value *cloud_items(struct arena *a, const struct value *numbered);
/* A parameter's text, "" when absent. */
const char *cloud_text(const struct cloud_request *r, const char *name);
bool cloud_answer(struct cloud_request *r, const struct value *output);
/* Both false. */
bool cloud_refuse(struct cloud_request *r, int status, const char *code, const char *format, ...)
    __attribute__((format(printf, 4, 5)));
bool cloud_refuse_with(struct cloud_request *r, int status, const char *code, const char *message,
                       const struct value *detail);

/* --- cloud_store.c ------------------------------------------------------------------ */
/* "vpc-0" and 16 digits more. */
const char *cloud_new_id(struct cloud *c, struct arena *a, const char *prefix);
/* Seconds of AWS's in milliseconds of ours. */
int64_t cloud_ms(const struct cloud *c, int64_t seconds);
struct record *record_add(struct cloud *c, const char *region, const char *kind, const char *id,
                          const struct value *body);
/* The next one of that kind after `before` (NULL = the first); region NULL = any. */
struct record *record_next(struct cloud *c, const struct record *before, const char *region,
                           const char *kind);
/* NULL = none. The second: as readers see it. */
struct record *record_find(struct cloud *c, const char *region, const char *kind, const char *id);
struct record *record_seen(struct cloud *c, const char *region, const char *kind, const char *id);
void record_set(struct record *record, const char *key, const struct value *v);
const char *record_text(const struct record *record, const char *key);
bool record_is(const struct record *record, const char *key, const char *text);
/* Calls `ripen` after so many of AWS's seconds. */
void record_later(struct cloud *c, struct record *record, int64_t seconds,
                  void (*ripen)(struct cloud *c, struct record *record));
/* Its memory lives until the request ends. */
void record_remove(struct cloud *c, struct record *record);
/* It is deleted, but AWS lists it for another hour. */
void record_fade(struct cloud *c, struct record *record);
/* All that is due. */
void records_ripen(struct cloud *c);
void records_forget_removed(struct cloud *c);
/* As cloud_inventory(), under the lock. */
struct text records_inventory(struct cloud *c, struct arena *a);
void records_free(struct cloud *c);
/* A request with a client token: false = refused, since another request had it.
 * *again is what the first one made, NULL = this is the first. */
bool token_check(struct cloud_request *r, const char *token, struct record **again);
void token_keep(struct cloud_request *r, const char *token, const struct record *made);

#endif
