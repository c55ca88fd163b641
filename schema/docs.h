/* docs - the reference pages, rendered from the tables. Pure: the caller reads
 * the example and writes the page. */
#ifndef SCHEMA_DOCS_H
#define SCHEMA_DOCS_H
#include "schema/resource.h"

/* Markdown in the Terraform Registry's layout: front matter, title, example,
 * arguments (required, optional, read-only, nested ones below), import. example
 * and import_example may be empty texts. */
struct text docs_page(struct arena *a, const struct resource *r, struct text example,
                      struct text import_example);
struct text docs_provider_page(struct arena *a, const struct attribute *rows, const char *summary,
                               struct text example);
/* "resources/cacerts.md", "data-sources/trust.md", "functions/…", …: the type
 * without the provider's prefix for istio_*, in full for mesh_*. */
const char *docs_path(struct arena *a, const struct resource *r);

#endif
