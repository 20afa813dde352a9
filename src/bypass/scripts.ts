import { SECTION } from '../host/sections.ts';

/*
 * What changes a host runs there as one script: it finishes or undoes itself whatever becomes of
 * the connection, so a cut-off load leaves the host as it was. All values come as arguments.
 */

/**
 * Live connections hold on to their programs; this sends each back to TCP with its next message.
 * Policies without a switch have none.
 */
const SWITCH_OFF = `switch_off() {
  [ ! -e "$1/bypass_config" ] || set_off pinned "$1/bypass_config"
}
set_off() { bpftool map update "$@" key hex 00 00 00 00 value hex $off 2>/dev/null; }`;

/**
 * Verifies, pins, configures and attaches. $1 pin root, $2 object, $3 cgroup, $4 "yes" to replace,
 * $5 a bpftool batch for the maps of a guarded program, $6 its configuration when switched off,
 * $7 "no" to leave sockmap_verdict out where the kernel looks as if FIONREAD needed it: since
 * sk_psock has msg_tot_len, FIONREAD counts only what is in there, until a later repair.
 * Prints "step NAME" as each begins; the tools' words go to stderr. After "ready" it goes on only
 * when it reads the line "go": what comes then, a replacement above all, cannot be undone.
 * Exit: 0 attached, 3 occupied, 4 called off, else the failing step is the last one printed.
 *
 * sk_msg goes to the map before sock_ops goes to the cgroup: a socket inherits the program when it
 * is inserted. New programs are attached beside the old ones, which go only then: a connection that
 * comes up meanwhile stays with the old ones, and goes to TCP with them. When a step can no longer be
 * told, whoever asked is gone, and it is undone. Others who load at the same time may take the pin
 * root away, or be first. A link keeps the cgroup's name beyond its end.
 */
export const LOAD = `set -fu
trap '' HUP INT TERM PIPE
umask 077
root=$1 object=$2 cgroup=$3 replace=$4 batch=$5 off=$6 verdict=$7
${SWITCH_OFF}
id=$(stat -c %i "$cgroup") || exit 1
pins=$root/$id new= swapped=
undo() {
  [ -z "$swapped" ] || rm -rf "$pins"
  [ -z "$new" ] || rm -rf "$new"
  rmdir "$root" 2>/dev/null
}
fail() { undo; exit "$1"; }
say() { echo "step $1" || fail 1; }
attach() { bpftool cgroup attach "$cgroup" sock_ops pinned "$1/sockmap_sockops" multi >&2; }
detach() {
  [ ! -e "$1/sockmap_sockops" ] || bpftool cgroup detach "$cgroup" sock_ops pinned "$1/sockmap_sockops" 2>/dev/null
}
[ "$replace" = yes ] || [ ! -e "$pins" ] || exit 3
for try in 1 2 3 4 5; do mkdir -p "$root" && new=$(mktemp -d "$root/\${id}_XXXXXXXX") && break; done
[ -n "$new" ] || fail 1
ln -s "$cgroup" "$new/cgroup" 2>/dev/null
say verify
bpftool prog loadall "$object" "$new" pinmaps "$new" >&2 || fail 1
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
echo ready || fail 1
read -r answer && [ "$answer" = go ] || fail 4
if [ -e "$pins" ]; then
  [ "$replace" = yes ] || fail 3
  say replace
  say sock_ops
  attach "$new" || fail 1
  detach "$pins"
  switch_off "$pins"
  rm -rf "$pins"
  mv -T "$new" "$pins" || { detach "$new"; fail 3; }
else
  say sock_ops
  mv -T "$new" "$pins" || { [ ! -e "$pins" ] || fail 3; fail 1; }
  swapped=yes
  attach "$pins" || fail 1
fi`;

/**
 * Takes away what `status` found. $1 pin root, $2 cgroup or "" when it is gone, $3 program ids to
 * detach, $4 a switched-off configuration and $5 ids of maps without a pin that hold one, each
 * separated by blanks; then the pin directories. Exit 0: nothing of it is left.
 */
export const UNLOAD = `set -u
trap '' HUP INT TERM PIPE
root=$1 cgroup=$2 ids=$3 off=$4 configs=$5 failed=0
shift 5
${SWITCH_OFF}
if [ -n "$cgroup" ]; then
  for id in $ids; do bpftool cgroup detach "$cgroup" sock_ops id "$id" >&2 || failed=1; done
fi
for id in $configs; do set_off id "$id"; done
[ $failed = 1 ] || for pins; do switch_off "$pins"; rm -rf "$pins" || failed=1; done
rmdir "$root" 2>/dev/null
exit $failed`;

/** Reads what is there. $1 boundary, $2 pin root, $3 cgroup mount. */
export const STATUS = `${SECTION}
root=$1 mount=$2
section tree; bpftool -j cgroup tree "$mount"
for pins in "$root"/*; do
  [ -d "$pins" ] || continue
  name=\${pins##*/}
  cgroup=$(find "$mount" -xdev -type d -inum "\${name%%_*}" | head -n 1)
  section pins; printf '%s\\n' "$pins"
  section cgroup; printf '%s\\n' "$cgroup"
  section gone; [ -n "$cgroup" ] || readlink "$pins/cgroup"
  section effective; [ -z "$cgroup" ] || bpftool -j cgroup show "$cgroup" effective
  section sockops; bpftool -j prog show pinned "$pins/sockmap_sockops"
  section redirect; bpftool -j prog show pinned "$pins/sockmap_redirect"
  section map; bpftool -j map show pinned "$pins/bypass_socks"
  section sockets; bpftool map dump pinned "$pins/bypass_socks" | tail -n 1
  section counters; [ ! -e "$pins/bypass_counters" ] || bpftool -j map dump pinned "$pins/bypass_counters"
  section config; [ ! -e "$pins/bypass_config" ] || bpftool -j map dump pinned "$pins/bypass_config"
done 2>/dev/null
section end`;

/** What programs without pins use. $1 boundary, then their ids. */
export const UNPINNED = `${SECTION}
for id; do section program; bpftool -j prog show id "$id" 2>/dev/null; done
section configs; bpftool -j map show name bypass_config 2>/dev/null
section end`;
