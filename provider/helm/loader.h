/* loader - what reading one chart shares: where to report, and how much may still be
 * unpacked. For the files of helm/ that read charts. */
#ifndef HELM_LOADER_H
#define HELM_LOADER_H
#include "helm/chart.h"

struct loader {
    struct call *call;
    const struct path *at;
    size_t bytes_left, files_left; /* of the chart with all that is in it */
};

extern const char loader_summary[]; /* of every message about a chart that cannot be read */

void loader_init(struct loader *l, struct call *c, const struct path *at);
/* Takes a file (a folder: 0) of `size` bytes from what is left; false = reported. `what` names the
 * archive or folder. */
bool loader_take(struct loader *l, const char *what, const char *name, size_t size);
/* Room for one more; the list grows by doubling. */
void chart_files_add(struct arena *a, struct chart_files *files, struct chart_file file);
/* data without a byte order mark. */
struct text chart_file_data(struct text data);
bool loader_chart(struct loader *l, const struct chart_files *files, const char *what, size_t depth,
                  struct chart **out);

#endif
