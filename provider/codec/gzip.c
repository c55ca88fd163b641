#include "codec/gzip.h"

#include <assert.h>
#include <limits.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#define ZLIB_CONST
#include <zlib.h>

enum {
    WINDOW_BITS_GZIP = 15 + 16, /* the largest window; +16 asks zlib for gzip's frame */
    MEMORY_LEVEL = 9,
    FIRST_BYTES = 64 << 10,
    PIECE_BYTES = 16 << 10,
};

bool gzip_is(struct text bytes)
{
    return bytes.len >= 3 && memcmp(bytes.at, "\x1f\x8b\x08", 3) == 0;
}

/* --- reading ------------------------------------------------------------- */

struct reader {
    struct arena *a;
    struct diags *diags;
    const char *what;
    size_t bytes_max;
    z_stream stream;
    char *buffer;
    size_t capacity, len;
};

static bool fail(struct reader *r, const char *reason)
{
    return diag_error(r->diags, NULL, text_f(r->a, "Cannot unpack gzip: %s", r->what), "%s.",
                      reason);
}

static bool too_large(struct reader *r)
{
    return fail(r, text_f(r->a, "It unpacks to more than %zu bytes", r->bytes_max));
}

/* One byte more than allowed, so that one byte too many is seen. */
static bool grow(struct reader *r)
{
    size_t limit = r->bytes_max + 1, capacity = r->capacity ? r->capacity * 2 : FIRST_BYTES;
    char *larger;

    if (r->capacity >= limit)
        return too_large(r);
    if (capacity > limit)
        capacity = limit;
    larger = arena_alloc(r->a, capacity);
    if (r->len)
        memcpy(larger, r->buffer, r->len);
    r->buffer = larger;
    r->capacity = capacity;
    return true;
}

static uInt room(size_t bytes)
{
    return bytes > UINT_MAX ? UINT_MAX : (uInt)bytes;
}

/* One member: until its end, or until the input ends. */
static bool read_member(struct reader *r, const char *end)
{
    int status = Z_OK;

    while (status != Z_STREAM_END) {
        uInt before;

        if (r->len == r->capacity && !grow(r))
            return false;
        r->stream.avail_in = room((size_t)(end - (const char *)r->stream.next_in));
        r->stream.next_out = (unsigned char *)r->buffer + r->len;
        r->stream.avail_out = before = room(r->capacity - r->len);
        status = inflate(&r->stream, Z_NO_FLUSH);
        r->len += before - r->stream.avail_out;
        if (r->len > r->bytes_max)
            return too_large(r);
        if (status == Z_BUF_ERROR || (status == Z_OK && !r->stream.avail_in && r->stream.avail_out))
            return fail(r, "It is cut off");
        if (status != Z_OK && status != Z_STREAM_END)
            return fail(r, r->stream.msg ? r->stream.msg : "It is damaged");
    }
    return true;
}

/* Several members stand one behind another, as the format allows. */
static bool read_members(struct reader *r, struct text bytes)
{
    const char *end = bytes.at + bytes.len;

    r->stream.next_in = (const unsigned char *)bytes.at;
    while ((const char *)r->stream.next_in < end) {
        struct text rest = {(const char *)r->stream.next_in,
                            (size_t)(end - (const char *)r->stream.next_in)};

        if (!gzip_is(rest))
            return fail(r, "Other bytes follow the compressed ones");
        if (inflateReset(&r->stream) != Z_OK)
            return fail(r, "zlib cannot start again");
        if (!read_member(r, end))
            return false;
    }
    return true;
}

static void end_inflate(void *stream)
{
    inflateEnd(stream);
}

bool gzip_read(struct arena *a, struct text bytes, size_t bytes_max, const char *what,
               struct diags *diags, struct text *out)
{
    struct reader *r = arena_alloc(a, sizeof(*r));

    *r = (struct reader){.a = a, .diags = diags, .what = what, .bytes_max = bytes_max};
    *out = TEXT("");
    if (!gzip_is(bytes))
        return fail(r, "It does not begin as gzip does");
    if (inflateInit2(&r->stream, WINDOW_BITS_GZIP) != Z_OK)
        return fail(r, "zlib cannot start");
    arena_defer(a, end_inflate, &r->stream);
    if (!read_members(r, bytes) || (r->len == r->capacity && !grow(r)))
        return false;
    r->buffer[r->len] = '\0';
    *out = (struct text){r->buffer, r->len};
    return true;
}

/* --- writing ------------------------------------------------------------- */

static void end_deflate(void *stream)
{
    deflateEnd(stream);
}

/* Feeds zlib in pieces that its 32-bit counters hold. */
static void deflate_all(z_stream *stream, struct text bytes, struct text_builder *out)
{
    const char *end = bytes.at + bytes.len;
    int status = Z_OK;

    stream->next_in = (const unsigned char *)bytes.at;
    while (status == Z_OK) {
        size_t left = (size_t)(end - (const char *)stream->next_in);
        unsigned char piece[PIECE_BYTES];

        stream->avail_in = room(left);
        stream->next_out = piece;
        stream->avail_out = sizeof(piece);
        status = deflate(stream, left > UINT_MAX ? Z_NO_FLUSH : Z_FINISH);
        text_add(out, (struct text){(char *)piece, sizeof(piece) - stream->avail_out});
    }
    assert(status == Z_STREAM_END);
}

struct text gzip_write(struct arena *a, struct text bytes)
{
    z_stream *stream = arena_alloc(a, sizeof(*stream));
    struct text_builder out;
    int status = deflateInit2(stream, Z_BEST_COMPRESSION, Z_DEFLATED, WINDOW_BITS_GZIP,
                              MEMORY_LEVEL, Z_DEFAULT_STRATEGY);

    if (status != Z_OK)
        abort(); /* only for want of memory, which ends the process everywhere */
    arena_defer(a, end_deflate, stream);
    text_builder_init(&out, a, SIZE_MAX / 4);
    deflate_all(stream, bytes.at ? bytes : TEXT(""), &out);
    return text_built(&out);
}
