/* json_schema_memo - what was found out once about up to three pointers: a pattern
 * compiled, a reference resolved, a schema judged at a value. For json_schema alone.
 *
 * References multiply: a schema of sixty short definitions can ask 2^60 questions, few
 * of them different. Lives in the arena; nothing is forgotten before that goes. */
#ifndef JSON_SCHEMA_JSON_SCHEMA_MEMO_H
#define JSON_SCHEMA_JSON_SCHEMA_MEMO_H
#include "base/arena.h"

struct memo_entry;

struct memo {
    struct arena *arena;
    struct memo_entry *slots;
    size_t count, capacity;
};

/* Where the answer stands, NULL when the question is new. Another call may move it. */
void **memo_at(struct memo *m, const void *a, const void *b, const void *c);

#endif
