#!/bin/sh
# $1 a directory of ours; an archive of files for it on standard input.

enter_own "$1"
receive .
