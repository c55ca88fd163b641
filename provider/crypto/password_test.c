#include "crypto/password.h"

#include <crypt.h>
#include <string.h>

#include "base/test.h"
#include "crypto/digest.h"

/* RFC 7914 12. */
static const struct {
    const char *password, *salt;
    struct password_cost cost;
    const char *starts;
} vectors[] = {
    {"", "", {16, 1, 1}, "77d6576238657b203b19ca42c18a0497"},
    {"password", "NaCl", {1024, 8, 16}, "fdbabe1c9d3472007856e7190d01e9fe"},
    {"pleaseletmein", "SodiumChloride", {16384, 8, 1}, "7023bdcb3afd7348461c06cd81fd38eb"},
};

TEST(scrypt_gives_what_the_standard_lists)
{
    for (size_t i = 0; i < sizeof(vectors) / sizeof(vectors[0]); i++) {
        unsigned char out[64];
        struct diags diags;

        diags_init(&diags, a);
        assert_true(password_scrypt(&diags, text_of(vectors[i].password), text_of(vectors[i].salt),
                                    vectors[i].cost, out, sizeof(out)));
        assert_string_equal(digest_hex(a, out, 16), vectors[i].starts);
    }
}

TEST(scrypt_does_not_take_all_memory)
{
    static const struct password_cost huge = {1 << 20, 8, 1};
    unsigned char out[64];
    struct diags diags;

    diags_init(&diags, a);
    assert_false(password_scrypt(&diags, TEXT("p"), TEXT("s"), huge, out, sizeof(out)));
    assert_string_equal(diags.first->summary, "scrypt failed");
}

/* As a program does that reads an htpasswd file. */
static bool verifies(const char *password, const char *hash)
{
    struct crypt_data work = {0};
    const char *again = crypt_r(password, hash, &work);

    return again && strcmp(again, hash) == 0;
}

TEST(bcrypt_is_verified_by_libcrypt)
{
    char longest[PASSWORD_BCRYPT_INPUT_BYTES_MAX + 1];
    const char *const passwords[] = {"", "secret", "w\xc3\xb6rter", longest};

    memset(longest, 'x', sizeof(longest) - 1);
    longest[sizeof(longest) - 1] = '\0';
    for (size_t i = 0; i < sizeof(passwords) / sizeof(passwords[0]); i++) {
        char hash[PASSWORD_BCRYPT_BYTES + 1];
        struct diags diags;

        diags_init(&diags, a);
        assert_true(password_bcrypt(&diags, text_of(passwords[i]), hash));
        assert_int_equal(strlen(hash), PASSWORD_BCRYPT_BYTES);
        assert_memory_equal(hash, "$2a$10$", 7);
        assert_true(verifies(passwords[i], hash));
        assert_false(verifies("another", hash));
    }
}

TEST(salts_differ)
{
    char one[PASSWORD_BCRYPT_BYTES + 1], two[PASSWORD_BCRYPT_BYTES + 1];
    struct diags diags;

    diags_init(&diags, a);
    assert_true(password_bcrypt(&diags, TEXT("same"), one));
    assert_true(password_bcrypt(&diags, TEXT("same"), two));
    assert_string_not_equal(one, two);
}

TEST(bcrypt_refuses_what_it_would_cut)
{
    char hash[PASSWORD_BCRYPT_BYTES + 1], longer[73];
    struct diags diags;

    diags_init(&diags, a);
    memset(longer, 'x', sizeof(longer));
    assert_false(password_bcrypt(&diags, (struct text){longer, sizeof(longer)}, hash));
    assert_string_equal(diags.first->summary, "The password is too long for bcrypt");
    diags_init(&diags, a);
    assert_false(password_bcrypt(&diags, TEXT("half\0half"), hash));
    assert_string_equal(diags.first->summary, "The password holds a NUL byte");
}
