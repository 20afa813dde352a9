#!/bin/sh
# Traces what processes ask of their TCP sockets. $1 directory it was built in, $2 seconds, $3 object in it.

enter_own "$1"
exec ./observe "$2" "./${3#"$1"/}"
