/**
 * The words of a command as a shell would split it, without running or expanding anything of it.
 * @returns undefined where a quote is left open.
 */
export function splitWords(command: string): string[] | undefined {
  const words: string[] = [];
  let word: string | undefined;
  let quote = '';
  for (let at = 0; at < command.length; at++) {
    const one = command.charAt(at);
    if (quote === "'") {
      if (one === "'") quote = '';
      else word = `${word ?? ''}${one}`;
    } else if (one === '\\' && at + 1 < command.length) {
      const next = command.charAt(++at);
      const isKept = quote === '"' && !'"\\$`\n'.includes(next);
      if (next !== '\n') word = `${word ?? ''}${isKept ? '\\' : ''}${next}`;
    } else if (quote === '"' && one === '"') quote = '';
    else if (quote === '' && (one === '"' || one === "'")) {
      quote = one;
      word ??= '';
    } else if (quote === '' && /\s/.test(one)) {
      if (word !== undefined) words.push(word);
      word = undefined;
    } else word = `${word ?? ''}${one}`;
  }
  if (quote !== '') return undefined;
  return word === undefined ? words : [...words, word];
}
