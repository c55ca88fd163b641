#include "template/function.h"

const struct function functions_version[] = {{0}};
