#include "helm/folder.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "helm/ignore.h"

struct walk {
    struct loader *loader;
    const char *root;
    const struct ignore_rules *rules;
    struct chart_files *out;
};

static bool failed(struct loader *l, const char *path, const char *what, int error)
{
    char words[128] = "";

    (void)strerror_r(error, words, sizeof(words));
    return diag_error(l->call->diags, l->at, loader_summary, "%s %s: %s.", path, what, words);
}

static void close_file(void *handle)
{
    close(*(int *)handle);
}

bool folder_read_file(struct loader *l, const char *path, size_t bytes_max, struct text *out)
{
    struct arena *a = l->call->arena;
    int *file = arena_alloc(a, sizeof(*file));
    struct text_builder bytes;
    char block[8192];
    ssize_t got;

    *file = open(path, O_RDONLY | O_CLOEXEC);
    if (*file < 0)
        return failed(l, path, "cannot be opened", errno);
    arena_defer(a, close_file, file);
    text_builder_init(&bytes, a, bytes_max);
    while ((got = read(*file, block, sizeof(block))) > 0 && !bytes.overflow)
        text_add(&bytes, (struct text){block, (size_t)got});
    if (got < 0)
        return failed(l, path, "cannot be read", errno);
    if (bytes.overflow)
        return diag_error(l->call->diags, l->at, loader_summary, "%s is larger than %zu MiB.", path,
                          bytes_max >> 20);
    *out = text_built(&bytes);
    return true;
}

static int compare_names(const void *left, const void *right)
{
    return strcmp(*(const char *const *)left, *(const char *const *)right);
}

static void close_folder(void *handle)
{
    closedir(handle);
}

/* Names in byte order. */
static bool names_of(struct loader *l, const char *path, const char ***names, size_t *count)
{
    struct arena *a = l->call->arena;
    DIR *folder = opendir(path);
    size_t capacity = 0;
    struct dirent *entry;

    *count = 0;
    *names = NULL;
    if (!folder)
        return failed(l, path, "cannot be opened", errno);
    arena_defer(a, close_folder, folder);
    while ((entry = readdir(folder))) {
        if (strcmp(entry->d_name, ".") == 0 || strcmp(entry->d_name, "..") == 0)
            continue;
        if (*count == capacity) {
            const char **grown;

            capacity = capacity ? 2 * capacity : 16;
            grown = arena_array(a, capacity, sizeof(*grown));
            for (size_t i = 0; i < *count; i++)
                grown[i] = (*names)[i];
            *names = grown;
        }
        (*names)[(*count)++] = arena_strdup(a, entry->d_name);
    }
    if (*count > 1)
        qsort(*names, *count, sizeof(**names), compare_names);
    return true;
}

static bool take_file(struct walk *w, const char *path, const char *name, off_t size)
{
    struct loader *l = w->loader;
    struct text data;

    if (!text_utf8_valid(text_of(name)))
        return diag_error(l->call->diags, l->at, loader_summary, "%s has a name that is no UTF-8.",
                          path);
    if (!loader_take(l, w->root, name, size > 0 ? (size_t)size : 0) ||
        !folder_read_file(l, path, ARCHIVE_FILE_BYTES_MAX, &data))
        return false;
    chart_files_add(l->call->arena, w->out, (struct chart_file){name, chart_file_data(data)});
    return true;
}

static bool walk_folder(struct walk *w, const char *path, const char *below, size_t depth);

static bool take_entry(struct walk *w, const char *path, const char *name, size_t depth)
{
    struct loader *l = w->loader;
    struct stat status;

    if (stat(path, &status) != 0)
        return failed(l, path, "cannot be read", errno);
    if (ignore_matches(w->rules, name, S_ISDIR(status.st_mode)))
        return true;
    if (S_ISDIR(status.st_mode))
        return walk_folder(w, path, name, depth + 1);
    if (!S_ISREG(status.st_mode))
        return diag_error(l->call->diags, l->at, loader_summary,
                          "%s is a device, socket or pipe, not a file.", path);
    return take_file(w, path, name, status.st_size);
}

static bool walk_folder(struct walk *w, const char *path, const char *below, size_t depth)
{
    struct arena *a = w->loader->call->arena;
    const char **names;
    size_t count;

    if (depth > FOLDER_DEPTH_MAX)
        return diag_error(w->loader->call->diags, w->loader->at, loader_summary,
                          "%s lies more than %d folders deep (a link to a folder above it?).", path,
                          FOLDER_DEPTH_MAX);
    if (!names_of(w->loader, path, &names, &count))
        return false;
    for (size_t i = 0; i < count; i++)
        if (!take_entry(w, text_f(a, "%s/%s", path, names[i]),
                        below ? text_f(a, "%s/%s", below, names[i]) : names[i], depth))
            return false;
    return true;
}

bool folder_read(struct loader *l, const char *path, struct chart_files *out)
{
    const char *file = text_f(l->call->arena, "%s/.helmignore", path);
    struct walk w = {.loader = l, .root = path, .out = out};
    struct ignore_rules *rules;
    struct text text = {0};

    *out = (struct chart_files){0};
    if (access(file, F_OK) == 0 && !folder_read_file(l, file, ARCHIVE_FILE_BYTES_MAX, &text))
        return false;
    if (!ignore_read(l->call, chart_file_data(text), file, l->at, &rules))
        return false;
    w.rules = rules;
    return walk_folder(&w, path, NULL, 0);
}
