// The layout that callers in other languages rely on.
#include "apus_environment.h"

_Static_assert(sizeof(apus_environment_config) == 80, "the configuration has no padding");
_Static_assert(offsetof(apus_environment_config, inventory_penalty_bps) == 56, "its numbers come before its reals");
_Static_assert(sizeof(apus_environment_info) == 5 * sizeof(void *), "the arrays follow each other");
