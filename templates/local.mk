# SPDX-License-Identifier: Apache-2.0
nobase_dist_pkgdata_DATA += templates/error.html
nobase_dist_pkgdata_DATA += templates/layout.html
nobase_dist_pkgdata_DATA += templates/en.json
nobase_dist_pkgdata_DATA += templates/es.json
