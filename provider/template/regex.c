#include "template/regex.h"

#define PCRE2_CODE_UNIT_WIDTH 8
#include <pcre2.h>

#include "template/regex_syntax.h"

enum { HEAP_KIBIBYTES_MAX = 64 * 1024 };

struct regex {
    struct regex_syntax syntax;
    pcre2_code *code;    /* for subjects that may not be UTF-8: each match looks at it all */
    pcre2_code *valid;   /* for those that are */
    struct text subject; /* of the last match */
    bool subject_valid;
    pcre2_match_data *match;
    pcre2_match_context *context;
};

static pcre2_code *compile(struct text pattern, uint32_t options)
{
    PCRE2_SIZE at;
    int error;

    return pcre2_compile((PCRE2_SPTR)pattern.at, pattern.len, PCRE2_UTF | options, &error, &at,
                         NULL);
}

struct regex *regex_new(struct arena *a, struct text pattern, const char **reason)
{
    struct regex *r = memory_new(1, sizeof(*r));

    if (regex_syntax_translate(a, pattern, &r->syntax, reason)) {
        r->code = compile(r->syntax.pattern, PCRE2_MATCH_INVALID_UTF);
        r->valid = compile(r->syntax.pattern, 0);
        *reason = text_f(a, "error parsing regexp: invalid character class range: `%.*s`",
                         (int)pattern.len, pattern.at);
    }
    if (r->code && r->valid) {
        r->match = pcre2_match_data_create_from_pattern(r->code, NULL);
        r->context = pcre2_match_context_create(NULL);
        *reason = "error parsing regexp: out of memory";
    }
    if (!r->match || !r->context) {
        regex_free(r);
        return NULL;
    }
    (void)pcre2_set_match_limit(r->context, REGEX_STEPS_MAX);
    (void)pcre2_set_depth_limit(r->context, REGEX_STEPS_MAX);
    (void)pcre2_set_heap_limit(r->context, HEAP_KIBIBYTES_MAX);
    return r;
}

void regex_free(struct regex *r)
{
    if (!r)
        return;
    pcre2_match_context_free(r->context);
    pcre2_match_data_free(r->match);
    pcre2_code_free(r->code);
    pcre2_code_free(r->valid);
    memory_free(r);
}

size_t regex_group_count(const struct regex *r)
{
    return r->syntax.group_count;
}

struct text regex_group_name(const struct regex *r, size_t group)
{
    return r->syntax.names[group];
}

enum regex_outcome regex_find(struct regex *r, struct text subject, size_t from)
{
    int found;

    if (!r->subject.at || r->subject.at != subject.at || r->subject.len != subject.len) {
        r->subject = subject;
        r->subject_valid = text_utf8_valid(subject);
    }
    found = pcre2_match(r->subject_valid ? r->valid : r->code,
                        (PCRE2_SPTR)(subject.at ? subject.at : ""), subject.len, from,
                        r->subject_valid ? PCRE2_NO_UTF_CHECK : 0, r->match, r->context);
    if (found > 0)
        return REGEX_MATCH;
    return found == PCRE2_ERROR_NOMATCH ? REGEX_NO_MATCH : REGEX_TOO_LONG;
}

struct regex_span regex_group(const struct regex *r, size_t group)
{
    const PCRE2_SIZE *ends = pcre2_get_ovector_pointer(r->match);

    if (ends[2 * group] == PCRE2_UNSET)
        return (struct regex_span){1, 0};
    return (struct regex_span){ends[2 * group], ends[2 * group + 1]};
}
