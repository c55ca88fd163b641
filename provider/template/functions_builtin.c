#include "template/function.h"

const struct function functions_builtin[] = {{0}};
