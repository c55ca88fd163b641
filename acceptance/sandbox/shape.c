#include "acceptance/sandbox/shape.h"

#include <pthread.h>
#include <string.h>

#include "base/text.h"
#include "codec/json.h"

static const struct shape any = {.kind = SHAPE_ANY, .name = ""};

struct builtin {
    struct shape shape;
    const char *row; /* fields, behind the colon; NULL once read */
};

static struct builtin *builtins;
static size_t builtin_count;
static struct arena *builtin_arena; /* lives as long as the process */
static pthread_once_t builtin_once = PTHREAD_ONCE_INIT;

/* Defaults of the API's Go code, which no published schema tells. */
static const struct {
    const char *type, *field, *json;
} defaults[] = {
    {"ContainerPort", "protocol", "\"TCP\""},
    {"ServicePort", "protocol", "\"TCP\""},
    {"EndpointPort", "protocol", "\"TCP\""},
    {"ServiceSpec", "type", "\"ClusterIP\""},
    {"ServiceSpec", "sessionAffinity", "\"None\""},
    {"Secret", "type", "\"Opaque\""},
    {"Container", "terminationMessagePath", "\"/dev/termination-log\""},
    {"Container", "terminationMessagePolicy", "\"File\""},
    {"Container", "resources", "{}"},
    {"PodSpec", "restartPolicy", "\"Always\""},
    {"PodSpec", "terminationGracePeriodSeconds", "30"},
    {"PodSpec", "dnsPolicy", "\"ClusterFirst\""},
    {"PodSpec", "securityContext", "{}"},
    {"PodSpec", "schedulerName", "\"default-scheduler\""},
    {"Probe", "timeoutSeconds", "1"},
    {"Probe", "periodSeconds", "10"},
    {"Probe", "successThreshold", "1"},
    {"Probe", "failureThreshold", "3"},
    {"HTTPGetAction", "path", "\"/\""},
    {"HTTPGetAction", "scheme", "\"HTTP\""},
    {"GRPCAction", "service", "\"\""},
    {"SecretVolumeSource", "defaultMode", "420"},
    {"ConfigMapVolumeSource", "defaultMode", "420"},
    {"DownwardAPIVolumeSource", "defaultMode", "420"},
    {"ProjectedVolumeSource", "defaultMode", "420"},
    {"HostPathVolumeSource", "type", "\"\""},
    {"ServiceAccountTokenProjection", "expirationSeconds", "3600"},
    {"ObjectFieldSelector", "apiVersion", "\"v1\""},
    {"ResourceFieldSelector", "divisor", "\"0\""},
    {"DeploymentSpec", "replicas", "1"},
    {"DeploymentSpec", "revisionHistoryLimit", "10"},
    {"DeploymentSpec", "progressDeadlineSeconds", "600"},
    {"DeploymentSpec", "strategy", "{}"},
    {"DeploymentStrategy", "type", "\"RollingUpdate\""},
    {"ReplicaSetSpec", "replicas", "1"},
    {"DaemonSetSpec", "revisionHistoryLimit", "10"},
    {"DaemonSetSpec", "updateStrategy", "{}"},
    {"DaemonSetUpdateStrategy", "type", "\"RollingUpdate\""},
    {"StatefulSetSpec", "replicas", "1"},
    {"StatefulSetSpec", "revisionHistoryLimit", "10"},
    {"StatefulSetSpec", "podManagementPolicy", "\"OrderedReady\""},
    {"StatefulSetSpec", "updateStrategy", "{}"},
    {"StatefulSetUpdateStrategy", "type", "\"RollingUpdate\""},
    {"JobSpec", "parallelism", "1"},
    {"JobSpec", "completions", "1"},
    {"JobSpec", "backoffLimit", "6"},
    {"JobSpec", "manualSelector", "false"},
    {"JobSpec", "completionMode", "\"NonIndexed\""},
    {"JobSpec", "suspend", "false"},
    {"JobSpec", "podReplacementPolicy", "\"TerminatingOrFailed\""},
    {"CronJobSpec", "concurrencyPolicy", "\"Allow\""},
    {"CronJobSpec", "suspend", "false"},
    {"CronJobSpec", "successfulJobsHistoryLimit", "3"},
    {"CronJobSpec", "failedJobsHistoryLimit", "1"},
    {"HorizontalPodAutoscalerSpec", "minReplicas", "1"},
    {"CustomResourceDefinitionSpec", "conversion", "{\"strategy\":\"None\"}"},
    {"MutatingWebhook", "failurePolicy", "\"Fail\""},
    {"MutatingWebhook", "matchPolicy", "\"Equivalent\""},
    {"MutatingWebhook", "namespaceSelector", "{}"},
    {"MutatingWebhook", "objectSelector", "{}"},
    {"MutatingWebhook", "reinvocationPolicy", "\"Never\""},
    {"MutatingWebhook", "timeoutSeconds", "10"},
    {"ValidatingWebhook", "failurePolicy", "\"Fail\""},
    {"ValidatingWebhook", "matchPolicy", "\"Equivalent\""},
    {"ValidatingWebhook", "namespaceSelector", "{}"},
    {"ValidatingWebhook", "objectSelector", "{}"},
    {"ValidatingWebhook", "timeoutSeconds", "10"},
    {"RuleWithOperations", "scope", "\"*\""},
    {"ValidatingAdmissionPolicySpec", "failurePolicy", "\"Fail\""},
    {"MatchResources", "matchPolicy", "\"Equivalent\""},
    {"MatchResources", "namespaceSelector", "{}"},
    {"MatchResources", "objectSelector", "{}"},
    {"NamedRuleWithOperations", "scope", "\"*\""},
    {"NetworkPolicySpec", "podSelector", "{}"},
    {"StorageClass", "reclaimPolicy", "\"Delete\""},
    {"StorageClass", "volumeBindingMode", "\"Immediate\""},
    {"PersistentVolumeClaimSpec", "volumeMode", "\"Filesystem\""},
    {"PriorityClass", "preemptionPolicy", "\"PreemptLowerPriority\""},
    {"TokenRequestSpec", "expirationSeconds", "3600"},
};

