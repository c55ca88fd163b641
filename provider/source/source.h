/* source - where a chart comes from, and getting it: an HTTP repository, an OCI
 * registry, a folder or archive of this machine.
 *
 * Downloads are checked against the digest of index or manifest, and against a
 * provenance file when a keyring is given (no file or a bad signature fails). They
 * are kept by digest in a store that all calls share, so that ten resources that
 * need one chart fetch it once; with a cache folder they outlive the process.
 * Credentials go only to the scheme and host that they are for. */
#ifndef SOURCE_SOURCE_H
#define SOURCE_SOURCE_H
#include "helm/chart.h"
#include "schema/attribute.h"

struct chart_store; /* thread-safe, lives as long as the provider */

struct chart_store *chart_store_new(struct http_client *http);
/* No call may be running. */
void chart_store_free(struct chart_store *store);

/* Rows of a `chart` argument: repository (https://, http:// to loopback only, oci://),
 * name, version, path, username, password, ca_certificate, keyring, digest. Whoever
 * has `name` and `version` of its own may leave them out of a source. */
extern const struct attribute chart_source_attributes[];
/* Check of a row that holds the address of a repository. */
bool chart_source_check_repository(struct call *c, const struct path *at, const struct value *v);
#define CHART(attribute_name, attribute_flags, ...)                                                \
    NESTED(attribute_name, NESTING_SINGLE, chart_source_attributes, attribute_flags, __VA_ARGS__)

/* A chart as asked for; what is not said in `source` comes from the fallbacks. */
struct chart_request {
    const struct value *source; /* of chart_source_attributes; may be null, never NULL */
    const struct path *at;
    const char *name;       /* when the source names none */
    const char *version;    /* constraint or exact; "" = newest that is no pre-release */
    const char *repository; /* when neither the source nor the provider names one */
    const char *chosen;     /* by the same source before: taken while it is offered; may be NULL */
};
/* Enough is known, of the source and of the provider block, to fetch it at plan. */
bool chart_source_is_known(const struct call *c, const struct value *source);
/* Fetches (or finds) and reads it. What was fetched or looked up once in this
 * process is not asked for again: a plan and the refresh before it see the same. */
bool chart_fetch(struct call *c, const struct chart_request *request, struct chart **out);

#endif
