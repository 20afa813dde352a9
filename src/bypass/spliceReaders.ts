import type { Host } from '../host/host.ts';

/** A process of a cgroup that reads sockets with splice(), as far as its kind is known for it. */
export interface SpliceReader {
  readonly pid: number;
  readonly kind: 'go' | 'haproxy';
  /** Its name, of harmless characters only: whoever runs it has chosen it. */
  readonly name: string;
}

/**
 * Lists processes of a cgroup and those below it that are HAProxy, or programs in Go, which carry their
 * build information. $1 cgroup. Prints "PID KIND NAME" a line. Each program is looked into once, up to
 * 256 MB of it, and no more than 200 of them: what is missed is no reason not to load.
 */
const SPLICE_READERS = `set -fu
seen= count=0
find "$1" -name cgroup.procs -exec cat {} + 2>/dev/null | head -n 5000 |
while read -r pid; do
  name=$(tr -cd 'A-Za-z0-9_.+@:-' 2>/dev/null <"/proc/$pid/comm") || continue
  case $name in haproxy*) printf '%s haproxy %s\\n' "$pid" "$name"; continue ;; esac
  file=$(stat -Lc %d:%i "/proc/$pid/exe" 2>/dev/null) || continue
  case " $seen " in
    *" $file=go "*) printf '%s go %s\\n' "$pid" "$name" ;;
    *" $file=no "*) ;;
    *)
      count=$((count + 1))
      [ $count -le 200 ] || continue
      if head -c 268435456 "/proc/$pid/exe" 2>/dev/null | grep -q 'Go buildinf:'; then
        seen="$seen $file=go"
        printf '%s go %s\\n' "$pid" "$name"
      else
        seen="$seen $file=no"
      fi ;;
  esac
done
true`;

/**
 * The processes of a cgroup known to read with splice().
 * @throws HostError
 */
export async function findSpliceReaders(
  host: Host,
  cgroup: string,
  signal?: AbortSignal,
): Promise<SpliceReader[]> {
  await host.becomeRoot(signal);
  const text = await host.check(['sh', '-c', SPLICE_READERS, 'sh', cgroup], {
    tried: 'look for programs that read with splice()',
    root: true,
    signal,
    timeoutMs: 30_000,
  });
  return parseSpliceReaders(text);
}

/** @param text output of the script; lines of another form are passed over. */
export function parseSpliceReaders(text: string): SpliceReader[] {
  return Array.from(
    text.matchAll(/^(\d{1,10}) (go|haproxy) ([\w.+@:-]{0,32})$/gm),
    ([, pid, kind, name]) => ({
      pid: Number(pid),
      kind: kind as SpliceReader['kind'],
      name: name === undefined || name === '' ? 'a program without a name' : name,
    }),
  );
}
