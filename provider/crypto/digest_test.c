#include "crypto/digest.h"

#include <string.h>

#include "base/test.h"

static struct text filled(struct arena *a, char byte, size_t len)
{
    char *at = arena_alloc(a, len + 1);

    memset(at, byte, len);
    return (struct text){at, len};
}

TEST(sha256_known_answers) /* FIPS 180-4 examples */
{
    const struct {
        struct text data;
        const char *hex;
    } cases[] = {
        {{NULL, 0}, "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855"},
        {TEXT("abc"), "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad"},
        {TEXT("abcdbcdecdefdefgefghfghighijhijkijkljklmklmnlmnomnopnopq"),
         "248d6a61d20638b8e5c026930c3e6039a33ce45964ff2167f6ecedd419db06c1"},
        {filled(a, 'a', 1000000),
         "cdc76e5c9914fb9281a1c7e284d73e67f1809a48a497200e046d39ccc7112cd0"},
    };
    struct diags diags;

    diags_init(&diags, a);
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++)
        assert_string_equal(digest_sha256_hex(a, &diags, cases[i].data), cases[i].hex);
    assert_false(diags.failed);
}

TEST(hmac_sha256_of_rfc_4231)
{
    char counted[25];
    const struct {
        struct text key, data;
        const char *hex;
    } cases[] = {
        {filled(a, 0x0b, 20), TEXT("Hi There"),
         "b0344c61d8db38535ca8afceaf0bf12b881dc200c9833da726e9376c2e32cff7"},
        {TEXT("Jefe"), TEXT("what do ya want for nothing?"),
         "5bdcc146bf60754e6a042426089575c75a003f089d2739839dec58b964ec3843"},
        {filled(a, (char)0xaa, 20), filled(a, (char)0xdd, 50),
         "773ea91e36800e46854db8ebd09181a72959098b3ef8c122d9635514ced565fe"},
        {{counted, 25},
         filled(a, (char)0xcd, 50),
         "82558a389a443c0ea4cc819899f2083a85f0faa3e578f8077a2e3ff46729665b"},
        {filled(a, (char)0xaa, 131), TEXT("Test Using Larger Than Block-Size Key - Hash Key First"),
         "60e431591ee0b67f0d8a26aacbf5b77f8e0bc6213728c5140546040f0ee37f54"},
        {filled(a, (char)0xaa, 131),
         TEXT("This is a test using a larger than block-size key and a larger than block-size "
              "data. The key needs to be hashed before being used by the HMAC algorithm."),
         "9b09ffa71b942fcb27635fbcd5b0e944bfdc63644f0713938a7f51535c3a35e2"},
        {{NULL, 0}, {NULL, 0}, "b613679a0814d9ec772f95d778c35fc5ff1697c493715653c6c712144292c5ad"},
    };
    unsigned char out[SHA256_BYTES];
    struct diags diags;

    for (int i = 0; i < 25; i++)
        counted[i] = (char)(i + 1);
    diags_init(&diags, a);
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        assert_true(digest_hmac_sha256(&diags, cases[i].key, cases[i].data, out));
        assert_string_equal(digest_hex(a, out, sizeof(out)), cases[i].hex);
    }
}

TEST(random_fills_every_byte_and_differs)
{
    unsigned char one[5000], two[5000], seen = 0;
    struct diags diags;

    diags_init(&diags, a);
    memset(one, 0, sizeof(one));
    assert_true(digest_random(&diags, one, sizeof(one)));
    assert_true(digest_random(&diags, two, sizeof(two)));
    assert_memory_not_equal(one, two, sizeof(one));
    for (size_t i = sizeof(one) - 16; i < sizeof(one); i++)
        seen |= one[i];
    assert_int_not_equal(seen, 0);
}

TEST(hex_is_lower_case)
{
    assert_string_equal(digest_hex(a, "\x00\x9f\xff", 3), "009fff");
    assert_string_equal(digest_hex(a, "", 0), "");
}
