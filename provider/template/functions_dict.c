#include "template/function.h"

const struct function functions_dict[] = {{0}};
