import { Mark, PRINT_MARK } from './gate.ts';
import { hostScript } from './hostScript.ts';

/**
 * Surroundings every command gets: tools' untranslated words, and the folders of administrators'
 * tools, which a non-interactive ssh session often lacks.
 */
const ENVIRONMENT = `LC_ALL=C PATH="$PATH:/usr/local/sbin:/usr/sbin:/sbin"; export LC_ALL PATH`;

/** 255 is ssh's own failure, so a command's 255 becomes 254. */
export const PLAIN = `"$@"; c=$?; [ $c = 255 ] && c=254; exit $c`;

/** The same, with standard input as a lifeline. */
export const LIFELINE = hostScript('lifeline.sh');

/** How a command becomes root's: by sudo, which gets the password if it asks for it. */
export interface Sudo {
  readonly password: string | undefined;
}

export interface Wrapped {
  readonly argv: readonly string[];
  readonly login: Mark;
  readonly sudo: { root: Mark; prompt: Mark; password: string | undefined } | undefined;
}

/** A command in one of the two scripts above, which begins only where it is who it should be. */
export function wrap(script: string, argv: readonly string[], sudo?: Sudo): Wrapped {
  const login = new Mark();
  const run = (mark: Mark, before: string, after: string, words: readonly string[]) => [
    'sh',
    '-c',
    [ENVIRONMENT, before, PRINT_MARK, after].join('\n'),
    'sh',
    ...mark.halves,
    ...words,
  ];
  if (sudo === undefined) return { argv: run(login, 'u=', script, argv), login, sudo: undefined };
  const [root, prompt] = [new Mark(), new Mark()];
  const { password } = sudo;
  // %p: whose password it is, which may be root's.
  const ask = password === undefined ? ['-n'] : ['-S', '-p', `${prompt.text}[%p]\n`];
  const inner = run(root, 'u=$(id -u)', `[ "$u" = 0 ] || exit 1\n${script}`, argv);
  return {
    argv: run(login, 'u=', 'exec "$@"', ['sudo', ...ask, '-u', 'root', '--', ...inner]),
    login,
    sudo: { root, prompt, password },
  };
}
