/* test_case - cases as data, for the tests of this folder. For tests only:
 * included by them, compiled into them. */
#ifndef KUBE_TEST_CASE_H
#define KUBE_TEST_CASE_H
#include <dirent.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/test.h"
#include "codec/json.h"
#include "codec/yml.h"
#include "schema/call.h"

#define UNUSED_CASE __attribute__((unused))

/* The YAML document of a case; shows its name when the test fails. */
UNUSED_CASE static const struct value *case_read(struct arena *a, const char *path)
{
    const struct value *v = &value_null;
    struct diags diags;

    print_message("    %s\n", path);
    diags_init(&diags, a);
    if (!yml_read(a, test_file(a, path), path, NULL, &diags, &v))
        fail_msg("%s", diags.first->detail);
    return v;
}

/* "path: summary\ndetail\n" of each diagnostic, in order. */
UNUSED_CASE static const char *diags_text(struct arena *a, const struct diags *diags)
{
    struct text_builder b;

    text_builder_init(&b, a, 1 << 20);
    for (const struct diag *d = diags->first; d; d = d->next)
        text_add_f(&b, "%s%s%s\n%s\n", d->path ? path_text(a, d->path) : "", d->path ? ": " : "",
                   d->summary, d->detail);
    return text_built(&b).at;
}

UNUSED_CASE static const char *case_replace(struct arena *a, const char *in, const char *old,
                                            const char *new)
{
    struct text_builder b;

    text_builder_init(&b, a, 1 << 20);
    while (*in) {
        if (strncmp(in, old, strlen(old)) == 0) {
            text_add_z(&b, new);
            in += strlen(old);
        } else {
            text_add_char(&b, *in++);
        }
    }
    return text_built(&b).at;
}

UNUSED_CASE static const char *case_json(struct arena *a, const struct value *v)
{
    return json_write_pretty(a, v).at;
}

UNUSED_CASE static const char *case_temporary(void)
{
    const char *folder = getenv("TMPDIR");

    return folder && folder[0] ? folder : "/tmp";
}

/* Removes what a case has written. */
UNUSED_CASE static void case_remove(const char *path)
{
    DIR *folder = opendir(path);
    struct dirent *entry;
    struct stat s;
    char below[4096];

    while (folder && (entry = readdir(folder))) {
        if (strcmp(entry->d_name, ".") == 0 || strcmp(entry->d_name, "..") == 0)
            continue;
        snprintf(below, sizeof(below), "%s/%s", path, entry->d_name);
        if (lstat(below, &s) == 0 && S_ISDIR(s.st_mode))
            case_remove(below);
        else
            unlink(below);
    }
    if (folder)
        closedir(folder);
    rmdir(path);
}

#endif
