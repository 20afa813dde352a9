#!/bin/sh
# Compares the two parts of a bypass's connections. $1 directory it was built in, $2 directory of pins, $3 object in
# the first, $4 share, $5 "same" or nothing.

pins=$2
use_pin_root
check_root
case ${pins#"$root"/} in *[!0-9A-Za-z_]* | '') exit 1 ;; esac
enter_own "$1"
exec ./canary "$pins" "./${3#"$1"/}" "$4" ${5:+"$5"}
