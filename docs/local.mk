# SPDX-License-Identifier: Apache-2.0
#
# Pages for readers, and what is made of the program's own tables: the manual
# pages, the sample settings, the service.

dist_doc_DATA =
dist_doc_DATA += docs/ARCHITECTURE.md
dist_doc_DATA += docs/billed.md
dist_doc_DATA += docs/developer.md
dist_doc_DATA += docs/file-formats.md
dist_doc_DATA += docs/limits.md
dist_doc_DATA += docs/lse-codes.md
dist_doc_DATA += docs/operator.md
dist_doc_DATA += docs/packed-day.md
dist_doc_DATA += docs/performance.md
dist_doc_DATA += docs/registry.md
dist_doc_DATA += docs/reliability.md
dist_doc_DATA += docs/shards.md
dist_doc_DATA += docs/scale.md
dist_doc_DATA += docs/table-codes.md
dist_doc_DATA += docs/usage.md
dist_doc_DATA += docs/resident.md
dist_doc_DATA += docs/utility.md
EXTRA_DIST += docs/demo.sh docs/picture.mjs docs/usage.png

man_MANS = docs/meterhouse.1 docs/meterhouse.conf.5
doc_DATA = docs/meterhouse.conf.example
systemdsystemunit_DATA = server/meterhouse.service
sysusers_DATA = server/meterhouse.conf
EXTRA_DIST += server/meterhouse.service.in server/meterhouse.sysusers
CLEANFILES += $(man_MANS) $(doc_DATA) $(systemdsystemunit_DATA) \
	$(sysusers_DATA)

# Only the program knows its commands and settings; no file of the machine may
# change what is printed.
docs/meterhouse.1: meterhouse$(EXEEXT)
	$(AM_V_GEN)$(MKDIR_P) docs && \
	  ./meterhouse$(EXEEXT) help --man > $@.tmp && mv $@.tmp $@
docs/meterhouse.conf.5: meterhouse$(EXEEXT)
	$(AM_V_GEN)$(MKDIR_P) docs && \
	  ./meterhouse$(EXEEXT) config --man > $@.tmp && mv $@.tmp $@
docs/meterhouse.conf.example: meterhouse$(EXEEXT)
	$(AM_V_GEN)$(MKDIR_P) docs && \
	  ./meterhouse$(EXEEXT) config > $@.tmp && mv $@.tmp $@

server/meterhouse.service: server/meterhouse.service.in Makefile
	$(AM_V_GEN)$(MKDIR_P) server && sed -e 's|@bindir[@]|$(bindir)|g' \
	  -e 's|@sysconfdir[@]|$(sysconfdir)|g' \
	  $(srcdir)/server/meterhouse.service.in > $@.tmp && mv $@.tmp $@
server/meterhouse.conf: server/meterhouse.sysusers
	$(AM_V_GEN)$(MKDIR_P) server && \
	  cp $(srcdir)/server/meterhouse.sysusers $@
