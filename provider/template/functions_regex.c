#include "template/function.h"

const struct function functions_regex[] = {{0}};
