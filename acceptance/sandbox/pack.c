#include "acceptance/sandbox/pack.h"

#include <dirent.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "codec/gzip.h"
#include "codec/yml.h"
#include "crypto/digest.h"

enum {
    FILE_BYTES_MAX = 8 << 20,
    ARCHIVE_BYTES_MAX = 64 << 20,
    OFFERS_MAX = 1000,
    BLOCK_BYTES = 512,
    NAME_BYTES_MAX = 100, /* of ustar's field */
};

static _Noreturn void die(const char *what, const char *why)
{
    fprintf(stderr, "istio-sandbox: chart %s: %s\n", what, why);
    exit(2);
}

/* --- the folder ------------------------------------------------------------------------- */
static int by_name(const void *a, const void *b)
{
    return strcmp(*(const char *const *)a, *(const char *const *)b);
}

/* Entries without those that begin with a dot; NULL-terminated. */
static const char **list_folder(struct arena *a, const char *folder)
{
    const char **names = arena_array(a, OFFERS_MAX + 1, sizeof(*names));
    DIR *dir = opendir(folder);
    size_t count = 0;

    if (!dir)
        die(folder, "cannot be read");
    for (struct dirent *entry; (entry = readdir(dir)) && count < OFFERS_MAX;)
        if (entry->d_name[0] != '.')
            names[count++] = arena_strdup(a, entry->d_name);
    closedir(dir);
    qsort(names, count, sizeof(*names), by_name);
    return names;
}

static bool is_folder(const char *path)
{
    struct stat about;

    return stat(path, &about) == 0 && S_ISDIR(about.st_mode);
}

/* An empty text when there is none. */
static struct text read_file(struct arena *a, const char *path)
{
    FILE *file = fopen(path, "rb");
    char *bytes;
    size_t len;

    if (!file)
        return (struct text){"", 0};
    bytes = arena_alloc(a, FILE_BYTES_MAX);
    len = fread(bytes, 1, FILE_BYTES_MAX, file);
    (void)fclose(file);
    if (len == FILE_BYTES_MAX)
        die(path, "is too large");
    return (struct text){arena_copy(a, bytes, len), len};
}

/* --- ustar ---------------------------------------------------------------------------------- */
static void put_number(char *field, size_t width, unsigned long number)
{
    (void)snprintf(field, width, "%0*lo", (int)width - 1, number);
}

static void add_file(struct text_builder *tar, const char *name, struct text data)
{
    char head[BLOCK_BYTES] = {0};
    unsigned long sum = 0;

    if (strlen(name) >= NAME_BYTES_MAX)
        die(name, "the name is too long");
    memcpy(head, name, strlen(name));
    put_number(head + 100, 8, 0644);
    put_number(head + 108, 8, 0);
    put_number(head + 116, 8, 0);
    put_number(head + 124, 12, data.len);
    put_number(head + 136, 12, 0);
    memset(head + 148, ' ', 8);
    head[156] = '0';
    memcpy(head + 257, "ustar\00000", 8);
    for (size_t i = 0; i < sizeof(head); i++)
        sum += (unsigned char)head[i];
    put_number(head + 148, 7, sum);
    text_add(tar, (struct text){head, sizeof(head)});
    text_add(tar, data);
    while (tar->len % BLOCK_BYTES)
        text_add_char(tar, '\0');
}

/* --- charts ----------------------------------------------------------------------------------- */
struct stamp {
    const char *from, *to;
};

static bool is_version_char(char c)
{
    return (c >= '0' && c <= '9') || c == '.' || c == '-' || c == '+';
}

static struct text stamped(struct arena *a, struct text text, const struct stamp *stamp)
{
    const char *at = text_z(a, text), *begin = at, *found;
    size_t len = strlen(stamp->from);
    struct text_builder b;

