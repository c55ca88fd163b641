/* partition - the separate clouds of AWS: which one a region is in, and what its names
 * end in. A table; knows no accounts and no network. */
#ifndef AWS_PARTITION_H
#define AWS_PARTITION_H
#include <stdbool.h>

#include "base/arena.h"

struct partition {
    const char *name;           /* "aws", "aws-us-gov": second part of every ARN */
    const char *region_prefix;  /* "us-gov-"; NULL for "aws", which has all the others */
    const char *suffix;         /* "amazonaws.com" */
    const char *dual_stack;     /* "api.aws"; NULL where there is none */
    const char *global_region;  /* whose name IAM requests are signed for: "us-east-1" */
    const char *iam_host;       /* "iam.amazonaws.com"; NULL = regional */
    const char *route53_host;   /* likewise */
    const char *route53_region; /* that Route 53 requests are signed for */
};

/* Never NULL: an unknown region belongs to "aws". */
const struct partition *partition_of(const char *region);
/* "arn:aws:iam::aws:policy/AmazonEKSClusterPolicy" of "AmazonEKSClusterPolicy". */
const char *partition_managed_policy(struct arena *a, const struct partition *p, const char *name);
/* "arn:aws:eks::aws:cluster-access-policy/AmazonEKSClusterAdminPolicy" */
const char *partition_access_policy(struct arena *a, const struct partition *p, const char *name);

/* An ARN taken apart (AWS General Reference, "Amazon Resource Names"). */
struct arn {
    const char *partition, *service, *region, *account, *resource;
};
bool arn_parse(struct arena *a, const char *z, struct arn *out);
/* The ARN by which IAM knows who calls: of "arn:aws:sts::1:assumed-role/admin/session"
 * the role "arn:aws:iam::1:role/admin"; of anything else itself. */
const char *arn_of_principal(struct arena *a, const char *caller_arn);

#endif
