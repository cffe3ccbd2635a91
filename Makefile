# Set-up needs Python 3.11 or newer and nothing else: every target makes what it needs first.
PYTHON ?= $(shell command -v python3.11 || command -v python3)
VENV ?= .venv
BIN = $(VENV)/bin
DEMO ?= runs/demo
MUJOCO_GL_PACKAGES = libosmesa6 libegl1 libegl-mesa0 libgl1-mesa-dri
# Files stay together, for what they make is shared by their tests; each process imports the libraries anew.
PARALLEL = --numprocesses auto --maxprocesses 4 --dist loadfile
PIP_INSTALL = $(BIN)/pip install --quiet --disable-pip-version-check --constraint constraints.txt --editable

.PHONY: demo test test-all check format system docs clean

demo: $(VENV)/.demo  ## Judge simulated clips, of which some break a law; generate with two variants, judge, compare
	$(BIN)/python -m lawful.generators.worlds.demo $(DEMO)/clips
	$(BIN)/lawful score $(DEMO)/clips --prompts $(DEMO)/clips/prompts.csv --out $(DEMO)/simulated
	$(BIN)/lawful report $(DEMO)/simulated
	$(BIN)/lawful generate balls --generator tiny-causal,tiny-causal-early --duration 3 --out $(DEMO)/videos
	$(BIN)/lawful score $(DEMO)/videos --suite balls --out $(DEMO)/generated
	$(BIN)/lawful compare $(DEMO)/generated --by axis
	$(BIN)/lawful report $(DEMO)/generated

test: $(VENV)/.test  ## Tests that take minutes at most
	$(BIN)/python -m pytest $(PARALLEL) -m "not long"

test-all: $(VENV)/.test  ## All tests, the long ones too, and other examples of what holds for all
	$(BIN)/python -m pytest $(PARALLEL) --hypothesis-profile drawn

check: $(VENV)/.dev  ## Format, lint, types, generated docs
	$(BIN)/ruff format --check .
	$(BIN)/ruff check .
	$(BIN)/pyright
	$(BIN)/python docs/make_commands.py --check

format: $(VENV)/.dev  ## Put the code into the one format
	$(BIN)/ruff format .
	$(BIN)/ruff check --fix .

docs: $(VENV)/.dev  ## Write the generated parts of docs/
	$(BIN)/python docs/make_commands.py

system:  ## Optional system packages (Debian, Ubuntu): a browser for tests of the report, OpenGL for solid worlds
	@echo "Optional system packages: chromium (tests of the report's page)"
	@echo "and $(MUJOCO_GL_PACKAGES) (MuJoCo draws solid worlds with them)"
	@absent=""; \
	if command -v chromium >/dev/null; then echo "chromium: already here"; else absent=chromium; fi; \
	for package in $(MUJOCO_GL_PACKAGES); do \
		if dpkg-query -W -f '$${Status}' $$package 2>/dev/null | grep -q "ok installed"; then echo "$$package: already here"; \
		else absent="$$absent $$package"; fi; \
	done; \
	if test -n "$$absent"; then echo "installing:" $$absent; \
	$$(test "$$(id -u)" = 0 || echo sudo) sh -c "apt-get update -qq && apt-get install -y -qq $$absent"; fi

clean:  ## Remove what these targets made
	rm -rf $(VENV) build *.egg-info runs

$(VENV)/bin/pip:
	$(PYTHON) -m venv $(VENV)

$(VENV)/.demo: pyproject.toml constraints.txt | $(VENV)/bin/pip
	$(PIP_INSTALL) ".[generate]"
	touch $@

$(VENV)/.test: pyproject.toml constraints.txt | $(VENV)/bin/pip
	$(PIP_INSTALL) ".[test]"
	touch $@ $(VENV)/.demo

$(VENV)/.dev: pyproject.toml constraints.txt | $(VENV)/bin/pip
	$(PIP_INSTALL) ".[dev]"
	touch $@ $(VENV)/.test $(VENV)/.demo
