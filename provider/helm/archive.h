/* archive - the files of a packed chart. The only caller of libarchive.
 *
 * Stops while reading when a limit is passed, so that a small archive cannot unpack
 * to much. Refused: links and devices, absolute and drive paths, "..", a second top
 * folder, files beside the top folder, names that are no UTF-8. */
#ifndef HELM_ARCHIVE_H
#define HELM_ARCHIVE_H
#include "helm/loader.h"

/* Files of a gzipped tar below its one top folder. */
bool archive_read(struct loader *l, struct text bytes, const char *what, struct chart_files *out);

#endif
