#include "template/function.h"

const struct function functions_string[] = {{0}};
