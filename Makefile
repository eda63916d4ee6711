# make help says what there is. Nothing is built outside build/VARIANT; each variant has its own folder.

VERSION     := 0.1.0
PREFIX      ?= /usr/local
BINDIR      ?= $(PREFIX)/bin
LIBEXECDIR  ?= $(PREFIX)/libexec/kindly
DATAROOT    ?= $(PREFIX)/share
DATADIR     ?= $(DATAROOT)/kindly
DOCDIR      ?= $(DATAROOT)/doc/kindly
USERUNITDIR ?= $(PREFIX)/lib/systemd/user
GENERATORDIR ?= $(PREFIX)/lib/systemd/user-generators
MANDIR      ?= $(DATAROOT)/man
ZSHDIR      ?= $(DATAROOT)/zsh/site-functions
# Where docs/*.png and the rest can be seen, for software centres; without one there are no pictures in them.
HOMEPAGE    ?=
INSTALL     ?= install
SCDOC       ?= scdoc
MSGFMT      ?= msgfmt
PKG_CONFIG  ?= pkg-config
PYTHON      ?= /usr/bin/python3
VARIANT     ?= release
O           := build/$(VARIANT)

# --- Flags ------------------------------------------------------------------------------------------------------
# CFLAGS, CPPFLAGS and LDFLAGS are the user's; ours are never put there.
CFLAGS        ?= -O2 -g
# Pages of a program that are not used are mapped all the same, in runs: what it has no use for is left out. C needs
# no tables to unwind its stack; a debugger has its own, which are never loaded.
FLAGS_release := -D_FORTIFY_SOURCE=2 -fstack-protector-strong -fPIE -ffunction-sections -fdata-sections \
                 -fno-asynchronous-unwind-tables
FLAGS_debug   := -O0
FLAGS_asan    := -O1 -fsanitize=address,undefined -fno-sanitize-recover=all -fno-omit-frame-pointer
FLAGS_cov     := -O0 --coverage
FLAGS_clang   := -fPIE
FLAGS_fuzz    := -O1 -fsanitize=fuzzer-no-link,address,undefined -fno-sanitize-recover=all -fno-omit-frame-pointer
LINK_release  := -pie -Wl,-z,relro,-z,now -Wl,--gc-sections
LINK_FUZZER   := $(if $(filter fuzz,$(VARIANT)),-fsanitize=fuzzer)
WARN := -Wall -Wextra -Wshadow -Wformat=2 -Wstrict-prototypes -Wmissing-prototypes -Wold-style-definition \
        -Wpointer-arith -Wwrite-strings -Wvla -Wundef -Wimplicit-fallthrough -Wconversion -Wsign-conversion \
        -Wnull-dereference -Wcast-qual
OURS  = -std=gnu11 -fno-common -I. -D_GNU_SOURCE -DVERSION='"$(VERSION)"' $(WARN) \
        $(if $(WERROR),-Werror)
ALL_CFLAGS  = $(OURS) $(CPPFLAGS) $(CFLAGS) $(FLAGS_$(VARIANT))
ALL_LDFLAGS = $(LDFLAGS) -Wl,--as-needed $(FLAGS_$(VARIANT)) $(LINK_$(VARIANT))

# What pkg-config says is asked once, and not before something is compiled: `make deps` may come first.
ask = $(shell $(PKG_CONFIG) $(1) $(2) || echo MISSING)
checked = $(if $(filter MISSING,$(1)),$(error A library is missing (see above): make deps installs what is needed),$(1))
lazy = $(eval $(1) := $(call checked,$(call ask,$(2),$(3))))$($(1))
BASE_PKGS := libsystemd libconfig sqlite3 json-c
BASE_CFLAGS = $(call lazy,BASE_CFLAGS,--cflags,$(BASE_PKGS))
BASE_LIBS   = $(call lazy,BASE_LIBS,--libs,$(BASE_PKGS))
GLIB_PKGS := libnotify gio-unix-2.0
GLIB_CFLAGS = $(call lazy,GLIB_CFLAGS,--cflags,$(GLIB_PKGS))
GLIB_LIBS   = $(call lazy,GLIB_LIBS,--libs,$(GLIB_PKGS))
TTY_LIBS    = $(call lazy,TTY_LIBS,--libs,libsystemd)

