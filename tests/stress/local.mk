# SPDX-License-Identifier: Apache-2.0
# The long tests, which go on where they stopped; see docs/reliability.md.
EXTRA_DIST += tests/stress/stress.sh tests/stress/ledger
stress:
	$(srcdir)/tests/stress/stress.sh
.PHONY: stress
