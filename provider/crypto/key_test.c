#include "crypto/key.h"

#include <string.h>

#include "base/test.h"

#define DATA "provider/crypto/testdata/"

static struct text data(struct arena *a, const char *name)
{
    return test_file(a, text_f(a, DATA "%s", name));
}

static const struct {
    const char *file, *algorithm;
} good[] = {
    {"key-ec.pem", "ECDSA-P256"},   {"key-ec-sec1.pem", "ECDSA-P256"},
    {"key-p384.pem", "ECDSA-P384"}, {"key-p521.pem", "ECDSA-P521"},
    {"key-rsa.pem", "RSA-2048"},    {"key-rsa-pkcs1.pem", "RSA-2048"},
    {"key-ec.der", "ECDSA-P256"},   {"key-ec-sec1.der", "ECDSA-P256"},
    {"key-rsa.der", "RSA-2048"},    {"key-rsa-pkcs1.der", "RSA-2048"},
};

TEST(reads_every_form)
{
    for (size_t i = 0; i < sizeof(good) / sizeof(good[0]); i++) {
        struct diags diags;
        struct key *k = NULL;

        diags_init(&diags, a);
        if (!key_read(a, &diags, NULL, data(a, good[i].file), &k))
            fail_msg("%s: %s", good[i].file, diags.first->summary);
        assert_string_equal(key_algorithm(a, k), good[i].algorithm);
        assert_int_equal(diags.count, 0);
    }
}

static const struct {
    const char *file, *summary, *detail;
} bad[] = {
    {"key-encrypted.pem", "The private key is encrypted", "openssl pkey"},
    {"key-encrypted-old.pem", "The private key is encrypted", "openssl pkey"},
    {"key-encrypted.der", "The private key is encrypted", "openssl pkey"},
    {"key-rsa-1024.pem", "The private key is too weak", "1024 bits; at least 2048"},
    {"key-rsa-1024.der", "The private key is too weak", "1024 bits"},
    {"key-ed25519.pem", "The algorithm of the private key is not supported", "ED25519"},
    {"key-rsa-pss.pem", "The algorithm of the private key is not supported", "RSA-PSS"},
    {"key-p224.pem", "The algorithm of the private key is not supported", "secp224r1"},
    {"key-explicit.pem", "The private key has a curve of its own", "named_curve"},
    {"key-public.pem", "Public key where a private key is expected", "private key"},
    {"key-public.der", "Public key where a private key is expected", "private key"},
    {"root.pem", "Certificate where a private key is expected", "belongs to it"},
    {"root.der", "Certificate where a private key is expected", "belongs to it"},
    {"trusted.pem", "Certificate where a private key is expected", "belongs to it"},
    {"certificate-and-key.pem", "Certificate where a private key is expected", "alone"},
    {"request.pem", "Certificate request where a private key is expected", "alone"},
    {"crl.pem", "Unexpected block beside the private key", "alone"},
    {"key-two.pem", "More than one private key", "belongs to the certificate"},
    {"garbage.txt", "Not a private key", "PEM starts with"},
    {"file-name.txt", "Not a private key", "file("},
    {"base64.txt", "Not a private key", "base64decode"},
};

static void assert_refused(struct arena *a, const char *name, struct text text, const char *summary,
                           const char *detail)
{
    struct diags diags;
    struct key *k = NULL;
    const struct path *at = path_of(a, "private_key_pem");

    diags_init(&diags, a);
    if (key_read(a, &diags, at, text, &k))
        fail_msg("%s was accepted", name);
    assert_int_equal(diags.count, 1);
    assert_true(path_equal(diags.first->path, at));
    if (strcmp(diags.first->summary, summary) != 0 || !strstr(diags.first->detail, detail))
        fail_msg("%s: %s: %s", name, diags.first->summary, diags.first->detail);
}

TEST(refuses_each_mistake_in_its_own_words)
{
    for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++)
        assert_refused(a, bad[i].file, data(a, bad[i].file), bad[i].summary, bad[i].detail);
}

static struct text changed(struct arena *a, const char *file, size_t offset, unsigned char flip)
{
    struct text original = data(a, file);
    char *copy = arena_copy(a, original.at, original.len);

    copy[offset] = (char)((unsigned char)copy[offset] ^ flip);
    return (struct text){copy, original.len};
}

static struct text joined(struct arena *a, struct text one, const char *two)
{
    struct text_builder b;

    text_builder_init(&b, a, 1 << 16);
    text_add(&b, one);
    text_add_z(&b, two);
    return text_built(&b);
}

