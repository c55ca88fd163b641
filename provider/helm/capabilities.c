/* capabilities - .Capabilities, and what it holds without a server. */
#include <ctype.h>
#include <stdlib.h>
#include <string.h>

#include "helm/root.h"
#include "helm/structure.h"

/* Helm 3.21 is built against Kubernetes 1.36. */
static const char offline_version[] = "v1.36.0";
static const char *const offline_api_versions[] = {
    "v1",
    "admissionregistration.k8s.io/v1",
    "admissionregistration.k8s.io/v1alpha1",
    "admissionregistration.k8s.io/v1beta1",
    "internal.apiserver.k8s.io/v1alpha1",
    "apps/v1",
    "apps/v1beta1",
    "apps/v1beta2",
    "authentication.k8s.io/v1",
    "authentication.k8s.io/v1alpha1",
    "authentication.k8s.io/v1beta1",
    "authorization.k8s.io/v1",
    "authorization.k8s.io/v1beta1",
    "autoscaling/v1",
    "autoscaling/v2",
    "batch/v1",
    "batch/v1beta1",
    "certificates.k8s.io/v1",
    "certificates.k8s.io/v1beta1",
    "certificates.k8s.io/v1alpha1",
    "coordination.k8s.io/v1alpha2",
    "coordination.k8s.io/v1beta1",
    "coordination.k8s.io/v1",
    "discovery.k8s.io/v1",
    "discovery.k8s.io/v1beta1",
    "events.k8s.io/v1",
    "events.k8s.io/v1beta1",
    "extensions/v1beta1",
    "flowcontrol.apiserver.k8s.io/v1",
    "flowcontrol.apiserver.k8s.io/v1beta1",
    "flowcontrol.apiserver.k8s.io/v1beta2",
    "flowcontrol.apiserver.k8s.io/v1beta3",
    "networking.k8s.io/v1",
    "networking.k8s.io/v1beta1",
    "node.k8s.io/v1",
    "node.k8s.io/v1alpha1",
    "node.k8s.io/v1beta1",
    "policy/v1",
    "policy/v1beta1",
    "rbac.authorization.k8s.io/v1",
    "rbac.authorization.k8s.io/v1beta1",
    "rbac.authorization.k8s.io/v1alpha1",
    "resource.k8s.io/v1",
    "resource.k8s.io/v1beta2",
    "resource.k8s.io/v1beta1",
    "resource.k8s.io/v1alpha3",
    "scheduling.k8s.io/v1alpha2",
    "scheduling.k8s.io/v1beta1",
    "scheduling.k8s.io/v1",
    "storage.k8s.io/v1beta1",
    "storage.k8s.io/v1",
    "storage.k8s.io/v1alpha1",
    "storagemigration.k8s.io/v1beta1",
    "apiextensions.k8s.io/v1beta1",
    "apiextensions.k8s.io/v1",
};

void capabilities_offline(struct arena *a, struct capabilities *out)
{
    struct value_builder versions;

    value_builder_init(&versions, a);
    for (size_t i = 0; i < sizeof(offline_api_versions) / sizeof(*offline_api_versions); i++)
        value_builder_add(&versions, value_string(a, offline_api_versions[i]));
    *out = (struct capabilities){.git_version = offline_version,
                                 .api_versions = value_builder_list(&versions)};
}

/* At least two numbers with a dot between; what follows the numbers is left out. */
bool capabilities_kube_version(struct arena *a, const char *version, struct capabilities *out)
{
    const char *at = version + (*version == 'v'), *start = at;
    size_t parts = 0;

    while (isdigit((unsigned char)*at)) {
        while (isdigit((unsigned char)*at))
            at++;
        parts++;
        if (*at != '.' || !isdigit((unsigned char)at[1]))
            break;
        at++;
    }
    if (parts < 2)
        return false;
    out->git_version = text_f(a, "v%.*s", (int)(at - start), start);
    return true;
}

/* --- as a datum -------------------------------------------------------------- */

static void print_pointer(struct text_builder *b, const struct datum *self)
{
    text_add_char(b, '&');
    structure_print(b, self);
}

