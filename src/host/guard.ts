import * as l10n from '@vscode/l10n';
import { cancelled, HostError } from './errors.ts';
import type { Host } from './host.ts';
import { hostScript } from './hostScript.ts';
import { firstLine } from './lines.ts';

/**
 * Something made on the host that must not outlive us: `setup` makes it and prints one line,
 * `undo` removes it. The script waits on the host with its standard input as the lifeline, so
 * `undo` runs there however this end goes: released, killed, or the connection cut.
 */
export interface Guard extends AsyncDisposable {
  /** The line `setup` printed. */
  readonly line: string;
  /** Whether it ended before it was released, its connection cut: what it made is undone. */
  lost(): boolean;
}

/**
 * @param setup POSIX sh; reads its values as $1, $2…; prints one line, or words on stderr and exits.
 * @param undo POSIX sh; sees the variables of `setup`. Left out where `setup` has a function of this name.
 * @throws HostError, with the exit status of a `setup` that failed.
 */
export async function guard(
  host: Host,
  script: { setup: string; undo?: string; args?: readonly string[] },
  options: { tried: string; root?: boolean; next?: string; signal?: AbortSignal | undefined },
): Promise<Guard> {
  const { root = false, signal } = options;
  // set -f: a path with * in it stays one.
  const source = `set -f; trap '' HUP INT TERM PIPE
${script.undo === undefined ? '' : `undo() {\n:\n${script.undo}\n}`}
${script.setup}
while read -r _; do :; done
undo`;
  await host.connect(signal);
  return host.asRoot({ root, signal }, () =>
    set(host, ['sh', '-c', source, 'sh', ...(script.args ?? [])], options),
  );
}

/** In which `setup` prints its line. */
const SETUP_MS = 60_000;
/** A path, or some numbers. */
const LONGEST_LINE = 64 * 1024;

async function set(
  host: Host,
  argv: readonly string[],
  {
    tried,
    root = false,
    next = '',
    signal,
  }: { tried: string; root?: boolean; next?: string; signal?: AbortSignal | undefined },
): Promise<Guard> {
  const process = host.spawn(argv, { root, tried });
  let ended = false;
  void process.ended.then(() => (ended = true));
  const release = async () => {
    process.stdin.end();
    const force = setTimeout(() => {
      process.kill();
    }, 20_000);
    await process.ended;
    clearTimeout(force);
  };
  const late = { passed: false };
  const timer = setTimeout(() => {
    late.passed = true;
    void release();
  }, SETUP_MS);
  const line = await firstLine(process.stdout);
  clearTimeout(timer);
  const fail = (kind: 'command' | 'timeout', words: string, exitCode?: number) =>
    new HostError({ kind, tried, where: host.name, words, exitCode, next });
  if (late.passed)
    throw fail('timeout', `${l10n.t('no answer within {0} s', SETUP_MS / 1000)}\n${process.words}`);
  if (line !== undefined && line.length > LONGEST_LINE) {
    await release();
    throw fail('command', l10n.t('its answer is a line of more than {0} characters', LONGEST_LINE));
  }
  if (line === undefined) {
    const fault = await host.fault(process, tried);
    throw fault ?? fail('command', process.words, (await process.ended).exitCode);
  }
  if (signal?.aborted === true) {
    await release();
    throw cancelled(tried, host.name);
  }
  return { line, lost: () => ended, [Symbol.asyncDispose]: release };
}

export const noScratch = (): string =>
  l10n.t('Free or mount a place for temporary files, or set TMPDIR for this account on the host.');

/**
 * A directory for temporary files on the host, removed with the guard.
 * @param options executable: whether programs will be run from it.
 * @throws HostError that says of each place why it does not do.
 */
export async function scratchDirectory(
  host: Host,
  options: { executable?: boolean; signal?: AbortSignal | undefined } = {},
): Promise<Guard> {
  const { executable = false, signal } = options;
  return guard(
    host,
    { setup: hostScript('scratch.sh'), args: [executable ? 'yes' : 'no'] },
    { tried: l10n.t('make a private directory'), next: noScratch(), signal },
  );
}
