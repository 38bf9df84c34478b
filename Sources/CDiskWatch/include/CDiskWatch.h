// SPDX-License-Identifier: Apache-2.0
//
// Takes the place of the C library's calls that change files, for the whole program that is linked with it: what is done
// below the folder of a scope of CFaultVFS is told to its observer and can be made to fail. Only for programs that test.
#ifndef FLOW_CDISKWATCH_H
#define FLOW_CDISKWATCH_H

#include <stdbool.h>

// Whether the calls are those of this target: false when they were not linked in its place.
bool flow_disk_watch_works(const char *folder);

#endif
