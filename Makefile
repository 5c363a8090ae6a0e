# SPDX-License-Identifier: AGPL-3.0-or-later
# Pumasi. `make help` lists the targets. This file says what one can ask for; mk/build.mk says how
# things are built, and scripts/check how they are tested. Nothing here needs more than make itself:
# `make demo` and `make check` install what they need first (scripts/deps).

BUILD  ?= build
PREFIX ?= /usr/local
DESTDIR ?=
UNITDIR ?= $(PREFIX)/lib/systemd/system
ZSHDIR ?= $(PREFIX)/share/zsh/site-functions
JOBS   ?= $(shell nproc 2>/dev/null || echo 2)
T      ?=
BENCH  ?= main slow million

SHELL := /bin/bash
export LC_ALL := C.UTF-8
unexport LANGUAGE

# Two makes of the same things must not run side by side; each uses all cores.
.NOTPARALLEL:

# Packages are installed during the run, so the build, which asks pkg-config, is a make of its own.
SUBMAKE = $(MAKE) --no-print-directory -f mk/build.mk $(if $(findstring -j,$(MAKEFLAGS)),,-j$(JOBS))

.PHONY: help deps deps-demo deps-check deps-all all unit check check-all check-interop check-bare check-deb fuzz deb demo demo-network bench \
	install uninstall po format clean FORCE
.DEFAULT_GOAL := all

all: ## build ledgerd and pumasi into $(BUILD)
	+@$(SUBMAKE) all

help: ## list the targets
	@echo 'make TARGET [BUILD=build] [PREFIX=/usr/local] [DESTDIR=] [CC=gcc] [T=name]'
	@sed -n 's/^\([a-z-]*\):.*## \(.*\)/\1\t\2/p' $(MAKEFILE_LIST) | \
		awk -F'\t' '{ printf "  %-12s %s\n", $$1, $$2 }'

deps: ## install what building and running need (Debian; as root or with sudo)
	@scripts/deps run

deps-demo:
	@scripts/deps demo

deps-check:
	@scripts/deps check

deps-all:
	@scripts/deps all

unit: ## build the unit tests without running them
	+@$(SUBMAKE) unit

check: deps-check ## unit tests, end-to-end tests, source rules; T=name runs one of them
	@scripts/check $(if $(T),-t '$(T)') source unit e2e

check-all: deps-all ## check, and clang, sanitizers, valgrind, fuzzing, faults, lint
	@scripts/check all

check-interop: deps-all ## a client in Node, and docs/openapi.yaml, against a running ledgerd
	@scripts/check interop

check-bare: deps-all ## make demo and make check in a bare Debian made with debootstrap; needs root
	@scripts/check-bare

fuzz: deps-all ## run each fuzz target (T=name: one) for FUZZ_SECONDS, an hour without it
	@BUILD='$(BUILD)' scripts/fuzz $(T)

deb: ## build the Debian packages ledgerd and pumasi into $(BUILD)/deb
	@scripts/deps deb
	@BUILD='$(abspath $(BUILD))' scripts/deb

check-deb: deps-all ## build the Debian packages, install, use, upgrade, remove and purge them
	@BUILD='$(abspath $(BUILD))' scripts/check-deb

demo: deps ## a running ledger whose members pay each other in hours
	+@$(SUBMAKE) all
	@BUILD='$(abspath $(BUILD))' scripts/demo

demo-network: deps-demo ## a year of twelve co-ops: trade, clearing, settlement, an audit
	+@$(SUBMAKE) all '$(BUILD)/load/world'
	@BUILD='$(abspath $(BUILD))' scripts/demo-network

ifneq ($(wildcard scripts/bench),)
bench: deps-check ## measure this machine, into docs/performance.md; BENCH='main slow million statement audit soak clearing positions network'
	+@$(SUBMAKE) all load
	@BUILD='$(abspath $(BUILD))' scripts/bench $(BENCH)
endif

install: ## install below $(DESTDIR)$(PREFIX)
	+@$(SUBMAKE) all
	install -d '$(DESTDIR)$(PREFIX)/bin' '$(DESTDIR)$(PREFIX)/share/doc/pumasi'
	install -m 755 '$(BUILD)/ledgerd' '$(BUILD)/pumasi' '$(DESTDIR)$(PREFIX)/bin/'
	install -m 755 scripts/backup-drill '$(DESTDIR)$(PREFIX)/bin/ledgerd-backup-drill'
	install -m 644 LICENSE README.md config/ledgerd.conf '$(DESTDIR)$(PREFIX)/share/doc/pumasi/'
	install -d '$(DESTDIR)$(PREFIX)/share/doc/pumasi/examples'
	install -m 644 config/nginx.conf config/haproxy.cfg config/Caddyfile config/ledgerd-port-443.conf \
		'$(DESTDIR)$(PREFIX)/share/doc/pumasi/examples/'
	for page in docs/man/*.[1-8]; do \
		section="$${page##*.}"; \
		install -D -m 644 "$$page" \
			'$(DESTDIR)$(PREFIX)/share/man/man'"$$section/$${page##*/}" || exit 1; \
	done
	for file in $$(cd '$(BUILD)/locale' && find . -name '*.mo'); do \
		install -D -m 644 "$(BUILD)/locale/$$file" \
			"$(DESTDIR)$(PREFIX)/share/locale/$$file" || exit 1; \
	done
	for program in pumasi ledgerd; do \
		install -D -m 644 "completions/$$program.bash" \
			"$(DESTDIR)$(PREFIX)/share/bash-completion/completions/$$program" && \
		install -D -m 644 "completions/$$program.zsh" "$(DESTDIR)$(ZSHDIR)/_$$program" && \
		install -D -m 644 "completions/$$program.fish" \
			"$(DESTDIR)$(PREFIX)/share/fish/vendor_completions.d/$$program.fish" || exit 1; \
	done
	install -d '$(DESTDIR)$(UNITDIR)'
	sed 's|@PREFIX@|$(PREFIX)|g' config/ledgerd.service > '$(DESTDIR)$(UNITDIR)/ledgerd.service'
	chmod 644 '$(DESTDIR)$(UNITDIR)/ledgerd.service'

uninstall: ## remove what install put there; configuration and data stay
	@staged=$$(mktemp -d) && trap 'rm -rf "$$staged"' EXIT && \
	$(MAKE) --no-print-directory install DESTDIR="$$staged" > /dev/null && \
	(cd "$$staged" && find . ! -type d -print0) | \
		while IFS= read -r -d '' file; do rm -vf '$(DESTDIR)'"/$$file" || exit 1; done
	@rmdir '$(DESTDIR)$(PREFIX)/share/doc/pumasi/examples' '$(DESTDIR)$(PREFIX)/share/doc/pumasi' 2> /dev/null || true

po: ## bring the translations up to the sources, and list what is missing
	@scripts/check-words update

format: ## lay out the C sources with clang-format 14
	@find core lang ledgerd client tests -name '*.[ch]' -print0 | xargs -0 clang-format-14 -i

clean: ## remove $(BUILD)
	rm -rf '$(BUILD)'

# Anything below $(BUILD) can be asked for by its name, e.g. make build/tests/test_num.
$(BUILD)/%: FORCE
	+@$(SUBMAKE) '$@'

FORCE:
