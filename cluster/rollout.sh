#!/usr/bin/env bash
# The service of one environment on Kubernetes: deployed, watched, asked, put back. `make deploy ENVIRONMENT=staging`
# and its kin call it: rollout.sh deploy|canary|finish|smoke|load|job|rollback.
#   ENVIRONMENT  dev, staging or prod     TAG, REGISTRY  which image     SERVICE_URL  where it answers (else a tunnel)
set -euo pipefail
cd "$(dirname "$0")/.."

environment=${ENVIRONMENT:-dev}
namespace=trending-$environment
overlay=cluster/kuberay/overlays/$environment
previous=trending/previous-tag
poll_s=${POLL_S:-10}
patience_s=${PATIENCE_S:-3600}

say() { printf '%s\n' "$*" >&2; }
fail() { say "error: $*"; exit 1; }
k() { kubectl --namespace "$namespace" "$@"; }

# A field of the service, by jsonpath; empty where there is none.
field() { k get rayservice trending --ignore-not-found --output "jsonpath=$1"; }

# Tag of the image that the service is to have, and of the one that answers now.
wanted_tag() {
  local image
  image=$(field '{.spec.rayClusterConfig.headGroupSpec.template.spec.containers[0].image}')
  printf '%s' "${image##*:}"
}

answering_tag() {
  local cluster image
  cluster=$(field '{.status.activeServiceStatus.rayClusterName}')
  [ -n "$cluster" ] || return 0
  image=$(k get raycluster "$cluster" --ignore-not-found \
    --output 'jsonpath={.spec.headGroupSpec.template.spec.containers[0].image}')
  printf '%s' "${image##*:}"
}

# The overlay's resources with the image of TAG, on standard output.
render() {
  local folder
  folder=$(mktemp -d "cluster/kuberay/overlays/.rendering-XXXXXX")
  # shellcheck disable=SC2064
  trap "rm -rf '$folder'" RETURN
  {
    printf 'apiVersion: kustomize.config.k8s.io/v1beta1\nkind: Kustomization\nresources: [../%s]\nimages:\n' "$environment"
    local name
    for name in trending trending-gpu; do
      printf '  - {name: registry.example/%s, newName: %s/%s, newTag: "%s"}\n' "$name" "$REGISTRY" "$name" "$1"
    done
  } > "$folder/kustomization.yaml"
  kubectl kustomize "$folder"
}

apply() {
  say "$namespace: image tag $1"
  render "$1" | kubectl apply --server-side --field-manager trending --force-conflicts --filename -
}

deploy() {
  : "${TAG:?TAG says which image to deploy}" "${REGISTRY:?REGISTRY says where the image is}"
  local before
  before=$(wanted_tag)
  if [ -n "$before" ] && [ "$before" != "$TAG" ]; then
    k annotate rayservice trending "$previous=$before" --overwrite
  fi
  apply "$TAG"
}

rollback() {
  : "${REGISTRY:?REGISTRY says where the image is}"
  local before
  before=$(field '{.metadata.annotations.trending/previous-tag}')
  [ -n "$before" ] || fail "$namespace: the service has no annotation $previous: nothing to go back to."
  apply "$before"
  finish
}

upgrading() { [ "$(field '{.status.conditions[?(@.type=="UpgradeInProgress")].status}')" = True ]; }
ready() { [ "$(field '{.status.conditions[?(@.type=="Ready")].status}')" = True ]; }
# Right after a deployment the old cluster is still ready and no upgrade has begun: the image tells them apart.
arrived() { ready && ! upgrading && [ "$(answering_tag)" = "$(wanted_tag)" ]; }

# The new version gets its first requests and more of them, and is asked itself each time, not through the gateway,
# which would send most questions to the old one. The first wrong answer ends it.
canary() {
  local share pending until_share=${CANARY_PERCENT:-25} deadline=$((SECONDS + patience_s))
  while :; do
    share=$(field '{.status.pendingServiceStatus.trafficRoutedPercent}')
    say "$namespace: ${share:-0}% of the requests go to the new version"
    pending=$(field '{.status.pendingServiceStatus.rayClusterName}')
    if [ "${share:-0}" -gt 0 ]; then SERVICE_URL='' service=$pending-serve-svc smoke; fi
    if [ "${share:-0}" -ge "$until_share" ]; then return; fi
    if [ -z "$share" ] && arrived; then smoke; return; fi
    [ "$SECONDS" -lt "$deadline" ] || fail "$namespace: no canary after $patience_s s: kubectl describe rayservice trending"
    sleep "$poll_s"
  done
}

finish() {
  local deadline=$((SECONDS + patience_s))
  until arrived; do
    [ "$SECONDS" -lt "$deadline" ] || fail "$namespace: not ready after $patience_s s: kubectl describe rayservice trending"
    sleep "$poll_s"
  done
  say "$namespace: ready"
}

# Kubernetes' service of the version that answers: with incremental upgrades each Ray cluster has one of its own.
answering_service() {
  local cluster=trending
  if [ "$(field '{.spec.upgradeStrategy.type}')" = NewClusterWithIncrementalUpgrade ]; then
    cluster=$(field '{.status.activeServiceStatus.rayClusterName}')
  fi
  printf '%s-serve-svc' "$cluster"
}

# Run a command with SERVICE_URL set: where the service has an address, or through a tunnel.
with_address() {
  if [ -n "${SERVICE_URL:-}" ]; then "$@"; return; fi
  local port=${TUNNEL_PORT:-18000} status=0 tunnel
  k port-forward "service/${service:-$(answering_service)}" "$port:8000" >/dev/null &
  tunnel=$!
  SERVICE_URL=http://127.0.0.1:$port "$@" || status=$?
  kill "$tunnel" 2>/dev/null || true
  return "$status"
}

ask() { .venv/bin/python cluster/smoke.py "$SERVICE_URL"; }
smoke() { with_address ask; }

press() {
  .venv/bin/locust --headless --only-summary --locustfile benchmarks/locustfile.py --host "$SERVICE_URL" \
    --users "${USERS:-50}" --spawn-rate 5 --run-time "${RUN_TIME:-2m}" --stop-timeout 60
}
load() { with_address press; }

# Start one of the RayJobs and wait for its end.
job() {
  : "${JOB:?JOB says which one: a file of cluster/kuberay/jobs without its ending}"
  local file=cluster/kuberay/jobs/$JOB.yaml status deadline=$((SECONDS + patience_s))
  [ -f "$file" ] || fail "$file: no such job; there are: $(cd cluster/kuberay/jobs && printf '%s ' *.yaml)"
  k delete rayjob "$JOB" --ignore-not-found --wait
  k apply --filename "$file"
  while :; do
    status=$(k get rayjob "$JOB" --output 'jsonpath={.status.jobStatus}')
    case "$status" in
      SUCCEEDED) say "$JOB: done"; return ;;
      FAILED | STOPPED) fail "$JOB: $status: $(k get rayjob "$JOB" --output 'jsonpath={.status.message}')" ;;
    esac
    [ "$SECONDS" -lt "$deadline" ] || fail "$JOB: ${status:-not started} after $patience_s s"
    sleep "$poll_s"
  done
}

[ -d "$overlay" ] || fail "ENVIRONMENT is dev, staging or prod, not $environment"
command -v kubectl >/dev/null || fail "kubectl is not installed: https://kubernetes.io/docs/tasks/tools/"
case "${1:-}" in
  deploy | canary | finish | smoke | load | job | rollback) "$1" ;;
  *) fail "usage: rollout.sh deploy|canary|finish|smoke|load|job|rollback" ;;
esac
