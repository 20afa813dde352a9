#!/bin/sh
# $1 workbench, $2 the name of an upload in it.

enter_own "$1"
rm -rf "./$2"