# --- Programs ---------------------------------------------------------------------------------------------------
# GLib is linked by kindly-notify alone.
objects = $(patsubst %.c,$(O)/%.o,$(sort $(wildcard $(1))))
PROGRAMS   := $(O)/kindlyd $(O)/kindly $(O)/kindly-notify $(O)/kindly-tty $(O)/kindly-sandbox-generator
KINDLYD    := $(call objects,daemon/*.c)
SHARED     := $(call objects,daemon/core/*.c daemon/store/*.c)
DESKTOP    := $(call objects,daemon/desktop/*.c)
CLIENT     := $(call objects,daemon/client/*.c)
NOTIFY_GLIB := $(call objects,daemon/notify/kindly-notify.c daemon/notify/notify-*.c)
NOTIFY_TTY  := $(call objects,daemon/notify/kindly-tty.c daemon/notify/tty-*.c)
NOTIFY_BOTH := $(filter-out $(NOTIFY_GLIB) $(NOTIFY_TTY),$(call objects,daemon/notify/*.c))
SANDBOX    := $(call objects,daemon/sandbox/*.c)
PRESENTER  := $(O)/daemon/core/base.o $(O)/daemon/store/paths.o $(O)/daemon/store/language.o
TESTS      := $(patsubst %.c,$(O)/%,$(sort $(wildcard tests/unit/test-*.c)))
DRIVERS    := $(patsubst %.c,$(O)/%,$(sort $(wildcard tests/system/*-driver.c)))
PRELOADS   := $(patsubst %.c,$(O)/%.so,$(sort $(wildcard tests/system/*-preload.c)))
BENCHES    := $(patsubst %.c,$(O)/%,$(sort $(wildcard tests/bench/*.c)))
MEASURING  := $(O)/tests/bench/calendar $(filter-out %/rig_bench.py,$(sort $(wildcard tests/bench/*.py)))
BARE       := $(O)/tests/bench/bare
SIMULATE   := $(O)/tests/simulate/simulate
FUZZERS    := $(patsubst %.c,$(O)/%,$(sort $(wildcard tests/fuzz/fuzz-*.c)))
FUZZ_PARTS := $(O)/tests/fuzz/fuzz.o $(O)/tests/fuzz/state.o $(if $(filter fuzz,$(VARIANT)),,$(O)/tests/fuzz/replay.o)
INJECT     := $(O)/inject-day
UNITS      := $(patsubst units/%.in,$(O)/%,$(wildcard units/*.in))
LINGUAS    := $(shell cat po/LINGUAS)
CATALOGUES := $(LINGUAS:%=$(O)/locale/%/LC_MESSAGES/kindly.mo)
PAGES      := $(patsubst docs/%.scd,$(O)/man/%,$(sort $(wildcard docs/*.scd)))
OBJS := $(SHARED) $(DESKTOP) $(CLIENT) $(NOTIFY_GLIB) $(NOTIFY_TTY) $(NOTIFY_BOTH) $(SANDBOX) $(KINDLYD) \
        $(TESTS:=.o) $(DRIVERS:=.o) $(BENCHES:=.o) $(call objects,tests/simulate/*.c tests/fuzz/*.c tests/inject/*.c)

ifneq ($(V),1)
Q_CC = @echo '  CC    $@';
Q_LD = @echo '  LD    $@';
Q_GEN = @echo '  GEN   $@';
endif

.SUFFIXES:
.DELETE_ON_ERROR:
.SECONDARY:
.PHONY: all deps deps-run deps-check deps-full deps-desktops deps-coverage run check check-full \
        check-desktops lint valgrind coverage deps-deb deb check-unit release keep-version deps-bench \
        test-programs simulate install uninstall bench pot format clean help FORCE deps-fuzz fuzz fuzzers \
        fuzz-targets

all: $(PROGRAMS) $(UNITS) $(CATALOGUES)

$(O)/kindlyd: $(KINDLYD) $(SHARED) $(DESKTOP)
$(O)/kindly: $(CLIENT) $(SHARED)
$(O)/kindly-notify: $(NOTIFY_GLIB) $(NOTIFY_BOTH) $(PRESENTER) $(O)/daemon/core/dialog.o
$(O)/kindly-tty: $(NOTIFY_TTY) $(NOTIFY_BOTH) $(PRESENTER)
$(O)/kindly-sandbox-generator: $(SANDBOX) $(O)/daemon/core/base.o $(O)/daemon/store/paths.o
$(TESTS) $(filter-out $(BARE),$(BENCHES)): %: %.o $(SHARED) $(DESKTOP) $(NOTIFY_BOTH)
$(BARE): %: %.o
$(O)/tests/unit/test-figures: $(O)/daemon/client/figures.o
$(DRIVERS): %: %.o $(SHARED) $(DESKTOP)
$(SIMULATE): $(call objects,tests/simulate/*.c daemon/core/*.c)
$(FUZZERS): %: %.o $(FUZZ_PARTS) $(SHARED)
$(O)/tests/fuzz/fuzz-line: $(NOTIFY_BOTH)
$(O)/tests/fuzz/fuzz-show: $(NOTIFY_BOTH) $(call objects,daemon/notify/*-card.c)
$(O)/tests/fuzz/fuzz-arguments: $(filter-out %/kindly.o,$(CLIENT))
$(O)/tests/fuzz/fuzz-daemon: $(O)/tests/fuzz/hands.o $(DESKTOP) $(filter-out %/kindlyd.o,$(KINDLYD))
$(INJECT): $(O)/tests/inject/day.o $(O)/tests/inject/inject.o $(KINDLYD) $(SHARED) $(DESKTOP)

$(O)/kindly-notify: LIBS = $(GLIB_LIBS)
$(O)/kindly-tty: LIBS = $(TTY_LIBS)
$(O)/kindlyd $(O)/kindly $(DRIVERS) $(BENCHES): LIBS = $(BASE_LIBS) -lm
$(TESTS): LIBS = $(BASE_LIBS) -lm -lcmocka
$(SIMULATE): LIBS = -lm
$(FUZZERS): LIBS = $(LINK_FUZZER) $(BASE_LIBS) -lm
$(O)/tests/fuzz/fuzz-show: LIBS += $(GLIB_LIBS)
$(O)/tests/fuzz/fuzz-arguments: LIBS += -Wl,--wrap=clock_gettime
$(O)/tests/fuzz/fuzz-daemon: LIBS += $(addprefix -Xlinker --wrap=,clock_gettime timerfd_settime getrandom socketpair \
                                  fork kill sd_event_add_child sd_bus_call_method)
# Calls of the product that can fail go through the tests (tests/inject/calls.h).
WRAPS = @$(O)/tests/inject/wraps
$(INJECT): LIBS = $(WRAPS) $(foreach name,main sd_event_loop bus_object_new commit,-Wl,--wrap=$(name)) $(BASE_LIBS) -lm
INJECTED := $(O)/tests/unit/test-failures $(O)/tests/unit/test-keeper-fuzz
$(INJECTED): LIBS = $(WRAPS) $(BASE_LIBS) -lm -lcmocka
$(INJECTED): $(O)/tests/inject/inject.o
$(INJECT) $(INJECTED): $(O)/tests/inject/wraps
$(O)/tests/inject/wraps: tests/inject/calls.h $(O)/.flags
	@mkdir -p $(@D)
	$(Q_GEN){ printf '#define %s(family, type, name, ...) -Wl,--wrap=name\n' CALL DONE_FIRST VARIADIC BY_HAND; \
	  cat $<; } | $(CC) -E -P - >$@
$(PROGRAMS) $(TESTS) $(DRIVERS) $(BENCHES) $(SIMULATE) $(FUZZERS) $(INJECT): $(O)/.flags
	$(Q_LD)$(CC) $(ALL_LDFLAGS) -o $@ $(filter %.o,$^) $(LIBS) $(LDLIBS)

# Loaded into programs by tests, whatever these were built with: no sanitizer of its own.
$(PRELOADS): $(O)/%.so: %.c $(O)/.flags
	@mkdir -p $(@D)
	$(Q_LD)$(CC) $(OURS) $(CPPFLAGS) $(CFLAGS) $(LDFLAGS) -fPIC -shared -o $@ $<

# Objects follow their flags: a changed compiler or flag set rebuilds this variant, and nothing else.
PKG_CFLAGS = $(BASE_CFLAGS)
$(NOTIFY_GLIB): PKG_CFLAGS = $(GLIB_CFLAGS)
$(O)/tests/fuzz/fuzz-show.o: PKG_CFLAGS = $(BASE_CFLAGS) $(GLIB_CFLAGS)
$(O)/daemon/store/paths.o: PKG_CFLAGS = $(BASE_CFLAGS) -DDATADIR='"$(DATADIR)"' -DLIBEXECDIR='"$(LIBEXECDIR)"' \
                                        -DLOCALEDIR='"$(DATAROOT)/locale"'
$(O)/daemon/store/paths.o: $(O)/.prefix
$(OBJS): $(O)/%.o: %.c $(O)/.flags Makefile
	@mkdir -p $(@D)
	$(Q_CC)$(CC) -MMD -MP -MF $(@:.o=.d) -MQ $@ $(ALL_CFLAGS) $(PKG_CFLAGS) -c -o $@ $<

$(O)/.flags: FORCE
	@mkdir -p $(@D)
	@printf '%s\n' '$(subst ','\'',$(CC) $(ALL_CFLAGS) $(ALL_LDFLAGS))' >$@.new
	@if cmp -s $@.new $@; then rm $@.new; else mv $@.new $@; fi

$(UNITS): $(O)/%: units/%.in $(O)/.prefix
	$(Q_GEN)sed -e 's|@bindir@|$(BINDIR)|g' $(if $(HOMEPAGE),-e 's|@homepage@|$(HOMEPAGE)|', \
	  -e '/<screenshots>/,/<\/screenshots>/d' -e '/@homepage@/d') $< >$@
PLACES = $(BINDIR) $(LIBEXECDIR) $(DATADIR) $(DATAROOT) $(HOMEPAGE)
$(O)/.prefix: FORCE
	@mkdir -p $(@D)
	@echo '$(PLACES)' | cmp -s - $@ 2>/dev/null || echo '$(PLACES)' >$@

# The version stands at the foot of each page.
$(PAGES): $(O)/man/%: docs/%.scd Makefile
	@mkdir -p $(@D)
	$(Q_GEN)sed '1s/$$/ "kindly $(VERSION)"/' $< | $(SCDOC) >$@

# --- Translations -----------------------------------------------------------------------------------------------
$(CATALOGUES): $(O)/locale/%/LC_MESSAGES/kindly.mo: po/%.po
	@mkdir -p $(@D)
	$(Q_GEN)$(MSGFMT) --check -o $@ $<

# The texts are collected anew, and the catalogues follow: what is new or changed is to be translated. There is no
# date and no line number in them, so that only texts change them.
POT_SOURCES = $(sort $(wildcard daemon/*.c daemon/*/*.c daemon/*/*.h))
pot:
	@xgettext --output=po/kindly.pot --from-code=UTF-8 --language=C --add-location=file --add-comments=For: \
	  --package-name=kindly --copyright-holder='the authors of kindly' \
	  --keyword --keyword=_ --keyword=N_ --keyword=NC_:1c,2 --keyword=TRANSLATE_COUNT:1,2 $(POT_SOURCES)
	@sed -i '/^"POT-Creation-Date/d' po/kindly.pot
	@for language in $(LINGUAS); do \
	  msgmerge --quiet --update --backup=none --add-location=file po/$$language.po po/kindly.pot && \
	  msgattrib --no-obsolete -o po/$$language.po po/$$language.po || exit 1; done

# --- What Debian calls what is needed ---------------------------------------------------------------------------
RUN_PACKAGES   := gcc libc6-dev pkg-config libsystemd-dev libconfig-dev libsqlite3-dev libjson-c-dev libnotify-dev \
                  dbus-daemon gettext
CHECK_PACKAGES := $(RUN_PACKAGES) scdoc groff-base gsettings-desktop-schemas libcmocka-dev python3 python3-pytest python3-dbus python3-dbusmock dbus-bin systemd \
                  dunst xvfb xdotool x11-utils imagemagick libxml2-utils desktop-file-utils tzdata fonts-dejavu-core sqlite3 \
                  i3blocks locales rsync zsh fish jq
# The notification servers of tests/desktops/servers.py: those that start in a second are in check-full, too.
SCREEN_PACKAGES  := util-linux x11-xserver-utils python3-gi python3-pil tesseract-ocr
LIGHT_DESKTOPS   := xfce4-notifyd xfconf mate-notification-daemon lxqt-notificationd notification-daemon
DESKTOP_PACKAGES := $(CHECK_PACKAGES) $(SCREEN_PACKAGES) $(LIGHT_DESKTOPS) sway mako-notifier sway-notification-center \
                    plasma-workspace plasma-desktop kwin-x11 gnome-shell gjs
# What Debian's package is built from, and what packages are looked at and tried with.
DEB_PACKAGES     := $(RUN_PACKAGES) scdoc libcmocka-dev tzdata debhelper build-essential
PACKAGE_PACKAGES := $(DEB_PACKAGES) lintian blhc mmdebstrap autopkgtest rpm appstream shellcheck codespell \
                    gir1.2-gtk-3.0 librsvg2-common hicolor-icon-theme git
LINT_PACKAGES    := $(RUN_PACKAGES) clang-tidy cppcheck python3
FULL_PACKAGES    := $(CHECK_PACKAGES) $(SCREEN_PACKAGES) $(LIGHT_DESKTOPS) $(LINT_PACKAGES) valgrind zenity clang \
                    libclang-rt-14-dev dbus-user-session procps chromium chromium-driver dconf-gsettings-backend \
                    dconf-service libglib2.0-bin strace $(PACKAGE_PACKAGES)
# Those that are measured beside kindly, and what counts instructions and system calls.
BENCH_PACKAGES   := $(CHECK_PACKAGES) safeeyes workrave remind valgrind strace

AXE_VERSION := 4.14.1
AXE := build/axe-$(AXE_VERSION)/node_modules/axe-core/axe.min.js

# $(1): packages. Installs those that are missing; where there is no apt, says their names and goes on.
define install_packages
	@if ! command -v apt-get >/dev/null; then \
	  echo 'No apt-get here. Needed, by their Debian names: $(1)'; exit 0; fi; \
	missing=; for p in $(1); do \
	  [ "$$(dpkg-query -W -f '$${db:Status-Status}' $$p 2>/dev/null)" = installed ] || missing="$$missing $$p"; done; \
	[ -n "$$missing" ] || exit 0; \
	echo "Installing:$$missing"; \
	sudo=; [ "$$(id -u)" = 0 ] || sudo=sudo; \
	if [ -n "$$sudo" ] && ! command -v sudo >/dev/null; then \
	  echo 'Please install them as root: apt-get install'"$$missing" >&2; exit 1; fi; \
	{ $$sudo apt-get update && \
	  $$sudo env DEBIAN_FRONTEND=noninteractive apt-get install -y --no-install-recommends $$missing; } \
	  >/tmp/kindly-deps.$$$$ 2>&1 || { tail -n 20 /tmp/kindly-deps.$$$$ >&2; rm -f /tmp/kindly-deps.$$$$; exit 1; }; \
	rm -f /tmp/kindly-deps.$$$$
endef

deps: deps-check
deps-run:
	$(call install_packages,$(RUN_PACKAGES))
deps-check:
	$(call install_packages,$(CHECK_PACKAGES))
deps-full: $(AXE)
	$(call install_packages,$(FULL_PACKAGES))
deps-fuzz:
	$(call install_packages,$(FUZZ_PACKAGES))
deps-desktops:
	$(call install_packages,$(DESKTOP_PACKAGES))
deps-coverage: deps-full
	$(call install_packages,gcovr)
deps-bench:
	$(call install_packages,$(BENCH_PACKAGES))

# The audit of the report's page, from npm, which some packages of nodejs bring along and Debian's does not. It runs
# in the page, and nothing of it is installed elsewhere.
$(AXE):
	$(if $(shell command -v npm),,$(call install_packages,nodejs npm))
	@npm install --silent --no-audit --no-fund --no-save --no-package-lock --ignore-scripts \
	  --prefix build/axe-$(AXE_VERSION) axe-core@$(AXE_VERSION)

# --- Use --------------------------------------------------------------------------------------------------------
run: deps-run
	@$(MAKE) --no-print-directory -s -j$$(nproc) all
	@units/run.sh $(O)

test-programs: all $(PAGES) $(TESTS) $(DRIVERS) $(PRELOADS) $(SIMULATE) $(FUZZERS) $(INJECT)

check: deps-check
	@$(MAKE) --no-print-directory -j$$(nproc) test-programs
	@$(PYTHON) tests/run.py --build $(O)

# Everything in check, and what takes longer or needs root.
check-full: deps-full
	@$(MAKE) --no-print-directory -j$$(nproc) test-programs
	@$(MAKE) --no-print-directory -j$$(nproc) VARIANT=asan test-programs
	@$(MAKE) --no-print-directory -j$$(nproc) VARIANT=clang CC=clang WERROR=1 CFLAGS='-O1' test-programs
	@$(MAKE) --no-print-directory fuzzers
	@$(MAKE) --no-print-directory lint
	@$(PYTHON) tests/run.py --build $(O) --again build/asan --valgrind $(O) --fuzz build/fuzz --full

# What can be known without running it: three readers of the code, and the list of what they are wrong about.
lint:
	$(call install_packages,$(LINT_PACKAGES))
	@$(PYTHON) -B tests/lint.py -- $(OURS) $(CPPFLAGS) -DDATADIR='""' -DLOCALEDIR='""' $(BASE_CFLAGS) $(GLIB_CFLAGS)

valgrind: deps-check
	$(call install_packages,valgrind)
	@$(MAKE) --no-print-directory -j$$(nproc) test-programs
	@$(PYTHON) tests/run.py --valgrind $(O)

# Which lines and branches the tests reach, as a table; what they don't stands in tests/uncovered.list, with its reason.
coverage: deps-coverage
	@$(MAKE) --no-print-directory -j$$(nproc) VARIANT=cov test-programs
	@find build/cov -name '*.gcda' -delete
	@GCOV_ERROR_FILE=/dev/null $(PYTHON) tests/run.py --again build/cov --full
	@GCOV_ERROR_FILE=/dev/null KINDLY_BUILD=$(CURDIR)/build/cov $(PYTHON) -B -m pytest -q -p no:cacheprovider \
	  -m full tests/system/test_inject.py
	@$(PYTHON) -B tests/coverage.py build/cov

# Real notification servers, one row each; DESKTOPS="dunst mako-notifier" are some of them.
check-desktops: deps-desktops
	@$(MAKE) --no-print-directory -j$$(nproc) test-programs
	@$(PYTHON) -B tests/desktops/matrix.py --build $(O) $(DESKTOPS)

# The core through YEARS of random life, a share of them on each processor; SEED makes a run again.
YEARS ?= 1000
SEED  ?= $(shell date +%s)
simulate:
	@$(MAKE) --no-print-directory -s -j$$(nproc) $(SIMULATE)
	@n=$$(nproc); share=$$((($(YEARS) + n - 1) / n)); i=0; pids=; \
	while [ $$i -lt $$n ]; do \
	  $(SIMULATE) --years $$share --seed $$(($(SEED) + i * share)) --minimise & pids="$$pids $$!"; i=$$((i + 1)); done; \
	status=0; for pid in $$pids; do wait $$pid || status=1; done; exit $$status

# Hostile input (tests/fuzz): each target for so many SECONDS, one on each processor; TARGETS="config calendar" are
# some of them. What is found is kept, and its path printed.
SECONDS ?= 60
CLANG   ?= clang
FUZZ_PACKAGES := $(CHECK_PACKAGES) clang libclang-rt-14-dev
fuzz: deps-fuzz fuzzers
	@$(PYTHON) -B tests/fuzz/fuzz.py --build build/fuzz --seconds $(SECONDS) $(TARGETS)
fuzzers:
	@$(MAKE) --no-print-directory -j$$(nproc) VARIANT=fuzz CC='$(CLANG)' CFLAGS=-g fuzz-targets
fuzz-targets: $(FUZZERS)

bench: deps-bench
	@$(MAKE) --no-print-directory -s -j$$(nproc) all $(BENCHES) $(DRIVERS)
	@for b in $(MEASURING); do printf '== %s\n\n' "$${b##*/}"; KINDLY_BUILD=$(CURDIR)/$(O) PYTHONDONTWRITEBYTECODE=1 $$b || exit 1; done

