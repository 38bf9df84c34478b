// SPDX-License-Identifier: Apache-2.0
#ifndef FLOW_CCrypto_SHIM_H
#define FLOW_CCrypto_SHIM_H
#include <openssl/evp.h>
#endif
