# SPDX-License-Identifier: Apache-2.0
dist_doc_DATA = docs/registry.md docs/billed.md
dist_doc_DATA += docs/lse-codes.md
