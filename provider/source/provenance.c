#include "source/provenance.h"

#include <string.h>

#include "base/clock.h"
#include "codec/yml.h"
#include "source/keyring.h"

#define SIGNED_BEGIN "-----BEGIN PGP SIGNED MESSAGE-----"
#define SIGNATURE_BEGIN "-----BEGIN PGP SIGNATURE-----"

enum { CLOCK_SLACK_SECONDS = 24 * 60 * 60, KEYS_SHOWN_MAX = 5 };

struct message {
    struct text signed_text; /* lines ended by CR LF, as it was hashed */
    struct text plain;       /* the same with LF */
    struct text signature;   /* packets */
};

static bool refuse(struct call *c, const struct provenance_claim *claim, const char *why)
{
    return diag_error(c->diags, claim->at,
                      text_f(c->arena, "Chart %s cannot be verified", claim->what),
                      "%s Nothing is taken unverified.", why);
}

/* --- the clear-signed text ---------------------------------------------------------------- */

static struct text without_end(struct text line)
{
    while (line.len && strchr(" \t\r", line.at[line.len - 1]))
        line.len--;
    return line;
}

/* Takes lines up to the signature off *rest; false when there is none, or a line has
 * a dash that is not escaped. */
static bool read_lines(struct text *rest, struct text_builder *crlf, struct text_builder *lf)
{
    struct text before, line;

    for (bool first = true; before = *rest, text_split(rest, '\n', &line); first = false) {
        struct text bare = without_end(line);

        if (text_is(bare, SIGNATURE_BEGIN)) {
            *rest = before;
            return !crlf->overflow;
        }
        if (text_starts_with(line, "- "))
            line = (struct text){line.at + 2, line.len - 2};
        else if (text_starts_with(line, "-"))
            return false;
        text_add_z(crlf, first ? "" : "\r\n");
        text_add(crlf, without_end(line));
        text_add(lf, without_end(line));
        text_add_char(lf, '\n');
    }
    return false;
}

static bool read_message(struct arena *a, struct text provenance, struct message *out)
{
    struct text rest = text_trim(provenance), line;
    struct text_builder crlf, lf;

    if (!text_split(&rest, '\n', &line) || !text_is(without_end(line), SIGNED_BEGIN))
        return false;
    while (text_split(&rest, '\n', &line) && without_end(line).len)
        if (!text_starts_with(line, "Hash:"))
            return false;
    text_builder_init(&crlf, a, 2 * provenance.len + 2);
    text_builder_init(&lf, a, provenance.len + 2);
    if (!rest.at || !read_lines(&rest, &crlf, &lf))
        return false;
    out->signed_text = text_built(&crlf);
    out->plain = text_built(&lf);
    return openpgp_dearmor(a, rest, "SIGNATURE", &out->signature);
}

/* --- signatures --------------------------------------------------------------------------- */

struct judgement {
    struct call *call;
    const struct keyring *keyring;
    struct text data;
    int64_t now;
    const char *why; /* of the last signature that does not count */
};

static const char *keys_of(struct arena *a, const struct keyring *keyring)
{
    struct text_builder b;
    size_t shown = 0;

    text_builder_init(&b, a, 4096);
    for (size_t i = 0; i < keyring->count && shown < KEYS_SHOWN_MAX; i++, shown++)
        text_add_f(&b, "%s%s", shown ? ", " : "", keyring->keys[i].key.id);
    return b.at;
}

static const char *fault_of_time(struct arena *a, const struct openpgp_signature *s,
                                 const struct keyring_key *k, int64_t now)
{
    if (s->created == 0)
        return "The signature does not say when it was made.";
    if (s->created < k->key.created || s->created > now + CLOCK_SLACK_SECONDS)
        return text_f(a, "The signature says that it was made at %s, which cannot be.",
                      clock_rfc3339(a, s->created));
    if (s->expires && s->created + s->expires <= now)
        return text_f(a, "The signature expired at %s.", clock_rfc3339(a, s->created + s->expires));
    return NULL;
}

