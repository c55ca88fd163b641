#include "json_schema/json_schema_memo.h"

#include <stdint.h>

enum { CAPACITY_MIN = 64 };

struct memo_entry {
    const void *key[3];
    void *answer;
};

static struct memo_entry *find(const struct memo *m, const void *const key[3])
{
    uint64_t hash = 0;
    size_t i;

    for (int k = 0; k < 3; k++)
        hash = (hash ^ (uintptr_t)key[k]) * UINT64_C(0x9e3779b97f4a7c15);
    for (i = (size_t)(hash >> 32) & (m->capacity - 1); m->slots[i].answer;
         i = (i + 1) & (m->capacity - 1))
        if (m->slots[i].key[0] == key[0] && m->slots[i].key[1] == key[1] &&
            m->slots[i].key[2] == key[2])
            break;
    return &m->slots[i];
}

static void grow(struct memo *m)
{
    struct memo old = *m;

    m->capacity = old.capacity ? old.capacity * 2 : CAPACITY_MIN;
    m->slots = arena_array(m->arena, m->capacity, sizeof(*m->slots));
    m->count = 0;
    for (size_t i = 0; i < old.capacity; i++)
        if (old.slots[i].answer) {
            *find(m, old.slots[i].key) = old.slots[i];
            m->count++;
        }
}

void **memo_at(struct memo *m, const void *a, const void *b, const void *c)
{
    const void *const key[3] = {a, b, c};
    struct memo_entry *entry;

    if (m->count * 2 >= m->capacity)
        grow(m);
    entry = find(m, key);
    if (!entry->answer) {
        m->count++;
        for (int k = 0; k < 3; k++)
            entry->key[k] = key[k];
    }
    return &entry->answer;
}
