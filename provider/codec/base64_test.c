#include "codec/base64.h"

#include <string.h>

#include "base/test.h"

/* RFC 4648 section 10, and the characters that tell the alphabets apart. */
static const struct {
    const char *bytes, *standard, *url;
} known[] = {
    {"", "", ""},
    {"f", "Zg==", "Zg"},
    {"fo", "Zm8=", "Zm8"},
    {"foo", "Zm9v", "Zm9v"},
    {"foob", "Zm9vYg==", "Zm9vYg"},
    {"fooba", "Zm9vYmE=", "Zm9vYmE"},
    {"foobar", "Zm9vYmFy", "Zm9vYmFy"},
    {"\xfb\xff\xfe", "+//+", "-__-"},
    {"\xff\xef", "/+8=", "_-8"},
};

TEST(known_texts_encode_and_decode)
{
    for (size_t i = 0; i < sizeof(known) / sizeof(known[0]); i++) {
        struct text bytes = text_of(known[i].bytes), out;

        assert_string_equal(base64_encode(a, bytes, BASE64_STANDARD).at, known[i].standard);
        assert_string_equal(base64_encode(a, bytes, BASE64_URL_RAW).at, known[i].url);
        assert_true(base64_decode(a, text_of(known[i].standard), BASE64_STANDARD, &out));
        assert_true(text_equal(out, bytes));
        assert_true(base64_decode(a, text_of(known[i].url), BASE64_URL_RAW, &out));
        assert_true(text_equal(out, bytes));
    }
}

TEST(raw_form_has_no_padding)
{
    assert_string_equal(base64_encode(a, TEXT("f\xff"), BASE64_RAW).at, "Zv8");
    assert_string_equal(base64_encode(a, TEXT("\xff\xff"), BASE64_RAW).at, "//8");
}

TEST(every_byte_survives_at_every_length)
{
    char bytes[256];

    for (size_t i = 0; i < sizeof(bytes); i++)
        bytes[i] = (char)(i * 7);
    for (size_t len = 0; len <= sizeof(bytes); len++)
        for (int form = BASE64_STANDARD; form <= BASE64_URL_RAW; form++) {
            struct text in = {bytes, len}, out;
            struct text encoded = base64_encode(a, in, (enum base64_form)form);

            assert_int_equal(encoded.at[encoded.len], '\0');
            assert_true(base64_decode(a, encoded, (enum base64_form)form, &out));
            assert_true(text_equal(in, out));
        }
}

static const struct {
    const char *encoded;
    const char *bytes; /* NULL: refused */
} loose[] = {
    {"Zg", "f"},       {"Zm8", "fo"},   {"Zm9v\r\nYg==\n", "foob"},
    {"Zg=\n=", "f"},   {"Z", NULL},     {"Zg=", NULL},
    {"Zg===", NULL},   {"Zm9v=", NULL}, {"Zm9vYmFy==", NULL},
    {"=", NULL},       {"Z===", NULL},  {"Zg==Zg==", NULL},
    {"Zm 9v", NULL},   {"Zm9-", NULL},  {"Zm9_", NULL},
    {"Zm9\xc3", NULL}, {"Zm8=A", NULL},
};

TEST(padding_is_optional_but_never_wrong)
{
    for (size_t i = 0; i < sizeof(loose) / sizeof(loose[0]); i++) {
        struct text out = {NULL, 0};
        bool done = base64_decode(a, text_of(loose[i].encoded), BASE64_STANDARD, &out);

        if (done != (loose[i].bytes != NULL))
            fail_msg("%s", loose[i].encoded);
        if (done)
            assert_true(text_is(out, loose[i].bytes));
    }
}

TEST(nul_is_not_of_the_alphabet)
{
    struct text out;

    assert_false(base64_decode(a, TEXT("Zm9v\0"), BASE64_STANDARD, &out));
    assert_false(base64_decode(a, TEXT("Zm9+"), BASE64_URL_RAW, &out));
}
