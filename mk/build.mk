# SPDX-License-Identifier: AGPL-3.0-or-later
# How everything is built. Called by the Makefile as a make of its own, once what it needs is
# installed. All output goes below $(BUILD). New .c files need no change here.
#
#   CC    gcc (default) or clang
#   MODE  release (default): hardened and optimised; debug: neither, for valgrind
#   SAN   sanitizers, e.g. address,undefined; implies MODE=debug

BUILD ?= build
MODE  ?= release
SAN   ?=
ifeq ($(origin CC),default)
CC := gcc
endif

export LC_ALL := C.UTF-8
MAKEFLAGS += --no-builtin-rules
.SUFFIXES:
.DELETE_ON_ERROR:
.PHONY: all unit load rivals fuzz locale
.DEFAULT_GOAL := all

# --- what the compiler takes, probed once and again when any of these words changes -------------

CONFIG := CC=$(CC) MODE=$(MODE) SAN=$(SAN)
$(shell mkdir -p '$(BUILD)/gen'; \
	echo '$(CONFIG)' | cmp -s - '$(BUILD)/config' || echo '$(CONFIG)' > '$(BUILD)/config')

FLAGS := $(BUILD)/flags.mk
$(FLAGS): $(BUILD)/config scripts/probe-flags
	@scripts/probe-flags '$(CC)' '$(MODE)' '$(SAN)' > $@
include $(FLAGS)

VERSION := $(shell cat VERSION)
CPPFLAGS += -I. -I$(BUILD)/gen -D_GNU_SOURCE -DPUMASI_VERSION='"$(VERSION)"'
COMPILE = $(CC) $(CPPFLAGS) $(PROBED_CFLAGS) $(DEP_CFLAGS) $(CFLAGS) -MMD -MP -c -o $@ $<
LINK    = $(CC) $(PROBED_CFLAGS) $(PROBED_LDFLAGS) $(LDFLAGS) -o $@

# --- sources -------------------------------------------------------------------------------------

