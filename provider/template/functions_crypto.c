#include "template/function.h"

const struct function functions_crypto[] = {{0}};
