// SPDX-License-Identifier: Apache-2.0
// The heaps of the C library.

#ifndef FLOW_MEMORY_H
#define FLOW_MEMORY_H

/// Lets all threads share so many heaps at most. Does nothing where the C library knows no such bound.
void flow_share_heaps(long count);

#endif
