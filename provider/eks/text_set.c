#include "eks/text_set.h"

#include <string.h>

bool text_set_has(const struct value *list, const char *text)
{
    for (size_t i = 0; i < value_count(list); i++)
        if (strcmp(value_z(value_item(list, i)), text) == 0)
            return true;
    return false;
}

static bool has_all(const struct value *list, const struct value *of)
{
    for (size_t i = 0; i < value_count(of); i++)
        if (!text_set_has(list, value_z(value_item(of, i))))
            return false;
    return true;
}

bool text_set_equal(const struct value *a, const struct value *b)
{
    return has_all(a, b) && has_all(b, a);
}
