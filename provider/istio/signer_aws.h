/* signer_aws - a signing CA that AWS Secrets Manager keeps: where its secret is, what is
 * in it, and how it is written there.
 *
 * The value is a JSON object of root-cert.pem and root-key.pem, as a cluster's Secret has
 * them. Keys live in the call's arena and are wiped with it. */
#ifndef ISTIO_SIGNER_AWS_H
#define ISTIO_SIGNER_AWS_H
#include "aws/aws.h"
#include "istio/cacerts.h"

/* {name, region} of storage and of a signer. */
struct signer_aws_place {
    struct aws *aws;
    const char *name; /* or ARN */
};
bool signer_aws_open(struct call *c, const struct value *place, const struct path *at,
                     struct signer_aws_place *out);
/* "secret mesh/root of Secrets Manager in eu-west-1" */
const char *signer_aws_text(struct arena *a, const struct signer_aws_place *place);

/* What is in it; *there = there is a value. Files that it lacks are empty texts. */
bool signer_aws_read(struct call *c, const struct signer_aws_place *place,
                     struct cacerts_signer *out, bool *there);
/* Waits until everybody sees what was just made or restored. */
bool signer_aws_await(struct call *c, const struct signer_aws_place *place,
                      struct cacerts_signer *out);
/* SecretString. */
const struct value *signer_aws_content(struct arena *a, const struct cacerts_signer *signer);

#endif
