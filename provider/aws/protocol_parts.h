/* protocol_parts - what the files of protocol share, and nobody else sees. */
#ifndef AWS_PROTOCOL_PARTS_H
#define AWS_PROTOCOL_PARTS_H
#include "aws/protocol.h"
#include "codec/xml.h"

enum { PROTOCOL_BYTES_MAX = 16 << 20 };

struct encoding {
    struct arena *a;
    struct diags *diags;
    const struct aws_operation *operation;
    const struct value *input;
};

/* Nothing is sent for null, for "", and for empty lists and maps. */
bool protocol_is_sent(const struct value *v);
/* Text of a string, integer, bool or time. False, reported, when v is none that the
 * member's kind allows. */
bool protocol_scalar(const struct encoding *e, const struct aws_member *m, const struct value *v,
                     const char **out);
const char *protocol_wire_name(const struct aws_member *m);
/* The path with its {members} filled in, and the query of URL_QUERY members. */
bool protocol_target(const struct encoding *e, const char **path, const char **query);

bool protocol_query_encode(const struct encoding *e, struct protocol_request *out);
bool protocol_json_encode(const struct encoding *e, struct protocol_request *out);
bool protocol_xml_encode(const struct encoding *e, struct protocol_request *out);
/* By the members of `rows`; lists keep their order, what is missing is left out. */
const struct value *protocol_xml_decode(struct arena *a, const struct xml_element *element,
                                        const struct aws_member *rows, bool lower_camel);
const struct value *protocol_json_decode(struct arena *a, const struct value *json,
                                         const struct aws_member *rows);

#endif
