#!/bin/sh
# The beginning of a file, as far as the account of a compilers' directory may read it. $1 directory, $2 file, $3 bytes.

# shellcheck disable=SC2016 # $1 and $2 are those of the inner shell
as_owner "$1" sh -c '[ -f "$1" ] || { echo "not a regular file" >&2; exit 1; }
exec head -c "$2" -- "$1"' sh "$2" "$3"
