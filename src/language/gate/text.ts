/** Longest label, message or title; documentation may be longer. */
const LONGEST = 4000;
const LONGEST_DOCUMENTATION = 100_000;

/** Characters that are not seen, or turn text around, but for line breaks and tabs. */
const CONTROL = /(?![\n\t])\p{Cc}|\p{Cf}|\p{Zl}|\p{Zp}/gu;

/** Words of the host to show as they are: without what would steer a terminal or turn text around, and cut. */
export const plain = (text: string, longest = LONGEST): string => {
  const clean = text.slice(0, longest).replace(CONTROL, '');
  return text.length > longest ? `${clean}…` : clean;
};

/** The same for a name or a title, one line, where VS Code would show `$(name)` as an icon. */
export const title = (text: string): string =>
  plain(text, 1000).replace(/\s+/g, ' ').replaceAll('$(', '$ (');

/** The same for an error, one line: notifications make a link of `[words](command:...)`. */
export const notice = (text: string): string => title(text).replaceAll('](', '] (');

const FENCE = /^ {0,3}```([\w+-]*)[ \t]*$/;
const FENCE_END = /^ {0,3}`{3,}[ \t]*$/;

/**
 * Markdown that is made anew from the host's: code blocks, and between them text in which only headings,
 * lists, rules, emphasis and code within a line are left. Links, images, HTML and tables become text, bare
 * addresses too: what one swallows up to the next blank would be text no more.
 */
export function safeMarkdown(markdown: string): string {
  const made: string[] = [];
  const lines = plain(markdown, LONGEST_DOCUMENTATION).split('\n');
  for (let at = 0; at < lines.length; at++) {
    const line = lines[at] ?? '';
    const language = FENCE.exec(line)?.[1];
    if (language === undefined) {
      made.push(safeLine(line));
      continue;
    }
    let end = at + 1;
    while (end < lines.length && !FENCE_END.test(lines[end] ?? '')) end++;
    made.push(codeBlock(language, lines.slice(at + 1, end).join('\n')));
    at = end;
  }
  return made.join('\n');
}

/** A code block that nothing in the code can end. */
export function codeBlock(language: string, code: string): string {
  const longest = Math.max(2, ...Array.from(code.matchAll(/`+/g), ([run]) => run.length));
  const fence = '`'.repeat(longest + 1);
  const known = /^[\w+-]*$/.test(language) ? language : '';
  return `\n${fence}${known}\n${plain(code, LONGEST_DOCUMENTATION)}\n${fence}\n`;
}

/** In a line: an escape, a run of backticks, or what could begin something that is more than text. */
const SPECIAL = /\\[!-/:-@[-`{-~]|`+|:\/\/|www\.|[[\]<>!|~@&\\]/gi;

function safeLine(line: string): string {
  let made = '';
  let done = 0;
  SPECIAL.lastIndex = 0;
  for (let found = SPECIAL.exec(line); found !== null; found = SPECIAL.exec(line)) {
    const [token] = found;
    const before = line.slice(done, found.index);
    made += before;
    done = found.index + token.length;
    if (token.startsWith('\\') && token.length > 1) made += token;
    else if (token === '://') made += '\\://';
    else if (token.endsWith('.')) made += `${token.slice(0, -1)}\\.`;
    else if (token.startsWith('`')) {
      const span = spanFrom(line, found.index, token);
      made += span ?? '\\`'.repeat(token.length);
      if (span !== undefined) done = found.index + span.length;
    } else made += `\\${token}`;
    SPECIAL.lastIndex = done;
  }
  return made + line.slice(done);
}

/** Code within the line; with a "|" a table could cut it apart. */
function spanFrom(line: string, from: number, ticks: string): string | undefined {
  const start = from + ticks.length;
  for (const run of line.slice(start).matchAll(/`+/g)) {
    if (run[0] !== ticks) continue;
    const span = line.slice(from, start + run.index + ticks.length);
    return span.includes('|') ? undefined : span;
  }
  return undefined;
}

/**
 * Whether a snippet has variables: VS Code would put in the clipboard, paths or what else of this machine
 * they stand for, and the host would read it in the document.
 */
export const hasVariables = (snippet: string): boolean =>
  /\$\{?[A-Za-z_]/.test(snippet.replace(/\\[^]/g, ''));
