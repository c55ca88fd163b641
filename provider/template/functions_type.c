#include "template/function.h"

const struct function functions_type[] = {{0}};
