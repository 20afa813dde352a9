#!/bin/sh
# Prints what sudo allows the login without a password; nothing where it wants one for that.

sudo -n -v >/dev/null 2>&1 && sudo -n -l 2>&1
exit 0
