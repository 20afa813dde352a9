#!/bin/sh
# Prints what decides how fast a host is, and how steadily; and which machine it is. $1 boundary.

# shellcheck disable=SC2034 # section prints it
b=$1
exec 2>/dev/null
section governor; cat /sys/devices/system/cpu/cpu0/cpufreq/scaling_governor
section no_turbo; cat /sys/devices/system/cpu/intel_pstate/no_turbo
section boost; cat /sys/devices/system/cpu/cpufreq/boost
section cpu; grep -m 1 '^model name' /proc/cpuinfo
section virtual; grep -q -m 1 '^flags.* hypervisor' /proc/cpuinfo && echo yes
section machine; cat /etc/machine-id
section end
