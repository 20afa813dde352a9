#!/bin/sh
# Prints the directories of the cgroups that a person named, $@, a line each; ends with 1 at the first that is none.

find_mount
for one do
  find_cgroup "$one" || exit 1
  # shellcheck disable=SC2154 # find_cgroup sets it
  printf '%s\n' "$cgroup"
done
