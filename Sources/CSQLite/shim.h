// SPDX-License-Identifier: Apache-2.0
#ifndef FLOW_CSQLite_SHIM_H
#define FLOW_CSQLite_SHIM_H
#include <sqlite3.h>
#endif
