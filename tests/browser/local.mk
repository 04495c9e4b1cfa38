# SPDX-License-Identifier: Apache-2.0
EXTRA_DIST += \
	tests/browser/access.mjs \
	tests/browser/accounts.mjs \
	tests/browser/browser.mjs \
	tests/browser/looks.mjs \
	tests/browser/main.mjs \
	tests/browser/run \
	tests/browser/site.mjs \
	tests/browser/tap.mjs \
	tests/browser/usage.mjs
