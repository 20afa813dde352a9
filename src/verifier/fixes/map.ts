import * as l10n from '@vscode/l10n';
import type { Code, Edit, QuickFix } from './code.ts';

const INDEXED =
  /^BPF_MAP_TYPE_(?:(?:PERCPU_)?ARRAY|PROG_ARRAY|PERF_EVENT_ARRAY|CGROUP_ARRAY|ARRAY_OF_MAPS|DEVMAP|CPUMAP|XSKMAP|SOCKMAP)$/;
const NO_PREALLOCATION = /^BPF_MAP_TYPE_(?:LPM_TRIE|(?:SK|TASK|INODE|CGRP)_STORAGE)$/;

/** The attributes that the type of a map asks for, in the definition that ends on a line. */
export function correctMap(code: Code, line: number): QuickFix | undefined {
  const end = code.lineStart(line + 1);
  const open = code.code.lastIndexOf('{', code.code.lastIndexOf('}', end));
  const start = code.code.lastIndexOf('struct', open);
  const definition = code.code.slice(start, end);
  if (start < 0 || !/^struct\s*\w*\s*\{[^{}]*\}[^{};]*;\s*$/.test(definition)) return undefined;
  const part = (pattern: RegExp): { value: string; at: number } | undefined => {
    const found = pattern.exec(definition);
    const value = found?.[1] ?? '';
    return found === null
      ? undefined
      : { value, at: start + found.index + found[0].lastIndexOf(value) };
  };
  const type = part(/__uint\(\s*type\s*,\s*(\w+)\s*\)/);
  const key = part(/__type\(\s*key\s*,\s*((?:unsigned )?\w+)\s*\)/);
  if (type === undefined) return undefined;
  const changed = (title: string, edit: Edit): QuickFix => ({ title, edits: [edit] });
  if (INDEXED.test(type.value) && key !== undefined) {
    const wrong = /^(?:unsigned )?(_*[us])?(?:8|16|64|int|char|short|long)(?:_t)?$/.exec(key.value);
    const is32 = /^(?:unsigned )?int$/.test(key.value);
    if (wrong === null || is32) return undefined;
    const right = key.value.startsWith('u') && /\d$/.test(key.value) ? 'u32' : '__u32';
    return changed(
      l10n.t('Make the keys {0}', right),
      code.edit(key.at, key.at + key.value.length, right),
    );
  }
  if (NO_PREALLOCATION.test(type.value) && !definition.includes('map_flags')) {
    const after = code.lineStart(code.lineOf(type.at) + 1);
    const indent = /^\s*/.exec(code.lineText(code.lineOf(type.at)))?.[0] ?? '\t';
    return changed(
      l10n.t('Insert: {0}', '__uint(map_flags, BPF_F_NO_PREALLOC);'),
      code.edit(after, after, `${indent}__uint(map_flags, BPF_F_NO_PREALLOC);\n`),
    );
  }
  return undefined;
}
