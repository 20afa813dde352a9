import { STATUS, type Command } from './command.ts';
import type { Options } from './options.ts';

export const PROGRAM = 'sockmap-bypass';
const WIDTH = 80;

/** Output of `--help` for all commands. */
export const overview = (commands: readonly Command[]): string =>
  paragraphs([
    `Usage: ${PROGRAM} COMMAND …`,
    'Measures, loads and verifies the sockmap bypass on Linux hosts, as the extension Sockmap Bypass of VS Code does.',
    table(
      'Commands',
      commands.map((one) => [synopsis(one), one.summary]),
    ),
    table('Options', [
      ['--help', 'Show this help; after a command, its own.'],
      ['--version', 'Show the version.'],
    ]),
    examples([
      'check web1',
      'load web1 system.slice/redis-server.service',
      'benchmark web1 system.slice/redis-server.service',
      'status web1',
      'unload web1 system.slice/redis-server.service',
    ]),
    statuses("The outcome is bad, such as a slower bypass: the command's help says which."),
  ]);

/** Output of `--help` for one command. */
export const helpOf = (command: Command): string =>
  paragraphs([
    `Usage: ${PROGRAM} ${synopsis(command)} [OPTION]…`,
    command.summary,
    ...(command.notes ?? []),
    table(
      'Operands',
      Object.entries(command.operands).map(([name, { help }]) => [name, help]),
    ),
    table('Options', optionRows(command.options)),
    examples(command.examples.map((each) => `${command.name} ${each}`)),
    statuses(command.bad),
  ]);

const synopsis = ({ name, operands }: Command): string =>
  [
    name,
    ...Object.entries(operands).map(([word, { optional, several }]) =>
      several ? `${word}…` : optional ? `[${word}]` : word,
    ),
  ].join(' ');

const optionRows = (options: Options): [string, string][] =>
  Object.entries(options).map(([name, { value, help }]) => [
    value === undefined ? `--${name}` : `--${name} ${value}`,
    help,
  ]);

const examples = (lines: readonly string[]): string =>
  ['Examples:', ...lines.map((line) => `  ${PROGRAM} ${line}`)].join('\n');

const statuses = (bad: string | undefined): string =>
  table('Exit status', [
    [`${STATUS.good}`, bad === undefined ? 'Done.' : 'Done, and the outcome is good.'],
    [`${STATUS.failed}`, 'Failed, or the outcome is not known: standard error says why.'],
    ...(bad === undefined ? [] : [[`${STATUS.bad}`, bad] as const]),
    [`${STATUS.usage}`, 'Wrong use of the command line.'],
    [`${STATUS.cancelled}`, 'Cancelled by a signal, such as Ctrl-C: the host is as it was.'],
  ]);

const paragraphs = (all: readonly string[]): string =>
  `${all.map((one) => wrap(one)).join('\n\n')}\n`;

function table(title: string, rows: readonly (readonly [string, string])[]): string {
  const widest = Math.max(...rows.map(([name]) => name.length));
  const column = Math.min(widest, 24) + 4;
  const lines = rows.map(([name, help]) => {
    const [first = '', ...more] = wrap(help, WIDTH - column).split('\n');
    const left = `  ${name}`;
    const start = left.length + 2 > column ? `${left}\n${' '.repeat(column)}` : left.padEnd(column);
    return [`${start}${first}`, ...more.map((line) => `${' '.repeat(column)}${line}`)].join('\n');
  });
  return [`${title}:`, ...lines].join('\n');
}

/** Breaks lines that are longer; those of a table are not. */
function wrap(text: string, width = WIDTH): string {
  return text
    .split('\n')
    .map((line) => line.replace(new RegExp(`(?=.{${width + 1},})(.{1,${width}}) +`, 'g'), '$1\n'))
    .join('\n');
}
