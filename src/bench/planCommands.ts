import * as l10n from '@vscode/l10n';
import { createHash } from 'node:crypto';
import type { Plan, Workload } from '../results/document.ts';
import { quoted } from '../text.ts';

/** A command that a plan has run on the host. */
interface PlanCommand {
  /** Those of the workloads that have it. */
  readonly workloads: string[];
  /** Its key in the plan: `server`, `unix.client`. */
  readonly role: string;
  /** The account it runs as; undefined: the usual one. */
  readonly user: string | undefined;
  readonly argv: readonly string[];
}

/** Longest line of a command. */
const COLUMNS = 80;
const INDENT = '    ';

/** The commands of a plan's workloads, each once: variants of a workload share them. */
export function planCommands({ workloads = [] }: Pick<Plan, 'workloads'>): PlanCommand[] {
  const commands = new Map<string, PlanCommand>();
  for (const workload of workloads) {
    for (const [role, argv] of argvsOf(workload)) {
      const { name, user } = workload;
      const key = JSON.stringify([role, user ?? '', argv]);
      const known = commands.get(key);
      if (known === undefined) commands.set(key, { workloads: [name], role, user, argv });
      else if (!known.workloads.includes(name)) known.workloads.push(name);
    }
  }
  return [...commands.values()];
}

const argvsOf = ({ prepare, server, client, report, stop, unix }: Workload) =>
  Object.entries({
    prepare,
    server,
    client,
    report,
    stop,
    'unix.server': unix?.server,
    'unix.client': unix?.client,
  }).flatMap(([role, argv]) => (argv === undefined ? [] : [[role, argv] as const]));

/** A digest of exactly these commands, their accounts and this host. */
export const commandsKey = (host: string, commands: readonly PlanCommand[]): string =>
  createHash('sha256')
    .update(JSON.stringify([host, commands.map(({ role, user = '', argv }) => [role, user, argv])]))
    .digest('hex');

const accountOf = ({ user }: PlanCommand): string =>
  user === undefined ? l10n.t('the login’s account (nobody where that is root)') : quoted(user);

/**
 * All of the commands in full, to be read before they are run.
 * @param from whoever names them: a file.
 * @returns lines of plain text.
 */
export function commandsText(
  { host, from }: { host: string; from: string },
  commands: readonly PlanCommand[],
): string {
  const lines = [
    l10n.t('{0} has these commands run on {1}:', readable(from), quoted(host)),
    '',
    l10n.t('Each word is in quotes, as in JSON; what is not plain ASCII is escaped.'),
    l10n.t(
      'A word too long for a line continues after "+". No shell runs them, unless one is named.',
    ),
    l10n.t('{address}, {port}, {dir} and {seconds} are filled in for each sample.'),
  ];
  for (const command of commands) {
    const { workloads, role, argv } = command;
    lines.push('', `${role}: ${workloads.map(quoted).join(', ')}`);
    lines.push(`  ${l10n.t('as {0}:', accountOf(command))}`, ...wrapped(argv));
  }
  return `${lines.join('\n')}\n`;
}

/** A sentence's part, in which nothing hides or reorders either. */
const readable = (text: string): string => quoted(text).slice(1, -1).replaceAll('\\"', '"');

/** Words in quotes, on lines that need no scrolling to the side. */
function wrapped(argv: readonly string[]): string[] {
  const lines: string[] = [];
  let line = '';
  for (const piece of argv.flatMap(pieces)) {
    if (line !== '' && line.length + piece.length >= COLUMNS) {
      lines.push(line);
      line = '';
    }
    line += `${line === '' ? INDENT : ' '}${piece}`;
  }
  return [...lines, line];
}

/** A word in quotes; of a long one several, joined by "+". */
function pieces(word: string): string[] {
  const most = COLUMNS - INDENT.length - 3;
  const all: string[] = [];
  let piece = '"';
  for (const unit of word.split('')) {
    const next = quoted(unit).slice(1, -1);
    if (piece.length + next.length >= most) {
      all.push(`${piece}" +`);
      piece = '"';
    }
    piece += next;
  }
  return [...all, `${piece}"`];
}