/* --- rows of shapes_data.c ------------------------------------------------- */
static struct builtin *builtin_find(struct text name)
{
    for (size_t i = 0; i < builtin_count; i++)
        if (text_is(name, builtins[i].shape.name))
            return &builtins[i];
    return NULL;
}

static enum shape_kind scalar_of(char letter)
{
    static const char letters[] = "JsinbqtBI";
    static const enum shape_kind kinds[] = {
        SHAPE_ANY,      SHAPE_STRING, SHAPE_INTEGER, SHAPE_NUMBER,        SHAPE_BOOL,
        SHAPE_QUANTITY, SHAPE_TIME,   SHAPE_BYTES,   SHAPE_INT_OR_STRING,
    };
    const char *at = strchr(letters, letter);

    return at && letter ? kinds[at - letters] : SHAPE_ANY;
}

/* "containerPort,protocol" as an array of keys. */
static const char *const *parse_keys(struct text list)
{
    const char **keys = arena_array(builtin_arena, 8, sizeof(*keys));
    struct text piece;
    size_t count = 0;

    while (count < 7 && text_split(&list, ',', &piece))
        keys[count++] = text_z(builtin_arena, piece);
    return keys;
}

/* The place of the bracket that closes the one at t.at[0]. */
static size_t closing(struct text t, char open, char close)
{
    size_t depth = 0;

    for (size_t i = 0; i < t.len; i++) {
        depth += t.at[i] == open;
        depth -= t.at[i] == close;
        if (depth == 0)
            return i;
    }
    return t.len - 1;
}

static const struct shape *parse_type(struct text t);
static void parse_row(struct builtin *b);

static const struct shape *parse_list(struct text t)
{
    struct shape *shape = arena_alloc(builtin_arena, sizeof(*shape));
    size_t end = closing(t, '[', ']');
    struct text rest = {t.at + end + 1, t.len - end - 1};

    shape->kind = SHAPE_LIST;
    shape->name = "";
    shape->item = parse_type((struct text){t.at + 1, end - 1});
    if (text_starts_with(rest, "{")) {
        shape->list = SHAPE_LIST_MAP;
        shape->keys = parse_keys((struct text){rest.at + 1, rest.len - 2});
    } else if (text_starts_with(rest, "$")) {
        shape->list = SHAPE_LIST_SET;
    }
    return shape;
}

