import * as l10n from '@vscode/l10n';
import type { Code, Edit, QuickFix } from './code.ts';

const DEFINITION =
  /\b(?:static\s+)?struct\s+bpf_map_def\s+(?:(SEC\([^()\n]*\))\s*(\w+)|(\w+)\s*(SEC\([^()\n]*\)))\s*=\s*\{([^{}]*)\}[ \t]*;/g;
const FIELD = /^(\s*)\.(\w+)\s*=\s*([^\n;]+?)\s*$/;
const PARTS: Readonly<Record<string, string>> = { key_size: 'key', value_size: 'value' };

/** A map as today's libbpf reads it, in the place of one that old libbpf did. */
export function redefineMap(code: Code, line: number): QuickFix | undefined {
  const [start, end] = [code.lineStart(line), code.lineStart(line + 1)];
  const found = Array.from(code.code.matchAll(DEFINITION)).find(
    ({ 0: whole, index }) => index < end && index + whole.length > start,
  );
  if (found === undefined) return undefined;
  const { 0: whole, 2: first, 3: second, 5: body = '', index } = found;
  const name = first ?? second ?? '';
  const open = whole.lastIndexOf('{');
  const head = whole.slice(0, open);
  const edits: (Edit | undefined)[] = [code.edit(index, index + open, 'struct ')];
  let at = index + open + 1;
  for (const field of body.split(/,(?![^()]*\))/)) {
    if (field.trim() !== '') edits.push(fieldEdit(code, at, field));
    at += field.length + 1;
  }
  const close = index + whole.lastIndexOf('}');
  edits.push(code.edit(close + 1, index + whole.length, ` ${name} SEC(".maps");`));
  const all = edits.filter((one) => one !== undefined);
  if (all.length < edits.length || head.includes('\n')) return undefined;
  return { title: l10n.t('Define {0} as libbpf reads it today', name), edits: all };
}

/** `.key_size = sizeof(u32),` as `__type(key, u32);`. */
function fieldEdit(code: Code, at: number, field: string): Edit | undefined {
  const [, blank = '', name = '', value = ''] = FIELD.exec(field) ?? [];
  const start = at + blank.length;
  const part = PARTS[name];
  if (part === undefined && !/^(?:type|max_entries|map_flags)$/.test(name)) return undefined;
  const type = part === undefined ? undefined : /^sizeof\(([\w ]+)\)$/.exec(value)?.[1];
  const text =
    type === undefined ? `__uint(${name}, ${value});` : `__type(${part ?? ''}, ${type});`;
  const length = field.trimEnd().length - blank.length;
  const comma = code.code[at + field.length] === ',' ? field.length - blank.length - length + 1 : 0;
  return field.trim().includes('\n') ? undefined : code.edit(start, start + length + comma, text);
}
