# Community AI. Two commands matter: `make run` starts a node, `make test` checks the code.
.DEFAULT_GOAL := help
.PHONY: help run test test-postgres lint format check lock messages compile-messages bench learning clean

PYTHON ?= python3
NODE := .venv/bin/python
# More words for the command behind a target: make test ARGS="tests/core -x"
ARGS ?=
# The processes that run the tests, each with a data folder and databases of its own: one a core, four at most. WORKERS=0
# runs them in one, for a debugger. A file is never divided; tests/conftest.py says which begin.
WORKERS ?= logical
PYTEST = -m pytest -n $(WORKERS) --maxprocesses=4 --dist=loadfile --no-loadscope-reorder

# Find a Python that is new enough and let it bring .venv to one of the locks in requirements/.
define install
@for python in $(PYTHON) python3 python3.13 python3.12 python3.11 none; do \
	if [ $$python = none ]; then \
		echo "Community AI needs Python 3.11 or newer. On Debian 12 or later: sudo apt install python3 python3-venv" >&2; exit 2; \
	fi; \
	if $$python -c 'import sys; sys.exit(sys.version_info < (3, 11))' 2>/dev/null; then break; fi; \
done; $$python requirements/install.py $(1)
endef

help: ## List what `make` can do
	@awk -F ':.*## ' '/^[a-z-]+:.*## / { printf "  make %-17s %s\n", $$1, $$2 }' $(MAKEFILE_LIST)

run: ## Install what is missing, then start the node and print its address
	$(call install,run)
	@exec $(NODE) manage.py up

test: ## Run every test, browser tests included (ARGS="tests/core -x" for some)
	$(call install,test)
	@$(NODE) -m tests.chromium
	$(NODE) $(PYTEST) $(ARGS)

test-postgres: ## Run every test on a PostgreSQL server of its own
	$(call install,test)
	@$(NODE) -m tests.chromium
	$(NODE) -m tests.postgres $(NODE) $(PYTEST) $(ARGS)

lint: ## Check the code's form and types (ruff, mypy, djlint)
	$(call install,test)
	$(NODE) -m ruff check .
	$(NODE) -m ruff format --check .
	$(NODE) -m mypy
	$(NODE) -m djlint --quiet --lint .

format: ## Put the code into its form
	$(call install,test)
	$(NODE) -m ruff check --fix .
	$(NODE) -m ruff format .
	-$(NODE) -m djlint --quiet --reformat .

check: lint test ## Everything that a change must pass

lock: ## Renew the locks after a change of pyproject.toml (ARGS="--upgrade" for newer versions)
	$(call install,test)
	$(NODE) requirements/lock.py $(ARGS)

messages: ## Gather the pages' sentences into locale/ (needs Debian's gettext)
	$(call install,run)
	$(NODE) manage.py makemessages --all --no-wrap --no-location --no-obsolete --ignore .venv --ignore var --ignore tests $(ARGS)

compile-messages: ## Compile the translations of locale/ (`make run` does it too)
	$(call install,run)
	$(NODE) manage.py compile_translations

bench: ## Measure the model's worker beside the plain library
	$(call install,run)
	$(NODE) manage.py bench_inference $(ARGS)

learning: ## Install what trains adapters (TORCH_WHEEL=file or GPU=1; the README explains)
	$(call install,run)
	@TORCH_WHEEL="$(TORCH_WHEEL)" GPU="$(GPU)" $(NODE) requirements/learning.py

clean: ## Remove what was installed and cached here; the data folder stays
	rm -rf .venv build .mypy_cache .ruff_cache .pytest_cache .hypothesis
	find . -name __pycache__ -type d -prune -exec rm -rf {} +
