#!/bin/sh
# The containers of the sockmap bypass: entrypoint.sh COMMAND
#
#   load       loads the bypass for the pods' parent cgroup, writes its counters to a file every few seconds, and
#              unloads when it is told to end
#   ready      whether that is on
#   serve      offers the file with the counters over HTTP; needs no privilege
#   unload     takes away whatever bypass a pod has left behind on the node
#   benchmark  measures TCP and the bypass on the node, and prints the result document
#
# BYPASS_CGROUPS       the cgroups, by their paths below the root of the tree, separated by blanks; without it the
#                      kubelet's kubepods.slice or kubepods
# BYPASS_REACH         host, between pods; or namespace, within each pod
# BYPASS_METRICS_FILE, BYPASS_METRICS_SECONDS, BYPASS_METRICS_PORT
# BYPASS_PROFILE       of the benchmark: quick, standard, article or containers
# BYPASS_PLAN          a plan file in place of a profile, from a volume, without workloads
set -eu
home=${BYPASS_HOME:-/opt/sockmap-bypass}
metrics=${BYPASS_METRICS_FILE:-/metrics/metrics.om}

ctl() { "$home/tools/sockmap-bypassctl" "$@"; }

# Prints the cgroups, one a line.
cgroups() {
  if [ -n "${BYPASS_CGROUPS-}" ]; then
    printf '%s\n' "$BYPASS_CGROUPS" | tr -s ' ' '\n'
    return
  fi
  for each in kubepods.slice kubepods; do
    for root in /sys/fs/cgroup /sys/fs/cgroup/unified; do
      [ ! -f "$root/$each/cgroup.procs" ] || { echo "$each"; return; }
    done
  done
  echo 'entrypoint: neither kubepods.slice nor kubepods is a cgroup here: name it in BYPASS_CGROUPS' >&2
  return 1
}

# Replaces the file at once: it is there as a whole or not at all.
write_metrics() {
  ctl metrics >"$metrics.new" && mv "$metrics.new" "$metrics"
}

# The object for this kernel.
object() {
  release=$(uname -r)
  major=${release%%.*} minor=${release#*.}
  minor=${minor%%[!0-9]*}
  if [ "$major" -gt 5 ] || { [ "$major" = 5 ] && [ "$minor" -ge 16 ]; }; then echo "$home/bypass.o"
  else echo "$home/bypass-5.15.o"; fi
}

# The node's own addresses.
addresses() {
  { sed -n 'N; /host LOCAL/P; D' /proc/net/fib_trie; cat /proc/net/if_inet6; } 2>/dev/null | cksum
}

# Says them again where they have changed, as with a bridge that came with the node's first pod: a connection through
# a translated address is known by them.
tell_addresses() {
  now=$(addresses)
  [ "$now" != "$told" ] || return 0
  # shellcheck disable=SC2086
  ctl attach --cgroup $names --to "${names%%[[:space:]]*}" && told=$now
}

load() {
  names=$(cgroups)
  trap 'exit 0' TERM INT HUP
  trap 'unload_own' EXIT
  set -f
  told=$(addresses)
  # Names of cgroups have no blanks here.
  # shellcheck disable=SC2086
  ctl load --replace --object "$(object)" --reach "${BYPASS_REACH:-host}" --cgroup $names
  while :; do
    tell_addresses || echo 'entrypoint: new addresses of the node are not known to the bypass' >&2
    write_metrics || echo 'entrypoint: the counters could not be written' >&2
    sleep "${BYPASS_METRICS_SECONDS:-15}" &
    wait $! || :
  done
}

unload_own() {
  trap '' TERM INT HUP
  rm -f "$metrics" "$metrics.new"
  ctl unload --cgroup "${names%%[[:space:]]*}"
}

# The first process of a container ends by a signal only if it asks for that, which httpd does not.
serve() {
  trap 'exit 0' TERM INT HUP
  busybox httpd -f -p "${BYPASS_METRICS_PORT:-9435}" -h "${metrics%/*}" -c "$home/httpd.conf" &
  wait $!
}

ready() {
  names=$(cgroups)
  ctl status --json | grep -q "\"cgroups\":\[[^]]*${names%%[[:space:]]*}\"[^}]*\"state\":\"attached\""
}

# The log is the document, and nothing else: what is said on the way comes only where it fails. A pod in the node's
# network has the node's name.
benchmark() {
  result=$(mktemp -d)/node.sockmap-bench.json
  if [ -n "${BYPASS_PLAN-}" ]; then set -- --plan "$BYPASS_PLAN"
  else set -- --profile "${BYPASS_PROFILE:-quick}"; fi
  node "$home/cli/package/dist/cli.cjs" benchmark local --as "$(uname -n)" "$@" --out "$result" >"$result.log" 2>&1 &
  run=$!
  trap 'kill -TERM "$run" || :' TERM INT HUP
  status=0
  wait "$run" || status=$?
  # A signal ends the wait, but not the run, which takes away what it has made.
  while kill -0 "$run" 2>/dev/null; do
    status=0
    wait "$run" || status=$?
  done
  [ "$status" = 0 ] || { cat "$result.log" >&2; return "$status"; }
  cat "$result"
}

case ${1-} in
  load) load ;;
  ready) ready ;;
  serve) serve ;;
  unload) ctl unload --all ;;
  benchmark) benchmark ;;
  *)
    echo 'usage: entrypoint.sh load | ready | serve | unload | benchmark' >&2
    exit 2
    ;;
esac
