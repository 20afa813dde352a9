#!/bin/sh
# Prints in which network namespaces processes of cgroups are, as `namespaces` does, and whether the guarded programs
# can reach beyond one on this kernel. $1 boundary, then the cgroups.

# shellcheck disable=SC2034 # section prints it
b=$1
shift
section namespaces; namespaces "$@"
section reach; ! can_reach_host || echo host
section end
