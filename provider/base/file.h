/* file - whole files of this machine, read and replaced at once. */
#ifndef BASE_FILE_H
#define BASE_FILE_H
#include <stdbool.h>
#include <stddef.h>

#include "base/text.h"

/* "~/x" below HOME; everything else as it is. */
const char *file_expand(struct arena *a, const char *path);
/* False with *reason when it cannot be read, or is larger; *found tells the one
 * reason apart that it does not exist. */
bool file_read(struct arena *a, const char *path, size_t bytes_max, struct text *out, bool *found,
               const char **reason);
/* Writes beside it and renames, so that no reader ever sees a part; the folder is
 * made when it is missing. */
bool file_replace(struct arena *a, const char *folder, const char *name, struct text bytes,
                  const char **reason);

#endif
