/* Whose a thing is, and what made it: the words that controllers leave on their things. */
#include <string.h>

#include "network/leftover_parts.h"

#define CLUSTER_PREFIX "kubernetes.io/cluster/"

static const char *const proofs[] = {"elbv2.k8s.aws/cluster", "eks:eks-cluster-name",
                                     "cluster.k8s.amazonaws.com/name",
                                     "ebs.csi.aws.com/cluster-name"};

const char *leftover_proof(const struct value *tags)
{
    for (size_t i = 0; i < sizeof(proofs) / sizeof(*proofs); i++)
        if (*value_text(tags, proofs[i]))
            return value_text(tags, proofs[i]);
    for (size_t i = 0; i < value_count(tags); i++) {
        const struct value_entry *tag = &tags->map.entries[i];

        if (strncmp(tag->key, CLUSTER_PREFIX, strlen(CLUSTER_PREFIX)) == 0 &&
            strcmp(value_z(tag->value), "owned") == 0)
            return tag->key + strlen(CLUSTER_PREFIX);
    }
    return "";
}

const struct value *leftover_proof_keys(struct arena *a, const char *cluster)
{
    const struct value *keys = &value_empty_list;

    for (size_t i = 0; i < sizeof(proofs) / sizeof(*proofs); i++)
        keys = value_append(a, keys, value_string(a, proofs[i]));
    return value_append(a, keys, value_f(a, CLUSTER_PREFIX "%s", cluster));
}

static const char *of_cluster(struct arena *a, const char *what, const char *cluster)
{
    return *cluster ? text_f(a, "%s of cluster %s", what, cluster) : what;
}

const char *leftover_maker(struct arena *a, const struct value *tags, const char *cluster)
{
    static const char *const words[][2] = {{"service.k8s.aws/stack", "Service"},
                                           {"kubernetes.io/service-name", "Service"},
                                           {"ingress.k8s.aws/stack", "Ingress"},
                                           {"gateway.k8s.aws.nlb/stack", "Gateway"},
                                           {"gateway.k8s.aws.alb/stack", "Gateway"}};
    const char *claim = value_text(tags, "kubernetes.io/created-for/pvc/name");

    for (size_t i = 0; i < sizeof(words) / sizeof(*words); i++)
        if (*value_text(tags, words[i][0]))
            return of_cluster(a, text_f(a, "%s %s", words[i][1], value_text(tags, words[i][0])),
                              cluster);
    if (*claim)
        return of_cluster(a,
                          text_f(a, "PersistentVolumeClaim %s/%s",
                                 value_text(tags, "kubernetes.io/created-for/pvc/namespace"),
                                 claim),
                          cluster);
    if (value_has(tags, "elbv2.k8s.aws/cluster"))
        return of_cluster(a, "the load balancer controller", cluster);
    return *cluster ? text_f(a, "cluster %s", cluster) : "";
}

const char *leftover_interface_maker(struct arena *a, const struct value *interface,
                                     const char *cluster)
{
    static const char *const words[][2] = {{"Amazon EKS ", "the control plane of cluster "},
                                           {"aws-K8S-", "the network plugin of node "},
                                           {"ELB ", "load balancer "}};
    const char *description = value_text(interface, "Description"),
               *instance = value_text(value_at(interface, "Attachment"), "InstanceId");

    for (size_t i = 0; i < sizeof(words) / sizeof(*words); i++)
        if (strncmp(description, words[i][0], strlen(words[i][0])) == 0)
            return text_f(a, "%s%s", words[i][1], description + strlen(words[i][0]));
    if (*cluster)
        return text_f(a, "cluster %s", cluster);
    if (*instance)
        return text_f(a, "instance %s", instance);
    return value_text(interface, "RequesterId");
}
