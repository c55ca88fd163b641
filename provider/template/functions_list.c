#include "template/function.h"

const struct function functions_list[] = {{0}};
