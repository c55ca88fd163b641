#include "template/function.h"

const struct function functions_encoding[] = {{0}};
