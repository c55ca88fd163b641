#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "acceptance/sandbox/aws/cloud_server.h"
#include "base/clock.h"
#include "crypto/digest.h"

enum { SEEN_AFTER_SECONDS = 10, LISTED_SECONDS = 3600 };

struct cloud_token {
    struct cloud_token *next;
    const char *region, *action, *token;
    const struct value *parameters;
    const char *kind, *id; /* of what it made */
};

/* --- ids and time -------------------------------------------------------------------- */
const char *cloud_new_id(struct cloud *c, struct arena *a, const char *prefix)
{
    struct diags diags;
    const char *seed = text_f(a, "%s %s %llu", c->account, prefix, (unsigned long long)++c->made);

    diags_init(&diags, a);
    return text_f(a, "%s-0%.16s", prefix, digest_sha256_hex(a, &diags, text_of(seed)));
}

int64_t cloud_ms(const struct cloud *c, int64_t seconds)
{
    return c->options.speed ? seconds * 1000 / c->options.speed : 0;
}

/* --- records -------------------------------------------------------------------------- */
struct record *record_add(struct cloud *c, const char *region, const char *kind, const char *id,
                          const struct value *body)
{
    struct arena *arena = arena_new();
    struct record *record = arena_alloc(arena, sizeof(*record));

    record->arena = arena;
    record->kind = kind;
    record->region = arena_strdup(arena, region);
    record->id = arena_strdup(arena, id);
    record->body = value_copy(arena, body);
    record->tags = &value_empty_map;
    if (c->options.eventual)
        record->seen_at_ms = clock_monotonic_ms() + cloud_ms(c, SEEN_AFTER_SECONDS);
    if (c->last_record)
        c->last_record->next = record;
    else
        c->records = record;
    c->last_record = record;
    return record;
}

struct record *record_next(struct cloud *c, const struct record *before, const char *region,
                           const char *kind)
{
    struct record *record = before ? before->next : c->records;

    while (record &&
           (strcmp(record->kind, kind) != 0 || (region && strcmp(record->region, region) != 0)))
        record = record->next;
    return record;
}

struct record *record_find(struct cloud *c, const char *region, const char *kind, const char *id)
{
    struct record *record = NULL;

    while ((record = record_next(c, record, region, kind)))
        if (strcmp(record->id, id) == 0)
            return record;
    return NULL;
}

struct record *record_seen(struct cloud *c, const char *region, const char *kind, const char *id)
{
    struct record *record = record_find(c, region, kind, id);

    return record && record->seen_at_ms <= clock_monotonic_ms() ? record : NULL;
}

void record_set(struct record *record, const char *key, const struct value *v)
{
    struct arena *a = record->arena;

    record->body = value_with(a, record->body, arena_strdup(a, key), v ? value_copy(a, v) : NULL);
}

const char *record_text(const struct record *record, const char *key)
{
    return value_text(record->body, key);
}

bool record_is(const struct record *record, const char *key, const char *text)
{
    return strcmp(record_text(record, key), text) == 0;
}

void record_later(struct cloud *c, struct record *record, int64_t seconds,
                  void (*ripen)(struct cloud *c, struct record *record))
{
    record->due_ms = clock_monotonic_ms() + cloud_ms(c, seconds);
    record->ripen = ripen;
}

void record_remove(struct cloud *c, struct record *record)
{
    struct record *before = NULL;

    for (struct record *at = c->records; at != record; at = at->next)
        before = at;
    if (before)
        before->next = record->next;
    else
        c->records = record->next;
    if (c->last_record == record)
        c->last_record = before;
    record->next = c->removed;
    c->removed = record;
}

/* At once would be never: then it takes as long as it does by default. */
void record_fade(struct cloud *c, struct record *record)
{
    int64_t speed = c->options.speed ? c->options.speed : CLOUD_SPEED;

    record->ghost = true;
    record->due_ms = clock_monotonic_ms() + LISTED_SECONDS * 1000 / speed;
    record->ripen = record_remove;
}

void records_forget_removed(struct cloud *c)
{
    struct record *next;

    for (struct record *at = c->removed; at; at = next) {
        next = at->next;
        arena_free(at->arena);
    }
    c->removed = NULL;
}

/* What ripens may change the list: the search begins anew each time. */
static struct record *first_due(struct cloud *c, int64_t now_ms)
{
    struct record *found = NULL;

    for (struct record *at = c->records; at; at = at->next)
        if (at->ripen && at->due_ms <= now_ms && (!found || at->due_ms < found->due_ms))
            found = at;
    return found;
}

void records_ripen(struct cloud *c)
{
    int64_t now_ms = clock_monotonic_ms();
    struct record *record;

    while ((record = first_due(c, now_ms))) {
        void (*ripen)(struct cloud *, struct record *) = record->ripen;

        record->ripen = NULL;
        c->changes++;
        ripen(c, record);
    }
}

void records_free(struct cloud *c)
{
    while (c->records)
        record_remove(c, c->records);
    records_forget_removed(c);
}

struct text records_inventory(struct cloud *c, struct arena *a)
{
    struct text_builder b;

    text_builder_init(&b, a, CLOUD_REPLY_BYTES_MAX);
    records_ripen(c);
    records_forget_removed(c);
    for (const struct record *at = c->records; at; at = at->next)
        if (!at->ghost)
            text_add_f(&b, "%s %s %s\n", *at->region ? at->region : "-", at->kind, at->id);
    return text_built(&b);
}

char *cloud_inventory(struct cloud *c)
{
    struct arena *a = arena_new();
    char *copy;

    pthread_mutex_lock(&c->lock);
    copy = memory_strdup(records_inventory(c, a).at);
    pthread_mutex_unlock(&c->lock);
    arena_free(a);
    return copy;
}

/* --- client tokens ---------------------------------------------------------------------- */
static const struct cloud_token *token_find(const struct cloud_request *r, const char *token)
{
    for (const struct cloud_token *t = r->cloud->tokens; t; t = t->next)
        if (strcmp(t->token, token) == 0 && strcmp(t->region, r->region) == 0 &&
            strcmp(t->action, r->operation->name) == 0)
            return t;
    return NULL;
}

bool token_check(struct cloud_request *r, const char *token, struct record **again)
{
    const struct cloud_token *t = *token ? token_find(r, token) : NULL;

    *again = t ? record_find(r->cloud, r->region, t->kind, t->id) : NULL;
    if (!t || value_equal(t->parameters, r->parameters))
        return true;
    *again = NULL;
    return cloud_refuse(r, 400,
                        r->service->protocol == AWS_REST_JSON ? "InvalidParameterException"
                                                              : "IdempotentParameterMismatch",
                        "The client token %s was used with other parameters before.", token);
}

void token_keep(struct cloud_request *r, const char *token, const struct record *made)
{
    struct arena *a = r->cloud->arena;
    struct cloud_token *t;

    if (!*token)
        return;
    t = arena_alloc(a, sizeof(*t));
    *t = (struct cloud_token){.next = r->cloud->tokens,
                              .region = arena_strdup(a, r->region),
                              .action = r->operation->name,
                              .token = arena_strdup(a, token),
                              .parameters = value_copy(a, r->parameters),
                              .kind = made->kind,
                              .id = arena_strdup(a, made->id)};
    r->cloud->tokens = t;
}
