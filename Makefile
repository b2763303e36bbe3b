# `make` or `make help` lists the targets.
PYTHON ?= python3
# kilted: everything. jazzy: the node and its tests, in an environment beside it.
DISTRO ?= kilted
VENV := .venv$(if $(filter-out kilted,$(DISTRO)),-$(DISTRO))
RUN := AMENT_PREFIX_PATH=$(CURDIR)/$(VENV) RMW_IMPLEMENTATION=rmw_fastrtps_cpp $(VENV)/bin/python
CHECK := import sys; sys.exit(sys.version_info[:2] != (3, 11))
PIP := $(VENV)/bin/pip install --quiet --disable-pip-version-check
REQUIREMENTS := $(wildcard requirements/*.txt) requirements/build_vision_msgs.py \
	$(wildcard requirements/vision_msgs/msg/*) setup.py
TESTS ?= test
TESTS_OF_NODE := test/node test/capture test/examples test/images test/people test/person_finder test/evaluation/live test/evaluation/recordings

DATA := $(or $(IMRS_DATA),../shared/data)/ucf101-subset
OTHER := $(addprefix $(DATA)/../other-actions/,dark skateboard daily)
STUDY = $(VENV)/bin/python -m training.study training/studies/$(1).yaml --data $(DATA) $(2) \
	--results docs/results.json --tables docs/results.md

.PHONY: help setup demo view docs test lint unit test-jazzy stages bench reproduce clean

help:  ## list the targets
	@grep -E '^[a-z-]+:.*##' Makefile | sed -E 's/:.*## /\t/' | expand -t 12

setup: $(VENV)/.setup_done  ## create .venv with all dependencies; quick when nothing has changed

$(VENV)/.setup_done: $(REQUIREMENTS)
	@$(PYTHON) -c '$(CHECK)' || { echo 'expected CPython 3.11, got another: make $(MAKECMDGOALS) PYTHON=python3.11'; exit 1; }
	@echo 'setting up $(VENV): about five minutes and 3 GB, once'
	$(VENV)/bin/python -c '$(CHECK)' 2>/dev/null || $(PYTHON) -m venv --clear $(VENV)
	$(PIP) --require-hashes --no-deps -r requirements/lock-$(DISTRO).txt
	$(PIP) -r requirements/$(DISTRO).txt  # torch alone is left; see requirements/without_torch.txt
	$(VENV)/bin/python requirements/build_vision_msgs.py
	$(PIP) --no-deps --no-build-isolation --editable .
	touch $@

demo: setup  ## play real video to the real node; VIDEO=<file, folder, camera or URL> MODEL=<name or folder> PEOPLE=1
	$(RUN) -m imrs_ros.demo

view: setup  ## show in the browser what the node sees; SOURCE=<file, folder, camera or URL> PEOPLE=1; without, a node that runs
	$(RUN) -m imrs_ros.view

docs: setup  ## build the documentation site: build/site/index.html
	$(VENV)/bin/python -m sphinx --fresh-env --write-all -n -W --keep-going --quiet docs build/site

test: lint unit  ## run the linters and all tests

lint: setup  ## run ruff, codespell, the link check, and mypy for Python 3.10 and 3.11
	$(VENV)/bin/pre-commit run --all-files
	$(VENV)/bin/mypy
	$(VENV)/bin/mypy --python-version 3.10

unit: setup  ## run all tests, or those in TESTS=<files or folders>
	$(RUN) -m pytest $(TESTS)

test-jazzy:  ## run the tests of the node on ROS 2 Jazzy, in .venv-jazzy
	$(MAKE) unit DISTRO=jazzy TESTS='$(TESTS_OF_NODE)'

stages: setup  ## time every stage from image message to published window
	$(RUN) benchmarks/stages.py

bench: setup  ## run the benchmarks; writes docs/performance.json and docs/performance.md
	$(RUN) benchmarks/run_all.py

reproduce: setup  ## train the shipped model and redo docs/results.md; takes hours, resumes
	$(VENV)/bin/python -m training.extract $(DATA)/videos data/ucf10_tvl1 --short-side 160 \
		--flow tvl1 --flow-short-side 64 --max-sec 2 \
		--only $$(cut -d' ' -f2 $(DATA)/splits/classInd.txt)
	$(call STUDY,paper,--frames data/ucf10_tvl1)
	$(call STUDY,lite0,--frames data/ucf10_tvl1)
	$(VENV)/bin/python -m training.export data/runs/lite0-imrs-split1-seed0 --data $(DATA) \
		--background $(OTHER) --out models/ucf10
	$(call STUDY,body,--frames data/ucf10_tvl1)
	$(call STUDY,whole,)
	$(VENV)/bin/python -m training.quantise models/ucf10 --data $(DATA) \
		--unseen $(DATA)/../other-actions/weizmann $(DATA)/../other-actions/signs --max-clips 3
	$(VENV)/bin/python -m training.add_pose models/ucf10 --data $(DATA) --background $(OTHER) \
		--out models/ucf10_pose

clean:  ## remove the environments and everything built; data/ and models/ stay
	rm -rf .venv .venv-jazzy build install log *.egg-info .mypy_cache .ruff_cache .hypothesis
