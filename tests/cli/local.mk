# SPDX-License-Identifier: Apache-2.0
EXTRA_DIST += tests/cli/run tests/cli/on_terminal.py
