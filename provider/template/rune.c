#include "template/rune.h"

#define PCRE2_CODE_UNIT_WIDTH 8
#include <pcre2.h>
#include <pthread.h>

enum class { LETTER, DIGIT, PRINTABLE, CLASSES };

static pcre2_code *classes[CLASSES];
static pthread_once_t classes_once = PTHREAD_ONCE_INIT;

static bool is_continuation(char c)
{
    return ((unsigned char)c & 0xc0) == 0x80;
}

uint32_t rune_decode(struct text t, size_t at, size_t *len)
{
    static const uint32_t least[] = {0, 0, 0x80, 0x800, 0x10000};
    unsigned char first = (unsigned char)t.at[at];
    size_t want = first >= 0xf0 ? 4 : first >= 0xe0 ? 3 : 2;
    uint32_t rune;

    *len = 1;
    if (first < 0x80)
        return first;
    if (first < 0xc2 || first > 0xf4 || want > t.len - at)
        return RUNE_INVALID;
    rune = first & (0x7fu >> want);
    for (size_t i = 1; i < want; i++) {
        if (!is_continuation(t.at[at + i]))
            return RUNE_INVALID;
        rune = rune << 6 | ((unsigned char)t.at[at + i] & 0x3fu);
    }
    if (rune < least[want] || rune > RUNE_MAX || (rune >= 0xd800 && rune < 0xe000))
        return RUNE_INVALID;
    *len = want;
    return rune;
}

size_t rune_last_len(struct text t)
{
    for (size_t back = 2, len; back <= 4 && back <= t.len; back++) {
        (void)rune_decode(t, t.len - back, &len);
        if (len == back)
            return back;
    }
    return 1;
}

size_t rune_count(struct text t)
{
    size_t count = 0;

    for (size_t i = 0, len; i < t.len; i += len, count++)
        (void)rune_decode(t, i, &len);
    return count;
}

static size_t encode(uint32_t rune, char bytes[static 4])
{
    size_t len = rune < 0x80 ? 1 : rune < 0x800 ? 2 : rune < 0x10000 ? 3 : 4;

    for (size_t i = len - 1; i > 0; i--, rune >>= 6)
        bytes[i] = (char)(0x80 | (rune & 0x3f));
    bytes[0] = (char)(len == 1 ? rune : (0xf00u >> len & 0xff) | rune);
    return len;
}

void rune_add(struct text_builder *b, uint32_t rune)
{
    char bytes[4];
    bool valid = rune <= RUNE_MAX && (rune < 0xd800 || rune >= 0xe000);

    text_add(b, (struct text){bytes, encode(valid ? rune : RUNE_INVALID, bytes)});
}

static void compile_classes(void)
{
    static const char *const patterns[] = {"^\\p{L}", "^\\p{Nd}",
                                           "^[\\p{L}\\p{M}\\p{N}\\p{P}\\p{S}]"};
    PCRE2_SIZE at;
    int code;

    for (size_t i = 0; i < CLASSES; i++)
        classes[i] = pcre2_compile((PCRE2_SPTR)patterns[i], PCRE2_ZERO_TERMINATED, PCRE2_UTF, &code,
                                   &at, NULL);
}

/* A few hundred runes a chart at most come here: ASCII is answered before. */
static bool is_class(uint32_t rune, enum class class)
{
    pcre2_match_data *match;
    char bytes[4];
    size_t len = encode(rune, bytes);
    bool is;

    (void)pthread_once(&classes_once, compile_classes);
    match = pcre2_match_data_create(1, NULL);
    is =
        match && classes[class] &&
        pcre2_match(classes[class], (PCRE2_SPTR)bytes, len, 0, PCRE2_NO_UTF_CHECK, match, NULL) > 0;
    pcre2_match_data_free(match);
    return is;
}

bool rune_is_letter(uint32_t rune)
{
    if (rune < 0x80)
        return (rune | 0x20) >= 'a' && (rune | 0x20) <= 'z';
    return is_class(rune, LETTER);
}

bool rune_is_digit(uint32_t rune)
{
    return rune < 0x80 ? rune >= '0' && rune <= '9' : is_class(rune, DIGIT);
}

bool rune_is_printable(uint32_t rune)
{
    return rune < 0x80 ? rune >= ' ' && rune < 0x7f : is_class(rune, PRINTABLE);
}
