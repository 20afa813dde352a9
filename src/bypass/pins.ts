/*
 * What is pinned below `PIN_ROOT`: one directory a bypass, named after its cgroup's number; while a load is
 * under way "NUMBER_XXXXXXXX". On a BPF file system that everybody may write to, as it is when mounted
 * without a mode, others can make the pin root first.
 */

/** Everything the bypass pins, libbpf's own maps (OBJECT_rodata, …), and links beside it: patterns of sh. */
const KNOWN_PINS = 'sockmap_*|bypass_*|*_kconfig|*_rodata|*_data|*_bss|cgroup|loader';

/** Exit code of scripts that refuse the pin root. */
export const UNSAFE_PIN_ROOT = 5;

/**
 * sh functions about the pin root, $root.
 *
 * - `check_top` ends the shell, with words on stderr, unless nobody but root can change what is above $root.
 * - `check_root` does so, too, unless $root is either absent or root's alone.
 * - `remove_pins DIRECTORY` takes a directory of pins away: what is known by its name, programs that use such
 *   maps, and the maps of such programs: a layout of another version. It fails where anything else is in it,
 *   which stays. Nothing is removed recursively.
 * - `remove_pins_of NUMBER` does so for all of a cgroup's.
 * - `foreign_pins DIRECTORY` prints what `remove_pins` would leave.
 * - `used_maps DIRECTORY` prints the ids of the maps that its programs use.
 */
export const PIN_ROOT_FUNCTIONS = `refuse_root() { printf '%s\\n' "$1" >&2; exit ${UNSAFE_PIN_ROOT}; }
check_top() {
  top=\${root%/*}
  [ "$(stat -f -c %t "$top")" = cafe4a11 ] || refuse_root "$top is not a BPF file system"
  mode=$(stat -c %a "$top")
  [ "$(stat -c %u "$top")" = 0 ] && { [ $((0$mode & 022)) = 0 ] || [ $((0$mode & 01000)) != 0 ]; } ||
    refuse_root "$top can be changed by others than root: $(stat -c 'owner %U, mode %a' "$top")"
}
check_root() {
  [ -e "$root" ] || [ -L "$root" ] || return 0
  check_top
  [ "$(stat -c '%F %u %a' "$root")" = 'directory 0 700' ] && [ "$(stat -f -c %t "$root")" = cafe4a11 ] ||
    refuse_root "$root is not a directory of root's alone: $(stat -c '%F, owner %U, mode %a' "$root")"
}
used_maps() {
  find "$1" -mindepth 1 -maxdepth 1 -type f | while IFS= read -r pin; do
    bpftool -j prog show pinned "$pin" 2>/dev/null
  done | sed -n 's/.*"map_ids":\\[\\([0-9,]*\\)\\].*/\\1/p' | tr , '\\n' | sort -u
}
foreign_pins() {
  unknown=$(find "$1" -mindepth 1 -maxdepth 1 | while IFS= read -r pin; do
    case \${pin##*/} in ${KNOWN_PINS}) if [ ! -d "$pin" ] || [ -L "$pin" ]; then continue; fi ;; esac
    echo yes
  done)
  [ -n "$unknown" ] || return 0
  find "$1" -mindepth 1 -maxdepth 1 | while IFS= read -r pin; do
    known=no kind=other ids=
    case \${pin##*/} in ${KNOWN_PINS}) known=yes ;; esac
    if [ -d "$pin" ] && [ ! -L "$pin" ]; then known=no
    elif object=$(bpftool -j prog show pinned "$pin" 2>/dev/null); then
      kind=program ids=$(printf '%s\\n' "$object" | sed -n 's/.*"map_ids":\\[\\([0-9,]*\\)\\].*/\\1/p')
    elif object=$(bpftool -j map show pinned "$pin" 2>/dev/null); then
      kind=map ids=$(printf '%s\\n' "$object" | sed -n 's/^{"id":\\([0-9]*\\).*/\\1/p')
    fi
    printf '%s\\t%s\\t%s\\t%s\\n' "$known" "$kind" "$ids" "$pin"
  done | awk -F '\\t' '
    { known[NR] = $1; kind[NR] = $2; ids[NR] = $3; pin[NR] = $4 }
    function mark(line, id, n, i) { n = split(ids[line], id, ","); for (i = 1; i <= n; i++) ours[id[i]] = 1 }
    function is_marked(line, id, n, i) {
      n = split(ids[line], id, ",")
      for (i = 1; i <= n; i++) if (id[i] in ours) return 1
      return 0
    }
    END {
      for (i = 1; i <= NR; i++) if (known[i] == "yes") mark(i)
      for (i = 1; i <= NR; i++) if (kind[i] == "program" && is_marked(i)) mark(i)
      for (i = 1; i <= NR; i++) if (known[i] == "no" && (kind[i] == "other" || !is_marked(i))) print pin[i]
    }'
}
remove_pins() {
  case \${1#"$root"/} in *[!0-9A-Za-z_]* | '') return 1 ;; esac
  [ -d "$1" ] && [ ! -L "$1" ] || return 0
  foreign=$(foreign_pins "$1")
  find "$1" -mindepth 1 -maxdepth 1 ! -type d | while IFS= read -r pin; do
    case "
$foreign
" in *"
$pin
"*) ;; *) rm -f -- "$pin" ;; esac
  done
  [ -z "$foreign" ] || { printf 'not of the bypass, and left: %s\\n' "$foreign" >&2; return 1; }
  rmdir -- "$1"
}
remove_pins_of() {
  find "$root" -mindepth 1 -maxdepth 1 -type d \\( -name "$1" -o -name "$1_????????" \\) 2>/dev/null |
    while IFS= read -r directory; do remove_pins "$directory"; done
}`;
