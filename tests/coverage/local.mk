# SPDX-License-Identifier: Apache-2.0
EXTRA_DIST += tests/coverage/run tests/coverage/recount.py
