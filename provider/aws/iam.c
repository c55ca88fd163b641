/* Tags, codes and documents of everything in IAM. */
#include <string.h>

#include "aws/iam_parts.h"
#include "codec/json.h"

/* A tag without a value is sent with an empty one: IAM insists on it. */
const struct aws_member iam_tag[] = {
    MEMBER("Key", AWS_STRING), MEMBER("Value", AWS_STRING, .may_be_empty = true), END_MEMBERS};

const char *const iam_missing[] = {"NoSuchEntity", NULL};
const char *const iam_exists[] = {"EntityAlreadyExists", NULL};
/* A document is also called malformed while a principal in it is not yet seen. */
const char *const iam_unseen[] = {"NoSuchEntity", "MalformedPolicyDocument",
                                  "ConcurrentModification", NULL};
const char *const iam_changing[] = {"ConcurrentModification", NULL};
const char *const iam_used[] = {"DeleteConflict", "ConcurrentModification", NULL};

static int hex_digit(char c)
{
    if (c >= '0' && c <= '9')
        return c - '0';
    c = (char)(c | 0x20);
    return c >= 'a' && c <= 'f' ? c - 'a' + 10 : -1;
}

/* RFC 3986, section 2.1; what is no escape stays as it is. */
static const char *unescape(struct arena *a, const char *z)
{
    char *out = arena_strdup(a, z), *to = out;

    for (; *z; z++) {
        int high = *z == '%' ? hex_digit(z[1]) : -1, low = high >= 0 ? hex_digit(z[2]) : -1;

        if (low >= 0) {
            *to++ = (char)(high << 4 | low);
            z += 2;
        } else {
            *to++ = *z;
        }
    }
    *to = '\0';
    return out;
}

const struct value *iam_document(struct arena *a, const char *text)
{
    const char *plain = *text == '%' ? unescape(a, text) : text;
    const struct value *document;

    return json_try(a, text_of(plain), &document) ? &value_null : document;
}
