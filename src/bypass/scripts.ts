import { SECTION } from '../host/sections.ts';
import { STARTED } from '../host/started.ts';
import { PIN_ROOT_FUNCTIONS } from './pins.ts';

/*
 * What changes a host runs there as one script: it finishes or undoes itself whatever becomes of
 * the connection, so a cut-off load leaves the host as it was. All values come as arguments.
 */

/**
 * Live connections hold on to their programs; this sends each back to TCP with its next message.
 * Policies without a switch have none. $off is the value of this version; another's may have more fields
 * after the mode, which is the first.
 */
const SWITCH_OFF = `set_off() {
  size=$(bpftool -j map show id "$1" 2>/dev/null | sed -n 's/.*"bytes_value":\\([0-9]*\\).*/\\1/p')
  value= count=0
  for byte in $off 00 00 00 00 00 00 00 00 00 00 00 00 00 00 00 00 00 00 00 00 00 00 00 00 00 00 00 00 00 00 00 00; do
    [ "$count" -lt "\${size:-0}" ] || break
    value="$value $byte" count=$((count + 1))
  done
  bpftool map update id "$1" key hex 00 00 00 00 value hex $value 2>/dev/null
}`;

/**
 * sh functions: `lock DESCRIPTOR TENTHS` waits so many tenths of a second for a lock, as BusyBox's flock cannot.
 * `take_turns`: whoever changes what is loaded waits for whoever is about to, and holds descriptor 8.
 */
export const TAKE_TURNS = `lock() {
  tries=0
  until flock -n "$1"; do
    [ $((tries += 1)) -lt "$2" ] || return 1
    sleep 0.1
  done
}
take_turns() {
  exec 8<"$root" || return
  command -v flock >/dev/null || return 0
  lock 8 200 || { echo 'somebody else has been changing what is loaded for 20 s' >&2; return 1; }
}`;

/**
 * Verifies, pins, configures and attaches. $1 pin root, $2 object, $3 cgroup, $4 whether to replace
 * ("yes", "no", "ask"), $5 a bpftool batch for the maps of a guarded program, $6 its configuration when
 * switched off, $7 "no" to leave sockmap_verdict out where the kernel looks as if FIONREAD needed it: since
 * sk_psock has msg_tot_len, FIONREAD counts only what is in there, until a later repair. Of what is there
 * already $8 ids of programs at the cgroup and $9 of maps with a configuration, each separated by blanks.
 * Prints "step NAME" as each begins; the tools' words go to stderr. After "ready", or "occupied" where it
 * asks, it goes on only when it reads the line "go": what comes then, a replacement above all, cannot be
 * undone.
 * Exit: 0 attached, 3 occupied, 4 called off, 5 the pin root is not root's, 6 what is there cannot be
 * taken away, else the failing step is the last one printed.
 *
 * sk_msg goes to the map before sock_ops goes to the cgroup: a socket inherits the program when it
 * is inserted. New programs are attached beside the old ones, which go only then: a connection that
 * comes up meanwhile stays with the old ones, and goes to TCP with them. When a step can no longer be
 * told, whoever asked is gone, and it is undone. Others who load at the same time may take the pin
 * root away, or be first. The lock on the directory, descriptor 9, tells that it is not left behind. Links
 * keep the cgroup's name beyond its end, and who loads. What has been attached stays so, also where the old
 * pins cannot go: the new ones then keep the name they have.
 */
