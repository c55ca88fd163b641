/* folder - the files of an unpacked chart on this machine, by .helmignore. */
#ifndef HELM_FOLDER_H
#define HELM_FOLDER_H
#include "helm/loader.h"

enum { FOLDER_DEPTH_MAX = 64 }; /* ends loops of links */

/* Files below the folder, each folder's entries in byte order. Links are followed, as
 * Helm does; devices, sockets and pipes are refused. */
bool folder_read(struct loader *l, const char *path, struct chart_files *out);
/* The bytes of one file; larger than bytes_max is refused. */
bool folder_read_file(struct loader *l, const char *path, size_t bytes_max, struct text *out);

#endif
