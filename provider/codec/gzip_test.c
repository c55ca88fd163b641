#include "codec/gzip.h"

#include <string.h>

#include "base/test.h"

enum { ROOM = 1 << 20 };

static struct text repeated(struct arena *a, char c, size_t len)
{
    char *at = arena_alloc(a, len + 1);

    memset(at, c, len);
    return (struct text){at, len};
}

static struct text joined(struct arena *a, struct text left, struct text right)
{
    struct text_builder b;

    text_builder_init(&b, a, ROOM);
    text_add(&b, left);
    text_add(&b, right);
    return text_built(&b);
}

static void check_refused(struct arena *a, struct text bytes, size_t max, const char *detail)
{
    struct diags diags;
    struct text out;

    diags_init(&diags, a);
    assert_false(gzip_read(a, bytes, max, "the chart", &diags, &out));
    assert_int_equal(diags.count, 1);
    assert_string_equal(diags.first->summary, "Cannot unpack gzip: the chart");
    assert_string_equal(diags.first->detail, detail);
    assert_int_equal(out.len, 0);
}

TEST(what_is_written_is_read)
{
    const struct text texts[] = {
        TEXT(""), TEXT("a"), TEXT("with\0NUL"),
        repeated(a, 'x', 300000), /* larger than each buffer on the way */
    };

    for (size_t i = 0; i < sizeof(texts) / sizeof(*texts); i++) {
        struct text packed = gzip_write(a, texts[i]), out;
        struct diags diags;

        diags_init(&diags, a);
        assert_true(gzip_is(packed));
        assert_true(text_equal(packed, gzip_write(a, texts[i])));
        /* the bound is exact */
        assert_true(gzip_read(a, packed, texts[i].len, "text", &diags, &out));
        assert_true(text_equal(out, texts[i]));
        assert_int_equal(out.at[out.len], 0);
        assert_int_equal(diags.count, 0);
    }
}

/* printf hello | gzip -9n, and with a name in the header. */
TEST(what_others_wrote_is_read)
{
    static const struct text hello = {"\x1f\x8b\x08\x00\x00\x00\x00\x00\x02\x03\xcb\x48"
                                      "\xcd\xc9\xc9\x07\x00\x86\xa6\x10\x36\x05\x00\x00\x00",
                                      25};
    static const struct text named = {"\x1f\x8b\x08\x08\x00\x00\x00\x00\x02\x03\x61\x00\xcb\x48"
                                      "\xcd\xc9\xc9\x07\x00\x86\xa6\x10\x36\x05\x00\x00\x00",
                                      27};
    struct diags diags;
    struct text out;

    diags_init(&diags, a);
    assert_true(gzip_read(a, hello, ROOM, "text", &diags, &out));
    assert_true(text_is(out, "hello"));
    assert_true(gzip_read(a, joined(a, hello, named), ROOM, "text", &diags, &out));
    assert_true(text_is(out, "hellohello"));
}

TEST(bombs_are_refused_at_the_bound)
{
    struct text packed = gzip_write(a, repeated(a, 0, 5 << 20));

    check_refused(a, packed, (5 << 20) - 1, "It unpacks to more than 5242879 bytes.");
    check_refused(a, packed, 1000, "It unpacks to more than 1000 bytes.");
    check_refused(a, joined(a, packed, packed), 6 << 20, "It unpacks to more than 6291456 bytes.");
}

TEST(damage_is_told)
{
    struct text packed = gzip_write(a, TEXT("some words that are worth packing"));
    char *damaged = arena_copy(a, packed.at, packed.len);

    for (size_t len = 3; len < packed.len; len++)
        check_refused(a, (struct text){packed.at, len}, ROOM, "It is cut off.");
    check_refused(a, TEXT(""), ROOM, "It does not begin as gzip does.");
    check_refused(a, TEXT("<html>"), ROOM, "It does not begin as gzip does.");
    check_refused(a, joined(a, packed, TEXT("tail")), ROOM,
                  "Other bytes follow the compressed ones.");
    damaged[packed.len - 5] ^= 1;
    check_refused(a, (struct text){damaged, packed.len}, ROOM, "incorrect data check.");
}
