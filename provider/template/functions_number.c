#include "template/function.h"

const struct function functions_number[] = {{0}};