    text_builder_init(&b, a, FILE_BYTES_MAX);
    while ((found = strstr(at, stamp->from))) {
        bool whole =
            (found == begin || !is_version_char(found[-1])) && !is_version_char(found[len]);

        text_add(&b, (struct text){at, (size_t)(found - at)});
        text_add_z(&b, whole ? stamp->to : stamp->from);
        at = found + len;
    }
    text_add_z(&b, at);
    return text_built(&b);
}

static void add_folder(struct arena *a, struct text_builder *tar, const char *folder,
                       const char *name, const struct stamp *stamp)
{
    for (const char **entry = list_folder(a, folder); *entry; entry++) {
        const char *path = text_f(a, "%s/%s", folder, *entry);
        const char *inside = text_f(a, "%s/%s", name, *entry);
        struct text data;

        if (is_folder(path)) {
            add_folder(a, tar, path, inside, stamp);
            continue;
        }
        data = read_file(a, path);
        if (strcmp(*entry, "Chart.yaml") == 0 || strcmp(*entry, "values.yaml") == 0)
            data = stamped(a, data, stamp);
        add_file(tar, inside, data);
    }
}

static const struct value *read_chart(struct arena *a, const char *path)
{
    const struct value *chart = &value_null;
    struct diags diags;

    diags_init(&diags, a);
    if (!yml_read(a, read_file(a, path), path, NULL, &diags, &chart) ||
        !value_text(chart, "version")[0])
        die(path, "has no version");
    return chart;
}

static void add_offer(struct arena *a, const char *folder, const char *version, struct offers *out)
{
    const char *chart_yaml = text_f(a, "%s/Chart.yaml", folder);
    const struct value *chart = read_chart(a, chart_yaml);
    struct stamp stamp = {value_text(chart, "version"), version};
    struct offer *offer = &out->all[out->count++];
    struct text_builder tar;
    struct diags diags;

    if (out->count == OFFERS_MAX)
        die(folder, "there are too many");
    if (!version)
        stamp.to = stamp.from;
    text_builder_init(&tar, a, ARCHIVE_BYTES_MAX);
    add_folder(a, &tar, folder, value_text(chart, "name"), &stamp);
    for (size_t i = 0; i < 2 * (size_t)BLOCK_BYTES; i++)
        text_add_char(&tar, '\0');
    diags_init(&diags, a);
    offer->name = value_text(chart, "name");
    offer->version = stamp.to;
    offer->chart_yaml = stamped(a, read_file(a, chart_yaml), &stamp).at;
    offer->archive = gzip_write(a, text_built(&tar));
    offer->digest = text_f(a, "sha256:%s", digest_sha256_hex(a, &diags, offer->archive));
}

/* "name version version …" for the chart, else nothing. */
static void add_versions(struct arena *a, const char *folder, const char *name, struct text list,
                         struct offers *out)
{
    struct text line, word;

    while (text_split(&list, '\n', &line)) {
        if (!text_split(&line, ' ', &word) || !text_is(word, name))
            continue;
        while (text_split(&line, ' ', &word))
            if (word.len)
                add_offer(a, folder, text_z(a, word), out);
    }
}

void pack_folder(struct arena *a, const char *folder, struct offers *out)
{
    struct text versions = read_file(a, text_f(a, "%s/versions", folder));

    *out = (struct offers){.all = arena_array(a, OFFERS_MAX, sizeof(*out->all))};
    for (const char **entry = list_folder(a, folder); *entry; entry++) {
        const char *chart = text_f(a, "%s/%s", folder, *entry);

        if (!is_folder(chart) || !read_file(a, text_f(a, "%s/Chart.yaml", chart)).len)
            continue;
        add_offer(a, chart, NULL, out);
        add_versions(a, chart, *entry, versions, out);
    }
}

const struct offer *offers_find(const struct offers *offers, const char *name, const char *version)
{
    for (size_t i = 0; i < offers->count; i++)
        if (strcmp(offers->all[i].name, name) == 0 &&
            (!version || strcmp(offers->all[i].version, version) == 0))
            return &offers->all[i];
    return NULL;
}
