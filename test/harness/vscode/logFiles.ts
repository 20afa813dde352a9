import fs from 'node:fs';
import path from 'node:path';

/** The environment variable that names the directory of its session, for tests inside of it. */
export const LOGS_VARIABLE = 'SOCKMAP_TEST_LOGS';

/** So many of its last lines are in the report of a failed test, each cut to a length. */
const LAST = { lines: 10, characters: 240 } as const;

/** Logs of VS Code and its extensions below the directory of a session. */
export function logFiles(directory: string): (readonly [name: string, text: string])[] {
  return fs
    .readdirSync(directory, { recursive: true, encoding: 'utf8' })
    .filter((file) => file.endsWith('.log'))
    .sort()
    .map((file) => [file, fs.readFileSync(path.join(directory, file), 'utf8')]);
}

/** The extension's own. */
export const extensionLogs = (directory: string): (readonly [name: string, text: string])[] =>
  logFiles(directory).filter(([file]) => file.endsWith('Sockmap Bypass.log'));

/** How the extension's own log ends, for the report of a failed test; '' when it has written nothing. */
export function extensionLogEnd(directory: string): string {
  const lines = extensionLogs(directory)
    .flatMap(([, text]) => text.trimEnd().split('\n'))
    .slice(-LAST.lines);
  if (lines.every((line) => line === '')) return '';
  return ['The log of the extension ends with:', ...lines]
    .map((line) => line.slice(0, LAST.characters))
    .join('\n');
}
