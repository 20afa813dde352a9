import * as l10n from '@vscode/l10n';
import type { Step } from './log.ts';

/** Places that a finding is related to. */
export const MOST_RELATED = 12;

/**
 * The way that led there: where the register the message names got its value, and which way the branches
 * before it went.
 * @param at gives the place of an instruction in the source.
 */
export function pathTo<P>(
  steps: readonly Step[],
  message: string,
  at: (instruction: number, step: Step) => P | undefined,
): { readonly place: P; readonly message: string }[] {
  const told: { readonly step: Step; readonly message: string }[] = [];
  steps.forEach((step, index) => {
    const jump = /^if (.*) goto pc([+-]\d+)/.exec(step.text);
    const next = steps[index + 1];
    if (jump === null || next === undefined) return;
    const taken = next.instruction === step.instruction + Number(jump[2]) + 1;
    told.push({
      step,
      message: taken ? l10n.t('taken: {0}', step.text) : l10n.t('not taken: {0}', step.text),
    });
  });
  const register = /\bR(\d+)\b/.exec(message)?.[1];
  if (register !== undefined) told.push(...origins(steps, Number(register)));
  const acquired = Number(/alloc_insn=(\d+)/.exec(message)?.[1] ?? Number.NaN);
  const acquiring = steps.findLast(({ instruction }) => instruction === acquired);
  if (acquiring !== undefined) told.push({ step: acquiring, message: l10n.t('acquired here') });
  const found: { place: P; message: string }[] = [];
  for (const { step, message: what } of told.sort((a, b) => b.step.line - a.step.line)) {
    if (found.length === MOST_RELATED) break;
    const place = at(step.instruction, step);
    if (place !== undefined) found.unshift({ place, message: what });
  }
  return found;
}

/** Backwards from the last instruction: where the register was set, through copies and the stack. */
function origins(
  steps: readonly Step[],
  register: number,
): { readonly step: Step; readonly message: string }[] {
  const found: { readonly step: Step; readonly message: string }[] = [];
  let wanted = `r${register}`;
  for (const step of steps.slice(0, -1).toReversed()) {
    const call = step.text.startsWith('call ') && /^r[0-5]$/.test(wanted);
    const assigned = /^([rw]\d+|\*\(u\d+ \*\)\(r10 [+-]\d+\)) (=|[^\s=]+=) (.*)$/.exec(step.text);
    const target = assigned?.[1]?.replace(/^w/, 'r');
    if (!call && target !== wanted) continue;
    found.push({
      step,
      message: l10n.t(
        'R{0} comes from here: {1}',
        String(register),
        step.state === undefined ? step.text : `${step.text} ; ${step.state}`,
      ),
    });
    if (found.length === 4 || call) break;
    const copied = /^(r\d+|\*\(u64 \*\)\(r10 [+-]\d+\))$/.exec(assigned?.[3] ?? '')?.[1];
    if (assigned?.[2] !== '=') continue;
    if (copied === undefined) break;
    wanted = copied;
  }
  return found;
}
