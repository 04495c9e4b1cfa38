# SPDX-License-Identifier: Apache-2.0
nobase_dist_pkgdata_DATA += static/favicon.svg
nobase_dist_pkgdata_DATA += static/logo.svg
nobase_dist_pkgdata_DATA += static/session.js
nobase_dist_pkgdata_DATA += static/site.css
nobase_dist_pkgdata_DATA += static/site.js
nobase_dist_pkgdata_DATA += static/usage.css
nobase_dist_pkgdata_DATA += static/usage.js
