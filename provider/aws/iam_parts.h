/* iam_parts - what the files of iam share, and nobody else sees. */
#ifndef AWS_IAM_PARTS_H
#define AWS_IAM_PARTS_H
#include "aws/iam.h"
#include "aws/wait.h"

#define IAM(operation_name, ...)                                                                   \
    {                                                                                              \
        .name = (operation_name), .service = &aws_iam, __VA_ARGS__                                 \
    }
#define IAM_PAGES(list) .page_in = "Marker", .page_out = "Marker", .items = (list)
#define IAM_TAGS MEMBER("Tags", AWS_LIST, .members = iam_tag)

extern const struct aws_member iam_tag[];
/* Codes: there is none; it is there; just made and not yet seen, or being changed; still
 * used by something. */
extern const char *const iam_missing[],
    *const iam_exists[], *const iam_unseen[], *const iam_changing[], *const iam_used[];

#endif