static const struct shape *parse_map(struct text t)
{
    struct shape *shape = arena_alloc(builtin_arena, sizeof(*shape));
    size_t end = closing(t, '{', '}');

    shape->kind = SHAPE_MAP;
    shape->name = "";
    shape->item = parse_type((struct text){t.at + 1, end - 1});
    shape->atomic = end + 1 < t.len;
    return shape;
}

static const struct shape *parse_type(struct text t)
{
    bool atomic = text_ends_with(t, "!");
    struct shape *shape;
    struct builtin *named;

    if (t.at[0] == '[')
        return parse_list(t);
    if (t.at[0] == '{')
        return parse_map(t);
    named = builtin_find((struct text){t.at, t.len - atomic});
    if (named && !atomic)
        return &named->shape;
    shape = arena_alloc(builtin_arena, sizeof(*shape));
    if (named)
        parse_row(named); /* a copy needs its fields now */
    if (named)
        *shape = named->shape;
    else
        *shape = (struct shape){.kind = scalar_of(t.at[0]), .name = ""};
    shape->atomic = atomic;
    return shape;
}

static const struct value *default_of(const char *type, struct text field)
{
    const struct value *out = NULL;
    struct diags diags;

    diags_init(&diags, builtin_arena);
    for (size_t i = 0; i < sizeof(defaults) / sizeof(*defaults); i++)
        if (strcmp(defaults[i].type, type) == 0 && text_is(field, defaults[i].field) &&
            json_read(builtin_arena, text_of(defaults[i].json), "default", &diags, &out))
            return out;
    return NULL;
}

static void parse_row(struct builtin *b)
{
    struct text rest = text_of(b->row), piece;
    struct shape_field *fields;
    size_t count = 1;

    if (!b->row)
        return;
    for (const char *c = b->row; *c; c++)
        count += *c == ' ';
    b->row = NULL;
    fields = arena_array(builtin_arena, count, sizeof(*fields));
    while (text_split(&rest, ' ', &piece)) {
        struct shape_field *field = &fields[b->shape.count++];
        struct text name;

        text_split(&piece, '=', &name);
        field->keep = text_ends_with(piece, "~");
        piece.len -= field->keep;
        field->name = text_z(builtin_arena, name);
        field->shape = parse_type(piece);
        field->fallback = default_of(b->shape.name, name);
    }
    b->shape.fields = fields;
}

static void builtins_make(void)
{
    size_t count = 0;

    builtin_arena = arena_new();
    while (shapes_data[count])
        count++;
    builtins = arena_array(builtin_arena, count, sizeof(*builtins));
    for (size_t i = 0; i < count; i++) {
        const char *colon = strchr(shapes_data[i], ':');
        struct text name = {shapes_data[i], (size_t)(colon - shapes_data[i])};

        builtins[i].shape = (struct shape){.kind = SHAPE_OBJECT};
        builtins[i].shape.name = text_z(builtin_arena, name);
        builtins[i].row = colon + 1;
    }
    builtin_count = count;
    for (size_t i = 0; i < count; i++)
        parse_row(&builtins[i]);
}

const struct shape *shape_builtin(const char *type)
{
    struct builtin *found;

    pthread_once(&builtin_once, builtins_make);
    found = builtin_find(text_of(type));
    return found ? &found->shape : NULL;
}

/* --- structural schemas ------------------------------------------------------ */
static const struct shape *shape_of_schema(struct arena *a, const struct value *schema);

static void schema_object(struct arena *a, const struct value *schema, struct shape *shape)
{
    const struct value *properties = value_at(schema, "properties");
    struct shape_field *fields = arena_array(a, value_count(properties) + 3, sizeof(*fields));

    shape->kind = SHAPE_OBJECT;
    shape->open = value_flag(schema, "x-kubernetes-preserve-unknown-fields");
    for (size_t i = 0; i < value_count(properties); i++) {
        const struct value *property = properties->map.entries[i].value;

        fields[shape->count++] = (struct shape_field){
            .name = properties->map.entries[i].key,
            .shape = shape_of_schema(a, property),
            .keep = true,
            .keep_null = !value_has(property, "default"),
            .fallback = value_has(property, "default") ? value_at(property, "default") : NULL,
        };
    }
    shape->fields = fields;
}

