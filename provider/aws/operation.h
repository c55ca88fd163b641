/* operation - one operation of a service as a row: names, shapes, and what its refusals
 * mean. The encoders and decoders of protocol.h read these tables.
 *
 * Inputs and outputs are struct value maps whose keys are the API model's own member
 * names ("VpcId", "resourcesVpcConfig"), whatever the wire calls them. Empty and null
 * members are not sent. Members that no row names are never sent and are dropped from
 * replies: a table holds what we use. */
#ifndef AWS_OPERATION_H
#define AWS_OPERATION_H
#include <stdbool.h>

#include "aws/service.h"

enum aws_kind {
    AWS_STRING,
    AWS_INTEGER,
    AWS_BOOL,
    AWS_TIME,      /* seconds since 1970, a number; as the protocol writes times */
    AWS_STRUCTURE, /* members = its own */
    AWS_LIST,      /* of strings, or of structures with `members` */
    AWS_MAP,       /* of strings by string */
};

enum aws_place { AWS_BODY, AWS_PATH, AWS_URL_QUERY, AWS_HEADER };

struct aws_member {
    const char *name;
    /* NULL = the name. ec2-query: requests begin it with a capital, replies with a small
     * letter unless it is given. */
    const char *wire;
    const struct aws_member *members; /* ends with name NULL */
    const char *item;                 /* element of a list in XML; NULL = "item", "member" */
    enum aws_kind kind;
    enum aws_place place; /* of an input member */
    bool may_be_empty;    /* "" says something: query forms send it too */
};

/* A row: name, kind, then any other field: MEMBER("Tags", AWS_LIST, .members = tag). */
#define MEMBER(member_name, ...)                                                                   \
    {                                                                                              \
        .name = (member_name), .kind = __VA_ARGS__                                                 \
    }
#define END_MEMBERS                                                                                \
    {                                                                                              \
        .name = NULL                                                                               \
    }

enum aws_operation_flags {
    AWS_READS = 1 << 0,    /* changes nothing: may be sent again whatever happened */
    AWS_UNSIGNED = 1 << 1, /* needs no credentials */
    AWS_SECRET = 1 << 2,   /* bodies never appear in logs */
};

struct aws_operation {
    const char *name; /* "CreateVpc" */
    const struct aws_service *service;
    const char *method, *path; /* of the rest protocols: "POST", "/clusters/{name}/tags" */
    const struct aws_member *input, *output;
    /* Member that makes a repeated request the same one (ClientToken); a random one is
     * put there when the input has none, and kept over retries. NULL = none. */
    const char *token;
    /* Codes that are results, not errors; end with NULL; may be NULL. A trailing "*"
     * stands for any rest, a leading one for any start ("*.NotFound"). */
    const char *const *gone;    /* what it is about does not exist */
    const char *const *exists;  /* it is there already */
    const char *const *pending; /* another reader does not see it yet, or something still
                                   depends on it: the same request may succeed later */
    /* Pages: the input member for the next one, the output member that names it, the
     * output member with the items. NULL = one page. */
    const char *page_in, *page_out, *items;
    unsigned flags;
};

#endif
