/* Which states end a wait, and what is said of those that end it badly. */
#include "aws/eks.h"
#include "aws/test_stage.h"

#define STATUS(object, status) ANSWER("200 OK", "{\"" object "\":{\"status\":\"" status "\"}}")
#define MISSING                                                                                    \
    "HTTP/1.1 404 Not Found\r\nx-amzn-ErrorType: ResourceNotFoundException\r\nConnection: "        \
    "close\r\n\r\n{}"

TEST(waits_end_by_status)
{
    static const struct {
        const struct aws_wait *wait;
        const char *answer, *error; /* error "" = it ends well */
    } rows[] = {
        {&eks_cluster_active, STATUS("cluster", "ACTIVE"), ""},
        {&eks_cluster_active,
         ANSWER("200 OK", "{\"cluster\":{\"status\":\"FAILED\",\"health\":{\"issues\":[{\"code\":"
                          "\"SubnetNotFound\",\"message\":\"m\",\"resourceIds\":[\"s-1\"]}]}}}"),
         "It is FAILED. SubnetNotFound: m (s-1)."},
        {&eks_cluster_deleted, MISSING, ""},
        {&eks_nodegroup_active, STATUS("nodegroup", "CREATE_FAILED"), "It is CREATE_FAILED"},
        {&eks_nodegroup_deleted, STATUS("nodegroup", "DELETE_FAILED"), "It is DELETE_FAILED"},
        {&eks_nodegroup_deleted, MISSING, ""},
        {&eks_addon_active, STATUS("addon", "ACTIVE"), ""},
        {&eks_addon_active, STATUS("addon", "CREATE_FAILED"), "It is CREATE_FAILED"},
        {&eks_addon_deleted, MISSING, ""},
        {&eks_update_successful, STATUS("update", "Successful"), ""},
        {&eks_update_successful,
         ANSWER("200 OK", "{\"update\":{\"status\":\"Failed\",\"errors\":[{\"errorCode\":"
                          "\"PodEvictionFailure\",\"errorMessage\":\"m\",\"resourceIds\":[\"i-1\","
                          "\"i-2\"]}]}}"),
         "It is Failed. PodEvictionFailure: m (i-1, i-2)."},
    };
    const struct value *input =
        value_map_of(a, {"name", value_string(a, "c")}, {"clusterName", value_string(a, "c")},
                     {"nodegroupName", value_string(a, "n")},
                     {"addonName", value_string(a, "vpc-cni")}, {"updateId", value_string(a, "u")});

    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        const char *const answers[] = {rows[i].answer, NULL};
        struct stage *s = stage_with_keys(a, answers);
        const struct value *out;

        assert_int_equal(aws_wait(&s->f->call, s->aws, rows[i].wait, input, eks_explain, &out),
                         !*rows[i].error);
        if (*rows[i].error)
            assert_string_equal(s->f->diags.first->detail, rows[i].error);
    }
}
