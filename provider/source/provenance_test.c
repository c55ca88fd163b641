#include "source/provenance.h"

#include <string.h>
#include <time.h>

#include "base/clock.h"
#include "base/test.h"
#include "source/keyring.h"

#define FOLDER "provider/source/testdata/provenance/"

/* When the files were made, and a while later. */
enum { MADE_AT = 1795244000, TESTED_AT = 1798761600 };

static const char digest[] =
    "sha256:a6cdebc41e098c5710e566d55a6c41eac648a4c1ce46dff934f84222eaaa5a16";

static struct text file(struct arena *a, const char *name)
{
    return test_file(a, text_f(a, FOLDER "%s", name));
}

/* "" when it is verified, else the one detail that says why not. */
static const char *verdict_of(struct arena *a, struct text provenance, struct text keyring)
{
    struct provenance_claim claim = {"signed 1.0.0", "signed-1.0.0.tgz", digest, NULL};
    struct diags diags;
    struct call c = {.arena = a, .diags = &diags};

    diags_init(&diags, a);
    clock_shift(TESTED_AT - time(NULL));
    if (provenance_check(&c, provenance, keyring, &claim)) {
        assert_int_equal(diags.count, 0);
        return "";
    }
    assert_true(diags.failed);
    assert_string_equal(diags.last->summary, "Chart signed 1.0.0 cannot be verified");
    return diags.last->detail;
}

TEST(verifies_and_refuses)
{
    static const struct {
        const char *provenance, *keyring;
        const char *says; /* "" = good */
    } cases[] = {
        {"rsa.prov", "rsa.asc", ""},
        {"rsa256.prov", "rsa.asc", ""},
        {"ed.prov", "ed.asc", ""},
        {"rsa.prov", "both.gpg", ""},
        {"ed.prov", "both.gpg", ""},
        {"other.prov", "other.asc", ""},
        {"rsa.prov", "other.asc", "which is not in the keyring"},
        {"ed.prov", "rsa.asc", "which is not in the keyring"},
        {"changed.prov", "rsa.asc", "was changed after it was signed"},
        {"expired.prov", "expired.asc", "it expired at 2025-11-"},
        {"revoked.prov", "revoked.asc", "it is revoked"},
        {"sha1.prov", "rsa.asc", "none of SHA-256, SHA-384 and SHA-512"},
        {"short.prov", "rsa.asc", "The signature expired at 2026-11-"},
        {"detached.prov", "rsa.asc", "not a clear-signed"},
        {"no-files.prov", "rsa.asc", "no list of files"},
        {"wrong-digest.prov", "rsa.asc", "not the one that was signed"},
        {"another-file.prov", "rsa.asc", "does not speak of signed-1.0.0.tgz"},
        {"rsa.prov", "rsa.prov", "The keyring cannot be used"},
        {"rsa.prov", "make.sh", "The keyring cannot be used"},
        {"rsa.prov", "signed-1.0.0.tgz", "The keyring cannot be used"},
        {"make.sh", "rsa.asc", "not a clear-signed"},
    };

    for (size_t i = 0; i < sizeof(cases) / sizeof(*cases); i++) {
        const char *verdict =
            verdict_of(a, file(a, cases[i].provenance), file(a, cases[i].keyring));

        if (cases[i].says[0] ? !strstr(verdict, cases[i].says) : verdict[0] != '\0')
            fail_msg("%s with %s: %s", cases[i].provenance, cases[i].keyring, verdict);
    }
}

/* A key that may only certify signs nothing, whatever it could. */
TEST(tells_what_keys_are_for)
{
    struct text packets;
    struct keyring keyring;
    struct diags diags;

    diags_init(&diags, a);
    assert_true(openpgp_dearmor(a, file(a, "encrypting.asc"), "PUBLIC KEY BLOCK", &packets));
    assert_null(keyring_read(a, &diags, packets, TESTED_AT, &keyring));
    assert_int_equal(keyring.count, 1);
    assert_string_equal(keyring.keys[0].user, "encrypting <encrypting@example.com>");
    assert_string_equal(keyring.keys[0].fault, "it is not meant for signing");

    assert_true(openpgp_dearmor(a, file(a, "ed.asc"), "PUBLIC KEY BLOCK", &packets));
    assert_null(keyring_read(a, &diags, packets, TESTED_AT, &keyring));
    assert_int_equal(keyring.count, 2);
    assert_string_equal(keyring.keys[0].fault, "it is not meant for signing");
    assert_null(keyring.keys[1].fault);
    assert_string_equal(keyring.keys[1].user, "ed <ed@example.com>");

    assert_null(keyring_read(a, &diags, packets, MADE_AT - 1000000, &keyring));
    assert_string_equal(keyring.keys[1].fault, "it was made in the future");
}

static bool is_good_with(struct arena *a, struct text whole, const char *at, char c,
                         struct text keyring)
{
    char *copy = arena_copy(a, whole.at, whole.len);

    copy[at - whole.at] = c;
    return !verdict_of(a, (struct text){copy, whole.len}, keyring)[0];
}

/* Nothing of the signed text can change unnoticed, and of the signature only what is
 * not signed along: the hint at the key, 10 bytes of it. */
TEST(sees_every_change)
{
    struct text whole = file(a, "ed.prov"), keyring = file(a, "ed.asc");
    const char *begin = strstr(whole.at, "\n\n") + 2;
    const char *end = strstr(begin, "-----BEGIN PGP SIGNATURE-----");
    size_t unseen = 0, changed = 0;

    for (const char *at = begin; at < end - 1; at++)
        if (is_good_with(a, whole, at, *at ^ 1, keyring))
            fail_msg("a change of byte %zu was not seen", (size_t)(at - whole.at));
    for (const char *at = strstr(end, "\n\n") + 2; *at != '=' && *at != '-'; at++) {
        changed += *at != '\n';
        unseen += *at != '\n' && is_good_with(a, whole, at, *at == 'A' ? 'B' : 'A', keyring);
    }
    assert_true(changed > 150);
    assert_true(unseen <= 14);
}

/* Cut anywhere, neither the signed text nor the keyring counts. */
TEST(refuses_what_is_cut)
{
    struct text whole = file(a, "rsa.prov"), keyring = file(a, "rsa.asc");
    struct text packets;

    for (size_t len = 0; len + 40 < whole.len; len += 7)
        assert_true(
            verdict_of(a, (struct text){text_z(a, (struct text){whole.at, len}), len}, keyring)[0]);
    assert_true(openpgp_dearmor(a, keyring, "PUBLIC KEY BLOCK", &packets));
    for (size_t len = 0; len < packets.len; len += 11)
        assert_true(verdict_of(a, whole, (struct text){packets.at, len})[0]);
}
