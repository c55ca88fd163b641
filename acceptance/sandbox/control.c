/* Faults and the control interface as one Kubernetes API server has them. */
#include <string.h>

#include "acceptance/sandbox/identity.h"
#include "acceptance/sandbox/status.h"
#include "acceptance/sandbox/store.h"

void control_answer(struct request *r, enum sandbox_fault met)
{
    if (met == FAULT_429)
        status_fail(r, 429, "TooManyRequests",
                    "the server has received too many requests and has asked us to try again "
                    "later");
    else if (met == FAULT_500)
        status_fail(r, 500, "InternalError",
                    "Internal error occurred: etcdserver: request timed out");
    else if (met == FAULT_409)
        status_fail(r, 409, "Conflict",
                    "Operation cannot be fulfilled: the object has been modified; please apply "
                    "your changes to the latest version and try again");
    else if (met == FAULT_EXPIRED)
        status_fail(r, 401, "Unauthorized", "Unauthorized");
    else if (met == FAULT_GARBAGE)
        reply_text(r, 200, "application/json", TEXT("{\"kind\":\"Conf\x01 not JSON at all"));
}

bool control_handle(struct request *r)
{
    struct text reply;

    if (strncmp(r->path, "/sandbox/", 9) != 0)
        return false;
    if (!user_in_group(&r->user, "system:masters"))
        return !status_fail(r, 403, "Forbidden", "the control interface is for administrators");
    if (strcmp(r->path, "/sandbox/compact") == 0) {
        store_compact(r->s);
        reply_text(r, 200, "text/plain", TEXT("ok\n"));
    } else if (faults_control(&r->s->faults, r->a, r->method, r->path, r->body, &reply)) {
        reply_text(r, 200, "text/plain", reply);
    } else {
        status_fail(r, 400, "BadRequest", "%s", text_z(r->a, reply));
    }
    return true;
}
