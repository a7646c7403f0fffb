# Everything that a developer or CI runs. `make` alone lists the goals.
PREFIX ?= /usr/local
DESTDIR ?=
CMAKE_ARGS ?=
CMAKE_BUILD_PARALLEL_LEVEL ?= $(shell nproc)
export CMAKE_BUILD_PARALLEL_LEVEL

# Tests are not checked by the static analyzer, which takes a minute per test because of GoogleTest's
# macros (the sanitizers check them at run time), nor by the checks for performance.
tidy = run-clang-tidy-19 -quiet -j $(CMAKE_BUILD_PARALLEL_LEVEL)
cpp_files = $(shell git ls-files -co --exclude-standard '*.h' '*.cc')

.DEFAULT_GOAL := help
.PHONY: help demo test lab interop build check format format-check lint asan tsan clang elixir-asan fuzz soak plant long bench-peers rfc docs install clean

help: ## list these goals
	@sed -n 's/^\([a-z-]*\):.*## /  make \1\t/p' Makefile | expand -t 20

demo: ## install the dependencies, build, and show two peers connecting
	scripts/bootstrap build
	cmake --preset release --log-level=WARNING
	cmake --build --preset release --target specter
	build/release/specter lifecycle

test: ## run everything that CI runs: the checks, CTest (with browsers), ExUnit
	scripts/bootstrap build elixir browsers interop lab docs
	scripts/check
	$(MAKE) --no-print-directory build
	scripts/test build/release

lab: ## run all tests in kernel networks (some minutes, as root): tests/lab
	scripts/bootstrap build lab
	$(MAKE) --no-print-directory build
	SPECTER_LAB=all ctest --test-dir build/release --output-on-failure --no-tests=error -V -L lab

interop: ## test with other stacks, from npm, PyPI, Go and Rust: tests/interop/test_stacks.py
	scripts/bootstrap build
	$(MAKE) --no-print-directory build
	/usr/bin/python3 tests/interop/test_stacks.py $(STACKS)

build: ## make the release build, in build/release
	cmake --preset release --log-level=WARNING
	cmake --build --preset release

check: ## check the rules of docs/architecture.md; after a build, the libraries' symbols too
	scripts/check $(if $(wildcard build/release/build.ninja),--build build/release)

format: ## format the C++ with clang-format and the Elixir with mix
	scripts/bootstrap elixir lint
	clang-format-19 -i $(cpp_files)
	cd elixir && LC_ALL=C.UTF-8 mix format

format-check: ## show what `make format` would change
	clang-format-19 --dry-run --Werror $(cpp_files)
	cd elixir && LC_ALL=C.UTF-8 mix format --check-formatted

lint: ## run clang-tidy on src/ and elixir/c_src/, and the checks
	scripts/bootstrap build elixir lint
	scripts/check
	cmake --preset clang --log-level=WARNING
	$(tidy) -p build/clang '^$(CURDIR)/src/(?!.*_test\.cc$$)'
	$(tidy) -p build/clang '-checks=-clang-analyzer-*,-performance-*' '^$(CURDIR)/src/.*_test\.cc$$'
	cd elixir && LC_ALL=C.UTF-8 MIX_ENV=test mix compile
	$(tidy) -p build/elixir -extra-arg=-Wno-unknown-warning-option '^$(CURDIR)/elixir/c_src/'

asan: ## build and test with AddressSanitizer and UndefinedBehaviorSanitizer
	scripts/bootstrap build lint
	cmake --preset asan --log-level=WARNING
	cmake --build --preset asan
	ctest --preset asan -LE 'interop|lab'

tsan: ## build and test with ThreadSanitizer
	scripts/bootstrap build lint
	cmake --preset tsan --log-level=WARNING
	cmake --build --preset tsan
	ctest --preset tsan -LE 'interop|lab'