/* The key whose signature it is, or NULL; *known: one of that id is in the keyring. */
static const struct keyring_key *signer_of(struct judgement *j, const struct openpgp_signature *s,
                                           bool *known)
{
    *known = false;
    for (size_t i = 0; i < j->keyring->count; i++) {
        const struct keyring_key *k = &j->keyring->keys[i];

        *known = *known || strcmp(k->key.id, s->issuer) == 0;
        if ((k->key.modulus.len || k->key.point.len) &&
            openpgp_is_good(j->call->arena, j->call->diags, &k->key, s, j->data))
            return k;
    }
    return NULL;
}

static bool is_good(struct judgement *j, struct text body)
{
    struct arena *a = j->call->arena;
    const struct keyring_key *signer;
    struct openpgp_signature s;
    const char *fault = openpgp_read_signature(a, body, &s);
    bool known;

    j->why =
        text_f(a, "Its signature does not count: %s.", fault ? fault : "it is of another kind");
    if (fault || (s.type != OPENPGP_OF_TEXT && s.type != OPENPGP_OF_BINARY))
        return false;
    signer = signer_of(j, &s, &known);
    j->why = known ? text_f(a,
                            "The signature of key %s is wrong: the provenance file was changed "
                            "after it was signed.",
                            s.issuer)
                   : text_f(a,
                            "It is signed by key %s, which is not in the keyring. The keyring "
                            "has: %s.",
                            s.issuer[0] ? s.issuer : "(not named)", keys_of(a, j->keyring));
    if (!signer)
        return false;
    if (signer->fault) {
        j->why = text_f(a, "It is signed by key %s (%s), which does not count: %s.", signer->key.id,
                        signer->user, signer->fault);
        return false;
    }
    fault = fault_of_time(a, &s, signer, j->now);
    j->why = fault ? fault : j->why;
    return !fault;
}

static bool has_good_signature(struct judgement *j, struct text signatures)
{
    struct openpgp_packet p;

    j->why = "It has no signature.";
    while (openpgp_next(&signatures, &p))
        if (p.tag == OPENPGP_SIGNATURE && is_good(j, p.body))
            return true;
    return false;
}

/* --- what was signed ------------------------------------------------------------------------- */

static bool names_archive(struct call *c, const struct provenance_claim *claim, struct text plain)
{
    const char *text = text_z(c->arena, plain), *files = strstr(text, "\n...\n");
    const struct value *sums = &value_null;
    const char *digest;

    if (!files)
        return refuse(c, claim, "Its provenance file has no list of files.");
    files += strlen("\n...\n");
    if (strstr(files, "\n...\n") ||
        !yml_read(c->arena, text_of(files), "The provenance file", claim->at, c->diags, &sums))
        return refuse(c, claim, "The list of files in its provenance file cannot be read.");
    digest = value_text(value_at(sums, "files"), claim->file);
    if (!digest[0])
        return refuse(c, claim,
                      text_f(c->arena, "Its provenance file does not speak of %s.", claim->file));
    return strcmp(digest, claim->digest) == 0 ||
           refuse(c, claim,
                  text_f(c->arena,
                         "The signed digest of %s is %s; the archive has %s: it is not the one "
                         "that was signed.",
                         claim->file, text_printable(c->arena, text_of(digest), 100),
                         claim->digest));
}

bool provenance_check(struct call *c, struct text provenance, struct text keyring,
                      const struct provenance_claim *claim)
{
    struct judgement j = {.call = c, .now = clock_now()};
    struct message message;
    struct keyring keys;
    struct text packets;
    const char *fault = "it is neither armored public keys nor binary ones";

    if (openpgp_dearmor(c->arena, keyring, "PUBLIC KEY BLOCK", &packets))
        fault = keyring_read(c->arena, c->diags, packets, j.now, &keys);
    if (fault)
        return refuse(c, claim, text_f(c->arena, "The keyring cannot be used: %s.", fault));
    if (!read_message(c->arena, provenance, &message))
        return refuse(c, claim, "Its provenance file is not a clear-signed OpenPGP text.");
    j.keyring = &keys;
    j.data = message.signed_text;
    return (has_good_signature(&j, message.signature) || refuse(c, claim, j.why)) &&
           names_archive(c, claim, message.plain);
}
