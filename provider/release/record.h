/* record - Helm's release records: Secrets sh.helm.release.v1.<name>.v<revision>
 * that hold base64(gzip(JSON)). Reading and writing them is all that is known here;
 * when is release's business. Nothing of them reaches a log. */
#ifndef RELEASE_RECORD_H
#define RELEASE_RECORD_H
#include "helm/render.h"
#include "kube/kube.h"

enum {
    RECORD_BYTES_MAX = 1 << 20,       /* of a Secret: Kubernetes' own limit */
    RECORD_TEXT_BYTES_MAX = 64 << 20, /* unpacked */
};

struct record {
    const char *name, *namespace;
    int64_t revision;
    const char *status;      /* "deployed", "superseded", "failed", "pending-install" ... */
    const char *description; /* "Install complete" */
    const char *first_deployed, *last_deployed, *deleted; /* RFC 3339; "" = not */
    struct text notes, manifest;
    const struct value *values; /* the user's: "config" */
    const struct value *chart;  /* as in the record: metadata, templates, values, files */
    const struct value *hooks;  /* as in the record */
    const struct value *labels; /* of the user, on the Secret */
};

/* What the Secret's key holds, without the Secret's own base64. */
struct text record_write(struct arena *a, const struct record *r);
bool record_read(struct call *c, struct text data, const char *what, struct record *out);
/* A chart as a record holds it. */
const struct value *record_chart(struct arena *a, const struct chart *chart);
const struct value *record_hooks(struct arena *a, const struct rendered *r);
/* Files of a record's chart below a folder: {name, data}. */
bool record_chart_files(struct call *c, const struct value *chart, const char *folder,
                        struct chart_files *out);

/* Revisions that exist, newest first, by metadata alone (one small LIST): a list of
 * {"revision", "status", "ours", "uid"}; ours: written by this provider. */
bool record_history(struct call *c, struct kube *k, const char *name, const char *namespace,
                    const struct value **out);
/* The same of several releases: a map from each name to its list. */
bool record_histories(struct call *c, struct kube *k, const char *const *names, size_t count,
                      const char *namespace, const struct value **out);
/* *found false when there is none. */
bool record_get(struct call *c, struct kube *k, const char *name, const char *namespace,
                int64_t revision, bool *found, struct record *out);
/* Creates or replaces the Secret. A record above 1 MiB is refused with what makes it
 * large. */
bool record_put(struct call *c, struct kube *k, const struct record *r);
/* Reads the record and writes it again; one that is gone is no matter. */
bool record_set_status(struct call *c, struct kube *k, const char *name, const char *namespace,
                       int64_t revision, const char *status);
/* Removes the oldest of `history` so that at most `keep` remain; 0 removes all. */
bool record_prune(struct call *c, struct kube *k, const char *name, const char *namespace,
                  const struct value *history, size_t keep);

#endif
