/* The types of the fixture plugin: linked before the library, its registry
 * takes the place of the real one. */
#include "rpc/test_fixture.h"
