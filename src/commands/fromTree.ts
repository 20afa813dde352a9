import { BypassNode, CgroupNode, HostNode, KeptNode, NoteNode } from '../ui/hostNodes.ts';
import { Pointed } from '../ui/pointed.ts';
import { comparedPair, ResultNode } from '../ui/resultNodes.ts';

/** Commands whose argument is complete with what a row names; the others ask for the rest. */
const COMPLETE: ReadonlySet<string> = new Set([
  'status',
  'openLivePage',
  'showStatusReport',
  'checkHost',
  'checkSemantics',
  'assess',
  'showAssessment',
  'unload',
  'removeCgroups',
]);

/**
 * The argument of a command that was chosen for a row of a view: what a keybinding would write where that is
 * complete, else what was pointed at.
 * @param command the name behind `sockmapBypass.`.
 * @param selected all rows that are selected, where that is one of them.
 * @returns undefined for what is no row.
 */
export function fromTree(
  command: string,
  argument: unknown,
  selected: unknown,
): object | undefined {
  if (argument instanceof ResultNode) return fromResults(command, argument, selected);
  const named = namedBy(argument);
  if (named === undefined) return undefined;
  if (!COMPLETE.has(command)) return new Pointed(named.host, named.cgroup);
  return named;
}

function namedBy(argument: unknown): { host: string; cgroup?: string } | undefined {
  if (argument instanceof HostNode || argument instanceof NoteNode) return { host: argument.host };
  if (
    !(argument instanceof BypassNode) &&
    !(argument instanceof CgroupNode) &&
    !(argument instanceof KeptNode)
  )
    return undefined;
  const { host, cgroup } = argument;
  return cgroup === undefined ? { host } : { host, cgroup };
}

function fromResults(command: string, row: ResultNode, selected: unknown): object {
  const rows = Array.isArray(selected) && selected.includes(row) ? selected : [row];
  const runs = rows.filter((one) => one instanceof ResultNode);
  if (command === 'resumeBenchmark') return { uri: row.file };
  const pair = command === 'compare' ? comparedPair(runs) : undefined;
  return pair === undefined ? runs : { baseline: pair.baseline.file, uri: pair.run.file };
}