# --- Install ----------------------------------------------------------------------------------------------------
# One table: mode, what, where. install, uninstall and the install test read it.
EXAMPLES   := $(sort $(wildcard docs/examples/*))
DECK_FILES := $(sort $(wildcard config/decks/*/*.conf))
WORDING_FILES := $(sort $(wildcard config/wording/*.conf))
define INSTALLED
755 $(O)/kindlyd $(BINDIR)/kindlyd
755 $(O)/kindly $(BINDIR)/kindly
755 $(O)/kindly-notify $(LIBEXECDIR)/kindly-notify
755 $(O)/kindly-tty $(LIBEXECDIR)/kindly-tty
644 config/kindly.conf $(DATADIR)/kindly.conf
$(foreach f,$(DECK_FILES),644 $(f) $(DATADIR)/$(f:config/%=%)
)644 config/decks/LICENSE $(DATADIR)/decks/LICENSE
$(foreach f,$(WORDING_FILES),644 $(f) $(DATADIR)/$(f:config/%=%)
)$(foreach l,$(LINGUAS),644 $(O)/locale/$(l)/LC_MESSAGES/kindly.mo $(DATAROOT)/locale/$(l)/LC_MESSAGES/kindly.mo
)644 $(O)/kindlyd.service $(USERUNITDIR)/kindlyd.service
644 units/kindlyd-strict.conf $(DATADIR)/kindlyd-strict.conf
755 $(O)/kindly-sandbox-generator $(GENERATORDIR)/kindly-sandbox-generator
644 $(O)/org.kindlyd.Kindly1.service $(DATAROOT)/dbus-1/services/org.kindlyd.Kindly1.service
644 units/org.kindlyd.Kindly1.xml $(DATAROOT)/dbus-1/interfaces/org.kindlyd.Kindly1.xml
644 $(O)/org.kindlyd.Kindly.desktop $(DATAROOT)/applications/org.kindlyd.Kindly.desktop
644 $(O)/org.kindlyd.Kindly.metainfo.xml $(DATAROOT)/metainfo/org.kindlyd.Kindly.metainfo.xml
644 units/org.kindlyd.Kindly.svg $(DATAROOT)/icons/hicolor/scalable/apps/org.kindlyd.Kindly.svg
644 units/org.kindlyd.Kindly-symbolic.svg $(DATAROOT)/icons/hicolor/symbolic/apps/org.kindlyd.Kindly-symbolic.svg
$(foreach p,$(PAGES),644 $(p) $(MANDIR)/man$(subst .,,$(suffix $(p)))/$(notdir $(p))
)$(foreach f,$(EXAMPLES),$(if $(filter %.sh,$(f)),755,644) $(f) $(DOCDIR)/$(f:docs/%=%)
)644 docs/writing-prompts.md $(DOCDIR)/writing-prompts.md
644 docs/completions/kindly.bash $(DATAROOT)/bash-completion/completions/kindly
644 docs/completions/_kindly $(ZSHDIR)/_kindly
644 docs/completions/kindly.fish $(DATAROOT)/fish/vendor_completions.d/kindly.fish
endef
export INSTALLED

install: all $(PAGES)
	@printf '%s\n' "$$INSTALLED" | while read -r mode from to; do \
	  [ -z "$$mode" ] || $(INSTALL) -Dm$$mode "$$from" "$(DESTDIR)$$to" || exit 1; done
uninstall:
	@printf '%s\n' "$$INSTALLED" | while read -r mode from to; do \
	  [ -z "$$mode" ] || rm -f "$(DESTDIR)$$to"; done
	@for d in "$(DESTDIR)$(DATADIR)"/decks/* "$(DESTDIR)$(DATADIR)"/decks "$(DESTDIR)$(DATADIR)"/wording \
	  "$(DESTDIR)$(DATADIR)" "$(DESTDIR)$(DOCDIR)"/examples "$(DESTDIR)$(DOCDIR)" "$(DESTDIR)$(LIBEXECDIR)"; do \
	  rmdir "$$d" 2>/dev/null || :; done

# --- Packages and releases --------------------------------------------------------------------------------------
# All of it goes below build/deb and build/dist. Debian's package is built from a copy of this tree as it is now, with
# nothing of the caller's flags.
SOURCE     := kindly-$(VERSION)
FLAG_NAMES := CFLAGS CPPFLAGS LDFLAGS PREFIX DESTDIR VARIANT WERROR MAKEFLAGS MFLAGS MAKEOVERRIDES
deps-deb:
	$(call install_packages,$(DEB_PACKAGES))
deb: deps-deb
	@rm -rf build/deb && mkdir -p build/deb/$(SOURCE)
	@tar --exclude=./build --exclude=./.git --exclude=__pycache__ --exclude=.pytest_cache -cf - . | tar -C build/deb/$(SOURCE) -xf -
	@cd build/deb/$(SOURCE) && env $(FLAG_NAMES:%=-u %) dpkg-buildpackage -us -uc >../build.log 2>&1 || \
	  { tail -n 40 ../build.log >&2; exit 1; }
	@ls build/deb/*.deb

# Whether all that is said of this version agrees, and its tarball; what is kept of a version, for those that follow.
release: deps-check
	@$(MAKE) --no-print-directory -s -j$$(nproc) all $(PAGES)
	@$(PYTHON) -B tests/release.py --build $(O)
keep-version: all
	@KINDLY_BUILD=$(CURDIR)/$(O) $(PYTHON) -B tests/system/rig_upgrade.py tests/upgrade/$(VERSION)

check-unit: $(TESTS)
	@for t in $(TESTS); do KINDLY_BUILD=$(CURDIR)/$(O) $$t || exit 1; done

format:
	clang-format -i $$(git ls-files '*.c' '*.h')

clean:
	rm -rf build
help:
	@echo 'make all         the programs, in build/VARIANT (VARIANT: release, debug, asan, cov)'
	@echo 'make run         build and use it here: a first prompt at once, then by the schedule'
	@echo 'make check       build and run the quick tests (installs what they need)'
	@echo 'make check-full  all tests: sanitizers, another compiler, a real systemd user manager'
	@echo 'make check-desktops  nine notification servers of Debian, as a table; pictures in build/desktops'
	@echo 'make lint        clang-tidy, cppcheck and gcc -fanalyzer (in check-full, too)'
	@echo 'make valgrind    the unit tests under memcheck (in check-full, too)'
	@echo 'make coverage    which lines and branches the tests reach, and why not the rest'
	@echo 'make deps        install what check needs (deps-run: what run needs; deps-full: check-full)'
	@echo 'make install     into PREFIX ($(PREFIX)), below DESTDIR; make uninstall takes it out again'
	@echo 'make deb         the Debian package, in build/deb'
	@echo 'make release     whether all that is said of this version agrees; its tarball in build/dist'
	@echo 'make keep-version  what this version leaves behind, for the tests of those that follow'
	@echo 'make simulate    play YEARS ($(YEARS)) of random days through the rules, from SEED'
	@echo 'make fuzz        hostile input for SECONDS ($(SECONDS)) on each target; TARGETS="config calendar"'
	@echo 'make pot         collect the texts to translate, after a change of them'
	@echo 'make bench       measure; make format: clang-format; make clean'

-include $(OBJS:.o=.d)
