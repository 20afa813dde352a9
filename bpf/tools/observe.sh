#!/bin/sh
# Traces what processes ask of their TCP sockets. $1 directory it was built in, $2 seconds, $3 object in it, $4 the cgroup
# that is asked about, if any.

enter_own "$1"
exec ./observe "$2" "./${3#"$1"/}" ${4+"$4"}