export const LOAD = `set -fu
trap '' HUP INT TERM PIPE
umask 077
root=$1 object=$2 cgroup=$3 replace=$4 batch=$5 off=$6 verdict=$7 ids=$8 configs=$9
${PIN_ROOT_FUNCTIONS}
${SWITCH_OFF}
${TAKE_TURNS}
${STARTED}
id=$(stat -c %i "$cgroup") || exit 1
pins=$root/$id new= swapped=
undo() {
  [ -z "$swapped" ] || remove_pins "$pins"
  [ -z "$new" ] || remove_pins "$new"
  rmdir "$root" 2>/dev/null
}
fail() { undo; exit "$1"; }
say() { echo "step $1" || fail 1; }
attach() { bpftool cgroup attach "$cgroup" sock_ops pinned "$1/sockmap_sockops" multi >&2; }
detach() {
  for program in $ids; do bpftool cgroup detach "$cgroup" sock_ops id "$program" 2>/dev/null; done
  find "$1" -mindepth 1 -maxdepth 1 -type f 2>/dev/null | while IFS= read -r pin; do
    bpftool cgroup detach "$cgroup" sock_ops pinned "$pin" 2>/dev/null
  done
}
there() { stat -c %i "$pins" 2>/dev/null; }
[ "$replace" != no ] || [ -z "$(there)$ids" ] || exit 3
check_top
for try in 1 2 3 4 5; do
  mkdir "$root" 2>/dev/null
  check_root
  new=$(mktemp -d "$root/\${id}_XXXXXXXX") && break
done
[ -n "$new" ] || fail 1
{ exec 9<"$new"; ! command -v flock || lock 9 20; } >/dev/null 2>&1
ln -s "$cgroup" "$new/cgroup" 2>/dev/null
ln -s "\${SUDO_USER:-$(id -un)}, process $$, started $(started $$)" "$new/loader" 2>/dev/null
say verify
bpftool prog loadall "$object" "$new" pinmaps "$new" >&2 || fail 1
# bpftool before 5.16 pins programs by the names of their sections.
while read -r section program; do
  [ ! -e "$new/$section" ] || mv "$new/$section" "$new/$program" || fail 1
done <<PINNED
sockops sockmap_sockops
sk_msg sockmap_redirect
sk_skb_stream_verdict sockmap_verdict
PINNED
if [ -e "$new/bypass_local" ] && [ -e "$new/bypass_config" ]; then
  say configure
  commands=$(sed "s|@PINS@|$new|" "$batch") || fail 1
  printf '%s\\n' "$commands" | bpftool batch file - >&2 || fail 1
fi
say sk_msg
bpftool prog attach pinned "$new/sockmap_redirect" msg_verdict pinned "$new/bypass_socks" >&2 || fail 1
if [ "$verdict" != no ] && [ -e "$new/sockmap_verdict" ] && grep -q msg_tot_len /sys/kernel/btf/vmlinux; then
  bpftool prog attach pinned "$new/sockmap_verdict" stream_verdict pinned "$new/bypass_socks" >&2 || fail 1
fi
before=$(there)
question=ready
if [ -n "$before$ids" ] && [ "$replace" != yes ]; then
  # Somebody else was faster.
  [ "$replace" = ask ] || fail 3
  question=occupied
fi
echo $question || fail 1
read -r answer && [ "$answer" = go ] || fail 4
take_turns || fail 1
# Somebody else's, which nobody was asked about.
now=$(there)
[ -z "$now" ] || [ "$now" = "$before" ] || [ "$replace" = yes ] || fail 3
foreign=
[ ! -e "$pins" ] || foreign=$(foreign_pins "$pins")
[ -z "$foreign" ] || { printf 'not of the bypass: %s\\n' "$foreign" >&2; fail 6; }
if [ -n "$now$ids" ]; then
  say replace
  say sock_ops
  attach "$new" || fail 1
  detach "$pins"
  for map in $configs $(used_maps "$pins" 2>/dev/null); do
    case $(bpftool -j map show id "$map" 2>/dev/null) in *'"name":"bypass_config"'*) set_off "$map" ;; esac
  done
  remove_pins "$pins" && mv -T "$new" "$pins" && new=$pins
  rm -f "$new/loader"
else
  say sock_ops
  mv -T "$new" "$pins" || { [ ! -e "$pins" ] || fail 3; fail 1; }
  swapped=yes
  attach "$pins" || fail 1
  rm -f "$pins/loader"
fi`;

