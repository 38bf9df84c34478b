// SPDX-License-Identifier: Apache-2.0
#ifndef FLOW_CLINUX_H
#define FLOW_CLINUX_H
#endif
