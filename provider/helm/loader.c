#include "helm/loader.h"

const char loader_summary[] = "The chart cannot be read";

void loader_init(struct loader *l, struct call *c, const struct path *at)
{
    *l = (struct loader){
        .call = c, .at = at, .bytes_left = ARCHIVE_BYTES_MAX, .files_left = ARCHIVE_FILES_MAX};
}

bool loader_take(struct loader *l, const char *what, const char *name, size_t size)
{
    if (size > ARCHIVE_FILE_BYTES_MAX)
        return diag_error(l->call->diags, l->at, loader_summary,
                          "In %s, the file %s is larger than %d MiB.", what, name,
                          ARCHIVE_FILE_BYTES_MAX >> 20);
    if (size > l->bytes_left)
        return diag_error(l->call->diags, l->at, loader_summary,
                          "%s is larger than %d MiB when unpacked (reached at %s).", what,
                          ARCHIVE_BYTES_MAX >> 20, name);
    if (l->files_left == 0)
        return diag_error(l->call->diags, l->at, loader_summary,
                          "%s holds more than %d files and folders.", what, ARCHIVE_FILES_MAX);
    l->bytes_left -= size;
    l->files_left--;
    return true;
}

void chart_files_add(struct arena *a, struct chart_files *files, struct chart_file file)
{
    bool full = (files->count & (files->count - 1)) == 0; /* a power of two, or none yet */

    if (full) {
        struct chart_file *grown =
            arena_array(a, files->count ? 2 * files->count : 1, sizeof(*grown));

        for (size_t i = 0; i < files->count; i++)
            grown[i] = files->all[i];
        files->all = grown;
    }
    files->all[files->count++] = file;
}

struct text chart_file_data(struct text data)
{
    if (text_starts_with(data, "\xEF\xBB\xBF"))
        return (struct text){data.at + 3, data.len - 3};
    return data;
}
