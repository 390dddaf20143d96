# One place for everything one does with the project. It needs Python 3.10 or newer, make and git; what it installs goes
# into .venv, once for each change of pyproject.toml.

SHELL := /bin/sh
.DEFAULT_GOAL := help
.DELETE_ON_ERROR:
.PHONY: help demo lab test test-kernels test-lowest bench measure campaign docs docs-serve dist package format clean

VENV ?= .venv
BIN := $(abspath $(VENV))/bin
# Passed on: make test ARGS="-k resume", make bench ARGS=journal
ARGS ?=
# How long the campaign goes on.
MINUTES ?= 10
# What installs packages. uv is faster, but goes past what pip was told of mirrors: make INSTALL="uv pip install"
INSTALL ?= $(BIN)/python -m pip install
export PIP_DISABLE_PIP_VERSION_CHECK := 1

JS_TESTS := $(wildcard tests/js/*.test.mjs)

help:
	@echo 'make demo     watch an upload survive the death of its kernel (about half a minute)'
	@echo 'make lab      open JupyterLab on the notebooks, with a local OSS to try things on'
	@echo 'make test     check everything: style, types, tests     ARGS="-k resume" picks tests'
	@echo 'make test-kernels   try it with other versions of ipykernel, JupyterLab and Notebook'
	@echo 'make test-lowest    what depends on other packages, with the oldest versions that pyproject.toml allows'
	@echo 'make bench    measure what is worth measuring           ARGS=NAME picks one'
	@echo 'make campaign   kill kernels and helpers at random moments   MINUTES=10'
	@echo 'make docs     build the site of the documentation into build/site; docs-serve shows it'
	@echo 'make dist     build what is published, check it, and run the demonstration from it'
	@echo 'make format   put the code into shape'
	@echo 'make clean    remove .venv and everything else that can be made again'

demo: $(VENV)/.has-kernel
	@$(BIN)/python tests/demo.py $(ARGS)

# In the reader's language.
FIRST_NOTEBOOK = /lab/tree/notebooks/$$(case "$${LANGUAGE:-$${LC_ALL:-$$LANG}}" in (zh*) echo zh-CN/; esac)01-first-upload.ipynb

# A sandbox that runs already belongs to somebody else and is left alone. An editable install holds a copy of JupyterLab's
# extension; with the links it is that of the sources, and a change is there when the page is loaded again. The root is the
# project, because the notebooks link to pages in docs.
lab: $(VENV)/.has-lab
	@$(BIN)/python -m tests.browser.lab_extension .cache/jupyter
	@if ! $(BIN)/oss-jupyter sandbox --status >/dev/null; then \
	  trap '$(BIN)/oss-jupyter sandbox --stop' EXIT; trap : INT; \
	fi; \
	$(BIN)/oss-jupyter sandbox --detach >/dev/null && \
	echo 'A local OSS is running; %oss_sandbox start finds it. Ctrl-C ends everything.' && \
	cd notebooks && JUPYTER_PATH=$(CURDIR)/.cache/jupyter $(BIN)/jupyter lab --ServerApp.answer_yes=True --ServerApp.log_level=WARN \
	  --ServerApp.root_dir='$(CURDIR)' $$(test "$$(id -u)" = 0 && echo --allow-root) $(ARGS) --LabApp.default_url=$(FIRST_NOTEBOOK)

# Several at once, because most of the time they wait.
test: $(VENV)/.has-test
	$(BIN)/ruff check
	$(BIN)/ruff format --check
	$(BIN)/mypy
ifneq ($(JS_TESTS),)
	@if command -v node >/dev/null; then \
	  echo 'node --test tests/js'; node --test --test-reporter=dot $(JS_TESTS); \
	else \
	  echo 'NOT RUN: the tests of the JavaScript in tests/js need node (Debian: apt-get install nodejs).'; \
	  test -z "$$CI"; \
	fi
endif
	$(BIN)/pytest -n 4 $(ARGS)

test-kernels: $(VENV)/.has-test
	$(BIN)/pytest -n 2 -m kernels tests/browser/test_kernel_versions.py tests/browser/test_lab_versions.py $(ARGS)

# Without browsers and notebooks: what they show does not depend on it.
test-lowest:
	@$(MAKE) --no-print-directory VENV=$(VENV)-lowest $(VENV)-lowest/.has-lowest
	$(VENV)-lowest/bin/pytest -n 3 $(or $(ARGS),tests/checks tests/local tests/objects tests/oss tests/remote)

# In an environment of its own: ossfs, which is measured too, answers oss:// wherever it is, and wants an old oss2.
bench:
	@$(MAKE) --no-print-directory VENV=$(VENV)-bench measure

measure: $(VENV)/.has-bench
	@$(BIN)/python -m tests.benchmarks $(ARGS)

campaign: $(VENV)/.has-kernel
	@$(BIN)/python -m tests.campaign --minutes $(MINUTES) $(ARGS)

# ARGS=--no-run shows the notebooks as they are, and does not run them.
docs: $(VENV)/.has-docs
	@$(BIN)/python docs/site/build.py $(ARGS)

docs-serve: docs
	@$(BIN)/python -m http.server --bind 127.0.0.1 --directory build/site $(or $(PORT),8000)

# In an environment of its own, which has nothing to do with the one where the wheel is tried.
dist:
	@$(MAKE) --no-print-directory VENV=$(VENV)-release package

package: $(VENV)/.has-release
	@$(BIN)/python -m tests.package

format: $(VENV)/.has-test
	@$(BIN)/ruff check --fix --exit-zero --quiet
	@$(BIN)/ruff format
	@$(BIN)/ruff check

clean:
	rm -rf $(VENV) $(VENV)-bench $(VENV)-release $(VENV)-lowest .venv-newest .cache .mypy_cache .pytest_cache .ruff_cache artifacts build dist
	find . -name __pycache__ -type d -prune -exec rm -rf {} +

# What each command needs is installed when it is first given.
$(VENV)/.has-kernel: EXTRAS := kernel
$(VENV)/.has-lab: EXTRAS := lab,demo,dask
$(VENV)/.has-bench: EXTRAS := lab,bench
$(VENV)/.has-test: EXTRAS := lab,test
$(VENV)/.has-release: EXTRAS := release
$(VENV)/.has-docs: EXTRAS := docs,demo,dask,kernel

$(VENV)/.has-%: pyproject.toml $(VENV)/.made
	@echo 'Installing oss_jupyter[$(EXTRAS)] into $(VENV) (once; a minute or two) …'
	@VIRTUAL_ENV=$(abspath $(VENV)) $(INSTALL) --quiet --editable '.[$(EXTRAS)]'
	@touch $@

$(VENV)/.has-lowest: pyproject.toml $(VENV)/.made
	@echo 'Installing the oldest packages that are allowed into $(VENV) (once) …'
	@$(BIN)/python -m pip install --quiet uv
	@$(BIN)/uv pip install --quiet --python $(BIN)/python --resolution lowest-direct --editable '.[lab,test]'
	@touch $@

# The first Python that is new enough; name another with: make PYTHON=/path/to/python3.12
$(VENV)/.made:
	@for python in $(or $(PYTHON),python3 python3.14 python3.13 python3.12 python3.11 python3.10 python); do \
	  if $$python -c 'import sys; sys.exit(sys.version_info < (3, 10))' 2>/dev/null; then \
	    echo "Making $(VENV) with $$($$python --version) …" && $$python -m venv --clear $(VENV) && touch $@; \
	    exit; \
	  fi; \
	done; \
	echo 'Python 3.10 or newer is needed and was not found; name it with: make PYTHON=/path/to/python3.11' >&2; exit 1
