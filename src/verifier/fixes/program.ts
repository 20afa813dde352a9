import * as l10n from '@vscode/l10n';
import { closing, type Code, type QuickFix } from './code.ts';

/** Those that the kernel counts as the GPL (include/linux/license.h), by how people write them. */
const LICENCES: readonly (readonly [RegExp, string])[] = [
  [/^gpl[- ]?(?:v?2(?:\.0)?(?:\+|[- ](?:only|or[- ]later))?)?$/i, 'GPL'],
  [
    /^\(?(?:dual )?bsd[/ ]gpl\)?$|^\(?gpl-2\.0(?:-only|-or-later|\+)? or bsd-[23]-clause\)?$/i,
    'Dual BSD/GPL',
  ],
  [/^\(?(?:dual )?mit[/ ]gpl\)?$|^\(?gpl-2\.0(?:-only|-or-later|\+)? or mit\)?$/i, 'Dual MIT/GPL'],
];

/** The licence's declaration, where the whole source has none; or its name as the kernel reads it. */
export function declareLicence(code: Code, texts: readonly string[]): QuickFix | undefined {
  const declared = code
    .sections(0, code.text.length)
    .filter(({ name }) => name === 'license')
    .map(({ at }) => /^license"\s*\)\s*=\s*"([^"\n]*)"/.exec(code.text.slice(at, at + 300)));
  const [found] = declared;
  if (found?.[1] !== undefined) {
    const [whole, name] = found;
    const known = LICENCES.find(([pattern]) => pattern.test(name.trim()))?.[1];
    if (known === undefined || known === name) return undefined;
    const end = code.text.indexOf(whole) + whole.length - 1;
    return {
      title: l10n.t('Write the licence as the kernel reads it: {0}', `"${known}"`),
      edits: [code.edit(end - name.length, end, known)],
    };
  }
  if (texts.some((text) => /\bSEC\(\s*"license"\s*\)|section\("license"\)/.test(text)))
    return undefined;
  const line = 'char LICENSE[] SEC("license") = "GPL";';
  const end = code.text.length;
  const isNewLine = code.text === '' || code.text.endsWith('\n');
  return {
    title: l10n.t('Insert: {0}', line),
    edits: [code.edit(end, end, `${isNewLine ? '' : '\n'}\n${line}\n`)],
  };
}

/** 0 for the flags of bpf_get_local_storage(), the one whose flags the verifier looks at. */
export function passNoFlags(code: Code, line: number): QuickFix | undefined {
  const start = code.lineStart(line);
  const text = code.code.slice(start, code.lineStart(line + 1));
  const [call, ...others] = Array.from(text.matchAll(/\bbpf_get_local_storage\s*\(/g));
  if (call === undefined || others.length > 0) return undefined;
  const open = start + call.index + call[0].length - 1;
  const close = closing(code.code, open);
  const comma = code.code.lastIndexOf(',', close);
  const argument = code.code.slice(comma + 1, close);
  if (comma < open || /[()\n]/.test(argument) || argument.trim() === '0') return undefined;
  return {
    title: l10n.t('Pass 0 as the flags'),
    edits: [code.edit(comma + 1, close, ' 0')],
  };
}

/**
 * Declares a function of the kernel `__weak`, and calls it only where the kernel has it. Where something is made of what
 * it returns, a person has to say what instead.
 */
export function declareWeak(
  code: Code,
  line: number,
  texts: readonly string[],
): QuickFix | undefined {
  const start = code.lineStart(line);
  const text = code.code.slice(start, code.lineStart(line + 1));
  const declared = /\bextern\b[^;()]*?\b(\w+)\s*\([^;]*\)\s*(__ksym)\b(?!\s*__weak)\s*;/.exec(text);
  const [, name = ''] = declared ?? [];
  if (declared === null || text.includes('__weak')) return undefined;
  const use = new RegExp(`\\b${name}\\b`, 'g');
  const uses = Array.from(code.code.matchAll(use)).filter(
    ({ index }) => code.lineOf(index) !== line,
  );
  const everywhere = texts.reduce((sum, one) => sum + Array.from(one.matchAll(use)).length, 0);
  const here = Array.from(code.text.matchAll(use)).length;
  if (uses.length === 0 || everywhere !== here) return undefined;
  const guards = uses.map(({ index }) => {
    const inside = code.functionAt(code.lineOf(index));
    if (inside === undefined) return undefined;
    const statement = code.statementAt(index, inside);
    const isAlone = statement?.start === index;
    return isAlone ? code.insertBefore(statement, [`if (${name})`], inside) : undefined;
  });
  const at = start + declared.index + declared[0].lastIndexOf('__ksym') + '__ksym'.length;
  const step = uses.map(({ index }) => code.edit(index, index, '\t'));
  const all = [code.edit(at, at, ' __weak'), ...guards, ...step].filter((one) => one !== undefined);
  return all.length === 1 + 2 * uses.length
    ? { title: l10n.t('Declare {0} __weak, and call it only where it is', name), edits: all }
    : undefined;
}
