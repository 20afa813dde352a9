/**
 * Text from outside, made fit to be read: hosts' and tools' words, names of hosts, cgroups, containers
 * and files, what documents hold. None of it acts (as a link, an icon, Markdown, a control sequence),
 * reorders or hides what stands beside it, or fills the screen. What is replaced stays visible, so that
 * nobody reads something else than was said. The whole stands in the log and in the full reports.
 */

/** Terminals act on these, and editors draw them as nothing; tab and line feed are text. */
const CONTROLS = /[^\P{Cc}\t\n]/gu;
/** Directions, joiners, fillers, tags; separators that break lines; halves of a character. */
const UNSEEN = /[\p{Cf}\p{Default_Ignorable_Code_Point}\p{Zl}\p{Zp}\p{Cs}]/gu;

/** Several lines of text: whatever would not be seen is spelled out, as in `<U+202E>`. */
export function visible(text: string): string {
  return text.replaceAll('\r\n', '\n').replace(CONTROLS, codePoint).replace(UNSEEN, codePoint);
}

/** A JSON document in which that is an escape. */
export const jsonText = (value: object): string =>
  JSON.stringify(value, undefined, 2).replace(CONTROLS, escaped).replace(UNSEEN, escaped);

const escaped = (character: string): string =>
  character
    .split('')
    .map((unit) => `\\u${unit.charCodeAt(0).toString(16).padStart(4, '0')}`)
    .join('');

/**
 * A word in quotes, as JSON writes it, in plain ASCII: what is between the quotes is the word, whatever letters
 * look or run like.
 */
export const quoted = (word: string): string => JSON.stringify(word).replace(/[^ -~]/g, escaped);

/**
 * A name that a program gave itself, on one line: as it is, or in quotes where a line would show another one, or none.
 */
export const shownName = (name: string, most = 60): string =>
  shortened(name !== '' && joined(name) === name ? name : quoted(name), most);

const codePoint = (character: string): string =>
  `<U+${(character.codePointAt(0) ?? 0).toString(16).toUpperCase().padStart(4, '0')}>`;

/** The same on one line, of at most `most` characters: what is cut out of its middle is shown as …. */
export const oneLine = (text: string, most = 400): string => shortened(joined(text), most);

/** Ids of containers as their engines show them to people. */
export const shortIds = (text: string): string =>
  text.replace(/(?<![0-9a-f])([0-9a-f]{12})[0-9a-f]{52}(?![0-9a-f])/g, '$1…');

/** The path of a cgroup below the mount, which all have. */
export const cgroupPath = (cgroup: string): string =>
  shortIds(cgroup.replace(/^\/sys\/fs\/cgroup(?:\/unified)?(?=\/.|$)/, '') || '/');

/** Some names as words, of cgroups say: three at most, and how many more. */
export function listed(names: readonly string[]): string {
  const shown = names.slice(0, names.length > 3 ? 2 : 3).map((one) => oneLine(shortIds(one), 200));
  const last = names.length > 3 ? `${names.length - 2} more` : shown.pop();
  return shown.length === 0 ? (last ?? '') : `${shown.join(', ')} and ${last ?? ''}`;
}

const joined = (text: string): string => visible(text).replace(/\s+/g, ' ').trim();

/**
 * One line for where VS Code makes links of `[text](address)` and icons of `$(name)`: notifications,
 * progress, prompts, quick picks, lenses, the status bar. A blank keeps them text.
 */
export const label = (text: string, most = 400): string =>
  shortened(
    joined(text)
      .replace(/\](?=\()/g, '] ')
      .replace(/\$(?=\([\w~-]*\))/g, '$ '),
    most,
  );

/** Paragraphs of a dialog: line breaks stay, as many as fit on a screen. */
export function paragraphs(text: string, most = 2000): string {
  const lines = shortened(visible(text), most).split('\n');
  return lines.length <= 30 ? lines.join('\n') : [...lines.slice(0, 29), '…'].join('\n');
}

/** Text inside Markdown, on one line: nothing of it takes effect, nor begins a block of its own. */
export const markdownText = (text: string): string =>
  visible(text)
    .replace(/\s+/g, ' ')
    .replace(/[\\`*_{}[\]<>|#!&~$]/g, '\\$&')
    .replace(/:(?=\/\/)/g, '\\:')
    .replace(/^ ?(?=[-+](?: |$)|-+ ?$|=+ ?$)/, '\\')
    .replace(/^( ?\d+)(?=[.)](?: |$))/, '$1\\');

/** A name for a file, or for the tab of a document: in one folder, never a path out of it. */
export const fileName = (text: string): string =>
  oneLine(text, 120)
    .replace(/[/\\]/g, '∕')
    .replace(/[:*?"<>|]/g, '_')
    .replace(/^\.+/, (dots) => '_'.repeat(dots.length));

/** Both ends of a long text matter most: what it is, and what to do about it. */
function shortened(text: string, most: number): string {
  const characters = Array.from(text.slice(0, 3 * most + 3));
  if (text.length <= most || (text.length <= 3 * most && characters.length <= most)) return text;
  const kept = Math.max(0, most - 1);
  const end = Math.floor(kept / 3);
  const head = characters.slice(0, kept - end).join('');
  const tail =
    end === 0
      ? ''
      : Array.from(text.slice(-2 * end))
          .slice(-end)
          .join('');
  return `${head}…${tail}`;
}

/** RFC 4180. Text that a spreadsheet would take for a formula is kept from being one. */
export function csvText(
  rows: readonly (readonly (string | number | boolean | undefined)[])[],
): string {
  const cell = (value: (typeof rows)[number][number]): string => {
    if (typeof value !== 'string') return value === undefined ? '' : String(value);
    const text = /^[=+\-@\t\r]/.test(value) ? `'${value}` : value;
    return /[",\r\n]/.test(text) ? `"${text.replaceAll('"', '""')}"` : text;
  };
  return rows.map((row) => `${row.map(cell).join(',')}\r\n`).join('');
}
