#include "aws/shared_files.h"

#include <stdlib.h>
#include <string.h>

#include "base/file.h"

enum { LINES_MAX = 20000 };

enum table { PROFILES, SSO_SESSIONS, SERVICES, TABLES, NO_TABLE = TABLES };

struct section {
    struct section *next;
    enum table table;
    const char *name;
    struct value_builder keys;
};

struct reader {
    struct arena *a;
    struct diags *diags;
    const char *path;
    int line;
    bool credentials;
    struct section *first, *section; /* of this file; NULL = of no interest */
    bool skipping;                   /* a section that is not ours to read */
    const char *key;                 /* of the setting above; NULL = none yet */
    struct text_builder value;       /* its lines */
    struct value_builder nested;     /* or its indented settings */
};

static bool malformed(struct reader *r, const char *reason)
{
    return diag_error(r->diags, NULL, "A shared file of AWS is malformed", "%s, line %d: %s.",
                      r->path, r->line, reason);
}

static char *lower_case(struct arena *a, struct text t)
{
    char *out = text_z(a, t);

    for (char *at = out; *at; at++)
        if (*at >= 'A' && *at <= 'Z')
            *at = (char)(*at | 0x20);
    return out;
}

/* Without a comment, which begins at "#" or ";" behind a blank. */
static struct text without_comment(struct text t)
{
    for (size_t i = 1; i < t.len; i++)
        if ((t.at[i] == '#' || t.at[i] == ';') && (t.at[i - 1] == ' ' || t.at[i - 1] == '\t'))
            return text_trim((struct text){t.at, i});
    return text_trim(t);
}

static void setting_close(struct reader *r)
{
    if (r->section && r->key)
        value_builder_set(&r->section->keys, r->key,
                          r->nested.count
                              ? value_builder_map(&r->nested)
                              : value_string_of(r->a, text_trim(text_built(&r->value))));
    r->key = NULL;
}

/* --- sections ------------------------------------------------------------- */

static void section_open(struct reader *r, enum table table, const char *name)
{
    struct section *s = r->first;

    r->skipping = table == NO_TABLE;
    while (s && (s->table != table || strcmp(s->name, name) != 0))
        s = s->next;
    if (!s && table != NO_TABLE) {
        s = arena_alloc(r->a, sizeof(*s));
        *s = (struct section){.next = r->first, .table = table, .name = name};
        value_builder_init(&s->keys, r->a);
        r->first = s;
    }
    r->section = s;
}

/* "profile x", "sso-session x", "services x"; in the credentials file a bare name. */
static bool section_line(struct reader *r, struct text line)
{
    static const char *const kinds[TABLES] = {"profile", "sso-session", "services"};
    const char *end = memchr(line.at, ']', line.len);
    struct text name, kind;
    enum table table = PROFILES;

    setting_close(r);
    if (!end)
        return malformed(r, "the section's name has no closing bracket");
    name = text_trim((struct text){line.at + 1, (size_t)(end - line.at) - 1});
    if (!r->credentials && !text_is(name, "default")) {
        const char *blank = strpbrk(text_z(r->a, name), " \t");
        struct text rest = name;

        table = NO_TABLE;
        kind = blank ? (struct text){name.at, strcspn(text_z(r->a, name), " \t")} : name;
        for (int i = 0; i < TABLES && blank; i++)
            if (text_is(kind, kinds[i]))
                table = (enum table)i;
        rest.at += kind.len;
        rest.len -= kind.len;
        name = text_trim(rest);
    }
    if (table != NO_TABLE && !name.len)
        return malformed(r, "the section has no name");
    section_open(r, table, text_z(r->a, name));
    return true;
}

/* --- settings --------------------------------------------------------------- */

static bool setting_line(struct reader *r, struct text line)
{
    struct text value = line, key;

    setting_close(r);
    if (!memchr(line.at, '=', line.len))
        return r->skipping || malformed(r, "expected \"key = value\" or \"[section]\"");
    if (!r->section && !r->skipping)
        return malformed(r, "a setting stands before the first section");
    text_split(&value, '=', &key);
    key = text_trim(key);
    if (!key.len)
        return malformed(r, "the setting has no name");
    r->key = lower_case(r->a, key);
    text_builder_init(&r->value, r->a, SHARED_FILE_BYTES_MAX);
    value_builder_init(&r->nested, r->a);
    text_add(&r->value, without_comment(value));
    return true;
}

