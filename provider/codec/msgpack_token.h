/* msgpack_token - the single items of a MessagePack text (its specification of
 * 2013, with bin and ext): pure, no allocation, no depth. For codec/msgpack. */
#ifndef CODEC_MSGPACK_TOKEN_H
#define CODEC_MSGPACK_TOKEN_H
#include <stdbool.h>
#include <stdint.h>

#include "base/text.h"

enum msgpack_kind {
    MSGPACK_NIL,
    MSGPACK_BOOL,
    MSGPACK_UNSIGNED,
    MSGPACK_SIGNED, /* below zero, or written in a signed form */
    MSGPACK_REAL,
    MSGPACK_STRING,
    MSGPACK_BINARY,
    MSGPACK_ARRAY,
    MSGPACK_MAP,
    MSGPACK_EXT,
};

struct msgpack_token {
    enum msgpack_kind kind;
    bool boolean;
    uint64_t unsigned_integer;
    int64_t signed_integer;
    double real;
    uint32_t count;   /* elements of an array, pairs of a map: claimed, not seen */
    int ext;          /* code of an ext */
    struct text body; /* of a string, binary or ext: whole, borrowed from the input */
};

enum msgpack_status { MSGPACK_FINE, MSGPACK_ENDS_EARLY, MSGPACK_NO_SUCH_FORM };

/* Takes one item (of an array or map: its head) from the front of *rest. */
enum msgpack_status msgpack_token_read(struct text *rest, struct msgpack_token *out);

/* The smallest form of each. */
void msgpack_add_nil(struct text_builder *b);
void msgpack_add_bool(struct text_builder *b, bool boolean);
void msgpack_add_integer(struct text_builder *b, int64_t integer);
void msgpack_add_real(struct text_builder *b, double real); /* always 64 bits */
void msgpack_add_string(struct text_builder *b, struct text t);
void msgpack_add_binary(struct text_builder *b, struct text t);
void msgpack_add_array(struct text_builder *b, size_t count);
void msgpack_add_map(struct text_builder *b, size_t count);
void msgpack_add_ext(struct text_builder *b, int code, struct text body);

#endif
