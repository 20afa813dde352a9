import * as l10n from '@vscode/l10n';
import { HostError, type Problem } from './errors.ts';
import type { Ended, HostProcess } from './process.ts';
import type { Transport } from './transport.ts';

/** Nothing was run: sudo did not make it root's. */
export class NotRoot extends HostError {
  /** sudo asked, and the answer, if there was one, was not taken. */
  readonly asks: boolean;
  /** Whose password sudo wants, where it says so. */
  readonly passwordOf: string | undefined;

  constructor(problem: Omit<Problem, 'kind'>, asks: boolean, passwordOf: string | undefined) {
    super({ ...problem, kind: 'privilege' });
    this.asks = asks;
    this.passwordOf = passwordOf;
  }
}

const allowSudo = (): string =>
  l10n.t(
    'Have the administrator of the host let you run sh as root with sudo: without a terminal, and with programs of its own (no NOEXEC, no list of single commands).',
  );

/** Why a command did not run or did not come to its end; undefined when it did. */
export function faultOf(
  process: HostProcess,
  ended: Ended,
  {
    transport,
    tried,
    where,
    killed,
  }: {
    transport: Transport;
    tried: string;
    where: string;
    /** We ended it ourselves, for a reason that is known. */
    killed: boolean;
  },
): HostError | undefined {
  const { stage, trouble, greeting } = process;
  const seconds = transport.answerMs / 1000;
  const fail = (...[kind, words, next, hint]: Fault) =>
    new HostError({ kind, tried, where, words: words.trim(), next, hint });
  const said = [greeting.stderr, greeting.stdout].map((text) => text.trim());
  if (trouble === 'silent') return fail(...notAnswered(seconds, said.join('\n')));
  if (trouble === 'flood') return fail(...flooded(said.join('\n')));
  if (ended.notStarted !== undefined) {
    return fail('not-found', ended.notStarted, l10n.t('Check that the program is installed.'));
  }
  // A client that was killed has lost its connection just as one that says so.
  const code = ended.signal === undefined ? ended.exitCode : 255;
  const words = { login: said[0] ?? '', sudo: process.sudo.words, command: process.words }[stage];
  const lost = transport.failure(code, words);
  if (lost !== undefined && !killed) {
    return new HostError({ ...lost.problem, tried, where });
  }
  if (ended.signal !== undefined) {
    return killed
      ? undefined
      : fail('command', l10n.t('ended by {0}', ended.signal), l10n.t('Try again.'));
  }
  if (killed) return undefined;
  if (stage === 'login') return fail(...loginEnded(ended.exitCode, said.join('\n')));
  if (stage === 'sudo') return notRoot(process, tried, where);
  return undefined;
}

export type Fault = [kind: Problem['kind'], words: string, next: string, hint?: string];

export const flooded = (said: string): Fault => [
  'command',
  `${l10n.t('more than 256 KiB came before the command ran')}\n${said.slice(0, 4096)}`,
  l10n.t('Look at what the start-up files of the account print.'),
];

/** @param said what came meanwhile. */
export const notAnswered = (seconds: number, said: string): Fault => [
  'timeout',
  `${l10n.t("the login's start-up files did not end within {0} s", seconds)}\n${said}`,
  l10n.t(
    "Look at the account's start-up files (.bashrc, .zshenv, config.fish, .cshrc): they may wait for input, start another shell with exec, or need longer than the connect timeout (sockmapBypass.ssh.connectTimeout, --connect-timeout) allows.",
  ),
];

/** An account without a shell, an expired password, a forced command: the login ran something else. */
export const loginEnded = (code: number | undefined, said: string): Fault => [
  'authentication',
  `${said}\n${l10n.t('the login ended with exit code {0} before it ran a command', code ?? l10n.t('unknown'))}`.trim(),
  l10n.t(
    'Connect in a terminal and read what the host says: the account may be closed to logins, need a new password, or run another command in place of ours.',
  ),
];

function notRoot(process: HostProcess, tried: string, where: string): NotRoot {
  const { words, asked, passwordOf, uid } = process.sudo;
  if (asked > 1) {
    const told =
      passwordOf === undefined
        ? l10n.t('sudo does not take the password, or asks for more than a password')
        : l10n.t(
            'sudo does not take the password of {0}, or asks for more than a password',
            passwordOf,
          );
    const next = l10n.t('Try again, and enter the password again.');
    return new NotRoot({ tried, where, words: `${told}\n${words}`, next }, true, passwordOf);
  }
  const what =
    uid === undefined
      ? ''
      : uid === ''
        ? `${l10n.t('sudo runs a shell that may start no programs')}\n`
        : `${l10n.t('sudo runs commands as user {0}, not as root', uid)}\n`;
  const told = words === '' ? l10n.t('sudo refused, and said nothing') : words;
  return new NotRoot(
    { tried, where, words: `${what}${told}`, next: allowSudo() },
    false,
    undefined,
  );
}
