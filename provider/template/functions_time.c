#include "template/function.h"

const struct function functions_time[] = {{0}};
