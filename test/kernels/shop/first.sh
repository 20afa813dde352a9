#!/bin/sh
# A service for the test of what is kept: talks to itself as soon as it has started, and stays.
netserver -D -4 -L 127.0.0.1 -p 7777 >/dev/null &
until netperf -4 -H 127.0.0.1 -p 7777 -t TCP_RR -l -200 -- -r 1000,1000 >/dev/null; do sleep 0.1; done
: >/run/first-has-talked
exec sleep infinity
