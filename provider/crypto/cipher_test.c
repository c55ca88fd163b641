#include "crypto/cipher.h"

#include <string.h>

#include "base/test.h"

/* NIST SP 800-38A F.2.5, CBC-AES256: its first two blocks. */
static const unsigned char key[CIPHER_KEY_BYTES] = {
    0x60, 0x3d, 0xeb, 0x10, 0x15, 0xca, 0x71, 0xbe, 0x2b, 0x73, 0xae, 0xf0, 0x85, 0x7d, 0x77, 0x81,
    0x1f, 0x35, 0x2c, 0x07, 0x3b, 0x61, 0x08, 0xd7, 0x2d, 0x98, 0x10, 0xa3, 0x09, 0x14, 0xdf, 0xf4};
static const unsigned char iv[CIPHER_BLOCK_BYTES] = {0, 1, 2,  3,  4,  5,  6,  7,
                                                     8, 9, 10, 11, 12, 13, 14, 15};
static const char plain[] = "\x6b\xc1\xbe\xe2\x2e\x40\x9f\x96\xe9\x3d\x7e\x11\x73\x93\x17\x2a"
                            "\xae\x2d\x8a\x57\x1e\x03\xac\x9c\x9e\xb7\x6f\xac\x45\xaf\x8e\x51";
static const char encrypted[] = "\xf5\x8c\x4c\x04\xd6\xe5\xf1\xba\x77\x9e\xab\xfb\x5f\x7b\xfb\xd6"
                                "\x9c\xfc\x4e\x96\x7e\xdb\x80\x8d\x67\x9f\x77\x7b\xc6\x70\x2c\x7d";

TEST(encrypts_as_the_standard_says)
{
    struct diags diags;
    struct text out;

    diags_init(&diags, a);
    assert_true(cipher_encrypt(a, &diags, key, iv, TEXT(plain), &out));
    assert_int_equal(out.len, 48); /* a whole block of padding */
    assert_memory_equal(out.at, encrypted, 32);
}

TEST(decrypts_as_the_standard_says)
{
    struct diags diags;
    struct text out;

    diags_init(&diags, a);
    assert_true(cipher_decrypt(a, &diags, key, iv, TEXT(encrypted), &out));
    assert_int_equal(out.len, 32);
    assert_memory_equal(out.at, plain, 32);
}

TEST(padding_tells_its_length)
{
    for (size_t len = 0; len <= 33; len++) {
        struct text whole = TEXT(plain), out, back;
        struct diags diags;
        size_t padding = 16 - len % 16;

        diags_init(&diags, a);
        whole.len = len;
        assert_true(cipher_encrypt(a, &diags, key, iv, whole, &out));
        assert_int_equal(out.len, len + padding);
        assert_true(cipher_decrypt(a, &diags, key, iv, out, &back));
        assert_int_equal(back.at[back.len - 1], padding);
        assert_memory_equal(back.at, plain, len);
    }
}

TEST(half_a_block_is_an_error)
{
    struct diags diags;
    struct text out;

    diags_init(&diags, a);
    assert_false(cipher_decrypt(a, &diags, key, iv, TEXT("half"), &out));
    assert_string_equal(diags.first->summary, "AES failed");
}
