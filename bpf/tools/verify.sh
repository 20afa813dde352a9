#!/bin/sh
# Prints what the verifier says about an object, and how that ended, packed: gzip, base64. $1 boundary, $2 workbench,
# $3 helper, $4 seconds, $5 object.

# At the end of a pipe its failure would go unseen.
command -v gzip >/dev/null || { echo 'gzip is not installed' >&2; exit 127; }
enter_own "$2"
{
  ./"$3" "$1" 0 "$4" '' "./${5#"$2"/}"
  printf '\n%s exit\n%s' "$1" $?
} | gzip -1 -c | base64