static void schema_list(struct arena *a, const struct value *schema, struct shape *shape)
{
    const char *type = value_text(schema, "x-kubernetes-list-type");
    const struct value *names = value_at(schema, "x-kubernetes-list-map-keys");
    const char **keys = arena_array(a, value_count(names) + 1, sizeof(*keys));

    shape->kind = SHAPE_LIST;
    shape->item = shape_of_schema(a, value_at(schema, "items"));
    for (size_t i = 0; i < value_count(names); i++)
        keys[i] = value_z(value_item(names, i));
    shape->keys = keys;
    if (strcmp(type, "map") == 0)
        shape->list = SHAPE_LIST_MAP;
    else if (strcmp(type, "set") == 0)
        shape->list = SHAPE_LIST_SET;
}

static const struct shape *shape_of_schema(struct arena *a, const struct value *schema)
{
    static const struct {
        const char *type;
        enum shape_kind kind;
    } scalars[] = {{"string", SHAPE_STRING},
                   {"integer", SHAPE_INTEGER},
                   {"number", SHAPE_NUMBER},
                   {"boolean", SHAPE_BOOL}};
    struct shape *shape = arena_alloc(a, sizeof(*shape));
    const char *type = value_text(schema, "type");
    const struct value *values = value_at(schema, "additionalProperties");

    *shape = any;
    shape->atomic = strcmp(value_text(schema, "x-kubernetes-map-type"), "atomic") == 0;
    if (value_flag(schema, "x-kubernetes-int-or-string")) {
        shape->kind = SHAPE_INT_OR_STRING;
    } else if (value_flag(schema, "x-kubernetes-embedded-resource") ||
               (strcmp(type, "object") == 0 && !value_has(schema, "properties") &&
                value_flag(schema, "x-kubernetes-preserve-unknown-fields"))) {
        return shape;
    } else if (strcmp(type, "object") == 0 && value_is_set(values) && value_as_bool(values)) {
        shape->kind = SHAPE_MAP;
        shape->item = &any;
    } else if (strcmp(type, "object") == 0 && values->kind == VALUE_MAP) {
        shape->kind = SHAPE_MAP;
        shape->item = shape_of_schema(a, values);
    } else if (strcmp(type, "object") == 0) {
        schema_object(a, schema, shape);
    } else if (strcmp(type, "array") == 0) {
        schema_list(a, schema, shape);
    } else {
        for (size_t i = 0; i < sizeof(scalars) / sizeof(*scalars); i++)
            if (strcmp(type, scalars[i].type) == 0)
                shape->kind = scalars[i].kind;
    }
    return shape;
}

const struct shape *shape_of_kind(struct arena *a, const struct value *schema)
{
    static const struct shape text = {.kind = SHAPE_STRING, .name = ""};
    struct shape *shape = arena_alloc(a, sizeof(*shape));
    struct shape_field *fields;
    size_t kept = 0;

    *shape = any;
    schema_object(a, schema, shape);
    fields = arena_array(a, shape->count + 3, sizeof(*fields));
    for (size_t i = 0; i < shape->count; i++)
        if (strcmp(shape->fields[i].name, "metadata") != 0 &&
            strcmp(shape->fields[i].name, "kind") != 0 &&
            strcmp(shape->fields[i].name, "apiVersion") != 0)
            fields[kept++] = shape->fields[i];
    fields[kept++] = (struct shape_field){.name = "apiVersion", .shape = &text, .keep = true};
    fields[kept++] = (struct shape_field){.name = "kind", .shape = &text, .keep = true};
    fields[kept++] = (struct shape_field){.name = "metadata", .shape = shape_builtin("ObjectMeta")};
    shape->fields = fields;
    shape->count = kept;
    return shape;
}

/* --- asking ------------------------------------------------------------------ */
const struct shape_field *shape_find(const struct shape *shape, const char *name)
{
    for (size_t i = 0; shape && i < shape->count; i++)
        if (strcmp(shape->fields[i].name, name) == 0)
            return &shape->fields[i];
    return NULL;
}

const struct shape *shape_at(const struct shape *shape, const char *key)
{
    const struct shape_field *field;

    if (!shape || shape->kind == SHAPE_ANY)
        return &any;
    if (shape->kind == SHAPE_MAP)
        return shape->item;
    field = shape_find(shape, key);
    if (field)
        return field->shape;
    return shape->open ? &any : NULL;
}

const struct shape *shape_item(const struct shape *shape)
{
    return shape && shape->item ? shape->item : &any;
}
