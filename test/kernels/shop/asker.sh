#!/bin/sh
# Asks servers: for each line "ADDRESS PORT [pause]" that comes through the FIFO "to" in a directory, 100 times over
# one connection, with a pause in the middle until another line comes. How many answers were right goes into the
# FIFO "answer" there.

questions() {
  yes | head -n 50
  [ -z "$pause" ] || read -r _ <&3
  yes | head -n 50
}

exec 3<>"$1/to"
while read -r address port pause <&3; do
  # It serves one after another, and may not be back yet.
  tries=0
  until answers=$(questions | live ipv4 "$address" "$port") || [ $tries -ge 50 ]; do
    tries=$((tries + 1))
    sleep 0.2
  done
  echo "$answers" | grep -c '^ok$' >"$1/answer"
done
