import { encodeBytes } from './bytes.ts';

/** One word for a POSIX shell: whatever it holds, the shell sees exactly it. */
export function shellWord(word: string): string {
  if (word.includes('\0')) throw new RangeError('a word of a command cannot hold a NUL byte');
  return /^[\w@%+=:,./-]+$/.test(word) ? word : `'${word.replaceAll("'", "'\\''")}'`;
}

export const shellLine = (argv: readonly string[]): string => argv.map(shellWord).join(' ');

/**
 * A command line that any login shell hands to `sh` unharmed.
 *
 * sshd gives the line to the account's own shell, and fish and csh read quotes, backslashes, `!` and
 * line breaks between quotes differently from sh. So those, and what is not printable, travel as octal
 * escapes, of which no shell makes anything, and sh itself decodes them. All else stays as it is: the
 * Windows client takes no more than 32,767 characters.
 */
export function loginShellLine(argv: readonly string[]): string {
  const encoded = Array.from(encodeBytes(shellLine(argv)), (byte) =>
    /[ -~]/.test(String.fromCharCode(byte)) && !/['\\!]/.test(String.fromCharCode(byte))
      ? String.fromCharCode(byte)
      : `\\0${byte.toString(8).padStart(3, '0')}`,
  ).join('');
  return `exec sh -c 'eval "$(printf %b "$0")"' '${encoded}'`;
}