TEST(refuses_damage_and_remains)
{
    struct text rsa = data(a, "key-rsa.pem"), der = data(a, "key-rsa.der");
    static char large[(1 << 20) + 1];

    assert_refused(a, "empty", TEXT(" \n"), "The private key is empty", "file(");
    memset(large, 'x', sizeof(large));
    assert_refused(a, "large", (struct text){large, sizeof(large)}, "The private key is too large",
                   "at most 1048576");
    assert_refused(a, "cut", (struct text){rsa.at, rsa.len - 30}, "The private key is damaged",
                   "PEM block 1");
    assert_refused(a, "cut in DER", (struct text){der.at, der.len - 30}, "Not a private key",
                   "PEM starts");
    assert_refused(a, "rest", joined(a, der, "rest"), "Data after the private key", "4 bytes");
    assert_refused(a, "second opening", joined(a, rsa, "-----BEGIN PRIVATE KEY----\n"),
                   "The private key is damaged", "PEM block 2");
    assert_refused(
        a, "not base64",
        joined(a, TEXT("-----BEGIN PRIVATE KEY-----\n"), "AAAA\n-----END PRIVATE KEY-----\n"),
        "The private key is damaged", "openssl pkey");
    assert_refused(a, "parameters alone",
                   joined(a, TEXT("-----BEGIN EC PARAMETERS-----\n"),
                          "BggqhkjOPQMBBw==\n-----END EC PARAMETERS-----\n"),
                   "The private key is damaged", "openssl pkey");
    /* OpenSSL itself sees that the point of this one is another. */
    assert_refused(a, "flipped scalar", changed(a, "key-ec.der", 40, 1), "Not a private key",
                   "PEM starts");
    /* A flipped bit of the modulus leaves a readable key. */
    assert_refused(a, "flipped modulus", changed(a, "key-rsa-pkcs1.der", 30, 1),
                   "The private key is damaged", "does not fit its own public half");
}

/* Twelve characters from the middle of the base64: enough to know it by. */
static void assert_hides(struct arena *a, struct text pem, const struct diags *diags)
{
    const char *part = text_z(a, (struct text){pem.at + pem.len / 2, 12});

    for (const struct diag *d = diags->first; d; d = d->next) {
        assert_null(strstr(d->summary, part));
        assert_null(strstr(d->detail, part));
    }
}

TEST(messages_never_show_the_text)
{
    static const char *const files[] = {"key-rsa-1024.pem", "key-encrypted.pem", "key-two.pem",
                                        "key-explicit.pem", "key-ed25519.pem"};

    for (size_t i = 0; i < sizeof(files) / sizeof(files[0]); i++) {
        struct text pem = data(a, files[i]);
        struct diags diags;
        struct key *k;

        diags_init(&diags, a);
        assert_false(key_read(a, &diags, NULL, pem, &k));
        assert_hides(a, pem, &diags);
        diags_init(&diags, a);
        assert_false(key_read(a, &diags, NULL, (struct text){pem.at, pem.len * 3 / 4}, &k));
        assert_hides(a, pem, &diags);
        diags_init(&diags, a); /* the base64 alone, as one would paste it */
        assert_false(key_read(a, &diags, NULL, (struct text){pem.at + 40, pem.len - 80}, &k));
        assert_hides(a, pem, &diags);
    }
}

TEST(generates_what_it_can_read)
{
    for (const char *const *name = key_algorithms; *name; name++) {
        struct diags diags;
        struct key *k, *again;
        struct text pem;

        if (strcmp(*name, "RSA-4096") == 0) /* the same path as RSA-3072, only slow */
            continue;
        diags_init(&diags, a);
        assert_true(key_generate(a, &diags, *name, &k));
        assert_string_equal(key_algorithm(a, k), *name);
        pem = key_write_pem(a, k);
        assert_true(text_starts_with(pem, "-----BEGIN PRIVATE KEY-----\n"));
        assert_true(text_ends_with(pem, "-----END PRIVATE KEY-----\n"));
        assert_true(key_read(a, &diags, NULL, pem, &again));
        assert_true(text_equal(pem, key_write_pem(a, again)));
    }
}

TEST(generates_nothing_unknown)
{
    struct diags diags;
    struct key *k;

    diags_init(&diags, a);
    assert_false(key_generate(a, &diags, "RSA-1024", &k));
    assert_string_equal(diags.first->summary, "Cannot make a private key");
    assert_non_null(strstr(diags.first->detail, "ECDSA-P384"));
}

