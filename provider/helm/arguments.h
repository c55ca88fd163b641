/* arguments - the rows by which a resource takes the values of a chart, and what
 * they say.
 *
 * Three forms, lowest first, each laid over the one before as Helm lays values files
 * and --set over each other: `values_yaml` (documents as text), `values` (one object
 * as HCL) and `set` (single places). A null deletes a default of the chart. Managed
 * resources may take `values_wo` besides, an object over `values` that is never
 * stored. */
#ifndef HELM_ARGUMENTS_H
#define HELM_ARGUMENTS_H
#include "schema/attribute.h"
#include "schema/call.h"

extern const struct attribute arguments_set_rows[]; /* of one entry of `set` */
/* check and check_element of the rows. */
bool arguments_check_object(struct call *c, const struct path *at, const struct value *v);
bool arguments_check_yaml(struct call *c, const struct path *at, const struct value *v);

/* The rows `values`, `values_yaml` and `set` of a table. */
#define VALUES_ROWS                                                                                \
    DYNAMIC("values", OPTIONAL,                                                                    \
            "Values for the chart as an object, over its own and over `values_yaml`. Maps are "    \
            "merged by key, lists are replaced; a null removes a default of the chart.",           \
            .check = arguments_check_object),                                                      \
        TYPED("values_yaml", &type_string_list, OPTIONAL,                                          \
              "Values for the chart as YAML documents, each over the one before: "                 \
              "`[file(\"values.yaml\")]`.",                                                        \
              .check_element = arguments_check_yaml),                                              \
        NESTED("set", NESTING_LIST, arguments_set_rows, OPTIONAL,                                  \
               "Single values, over all others, as `helm --set` takes them.")
/* The rows `values_wo` and `values_wo_version`, for managed resources alone. */
#define VALUES_WO_ROWS                                                                             \
    DYNAMIC("values_wo", OPTIONAL | WRITE_ONLY,                                                    \
            "Values that must not be stored, as an object over `values`. They are in the release " \
            "record on the cluster, which is a Secret.",                                           \
            .check = arguments_check_object, .version_attribute = "values_wo_version"),            \
        NUMBER("values_wo_version", OPTIONAL,                                                      \
               "Any number; change it when `values_wo` has changed, which cannot be seen "         \
               "otherwise.",                                                                       \
               .requires = NAMES("values_wo"))

/* What the rows say, in the form of values_of_user(). */
struct arguments {
    bool is_known;                 /* nothing in them is unknown */
    const struct value *documents; /* list of maps, lowest first */
    const struct value *sets;      /* list of {"name", "value", "type"} */
};

/* Of `object` (configuration, plan or state); values_wo comes from c->config. An
 * unknown part leaves is_known false and is taken as absent. */
bool arguments_read(struct call *c, const struct value *object, struct arguments *out);
/* All of them merged: the user's values. `lower` (a map or null) is what they lie
 * over, such as the typed arguments of a resource. value_unknown when a part of them
 * is not known yet. */
bool arguments_values(struct call *c, const struct value *object, const struct value *lower,
                      const struct value **out);

#endif
