#!/bin/sh
# Prints the run time of loaded programs every two seconds. $1 directory it was built in, then their names.

enter_own "$1"
shift
exec ./run-time 2 "$@"
