// SPDX-License-Identifier: Apache-2.0
//
// The few Linux calls that Swift does not import: variadic ones, cast macros, and what has to run between vfork and exec.
#ifndef FLOW_CLINUX_H
#define FLOW_CLINUX_H

#include "flow_events.h"
#include "flow_isolation.h"
#include "flow_memory.h"
#include "flow_process.h"

#endif
