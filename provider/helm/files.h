/* files - the .Files object: Get, GetBytes, Lines, Glob, AsConfig, AsSecrets. */
#ifndef HELM_FILES_H
#define HELM_FILES_H
#include "helm/chart.h"
#include "template/datum.h"

const struct datum *files_datum(struct arena *a, const struct chart_files *files);

#endif