/* Under a setting without a value stand settings of its own; under any other, more of it. */
static bool indented_line(struct reader *r, struct text line)
{
    struct text value = text_trim(line), key;

    if (!r->key)
        return r->skipping || malformed(r, "an indented line stands under no setting");
    if (r->value.len) {
        text_add_char(&r->value, '\n');
        text_add(&r->value, value);
        return true;
    }
    if (!memchr(value.at, '=', value.len))
        return malformed(r, "expected \"key = value\"");
    text_split(&value, '=', &key);
    value_builder_set(&r->nested, lower_case(r->a, text_trim(key)),
                      value_string_of(r->a, without_comment(value)));
    return true;
}

static bool line_read(struct reader *r, struct text line)
{
    struct text content = text_trim(line);

    if (!content.len || content.at[0] == '#' || content.at[0] == ';')
        return true;
    if (line.at[0] == ' ' || line.at[0] == '\t')
        return indented_line(r, line);
    return content.at[0] == '[' ? section_line(r, content) : setting_line(r, content);
}

/* --- files ---------------------------------------------------------------------- */

static const struct value *table_merge(struct reader *r, enum table table, const struct value *into)
{
    struct value_builder b;

    value_builder_init(&b, r->a);
    for (const struct section *s = r->first; s; s = s->next)
        if (s->table == table)
            value_builder_push(&b, s->name, value_builder_map(&s->keys));
    return value_merge(r->a, into ? into : &value_empty_map, value_builder_map(&b));
}

bool shared_file_parse(struct arena *a, struct diags *diags, struct text file, const char *path,
                       bool credentials, struct shared_files *into)
{
    struct reader r = {.a = a, .diags = diags, .path = path, .credentials = credentials};
    struct text line;

    if (text_starts_with(file, "\xef\xbb\xbf"))
        file = (struct text){file.at + 3, file.len - 3};
    while (file.len && text_split(&file, '\n', &line)) {
        if (++r.line > LINES_MAX)
            return malformed(&r, "the file has more lines than are read");
        if (memchr(line.at, '\0', line.len))
            return malformed(&r, "a zero byte is in it");
        if (!line_read(&r, line))
            return false;
    }
    setting_close(&r);
    into->profiles = table_merge(&r, PROFILES, into->profiles);
    into->sso_sessions = table_merge(&r, SSO_SESSIONS, into->sso_sessions);
    into->services = table_merge(&r, SERVICES, into->services);
    return true;
}

static const char *shared_path(struct arena *a, const char *variable, const char *fallback)
{
    const char *path = getenv(variable);

    return file_expand(a, path && *path ? path : fallback);
}

static bool file_add(struct call *c, const char *path, bool credentials, struct shared_files *out)
{
    struct text text;
    const char *reason;
    bool found;

    if (!file_read(c->arena, path, SHARED_FILE_BYTES_MAX, &text, &found, &reason) && found)
        return diag_error(c->diags, NULL, "A shared file of AWS cannot be read", "%s: %s.", path,
                          reason);
    return shared_file_parse(c->arena, c->diags, text, path, credentials, out);
}

bool shared_files_read(struct call *c, struct shared_files *out)
{
    struct arena *a = c->arena;

    *out = (struct shared_files){
        .config_path = shared_path(a, "AWS_CONFIG_FILE", "~/.aws/config"),
        .credentials_path = shared_path(a, "AWS_SHARED_CREDENTIALS_FILE", "~/.aws/credentials")};
    return file_add(c, out->config_path, false, out) &&
           file_add(c, out->credentials_path, true, out);
}

const struct value *shared_files_profile(const struct shared_files *files, const char *name)
{
    return value_has(files->profiles, name) ? value_at(files->profiles, name) : NULL;
}

const char *shared_files_profile_name(const char *name)
{
    static const char *const variables[] = {"AWS_PROFILE", "AWS_DEFAULT_PROFILE"};

    if (*name)
        return name;
    for (size_t i = 0; i < sizeof(variables) / sizeof(variables[0]); i++) {
        const char *wanted = getenv(variables[i]);

        if (wanted && *wanted)
            return wanted;
    }
    return "default";
}