clang: ## build and test with clang 19
	scripts/bootstrap build lint
	cmake --preset clang --log-level=WARNING
	cmake --build --preset clang
	ctest --preset clang -LE 'interop|lab'

# The native code is built first: otherwise the preloaded library would be loaded into the compilers too.
# Our leaks are found by our frames in the reports, since the VM has leaks of its own. For that the VM must
# allocate with malloc. Then it can't report its memory: the one test of that is left out.
elixir-asan: export LC_ALL = C.UTF-8
elixir-asan: export MIX_ENV = test
elixir-asan: export MIX_BUILD_PATH = $(CURDIR)/elixir/_build/asan
elixir-asan: export SPECTER_SANITIZE = address,undefined
elixir-asan: reports = $(CURDIR)/build/elixir-asan-reports
elixir-asan: ## test Elixir with its native code under the sanitizers of `make asan`
	rm -rf "$(reports)" && mkdir -p "$(reports)"
	cd elixir && mix compile.specter_native
	cd elixir && LD_PRELOAD="$$(gcc -print-file-name=libasan.so)" ERL_FLAGS="+Mea min" \
	  ASAN_OPTIONS="abort_on_error=1:quarantine_size_mb=8:log_path=$(reports)/asan" \
	  LSAN_OPTIONS=exitcode=0 UBSAN_OPTIONS=print_stacktrace=1 mix test --exclude memory --timeout 300000
	! grep -rE -B8 'specter::|specter_nif|ERROR: AddressSanitizer' "$(reports)"

fuzz: ## run the fuzzers: FUZZ=dtls_record (default: all), SECONDS=60 each
	scripts/fuzz --seconds $(or $(SECONDS),60) $(FUZZ)

soak: ## run the simulation: SEEDS=1000000 from FIRST=1, of whole peers and as many of SCTP alone
	scripts/bootstrap build
	cmake --preset release --log-level=WARNING
	cmake --build --preset release --target specter
	build/release/specter sim --seeds $(or $(SEEDS),1000000) --first $(or $(FIRST),1) --table
	build/release/specter sim --sctp --seeds $(or $(SEEDS),1000000) --first $(or $(FIRST),1)

plant: ## test which bugs of tests/planted the simulation finds (an hour): PLANT=late-path
	scripts/bootstrap build
	scripts/plant $(PLANT)

long: ## run what takes too long for CI (half an hour): a message of 10 GB, 1 GB each way with browsers, Elixir's long tests
	scripts/bootstrap build elixir browsers interop
	$(MAKE) --no-print-directory build
	SPECTER_LARGE_MESSAGE=10000000000 build/release/src/sctp/specter_sctp_test --gtest_filter='*LargerThanAllBuffers*'
	/usr/bin/python3 tests/front_door/consumer_test.py static --whole --source $(CURDIR) --build build/release
	/usr/bin/python3 tests/interop/test_bulk.py chromium --megabytes 1000 --timeout 1800
	/usr/bin/python3 tests/interop/test_bulk.py firefox --megabytes 1000 --timeout 1800
	cd elixir && LC_ALL=C.UTF-8 MIX_ENV=test mix test --only long

bench-peers: ## compare the speed with other WebRTC stacks (40 minutes): docs/performance/peers.md
	scripts/bootstrap build
	scripts/bench-peers

rfc: ## write docs/rfc.md: which sections of RFCs have code, and which a test
	scripts/rfc

docs: ## write the reference of the C++ headers into build/docs/html
	scripts/bootstrap docs
	scripts/reference

install: ## build the library and the command, no tests, into PREFIX (/usr/local), under DESTDIR when it is set
	cmake --preset install --log-level=WARNING -DCMAKE_INSTALL_PREFIX="$(PREFIX)" $(CMAKE_ARGS)
	cmake --build --preset install
	DESTDIR="$(DESTDIR)" cmake --install build/install

clean: ## remove all builds
	rm -rf build elixir/_build examples/rooms/_build examples/sfu/_build
