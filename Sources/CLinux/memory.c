// SPDX-License-Identifier: Apache-2.0

#include "flow_memory.h"

#include <stdlib.h>

#ifdef __GLIBC__
#include <malloc.h>
#endif

void flow_share_heaps(long count) {
#ifdef __GLIBC__
    mallopt(M_ARENA_MAX, count > 0 && count < 1024 ? (int)count : 2);
#else
    (void)count;
#endif
}
