# `make` or `make help` lists what can be made.
PYTHON ?= python3
VENV := .venv
RUN := AMENT_PREFIX_PATH=$(CURDIR)/$(VENV) RMW_IMPLEMENTATION=rmw_fastrtps_cpp $(VENV)/bin/python
REQUIREMENTS := $(wildcard requirements/*.txt) requirements/build_vision_msgs.py \
	$(wildcard requirements/vision_msgs/msg/*) setup.py

.PHONY: help setup demo test lint unit stages clean

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

demo: setup  ## play real video to the real node and print its labels; VIDEO=<file or folder>
	$(RUN) -m imrs_ros.ros_demo

test: lint unit  ## check style and types, then run all tests

lint: setup  ## check style and types
	$(VENV)/bin/ruff check .
	$(VENV)/bin/mypy

unit: setup  ## run all tests
	$(RUN) -m pytest

stages: setup  ## time every stage from image message to published window
	$(RUN) benchmarks/stages.py

clean:  ## remove .venv and all that was built; data/ and models/ stay
	rm -rf $(VENV) build install log *.egg-info .mypy_cache .ruff_cache .hypothesis
