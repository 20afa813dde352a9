import * as l10n from '@vscode/l10n';
import type { Slots } from './known.ts';

/**
 * Describes registers and stack as the verifier knows them, a line each: `R2 = number, 0 … 15`. What has
 * no words here stays as the verifier writes it.
 */
export function knownWords(known: Slots): string[] {
  return Array.from(known)
    .sort(([a], [b]) => order(a) - order(b))
    .flatMap(([name, value]) =>
      name.startsWith('R') ? [`${name} = ${valueWords(value)}`] : stackLines(name, value),
    );
}

/** Registers by their numbers, then the stack from its top. */
const order = (name: string): number =>
  name.startsWith('R') ? Number(name.slice(1)) : 100 + Number(name.slice('fp-'.length));

/** A slot has eight bytes, each with a letter, the one at the highest address first; or a value that was spilled. */
const BYTES = /^[a-z0?]{8}$/;
/** Above a value of four bytes. */
const UPPER = /^([m0?]{4})(?=.)/;

function stackLines(name: string, value: string): string[] {
  const base = -Number(name.slice('fp-'.length));
  if (BYTES.test(value)) return byteRuns(base, value);
  const [upper = ''] = UPPER.exec(value) ?? [];
  const words = valueWords(value.slice(upper.length));
  const size = upper === '' ? words : l10n.t('4 bytes, {0}', words);
  return [...byteRuns(base + 8 - upper.length, upper), `fp${base} = ${size}`];
}

/** @param base where the lowest byte lies: the last letter's. */
function byteRuns(base: number, letters: string): string[] {
  return Array.from(letters.matchAll(/(.)\1*/g)).flatMap(({ index, 0: run, 1: letter = '' }) => {
    const words = byteWords(letter);
    const at = base + letters.length - index - run.length;
    if (words === undefined) return [];
    return [
      `fp${at} = ${run.length === 1 ? l10n.t('1 byte, {0}', words) : l10n.t('{0} bytes, {1}', run.length, words)}`,
    ];
  });
}

/** kernel/bpf/log.c, slot_type_char. */
function byteWords(letter: string): string | undefined {
  switch (letter) {
    case '?':
      return undefined;
    case '0':
      return l10n.t('zero');
    case 'm':
      return l10n.t('any');
    case 'd':
      return l10n.t('of a dynptr');
    case 'i':
      return l10n.t('of an iterator');
    default:
      return l10n.t('of the kind {0}', letter);
  }
}

/** A value as the log writes it (kernel/bpf/log.c, print_reg_state), in words. */
function valueWords(value: string): string {
  const constant = /^(?:inv)?P?(-?\d{1,20}|0x[0-9a-f]{1,16})$/.exec(value)?.[1];
  if (constant !== undefined) return numeral(BigInt(constant));
  const frame = /^fp(?:\[(\d{1,2})\])?(-\d{1,5}|0)$/.exec(value);
  if (frame !== null) {
    const [, number, at = ''] = frame;
    const place = at === '0' ? 'fp' : `fp${at}`;
    return number === undefined
      ? l10n.t('address of the stack at {0}', place)
      : l10n.t("address of a caller's stack at {0}", place);
  }
  const { kind, parts } = /^(?<kind>\w{1,200})\((?<parts>.*)\)$/.exec(value)?.groups ?? {};
  if (kind === undefined || parts === undefined) return value;
  const told = attributes(parts);
  if (/^P?(?:scalar|inv)$/.test(kind)) return numberWords(told);
  return pointerWords(kind, told) ?? value;
}

type Attributes = ReadonlyMap<string, string>;

/** `id=1,smin=smin32=0,var_off=(0x0; 0xff)` by names, those of kernels before 5.18 too. */
function attributes(parts: string): Attributes {
  return new Map(
    parts.split(',').flatMap((part) => {
      const names = part.split('=');
      const value = names.pop() ?? '';
      return names.map((name): [string, string] => [
        name.replace(/^([su])32_(min|max)_value$/, '$1$232').replace(/_value$/, ''),
        value,
      ]);
    }),
  );
}

function numberWords(told: Attributes): string {
  const range = rangeOf(told, '') ?? rangeOf(told, '32');
  const words =
    range === undefined
      ? l10n.t('any number')
      : rangeOf(told, '') === undefined
        ? l10n.t('number, its lower 32 bits {0}', range)
        : l10n.t('number, {0}', range);
  const step = stepOf(told.get('var_off'));
  return step === undefined ? words : l10n.t('{0}, a multiple of {1}', words, step);
}

/**
 * `0 … 15`; of both signs where that says more.
 * @param bits of the names: '' of all 64, '32' of the lower ones.
 */
