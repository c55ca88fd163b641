#include "template/function.h"

const struct function functions_path[] = {{0}};
