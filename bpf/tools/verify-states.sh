#!/bin/sh
# Prints what the verifier did in a program, with the state at every instruction, and how that ended, packed: gzip,
# base64. $1 boundary, $2 workbench, $3 helper, $4 seconds, $5 object, $6 program.

# At the end of a pipe its failure would go unseen.
command -v gzip >/dev/null || { echo 'gzip is not installed' >&2; exit 127; }
enter_own "$2"
# Most of such a log is the search for numbers that have to be precise, in forms before and since Linux 6.4.
{
  ./"$3" "$1" 2 "$4" '' "./${5#"$2"/}" "$6"
  printf '\n%s exit\n%s' "$1" $?
} | LC_ALL=C sed -e '/^mark_precise: /d' -e '/^last_idx /d' -e '/^regs=/d' -e '/^parent /d' | gzip -1 -c | base64