function rangeOf(told: Attributes, bits: '' | '32'): string | undefined {
  const [smin, smax, umin, umax] = ['smin', 'smax', 'umin', 'umax'].map((name) => {
    const value = told.get(`${name}${bits}`);
    return value === undefined || !NUMERAL.test(value) ? undefined : value;
  });
  const size = bits === '' ? 64 : 32;
  const top = BigInt.asUintN(size, -1n);
  const unsigned = [
    umin === undefined ? 0n : BigInt(umin),
    umax === undefined ? top : BigInt(umax),
  ] as const;
  const half = 1n << BigInt(size - 1);
  const signed = [
    smin === undefined ? -half : BigInt.asIntN(size, BigInt(smin)),
    smax === undefined ? half - 1n : BigInt.asIntN(size, BigInt(smax)),
  ] as const;
  const isNarrow = ([from, to]: readonly [bigint, bigint]) => to - from < top;
  if (!isNarrow(unsigned) && !isNarrow(signed)) return undefined;
  const [from, to] = signed[1] - signed[0] <= unsigned[1] - unsigned[0] ? signed : unsigned;
  return from === to ? numeral(from) : `${numeral(from)} … ${numeral(to)}`;
}

const NUMERAL = /^(?:-?\d{1,20}|0x[0-9a-f]{1,16})$/;

/** A number that divides all values, where it is more than one: the bits at the end that are known to be 0. */
function stepOf(offset: string | undefined): string | undefined {
  const [, value = '', mask = ''] =
    /^\((0x[0-9a-f]{1,16}); (0x[0-9a-f]{1,16})\)$/.exec(offset ?? '') ?? [];
  if (mask === '' || mask === '0x0') return undefined;
  const open = BigInt(value) | BigInt(mask);
  const step = open & -open;
  return step > 1n ? numeral(step) : undefined;
}

const LARGE = 1n << 32n;

const numeral = (value: bigint): string =>
  value < -LARGE || value > LARGE
    ? `${value < 0n ? '-' : ''}0x${(value < 0n ? -value : value).toString(16)}`
    : value.toLocaleString('en');

/** @returns undefined for a kind that has no words here. */
function pointerWords(kind: string, told: Attributes): string | undefined {
  const isNullable = kind.includes('_or_null') || kind.includes('or_null_');
  const name = kind.replace('_or_null', '').replace('or_null_', '');
  const thing = thingWords(name, told);
  if (thing === undefined) return undefined;
  const offset = offsetWords(told);
  const parts = [
    isNullable ? l10n.t('{0}, or NULL', thing) : thing,
    ...(offset === undefined ? [] : [l10n.t('at byte {0}', offset)]),
    ...(/^pkt(?:_meta)?$/.test(name) ? [checkedWords(told)] : []),
    ...(told.has('ref_obj_id') ? [l10n.t('to be released')] : []),
  ];
  return parts.join(', ');
}

function thingWords(name: string, told: Attributes): string | undefined {
  const map = told.get('map');
  const size = (attribute: string) => told.get(attribute) ?? '?';
  switch (name) {
    case 'ctx':
      return l10n.t('context');
    case 'map_value':
      return map === undefined
        ? l10n.t("a map's value of {0} bytes", size('vs'))
        : l10n.t('value of map {0}, {1} bytes', map, size('vs'));
    case 'map_ptr':
      return map === undefined ? l10n.t('a map') : l10n.t('map {0}', map);
    case 'pkt':
      return l10n.t('packet');
    case 'pkt_meta':
      return l10n.t("packet's metadata");
    case 'pkt_end':
      return l10n.t('end of the packet');
    case 'ringbuf_mem':
      return l10n.t('record of {0} bytes in a ring buffer', size('sz'));
    case 'mem':
    case 'alloc_mem':
      return l10n.t('memory of {0} bytes', size('sz'));
    case 'sock':
    case 'sock_common':
    case 'tcp_sock':
    case 'xdp_sock':
      return l10n.t('socket ({0})', name);
    default:
      return kernelWords(name);
  }
}

/** How much may be read from there on: the range counts from before the fixed part of the offset. */
function checkedWords(told: Attributes): string {
  const [range = 0, fixed = 0] = ['r', 'off'].map((name) => Number(told.get(name) ?? 0));
  const bytes = Math.max(0, range - fixed) || 0;
  return bytes === 0 ? l10n.t('not checked') : l10n.t('{0} bytes from there checked', bytes);
}

/** `ptr_task_struct`, `trusted_ptr_task_struct`: an object of the kernel by its type. */
function kernelWords(name: string): string | undefined {
  const [, marks, type] =
    /^((?:(?:trusted|untrusted|rcu|percpu|user)_){0,3})ptr_(\w+)$/.exec(name) ?? [];
  if (type === undefined) return undefined;
  const trust = marks === '' ? '' : ` (${(marks ?? '').slice(0, -1).replaceAll('_', ', ')})`;
  return l10n.t("the kernel's {0}{1}", type, trust);
}

/** Into what it points at: a number, a range, or both. */
function offsetWords(told: Attributes): string | undefined {
  const fixed = told.get('off');
  const off = fixed === undefined || fixed === '0' ? undefined : fixed;
  const range = rangeOf(told, '');
  if (range === undefined) return off;
  return off === undefined ? range : `${off} + (${range})`;
}