CORE_SRC    ?= $(sort $(wildcard core/*.c))
LEDGERD_SRC ?= $(sort $(wildcard ledgerd/*.c))
CLIENT_SRC  ?= $(sort $(wildcard client/*.c))
UNIT_SRC    := $(sort $(wildcard tests/unit/*.c))
LOAD_SRC    := $(sort $(wildcard tests/load/*.c))
FUZZ_SRC    := $(sort $(wildcard tests/fuzz/fuzz_*.c))
MIGRATIONS  := $(sort $(wildcard migrations/*.sql))

obj = $(patsubst %.c,$(BUILD)/obj/%.o,$(1))
LANG_OBJ    := $(call obj,$(sort $(wildcard lang/*.c)))
CORE_OBJ    := $(call obj,$(CORE_SRC))
LEDGERD_OBJ := $(call obj,$(filter-out ledgerd/main.c,$(LEDGERD_SRC))) $(BUILD)/obj/gen/migrations.o \
	$(LANG_OBJ)
CLIENT_OBJ  := $(call obj,$(filter-out client/main.c,$(CLIENT_SRC))) $(BUILD)/obj/gen/details.o \
	$(BUILD)/obj/gen/statement_css.o $(LANG_OBJ)
HELPER_OBJ  := $(call obj,$(filter-out tests/unit/test_%,$(UNIT_SRC)))
LOAD_OBJ    := $(call obj,$(sort $(wildcard tests/load/lib/*.c)))
BENCH_OBJ   := $(call obj,$(sort $(wildcard tests/load/bench/*.c)))
WORLD_OBJ   := $(call obj,$(sort $(wildcard tests/load/world/*.c)))

UNIT_BIN := $(patsubst tests/unit/%.c,$(BUILD)/tests/%,$(filter tests/unit/test_%,$(UNIT_SRC)))
LOAD_BIN := $(patsubst tests/load/%.c,$(BUILD)/load/%,$(LOAD_SRC)) \
	$(patsubst tests/load/shim/%.c,$(BUILD)/load/%.so,$(sort $(wildcard tests/load/shim/*.c)))
FUZZ_BIN := $(patsubst tests/fuzz/%.c,$(BUILD)/fuzz/%,$(FUZZ_SRC))
PROGRAMS := $(patsubst %/main.c,$(BUILD)/%,$(wildcard ledgerd/main.c)) \
	$(if $(wildcard client/main.c),$(BUILD)/pumasi)

# po/ko.po becomes locale/ko/LC_MESSAGES/pumasi.mo and ledgerd.mo, beside the programs, where they
# look for it.
CATALOGUES := $(foreach program,pumasi ledgerd,$(patsubst po/%.po, \
	$(BUILD)/locale/%/LC_MESSAGES/$(program).mo,$(sort $(wildcard po/*.po))))

all: $(PROGRAMS) locale
locale: $(CATALOGUES)
unit: $(UNIT_BIN)
load: $(LOAD_BIN)
rivals: $(patsubst tests/load/%.cc,$(BUILD)/load/%,$(sort $(wildcard tests/load/rival/*.cc)))
fuzz: $(FUZZ_BIN)

# --- rules ---------------------------------------------------------------------------------------

$(BUILD)/obj/%.o: %.c $(FLAGS)
	@mkdir -p $(@D)
	@echo "  CC    $<"
	@$(COMPILE)

$(BUILD)/gen/migrations.c: scripts/embed $(MIGRATIONS) $(BUILD)/gen/migrations.list
	@echo "  EMBED $(words $(MIGRATIONS)) migrations"
	@scripts/embed $(MIGRATIONS) > $@

# A migration that is taken away must show too, so the list of names is a file that only changes
# when the list does.
$(shell echo '$(MIGRATIONS)' | cmp -s - '$(BUILD)/gen/migrations.list' || \
	echo '$(MIGRATIONS)' > '$(BUILD)/gen/migrations.list')

# The formats of all details of problems, for the client to know them again.
$(BUILD)/gen/details.c: scripts/details scripts/words $(CORE_SRC) $(LEDGERD_SRC) \
		$(wildcard client/audit*.c)
	@scripts/details > $@.new
	@if cmp -s $@.new $@; then rm $@.new; touch $@; else mv $@.new $@; fi

# The style sheet of the page that `pumasi show` writes.
$(BUILD)/gen/statement_css.c: scripts/embed-style client/statement.css
	@scripts/embed-style client/statement.css statement_css > $@

$(BUILD)/obj/gen/%.o: $(BUILD)/gen/%.c $(FLAGS)
	@mkdir -p $(@D)
	@$(COMPILE)

$(BUILD)/locale/%/LC_MESSAGES/pumasi.mo $(BUILD)/locale/%/LC_MESSAGES/ledgerd.mo: po/%.po
	@mkdir -p $(@D)
	@echo "  MSGFMT $<"
	@msgfmt --check -o $(@D)/pumasi.mo $<
	@cp $(@D)/pumasi.mo $(@D)/ledgerd.mo

define archive
$(BUILD)/$(1): $(2)
	@rm -f $$@
	@ar rcs $$@ $(2)
endef
$(eval $(call archive,libcore.a,$(CORE_OBJ)))
$(eval $(call archive,libledgerd.a,$(LEDGERD_OBJ)))
$(eval $(call archive,libclient.a,$(CLIENT_OBJ)))
$(eval $(call archive,libunit.a,$(HELPER_OBJ)))

# libcore.a is named after each archive that uses it, and --as-needed drops what a program
# doesn't use, so one list of libraries a kind of program is enough.
CORE_LIBS    = $(BUILD)/libcore.a $(LIBS_CORE)
LEDGERD_LIBS = $(BUILD)/libledgerd.a $(BUILD)/libcore.a $(LIBS_LEDGERD) $(LIBS_CORE) -lpthread
CLIENT_LIBS  = $(BUILD)/libclient.a $(BUILD)/libcore.a $(LIBS_CLIENT) $(LIBS_CORE)

$(BUILD)/ledgerd: $(BUILD)/obj/ledgerd/main.o $(BUILD)/libledgerd.a $(BUILD)/libcore.a
	@echo "  LINK  $@"
	@$(LINK) $< $(LEDGERD_LIBS)

$(BUILD)/pumasi: $(BUILD)/obj/client/main.o $(BUILD)/libclient.a $(BUILD)/libcore.a
	@echo "  LINK  $@"
	@$(LINK) $< $(CLIENT_LIBS)

# Unit tests: test_ledgerd_X may use the daemon's objects, test_client_X the client's, all others
# see core only. libunit.a is what several of them share: each is linked with what it uses of it.
$(BUILD)/tests/test_ledgerd_%: $(BUILD)/obj/tests/unit/test_ledgerd_%.o $(BUILD)/libunit.a \
		$(BUILD)/libledgerd.a $(BUILD)/libcore.a
	@mkdir -p $(@D)
	@$(LINK) $< $(BUILD)/libunit.a $(LEDGERD_LIBS) -lcmocka

$(BUILD)/tests/test_client_%: $(BUILD)/obj/tests/unit/test_client_%.o $(BUILD)/libunit.a \
		$(BUILD)/libclient.a $(BUILD)/libcore.a | $(CATALOGUES)
	@mkdir -p $(@D)
	@$(LINK) $< $(BUILD)/libunit.a $(CLIENT_LIBS) -lcmocka

$(BUILD)/tests/%: $(BUILD)/obj/tests/unit/%.o $(BUILD)/libunit.a $(BUILD)/libcore.a
	@mkdir -p $(@D)
	@$(LINK) $< $(BUILD)/libunit.a $(CORE_LIBS) -lcmocka

$(BUILD)/load/%: $(BUILD)/obj/tests/load/%.o $(LOAD_OBJ) $(BUILD)/libcore.a
	@mkdir -p $(@D)
	@echo "  LINK  $@"
	@$(LINK) $< $(LOAD_OBJ) $(CORE_LIBS) $(LIBS_LOAD) -lpthread

# bench and world are of several files. Shims are loaded into programs that weren't built here, so they know no
# sanitizers.
$(BUILD)/load/bench: $(BUILD)/obj/tests/load/bench.o $(BENCH_OBJ) $(LOAD_OBJ) $(BUILD)/libcore.a
	@mkdir -p $(@D)
	@echo "  LINK  $@"
	@$(LINK) $< $(BENCH_OBJ) $(LOAD_OBJ) $(CORE_LIBS) $(LIBS_LOAD) -lm -lpthread

$(BUILD)/load/world: $(BUILD)/obj/tests/load/world.o $(WORLD_OBJ) $(LOAD_OBJ) $(BUILD)/libcore.a
	@mkdir -p $(@D)
	@echo "  LINK  $@"
	@$(LINK) $< $(WORLD_OBJ) $(LOAD_OBJ) $(CORE_LIBS) $(LIBS_LOAD) -lpthread

# What others have written, for bench to compare with: C++ with libraries that nothing else needs.
$(BUILD)/load/rival/%: tests/load/rival/%.cc
	@mkdir -p $(@D)
	@echo "  CXX   $<"
	@$(CXX) -O2 -DNDEBUG -o $@ $<

$(BUILD)/load/%.so: tests/load/shim/%.c
	@mkdir -p $(@D)
	@echo "  LINK  $@"
	@$(CC) -D_GNU_SOURCE -std=gnu11 -O2 -Wall -Wextra -Werror -shared -fPIC -o $@ $< -ldl

# Fuzz targets: CC=clang SAN=fuzzer-no-link,address,undefined; each has libFuzzer's main. Those called
# fuzz_client_X see the client's objects, all others the daemon's.
$(BUILD)/fuzz/fuzz_client_%: $(BUILD)/obj/tests/fuzz/fuzz_client_%.o $(BUILD)/libclient.a \
		$(BUILD)/libcore.a
	@mkdir -p $(@D)
	@$(LINK) -fsanitize=fuzzer $< $(CLIENT_LIBS)

$(BUILD)/fuzz/%: $(BUILD)/obj/tests/fuzz/%.o $(BUILD)/libunit.a $(BUILD)/libledgerd.a $(BUILD)/libcore.a
	@mkdir -p $(@D)
	@$(LINK) -fsanitize=fuzzer $< $(BUILD)/libunit.a $(LEDGERD_LIBS) -lcmocka

# Keep objects of tests between runs.
.SECONDARY:

-include $(shell find '$(BUILD)/obj' -name '*.d' 2>/dev/null)
