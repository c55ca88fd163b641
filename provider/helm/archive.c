#include <archive.h>
#include <archive_entry.h>
#include <ctype.h>
#include <string.h>

#include "helm/archive.h"

enum { BLOCK_BYTES = 64 << 10, NAME_BYTES_MAX = 4096 };

struct unpacking {
    struct loader *loader;
    struct archive *archive;
    const char *what;
    const char *folder; /* the top folder; NULL before the first file */
    char *block;        /* BLOCK_BYTES, for all files */
};

static bool refuse(const struct unpacking *u, const char *name, const char *why)
{
    return diag_error(u->loader->call->diags, u->loader->at, loader_summary,
                      "%s holds \"%s\": %s. Only plain files below one folder are taken.", u->what,
                      text_printable(u->loader->call->arena, text_of(name), 200), why);
}

static bool broken(const struct unpacking *u)
{
    const char *reason = archive_error_string(u->archive);

    return diag_error(u->loader->call->diags, u->loader->at, loader_summary,
                      "%s is no complete gzipped tar archive: %s.", u->what,
                      reason ? reason : "it cannot be unpacked");
}

static void close_archive(void *handle)
{
    archive_read_free(handle);
}

static bool is_drive_path(const char *name)
{
    return isalpha((unsigned char)name[0]) && name[1] == ':';
}

/* The name below the top folder: single slashes, no "." parts. NULL = reported. */
static const char *name_below(struct unpacking *u, const char *name)
{
    struct arena *a = u->loader->call->arena;
    struct text rest = text_of(name), part;
    struct text_builder below;
    const char *folder;

    text_split(&rest, strchr(name, '\\') ? '\\' : '/', &part);
    folder = text_z(a, part);
    text_builder_init(&below, a, strlen(name));
    while (text_split(&rest, strchr(name, '\\') ? '\\' : '/', &part)) {
        if (text_is(part, ".."))
            return refuse(u, name, "a name with \"..\""), NULL;
        if (part.len == 0 || text_is(part, "."))
            continue;
        if (below.len > 0)
            text_add_char(&below, '/');
        text_add(&below, part);
    }
    if (strcmp(folder, "..") == 0)
        return refuse(u, name, "a name with \"..\""), NULL;
    if (below.len == 0)
        return refuse(u, name, "a file outside the chart's folder"), NULL;
    if (is_drive_path(folder) || is_drive_path(below.at))
        return refuse(u, name, "a drive path"), NULL;
    if (u->folder && strcmp(u->folder, folder) != 0)
        return refuse(u, name, text_f(a, "a second top folder beside \"%s\"", u->folder)), NULL;
    u->folder = folder;
    return below.at;
}

static const char *entry_name(struct unpacking *u, struct archive_entry *entry)
{
    const char *name = archive_entry_pathname_utf8(entry);

    if (!name)
        name = archive_entry_pathname(entry);
    if (!name || !name[0])
        return refuse(u, "", "a file without a name"), NULL;
    if (!text_utf8_valid(text_of(name)))
        return refuse(u, name, "a name that is no UTF-8"), NULL;
    if (strlen(name) > NAME_BYTES_MAX)
        return refuse(u, name, "a name of more than 4096 bytes"), NULL;
    if (name[0] == '/' || name[0] == '\\')
        return refuse(u, name, "an absolute path"), NULL;
    return arena_strdup(u->loader->call->arena, name);
}

/* Reads until the end or a limit, whatever size the header claims. */
static bool read_data(struct unpacking *u, const char *name, struct text *out)
{
    struct loader *l = u->loader;
    size_t max = l->bytes_left < ARCHIVE_FILE_BYTES_MAX ? l->bytes_left : ARCHIVE_FILE_BYTES_MAX;
    struct text_builder data;
    la_ssize_t got;

    text_builder_init(&data, l->call->arena, max + BLOCK_BYTES);
    while ((got = archive_read_data(u->archive, u->block, BLOCK_BYTES)) > 0 && data.len <= max)
        text_add(&data, (struct text){u->block, (size_t)got});
    if (got < 0)
        return broken(u);
    *out = text_built(&data);
    return loader_take(l, u->what, name, out->len);
}

static bool take_entry(struct unpacking *u, struct archive_entry *entry, struct chart_files *out)
{
    struct arena *a = u->loader->call->arena;
    const char *name = entry_name(u, entry), *below;
    struct text data = {"", 0};

    if (!name)
        return false;
    if (archive_entry_filetype(entry) == AE_IFDIR)
        return loader_take(u->loader, u->what, name, 0);
    if (archive_entry_hardlink(entry) || archive_entry_filetype(entry) == AE_IFLNK)
        return refuse(u, name, "a link");
    if (archive_entry_filetype(entry) != AE_IFREG)
        return refuse(u, name, "a device, socket or pipe");
    below = name_below(u, name);
    if (!below || !read_data(u, below, &data))
        return false;
    chart_files_add(a, out, (struct chart_file){below, chart_file_data(data)});
    return true;
}

static bool open_archive(struct unpacking *u, struct text bytes)
{
    u->archive = archive_read_new();
    u->block = arena_alloc(u->loader->call->arena, BLOCK_BYTES);
    arena_defer(u->loader->call->arena, close_archive, u->archive);
    if (archive_read_support_filter_gzip(u->archive) != ARCHIVE_OK ||
        archive_read_support_format_tar(u->archive) != ARCHIVE_OK ||
        archive_read_open_memory(u->archive, bytes.at, bytes.len) != ARCHIVE_OK)
        return broken(u);
    return true;
}

bool archive_read(struct loader *l, struct text bytes, const char *what, struct chart_files *out)
{
    struct unpacking u = {.loader = l, .what = what};
    struct archive_entry *entry;
    int status;

    *out = (struct chart_files){0};
    if (!text_starts_with(bytes, "\x1F\x8B"))
        return diag_error(l->call->diags, l->at, loader_summary,
                          "%s is no gzipped archive: it begins with \"%s\".", what,
                          text_printable(l->call->arena, bytes, 40));
    if (!open_archive(&u, bytes))
        return false;
    while ((status = archive_read_next_header(u.archive, &entry)) == ARCHIVE_OK ||
           status == ARCHIVE_WARN)
        if (!take_entry(&u, entry, out))
            return false;
    if (status != ARCHIVE_EOF)
        return broken(&u);
    if (out->count == 0)
        return diag_error(l->call->diags, l->at, loader_summary, "%s holds no files.", what);
    return true;
}
