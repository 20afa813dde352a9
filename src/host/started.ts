/**
 * sh: when process $1 was started, in clock ticks since boot; nothing if there is none, or all that is
 * left of it is its exit code (proc(5)).
 */
export const STARTED = `started() {
  stat=$(cat "/proc/$1/stat" 2>/dev/null) || return 0
  set -- \${stat##*) }
  [ "$1" = Z ] || echo "\${20}"
}`;
