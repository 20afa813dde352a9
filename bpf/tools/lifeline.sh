#!/bin/sh
# Runs a command with standard input as a lifeline: when the client ends it, or is gone, the command and all it started
# are ended too. sshd alone would let them run on. The watch outlives a command that obeys TERM, for children of it
# that do not. 255 is ssh's own failure, so a command's 255 becomes 254.

exec 3<&0
setsid "$@" </dev/null 3<&- &
child=$!
{
  while read -r _; do :; done
  trap '' TERM
  kill -s TERM -- "-$child"
  sleep 2
  kill -s KILL -- "-$child"
} <&3 >/dev/null 2>&1 &
watch=$!
exec 3<&-
wait "$child"
code=$?
kill "$watch" 2>/dev/null
[ $code = 255 ] && code=254
exit $code
