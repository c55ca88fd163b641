/* A version comes back equal when its text is read again; a strict one is a version;
 * a constraint is taken or refused with a reason. Input: version, newline, constraint. */
#include <stdlib.h>
#include <string.h>

#include "codec/semver.h"

int LLVMFuzzerTestOneInput(const unsigned char *data, size_t size);

static void check_version(struct arena *a, struct text text, struct semver *v)
{
    struct semver again;
    const char *written;

    if (semver_read_strict(text, v) && !semver_read(text, v))
        abort();
    if (!semver_read(text, v)) {
        semver_read(TEXT("1.2.3-rc.1"), v);
        return;
    }
    written = semver_text(a, v);
    if (strlen(written) <= SEMVER_BYTES_MAX &&
        (!semver_read_strict(text_of(written), &again) || semver_compare(v, &again) != 0 ||
         strcmp(semver_text(a, &again), written) != 0))
        abort();
}

int LLVMFuzzerTestOneInput(const unsigned char *data, size_t size)
{
    struct arena *a = arena_new();
    struct text rest = {(const char *)data, size}, first;
    struct semver_constraint *c;
    struct semver v;
    const char *reason = NULL;

    text_split(&rest, '\n', &first);
    check_version(a, first, &v);
    if (!semver_constraint_read(a, (struct text){rest.at ? rest.at : "", rest.len}, &c, &reason)) {
        if (!reason)
            abort();
    } else {
        semver_matches(c, &v);
    }
    arena_free(a);
    return 0;
}
