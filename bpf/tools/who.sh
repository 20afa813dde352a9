#!/bin/sh
# Whether the login is root, or has sudo.

id=$(id -u) || exit
if [ "$id" = 0 ]; then echo root; elif command -v sudo >/dev/null; then echo sudo; else echo none; fi
