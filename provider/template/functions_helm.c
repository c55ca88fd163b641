#include "template/function.h"

const struct function functions_helm[] = {{0}};
