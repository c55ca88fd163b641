/* nodegroup_parts - what the files of node groups share.
 *
 * nodegroup_rows.c what people say; nodegroup_wanted.c what that means for EKS and what
 * differs; nodegroup_template.c launch templates; nodegroup_join.c waiting for nodes,
 * nodegroup_why.c why they do not come; nodegroup.c bringing it about. */
#ifndef EKS_NODEGROUP_PARTS_H
#define EKS_NODEGROUP_PARTS_H
#include "eks/nodegroup.h"
#include "eks/step.h"

enum {
    NODEGROUP_MS = 60 * 60 * 1000,        /* a create, an update of the version, a delete */
    NODEGROUP_CONFIG_MS = 20 * 60 * 1000, /* an update of sizes, labels, taints */
};

struct nodegroup_work {
    struct call *call;
    struct aws *aws;
    const struct nodegroup_cluster *cluster;
    const struct value *templates; /* of ours, by name */
    const struct value *drift;     /* a list of lines */
    bool groups_checked;           /* security groups: once for all templates */
};

struct nodegroup {
    struct step step;
    const struct value *entry;    /* of the configuration; NULL = not wanted */
    const struct value *found;    /* EKS's object; NULL = none */
    const struct value *settings; /* EKS's members as they are to be: nodegroup_settle() */
    const struct value *template; /* {"id": …, "version": …}; NULL = left as it is */
    const char *update_id;        /* "" = none is under way */
    bool made;
};

/* --- nodegroup_wanted.c ---------------------------------------------------------------- */
struct nodegroup nodegroup_of(struct call *c, struct aws *aws, const char *cluster,
                              const char *name);
bool nodegroup_is(const struct nodegroup *o, const char *status);
/* Two lists without regard to order. */
bool nodegroup_same_set(const struct value *one, const struct value *other);
/* Made by us, or part of a cluster that is ours. What is not said of others stays as it is. */
bool nodegroup_is_ours(const struct nodegroup_work *w, const struct nodegroup *o);
/* Fills `settings` from the entry, its defaults and what there is. */
void nodegroup_settle(const struct nodegroup_work *w, struct nodegroup *o);
/* False = reported: a version beyond the cluster's, or behind the group's. */
bool nodegroup_check_version(const struct nodegroup_work *w, const struct nodegroup *o);
/* "instance_types, subnet_ids": what needs another group; "" = nothing. */
const char *nodegroup_unchangeable(const struct nodegroup_work *w, const struct nodegroup *o);
/* Input of UpdateNodegroupConfig; NULL = nothing differs. */
const struct value *nodegroup_config_change(const struct nodegroup_work *w,
                                            const struct nodegroup *o);
/* Input of UpdateNodegroupVersion, `template` known; NULL = nothing differs. */
const struct value *nodegroup_version_change(const struct nodegroup_work *w,
                                             const struct nodegroup *o);
const struct value *nodegroup_tags(const struct nodegroup_work *w, const struct nodegroup *o);
const struct value *nodegroup_old_tags(const struct nodegroup_work *w);

/* --- nodegroup_template.c -------------------------------------------------------------- */
/* Templates that carry the cluster's tag, by name. */
bool nodegroup_template_list(struct call *c, struct aws *aws, const char *cluster,
                             const struct value **by_name);
/* Makes it, or a new version of it, or finds that it is right: fills o->template. */
bool nodegroup_template_ensure(struct nodegroup_work *w, struct nodegroup *o);
/* Would it change something? Asks for one version. */
bool nodegroup_template_differs(struct nodegroup_work *w, struct nodegroup *o, bool *differs);
/* Those of groups that are neither in `groups` (a map) nor in `names` (a list). */
bool nodegroup_template_prune(struct nodegroup_work *w, const struct value *groups,
                              const struct value *names);
/* Size of the disk that a version of a template tells, 0 = none. */
bool nodegroup_template_disk(struct call *c, struct aws *aws, const struct value *template,
                             int64_t *gibibytes);

/* --- nodegroup_join.c ------------------------------------------------------------------ */
/* Until each of the made ones and of those that are not yet so is ACTIVE, and updates have
 * ended, well or not. */
bool nodegroup_join(struct nodegroup_work *w, struct nodegroup *all, size_t count);

/* --- nodegroup_why.c ------------------------------------------------------------------- */
/* On health issues. */
extern const struct step_advice nodegroup_advice[];
/* Health issues of a group, and what to do about them; "" = none. */
const char *nodegroup_health(struct arena *a, const struct value *group);
/* Why its nodes do not join, when that will not pass by itself; "" = it may go well yet. */
const char *nodegroup_why(const struct nodegroup_work *w, const struct step *s,
                          const struct value *group);
/* The same by scaling activities alone. */
const char *nodegroup_why_launches(const struct nodegroup_work *w, const struct step *s,
                                   const struct value *group);
/* The same once EKS has given it up. */
const char *nodegroup_why_failed(const struct nodegroup_work *w, const struct step *s,
                                 const struct value *group);

#endif
