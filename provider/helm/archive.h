/* archive - the files of a packed chart. The only caller of libarchive. */
#ifndef HELM_ARCHIVE_H
#define HELM_ARCHIVE_H
#include "helm/chart.h"

/* Files of a gzipped tar below its one top folder, whose name goes to *folder. */
bool archive_read(struct call *c, struct text bytes, const char *what, const struct path *at,
                  const char **folder, struct chart_files *out);

#endif
