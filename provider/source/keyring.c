#include "source/keyring.h"

#include <string.h>

#include "base/clock.h"
#include "source/openpgp_parts.h"

enum { USER_BYTES_MAX = 200 };

/* What is known of a key while its packets are read. */
struct entry {
    struct keyring_key *out;
    const struct entry *main; /* of a subkey; NULL = it is one itself */
    const char *unreadable;   /* from openpgp_read_key() */
    bool revoked, vouched;    /* vouched: a good signature of the main key is about it */
    int64_t vouched_at, expires;
    bool may_sign;
};

struct reader {
    struct arena *arena;
    struct diags *diags;
    struct entry *entries;
    size_t count;
    struct entry *main, *current; /* what the next signatures are about */
    bool in_user;                 /* ... or this user of the main key */
    struct text user;
};

/* --- signatures about keys ------------------------------------------------------------ */

static struct text about_key(struct reader *r, const struct entry *of)
{
    const struct openpgp_key *main = &r->main->out->key;
    struct text_builder b;

    text_builder_init(&b, r->arena, main->body.len + of->out->key.body.len + r->user.len + 32);
    openpgp_add_key(&b, main->version, main->body);
    if (of != r->main)
        openpgp_add_key(&b, of->out->key.version, of->out->key.body);
    if (r->in_user) {
        openpgp_add_number(&b, 1, 0xb4);
        openpgp_add_number(&b, 4, r->user.len);
        text_add(&b, r->user);
    }
    return text_built(&b);
}

/* A subkey that signs has to say itself that it belongs to the main key. */
static bool agrees(struct reader *r, const struct entry *subkey,
                   const struct openpgp_signature *binding)
{
    struct openpgp_signature back;

    return !openpgp_read_signature(r->arena, binding->embedded, &back) &&
           back.type == OPENPGP_BY_SUBKEY &&
           openpgp_is_good(r->arena, r->diags, &subkey->out->key, &back, about_key(r, subkey));
}

static bool is_about(const struct reader *r, unsigned type)
{
    if (r->current != r->main)
        return type == OPENPGP_OF_SUBKEY;
    if (r->in_user)
        return type >= OPENPGP_OF_USER_ID && type <= OPENPGP_OF_USER_ID + 3;
    return type == OPENPGP_OF_KEY;
}

static void vouch(struct reader *r, const struct openpgp_signature *s)
{
    struct entry *e = r->current;
    bool is_subkey = e != r->main;

    if (!is_about(r, s->type) || (e->vouched && s->created < e->vouched_at) ||
        !openpgp_is_good(r->arena, r->diags, &r->main->out->key, s, about_key(r, e)))
        return;
    e->vouched = true;
    e->vouched_at = s->created;
    e->expires = s->key_expires;
    e->may_sign = is_subkey ? s->flags & OPENPGP_MAY_SIGN && agrees(r, e, s)
                            : !s->has_flags || s->flags & OPENPGP_MAY_SIGN;
    if (r->in_user)
        r->main->out->user = text_printable(r->arena, r->user, USER_BYTES_MAX);
}

static void read_signature(struct reader *r, struct text body)
{
    struct openpgp_signature s;
    const char *fault;

    if (!r->current)
        return;
    fault = openpgp_read_signature(r->arena, body, &s);
    if (s.type == OPENPGP_REVOKES_KEY || s.type == OPENPGP_REVOKES_SUBKEY)
        r->current->revoked = true;
    else if (!fault && !r->current->unreadable && !r->main->unreadable)
        vouch(r, &s);
}

/* --- packets ---------------------------------------------------------------------------- */

static void begin_key(struct reader *r, const struct openpgp_packet *p)
{
    struct entry *e = &r->entries[r->count++];

    e->out->user = "";
    e->unreadable = openpgp_read_key(r->arena, r->diags, p->body, &e->out->key);
    if (p->tag == OPENPGP_KEY)
        r->main = e;
    else
        e->main = r->main;
    r->current = e;
    r->in_user = false;
    r->user.len = 0;
}

static const char *read_packet(struct reader *r, const struct openpgp_packet *p)
{
    bool is_key = p->tag == OPENPGP_KEY || p->tag == OPENPGP_SUBKEY;

    if (!is_key && p->tag != OPENPGP_USER_ID && p->tag != OPENPGP_SIGNATURE) {
        r->current = NULL; /* signatures about pictures and the like */
        return NULL;
    }
    if (!r->main && p->tag != OPENPGP_KEY)
        return "it does not begin with a public key";
    if (r->count == KEYRING_KEYS_MAX)
        return "it has too many keys";
    if (is_key)
        begin_key(r, p);
    else if (p->tag == OPENPGP_SIGNATURE)
        read_signature(r, p->body);
    else {
        r->current = r->main;
        r->in_user = true;
        r->user = p->body;
    }
    return NULL;
}

/* --- judging ------------------------------------------------------------------------------- */

static const char *fault_of(struct arena *a, const struct entry *e, int64_t now)
{
    int64_t ends = e->out->key.created + e->expires;

    if (e->unreadable)
        return e->unreadable;
    if (e->revoked)
        return "it is revoked";
    if (!e->vouched)
        return e->main ? "no good signature of the main key is about it"
                       : "it has no good signature of its own (SHA-256 or better)";
    if (e->out->key.created > now)
        return "it was made in the future";
    if (e->expires && ends <= now)
        return text_f(a, "it expired at %s", clock_rfc3339(a, ends));
    return NULL;
}

static void judge(struct arena *a, struct entry *e, int64_t now)
{
    const char *of_main = e->main ? fault_of(a, e->main, now) : NULL;

    e->out->fault = of_main ? of_main : fault_of(a, e, now);
    if (!e->out->fault && !e->may_sign)
        e->out->fault = "it is not meant for signing";
    if (e->main)
        e->out->user = e->main->out->user;
}

const char *keyring_read(struct arena *a, struct diags *diags, struct text packets, int64_t now,
                         struct keyring *out)
{
    struct reader r = {.arena = a, .diags = diags};
    struct openpgp_packet p;
    const char *fault = NULL;

    out->keys = arena_array(a, KEYRING_KEYS_MAX, sizeof(*out->keys));
    r.entries = arena_array(a, KEYRING_KEYS_MAX, sizeof(*r.entries));
    for (size_t i = 0; i < KEYRING_KEYS_MAX; i++)
        r.entries[i].out = &out->keys[i];
    while (!fault && openpgp_next(&packets, &p))
        fault = read_packet(&r, &p);
    out->count = r.count;
    for (size_t i = 0; i < r.count; i++)
        judge(a, &r.entries[i], now);
    if (!fault && packets.len)
        fault = "it is damaged";
    return fault ? fault : r.count ? NULL : "it has no key";
}
