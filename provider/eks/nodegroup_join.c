/* Waiting until nodes have joined. */
#include "aws/eks.h"
#include "eks/nodegroup_parts.h"

bool nodegroup_join(struct nodegroup_work *w, struct nodegroup *all, size_t count)
{
    bool fine = w->cluster->name != NULL;

    for (size_t i = 0; i < count; i++)
        if (all[i].made || nodegroup_is(&all[i], "CREATING"))
            fine = step_wait(&all[i].step, &eks_nodegroup_active, NODEGROUP_MS) && fine;
    return fine;
}
