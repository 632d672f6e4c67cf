# SPDX-License-Identifier: MIT
# Verbs only; Meson does the work. Each verb sets up what it needs first.

MESON = meson
BUILD = build
OPTIONS = -Dwerror=true -Dtests=false

.PHONY: all demo test bench asan tsan lint format install

all: $(BUILD)/build.ninja
	$(MESON) compile -C $(BUILD)

$(BUILD)/build.ninja:
	packaging/setup build
	$(MESON) setup $(BUILD) $(OPTIONS) $(if $(prefix),-Dprefix="$(prefix)")

demo: all
	$(BUILD)/tools/naru demo

test:
	packaging/setup test
	packaging/check

bench:
	packaging/setup bench
	packaging/bench

asan:
	packaging/setup test
	packaging/check asan

tsan:
	packaging/setup test
	packaging/check tsan

lint:
	packaging/setup test
	packaging/check lint

format:
	packaging/setup test
	git ls-files '*.c' '*.h' | xargs clang-format -i

install: $(BUILD)/build.ninja
	$(if $(prefix),$(MESON) configure $(BUILD) -Dprefix="$(prefix)")
	$(MESON) compile -C $(BUILD)
	$(MESON) install -C $(BUILD) --no-rebuild $(if $(DESTDIR),--destdir "$(DESTDIR)")
	$(if $(DESTDIR),,ldconfig || true)
