# SPDX-License-Identifier: Apache-2.0
libmeterhouse_a_SOURCES +=
