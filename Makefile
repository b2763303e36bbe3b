# `make` or `make help` lists what can be made.
PYTHON ?= python3
VENV := .venv
RUN := AMENT_PREFIX_PATH=$(CURDIR)/$(VENV) RMW_IMPLEMENTATION=rmw_fastrtps_cpp $(VENV)/bin/python
REQUIREMENTS := $(wildcard requirements/*.txt) requirements/build_vision_msgs.py \
	$(wildcard requirements/vision_msgs/msg/*) setup.py

DATA := $(or $(IMRS_DATA),../shared/data)/ucf101-subset
STUDY = $(VENV)/bin/python -m training.study $(1) --data $(DATA) --frames data/ucf10_tvl1 \
	--results docs/results.json --tables docs/results.md

.PHONY: help setup demo test lint unit stages bench reproduce clean

help:  ## list what can be made
	@grep -E '^[a-z]+:.*##' Makefile | sed -E 's/:.*## /\t/' | expand -t 10

setup: $(VENV)/.setup_done  ## make .venv with all that is needed; quick when nothing changed

$(VENV)/.setup_done: $(REQUIREMENTS)
	test -x $(VENV)/bin/python || $(PYTHON) -m venv $(VENV)
	$(VENV)/bin/pip install --quiet --disable-pip-version-check \
		-c requirements/constraints.txt -r requirements/all.txt
	$(VENV)/bin/python requirements/build_vision_msgs.py
	$(VENV)/bin/pip install --quiet --disable-pip-version-check --no-deps \
		--no-build-isolation --editable .
	touch $@

demo: setup  ## play real video to the real node; VIDEO=<file or folder> MODEL=<name or folder>
	$(RUN) -m imrs_ros.demo

test: lint unit  ## check style and types, then run all tests

lint: setup  ## check style and types
	$(VENV)/bin/ruff check .
	$(VENV)/bin/mypy

unit: setup  ## run all tests
	$(RUN) -m pytest

stages: setup  ## time every stage from image message to published window
	$(RUN) benchmarks/stages.py

bench: setup  ## measure, and write docs/performance.json and docs/performance.md
	$(RUN) benchmarks/run_all.py

reproduce: setup  ## train the shipped model and all of docs/results.md anew; takes hours, resumes
	$(VENV)/bin/python -m training.extract $(DATA)/videos data/ucf10_tvl1 --short-side 160 \
		--flow tvl1 --flow-short-side 64 --max-sec 2 \
		--only $$(cut -d' ' -f2 $(DATA)/splits/classInd.txt)
	$(call STUDY,training/studies/paper.yaml)
	$(call STUDY,training/studies/lite0.yaml)
	$(VENV)/bin/python -m training.export data/runs/lite0-imrs-split1-seed0 --data $(DATA) \
		--out models/ucf10

clean:  ## remove .venv and all that was built; data/ and models/ stay
	rm -rf $(VENV) build install log *.egg-info .mypy_cache .ruff_cache .hypothesis
