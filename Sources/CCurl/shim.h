// SPDX-License-Identifier: Apache-2.0
#ifndef FLOW_CCurl_SHIM_H
#define FLOW_CCurl_SHIM_H
#include <curl/curl.h>
#endif
