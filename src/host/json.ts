import * as l10n from '@vscode/l10n';
/** Characters of the largest answer of bpftool's; that of a host with thousands of programs is one of them. */
const LONGEST = 8 * 1024 * 1024;
const DEEPEST = 100;

/**
 * JSON that a program of a host printed. Text within these bounds cannot make the parser take more memory
 * than a few times its length.
 * @throws SyntaxError, also of what is longer than 8 Mi characters or nested more than 100 deep.
 */
export function parseJson(text: string): unknown {
  if (text.length > LONGEST) throw new SyntaxError(l10n.t('JSON of more than 8 Mi characters'));
  let depth = 0;
  let isString = false;
  for (let at = 0; at < text.length; at++) {
    const one = text[at];
    if (isString && one === '\\') at++;
    else if (one === '"') isString = !isString;
    else if (!isString && (one === '[' || one === '{')) depth++;
    else if (!isString && (one === ']' || one === '}')) depth--;
    if (depth > DEEPEST) throw new SyntaxError(l10n.t('JSON nested more than 100 deep'));
  }
  return JSON.parse(text);
}
