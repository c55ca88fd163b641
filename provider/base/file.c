#include "base/file.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

enum { PIECE_BYTES = 64 << 10 };

const char *file_expand(struct arena *a, const char *path)
{
    const char *home = getenv("HOME");

    return strncmp(path, "~/", 2) == 0 && home && home[0] ? text_f(a, "%s%s", home, path + 1)
                                                          : path;
}

static const char *error_text(struct arena *a, int number)
{
    char buffer[256] = "unknown error";

    (void)!strerror_r(number, buffer, sizeof(buffer));
    return arena_strdup(a, buffer);
}

static void descriptor_close(void *file)
{
    close(*(int *)file);
}

static bool read_all(struct arena *a, int file, size_t bytes_max, struct text *out,
                     const char **reason)
{
    struct text_builder b;
    char *piece = arena_alloc(a, PIECE_BYTES);
    ssize_t got;

    text_builder_init(&b, a, bytes_max);
    while ((got = read(file, piece, PIECE_BYTES)) != 0) {
        if (got < 0 && errno == EINTR)
            continue;
        if (got < 0)
            *reason = error_text(a, errno);
        else
            text_add(&b, (struct text){piece, (size_t)got});
        if (b.overflow)
            *reason = text_f(a, "it is larger than %zu bytes", bytes_max);
        if (*reason)
            return false;
    }
    *out = text_built(&b);
    return true;
}

bool file_read(struct arena *a, const char *path, size_t bytes_max, struct text *out, bool *found,
               const char **reason)
{
    int *file = arena_alloc(a, sizeof(*file));
    struct stat about;

    *found = true;
    *reason = NULL;
    *out = (struct text){"", 0};
    *file = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK);
    if (*file < 0) {
        *found = errno != ENOENT;
        *reason = error_text(a, errno);
        return false;
    }
    arena_defer(a, descriptor_close, file);
    if (fstat(*file, &about) != 0 || !S_ISREG(about.st_mode)) {
        *reason = "it is not a file";
        return false;
    }
    return read_all(a, *file, bytes_max, out, reason);
}

/* --- writing ---------------------------------------------------------------------- */

static bool make_folders(const char *folder)
{
    char *path = memory_strdup(folder);
    bool made = true;

    for (char *at = path + 1; *path && made; at++) {
        char c = *at;

        if (c && c != '/')
            continue;
        *at = '\0';
        made = mkdir(path, 0700) == 0 || errno == EEXIST;
        *at = c;
        if (!c)
            break;
    }
    memory_free(path);
    return made;
}

static bool write_all(int file, struct text bytes)
{
    while (bytes.len) {
        ssize_t done = write(file, bytes.at, bytes.len);

        if (done < 0 && errno == EINTR)
            continue;
        if (done < 0)
            return false;
        bytes = (struct text){bytes.at + done, bytes.len - (size_t)done};
    }
    return true;
}

bool file_replace(struct arena *a, const char *folder, const char *name, struct text bytes,
                  const char **reason)
{
    char *part = text_f(a, "%s/.%s.XXXXXX", folder, name);
    const char *whole = text_f(a, "%s/%s", folder, name);
    int file = make_folders(folder) ? mkstemp(part) : -1;
    bool done = file >= 0 && write_all(file, bytes);

    if (file >= 0)
        done = close(file) == 0 && done;
    done = done && rename(part, whole) == 0;
    if (!done)
        *reason = error_text(a, errno);
    if (!done && file >= 0)
        unlink(part);
    return done;
}