/**
 * Takes away what `status` found. $1 pin root, $2 cgroup or "" when it is gone, $3 program ids to
 * detach, $4 a switched-off configuration and $5 ids of the maps that hold one, each separated by blanks;
 * then the pin directories. Exit 0: nothing of it is left; 5: the pin root is not root's.
 */
export const UNLOAD = `set -u
trap '' HUP INT TERM PIPE
root=$1 cgroup=$2 ids=$3 off=$4 configs=$5 failed=0
shift 5
${PIN_ROOT_FUNCTIONS}
${SWITCH_OFF}
${TAKE_TURNS}
check_root
[ ! -e "$root" ] || take_turns || exit 1
if [ -n "$cgroup" ]; then
  for id in $ids; do bpftool cgroup detach "$cgroup" sock_ops id "$id" >&2 || failed=1; done
fi
for id in $configs; do set_off "$id"; done
[ $failed = 1 ] || for pins; do remove_pins "$pins" || failed=1; done
rmdir "$root" 2>/dev/null
exit $failed`;

/**
 * Reads what is there. $1 boundary, $2 pin root, $3 cgroup mount. A cgroup that goes while the tree is
 * read ends bpftool: it is asked again. Exit 5: the pin root is not root's.
 */
export const STATUS = `${SECTION}
${PIN_ROOT_FUNCTIONS}
${STARTED}
# Whether a load into directory $1 is under way: by its lock, or its process where there are no locks.
is_loading() {
  if command -v flock >/dev/null; then ! flock -s -n "$1" true; return; fi
  loader=$(readlink "$1/loader")
  process=\${loader##*, process }
  case \${process%%,*} in '' | *[!0-9]*) return 1 ;; esac
  since=$(started "\${process%%,*}")
  [ -n "$since" ] && case $process in *,*) [ "\${process##* }" = "$since" ] ;; esac
}
root=$1 mount=$2
check_root
for try in 1 2 3 4 5; do tree=$(bpftool -j cgroup tree "$mount" 2>&1) && code=0 && break; code=$?; done
section tree; printf '%s\\n' "$tree"
section code; echo $code
section programs; bpftool -j prog show
section maps; bpftool -j map show
for pins in "$root"/*; do
  [ -d "$pins" ] && [ ! -L "$pins" ] || continue
  name=\${pins##*/}
  cgroup=$(find "$mount" -xdev -type d -inum "\${name%%_*}" | head -n 1)
  section pins; printf '%s\\n' "$pins"
  section cgroup; printf '%s\\n' "$cgroup"
  section gone; [ -n "$cgroup" ] || readlink "$pins/cgroup"
  section effective; [ -z "$cgroup" ] || bpftool -j cgroup show "$cgroup" effective
  section loader; ! is_loading "$pins" || { loader=$(readlink "$pins/loader") && echo "\${loader%, started *}"; } || echo somebody
  for pin in "$pins"/*; do
    [ -f "$pin" ] || continue
    section pinned
    object=$(bpftool -j prog show pinned "$pin") || object=$(bpftool -j map show pinned "$pin")
    printf '%s\\n' "$object"
  done
done 2>/dev/null
section end`;

/** What maps hold. $1 boundary, then KIND and ID of each: "sockets", "counters" or "config". */
export const CONTENTS = `${SECTION}
while [ $# -gt 1 ]; do
  section "$1 $2"
  case $1 in sockets) bpftool map dump id "$2" | tail -n 1 ;; *) bpftool -j map dump id "$2" ;; esac
  shift 2
done 2>/dev/null
section end`;

/** What is attached to a cgroup, $3, and above it. $1 boundary, $2 cgroup mount. */
export const ATTACHED = `${SECTION}
mount=$1 at=$2
{
  while :; do
    section "at $at"; bpftool -j cgroup show "$at"
    case $at in "$mount"/*) at=\${at%/*} ;; *) break ;; esac
  done
  section programs; bpftool -j -f prog show
} 2>/dev/null
section end`;
