#include "template/set.h"

#include <string.h>

enum { SLOTS_FIRST = 16 };

static size_t slot_of(const struct template_set *s, struct text name)
{
    uint32_t hash = 2166136261u;
    size_t slot;

    for (size_t i = 0; i < name.len; i++)
        hash = (hash ^ (unsigned char)name.at[i]) * 16777619u;
    for (slot = hash & (s->capacity - 1); s->slots[slot]; slot = (slot + 1) & (s->capacity - 1))
        if (text_equal(s->slots[slot]->name, name))
            break;
    return slot;
}

static struct template *find_own(const struct template_set *s, struct text name)
{
    return s->capacity ? s->slots[slot_of(s, name)] : NULL;
}

struct template *set_find(struct template_set *s, struct text name)
{
    struct template *found = NULL;

    for (; s && !found; s = s->parent)
        found = find_own(s, name);
    return found;
}

static void grow(struct template_set *s)
{
    struct template **old = s->slots;
    size_t old_capacity = s->capacity;

    if (s->count * 2 < s->capacity)
        return;
    s->capacity = s->capacity ? s->capacity * 2 : SLOTS_FIRST;
    s->slots = arena_array(s->arena, s->capacity, sizeof(struct template *));
    for (size_t i = 0; i < old_capacity; i++)
        if (old[i])
            s->slots[slot_of(s, old[i]->name)] = old[i];
}

static void add(struct template_set *s, struct template *t)
{
    const struct template *old = set_find(s, t->name);
    size_t slot;

    if (old && node_list_is_blank(t->body))
        return;
    grow(s);
    slot = slot_of(s, t->name);
    s->count += !s->slots[slot];
    s->slots[slot] = t;
}

void set_add(struct template_set *s, struct template *templates)
{
    for (struct template *next; templates; templates = next) {
        next = templates->next;
        add(s, templates);
    }
}