struct witness {
    struct text secret;
    bool *is_wiped;
};

static void look(void *handle)
{
    const struct witness *w = handle;
    bool zero = true;

    for (size_t i = 0; i < w->secret.len; i++)
        zero = zero && w->secret.at[i] == 0;
    *w->is_wiped = zero;
}

TEST(secrets_are_wiped_before_the_arena_goes)
{
    struct arena *own = arena_new();
    struct witness *w = arena_alloc(own, sizeof(*w));
    bool is_wiped = false;
    struct diags diags;
    struct key *k;

    diags_init(&diags, own);
    arena_defer(own, look, w); /* runs after what is deferred later */
    assert_true(key_generate(own, &diags, "ECDSA-P256", &k));
    *w = (struct witness){key_write_pem(own, k), &is_wiped};
    assert_true(w->secret.len > 0);
    arena_free(own);
    assert_true(is_wiped);
}

/* --- as Go programs read and write them ----------------------------------- */

static const struct {
    const char *file, *algorithm, *error; /* one of the two */
} tried[] = {
    {"key-rsa.pem", "RSA-2048", NULL},
    {"key-rsa-pkcs1.pem", "RSA-2048", NULL},
    {"key-rsa-1024.pem", "RSA-1024", NULL},
    {"key-ec.pem", "ECDSA-P256", NULL},
    {"key-ec-sec1.pem", NULL, "no private key data in PEM block of type EC PARAMETERS"},
    {"key-p224.pem", "ECDSA-secp224r1", NULL},
    {"key-ed25519.pem", "ED25519", NULL},
    {"key-two.pem", "ECDSA-P256", NULL},
    {"key-encrypted.pem", NULL, "invalid private key type ENCRYPTED PRIVATE KEY"},
    {"key-encrypted-old.pem", NULL, "parsing RSA private key from PEM: it is encrypted"},
    {"key-public.pem", NULL, "no private key data in PEM block of type PUBLIC KEY"},
    {"certificate-and-key.pem", NULL, "no private key data in PEM block of type CERTIFICATE"},
    {"garbage.txt", NULL, "no PEM data in input"},
    {"key-rsa.der", NULL, "no PEM data in input"},
};

TEST(tries_the_first_block_of_any_strength)
{
    for (size_t i = 0; i < sizeof(tried) / sizeof(tried[0]); i++) {
        struct key *k = NULL;
        const char *error = key_try(a, data(a, tried[i].file), &k);

        if (tried[i].error)
            assert_string_equal(error ? error : tried[i].file, tried[i].error);
        else
            assert_string_equal(error ? error : key_algorithm(a, k), tried[i].algorithm);
    }
}

TEST(tries_keys_with_the_wrong_content)
{
    static const char *const texts[][2] = {
        {"-----BEGIN RSA PRIVATE KEY-----\nAAAA\n-----END RSA PRIVATE KEY-----\n",
         "parsing RSA private key from PEM: it is no such key"},
        {"-----BEGIN PRIVATE KEY-----\nAAAA\n-----END PRIVATE KEY-----\n",
         "decoding PEM as PKCS#8: it is no such key"},
        {"", "no PEM data in input"},
        {"-----BEGIN PRIVATE KEY-----\n!\n-----END PRIVATE KEY-----\n", "no PEM data in input"},
    };

    for (size_t i = 0; i < sizeof(texts) / sizeof(texts[0]); i++) {
        struct key *k;

        assert_string_equal(key_try(a, text_of(texts[i][0]), &k), texts[i][1]);
    }
}

TEST(writes_the_form_that_is_older_than_pkcs8)
{
    static const char *const forms[][2] = {
        {"RSA-2048", "-----BEGIN RSA PRIVATE KEY-----\n"},
        {"ECDSA-P256", "-----BEGIN EC PRIVATE KEY-----\n"},
        {"ED25519", "-----BEGIN PRIVATE KEY-----\n"},
        {"DSA-2048", "-----BEGIN DSA PRIVATE KEY-----\n"},
    };

    for (size_t i = 0; i < sizeof(forms) / sizeof(forms[0]); i++) {
        struct key *made = NULL, *again = NULL;
        struct diags diags;
        struct text pem;

        diags_init(&diags, a);
        assert_true(key_generate(a, &diags, forms[i][0], &made));
        pem = key_write_traditional_pem(a, made);
        assert_true(text_starts_with(pem, forms[i][1]));
        assert_null(key_try(a, pem, &again));
        assert_true(text_equal(key_write_traditional_pem(a, again), pem));
    }
}