/* An action looks behind a pointer before it prints, fmt does not. */
static const struct datum_class capabilities_pointer = {
    .type_name = "*chartutil.Capabilities",
    .kind_name = "ptr",
    .member = structure_member,
    .print = print_pointer,
    .plain = structure_plain,
};
static const struct datum_class capabilities_class = {
    .type_name = "*chartutil.Capabilities",
    .kind_name = "ptr",
    .member = structure_member,
    .print = structure_print,
    .as_argument = &capabilities_pointer,
    .plain = structure_plain,
};
static const struct datum_class helm_version_class = {
    STRUCTURE_CLASS("version.BuildInfo", "struct")};

static const struct datum *git_version(__attribute__((unused)) struct function_call *f,
                                       const struct datum *self)
{
    return ((const struct structure_field *)self->object.data)->value;
}

static void print_version(struct text_builder *b, const struct datum *self)
{
    datum_print(b, git_version(NULL, self));
}

static const struct datum_method kube_version_methods[] = {
    {"String", "", git_version}, {"GitVersion", "", git_version}, {NULL, NULL, NULL}};
static const struct datum_class kube_version_copy = {
    STRUCTURE_CLASS("chartutil.KubeVersion", "struct")};
/* Prints as its version, which is what {{ .Capabilities.KubeVersion }} gives. */
static const struct datum_class kube_version_class = {
    .type_name = "chartutil.KubeVersion",
    .kind_name = "struct",
    .methods = kube_version_methods,
    .member = structure_member,
    .print = print_version,
    .as_argument = &kube_version_copy,
    .plain = structure_plain,
};

static const struct datum *has(struct function_call *f, const struct datum *self)
{
    for (size_t i = 0; i < self->list.count; i++)
        if (text_equal(self->list.items[i]->text, f->arguments[0]->text))
            return &datum_true;
    return &datum_false;
}

static const struct datum_method version_set_methods[] = {{"Has", "s", has}, {NULL, NULL, NULL}};
static const struct datum_class version_set_class = {
    .type_name = "chartutil.VersionSet",
    .kind_name = "slice",
    .methods = version_set_methods,
    .zero = &datum_empty_string,
};

/* The digits of part 0 or 1 of "v1.33.4-eks-1". */
static const char *part_of(struct arena *a, const char *version, size_t part)
{
    const char *at = version + (*version == 'v');

    for (; part > 0; part--)
        at += strcspn(at, ".") + (strchr(at, '.') != NULL);
    return text_z(a, (struct text){at, strspn(at, "0123456789")});
}

static const struct datum *kube_version(struct arena *a, const struct capabilities *c)
{
    const char *major = c->major ? c->major : part_of(a, c->git_version, 0);
    const char *minor = c->minor ? c->minor : part_of(a, c->git_version, 1);

    return structure_new(a, &kube_version_class,
                         (const struct structure_field[]){
                             {"Version", "Version", datum_string_z(a, c->git_version), false},
                             {"Major", "Major", datum_string_z(a, major), false},
                             {"Minor", "Minor", datum_string_z(a, minor), false},
                             {NULL, NULL, NULL, false},
                         });
}

static const struct datum *helm_version(struct arena *a)
{
    return structure_new(
        a, &helm_version_class,
        (const struct structure_field[]){
            {"Version", "version", datum_string(a, TEXT("v3.21.4")), true},
            {"GitCommit", "git_commit", &datum_empty_string, true},
            {"GitTreeState", "git_tree_state", datum_string(a, TEXT("clean")), true},
            {"GoVersion", "go_version", datum_string(a, TEXT("go1.26.8")), true},
            {NULL, NULL, NULL, false},
        });
}

const struct datum *capabilities_datum(struct arena *a, const struct capabilities *c)
{
    const struct datum *versions =
        datum_of_value(a, value_is_null(c->api_versions) ? &value_empty_list : c->api_versions);

    return structure_new(
        a, &capabilities_class,
        (const struct structure_field[]){
            {"KubeVersion", "KubeVersion", kube_version(a, c), false},
            {"APIVersions", "APIVersions", datum_of_class(a, &version_set_class, versions), false},
            {"HelmVersion", "HelmVersion", helm_version(a), false},
            {NULL, NULL, NULL, false},
        });
}
