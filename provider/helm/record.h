/* record - Helm's release records: Secrets sh.helm.release.v1.<name>.v<revision>
 * that hold base64(gzip(JSON)). Reading and writing them is all that is known here;
 * when is release's business. */
#ifndef HELM_RECORD_H
#define HELM_RECORD_H
#include "helm/render.h"
#include "kube/kube.h"

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

struct text record_write(struct arena *a, const struct record *r);
bool record_read(struct call *c, struct text data, const char *what, struct record *out);
/* A chart as a record holds it. */
const struct value *record_chart(struct arena *a, const struct chart *chart);
const struct value *record_hooks(struct arena *a, const struct rendered *r);

/* Revisions that exist, newest first, by metadata alone (one small LIST): a list of
 * {"revision", "status", "name", "uid"}. */
bool record_history(struct call *c, struct kube *k, const char *name, const char *namespace,
                    const struct value **out);
/* *found false when there is none. */
bool record_get(struct call *c, struct kube *k, const char *name, const char *namespace,
                int64_t revision, bool *found, struct record *out);
/* Creates or replaces the Secret. A record above 1 MiB is refused with what makes it
 * large. */
bool record_put(struct call *c, struct kube *k, const struct record *r);
bool record_set_status(struct call *c, struct kube *k, const struct record *r, const char *status);
/* Keeps the newest `keep` records and removes older ones; 0 removes all. */
bool record_prune(struct call *c, struct kube *k, const char *name, const char *namespace,
                  size_t keep);

#endif
