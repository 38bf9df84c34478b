// SPDX-License-Identifier: Apache-2.0
#ifndef FLOW_CSQLite_SHIM_H
#define FLOW_CSQLite_SHIM_H
#include <sqlite3.h>

// What Swift cannot import: variadic functions, and SQLITE_TRANSIENT, which is a cast of -1 to a function pointer.

static inline int flow_sqlite3_db_config(sqlite3 *db, int option, int value) {
    int now = 0;
    return sqlite3_db_config(db, option, value, &now);
}

// Counting what is allocated takes a lock for each piece of memory. Without effect once the library has been used.
static inline int flow_sqlite3_count_no_memory(void) { return sqlite3_config(SQLITE_CONFIG_MEMSTATUS, 0); }

// A null pointer would bind NULL, but an empty text is a text and an empty blob is a blob.
static inline int flow_sqlite3_bind_text(sqlite3_stmt *statement, int index, const void *text, sqlite3_uint64 count) {
    return sqlite3_bind_text64(statement, index, text ? (const char *)text : "", count, SQLITE_TRANSIENT, SQLITE_UTF8);
}

static inline int flow_sqlite3_bind_blob(sqlite3_stmt *statement, int index, const void *bytes, sqlite3_uint64 count) {
    return sqlite3_bind_blob64(statement, index, bytes ? bytes : "", count, SQLITE_TRANSIENT);
}
#endif
