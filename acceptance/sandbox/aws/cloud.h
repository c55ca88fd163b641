/* cloud - a stand-in AWS account on loopback, in one process.
 *
 * One port for all services and regions: which one a request is for says the scope that
 * it was signed for. Every signature is verified, refusals have the services' own codes.
 * Nothing behind it is real, and the header Server of every answer says so.
 * Listens on 127.0.0.1 only. Thread-safe. */
#ifndef SANDBOX_AWS_CLOUD_H
#define SANDBOX_AWS_CLOUD_H
#include "acceptance/sandbox/sandbox.h"
#include "base/arena.h"

struct cloud;

enum { CLOUD_SPEED = 500 }; /* a NAT gateway takes 200 ms */

struct cloud_options {
    int port;            /* 0 = any free one */
    bool plain;          /* http instead of https */
    const char *account; /* "111122223333" when NULL */
    int64_t speed;       /* so many times faster than AWS; 0 = at once */
    bool eventual;       /* what was just made is not found for some (AWS's) seconds */
    int64_t throttle;    /* requests in a second; 0 = any number */
    /* Quotas in each region; 0 = 5, as a new account has. */
    size_t vpcs_max, addresses_max;
    size_t clusters_max;   /* EKS clusters in each region; 0 = 100 */
    const char *full_zone; /* where EKS has no room for a control plane; NULL = none */
    /* Of the API servers of its EKS clusters, as in sandbox_options. */
    int64_t settle_ms;
    bool istiod;
};

/* Ends the process with a message when it cannot listen. */
struct cloud *cloud_start(const struct cloud_options *options);
void cloud_stop(struct cloud *c);
const char *cloud_url(const struct cloud *c);
const char *cloud_ca_pem(const struct cloud *c);
const char *cloud_account(const struct cloud *c);
/* The access key of a user who may do everything. */
const char *cloud_key_id(const struct cloud *c);
const char *cloud_secret(const struct cloud *c);
/* "eu-central-1, eu-west-1, …" */
const char *cloud_regions(struct arena *a);
/* Authorization: Bearer …, for /sandbox/. */
const char *cloud_control_token(const struct cloud *c);

/* One more key, of the user `name`; expires_at in seconds since 1970, 0 = never; a key
 * with a session token is a temporary one. */
void cloud_add_key(struct cloud *c, const char *name, const char *id, const char *secret,
                   const char *session_token, int64_t expires_at);
/* As sandbox_fault() and sandbox_requests(). A request is called, and matched as,
 * "POST ec2.eu-west-1/CreateVpc", "GET eks.eu-west-1/clusters". */
void cloud_fault(struct cloud *c, enum sandbox_fault fault, size_t first_request, size_t count,
                 const char *match);
char *cloud_requests(struct cloud *c);
void cloud_requests_reset(struct cloud *c);
/* A load balancer with its listeners and target groups, as a controller leaves them: {"Name",
 * "Type": "network", "Scheme": "internal", "Subnets": [ids], "SecurityGroups": [ids],
 * "Tags": {}, "Listeners": [{"Port", "Protocol": "TCP", "TargetType": "ip", "Targets":
 * [{"Id", "Port", "AvailabilityZone", "Ready": true}]}]}; its host name, for memory_free(),
 * or NULL when a subnet is not there or full. */
char *cloud_add_load_balancer(struct cloud *c, const char *region, const char *json);
/* What exists, a line "region kind id" each, without what the account always has and what
 * is deleted and only still listed; caller frees with memory_free(). Over HTTP: GET
 * /sandbox/inventory. */
char *cloud_inventory(struct cloud *c);

#endif
