import type { BpfSource } from '../bypass/build.ts';
import type { Instruction, ObjectProgram } from './objectProgram.ts';

/** Said before the verifier's walk, of a function without a name or a place (check_btf_func). */
const RETURNS_NO_INT = /^(?:LD_ABS|tail_call) is only allowed in functions that return 'int'/m;
/** Said before it too, of an instruction that is named by its code alone. */
const UNKNOWN_CODE = /^unknown opcode ([0-9a-f]{2})$/m;
/** The last field of a path is what it is about. */
const FIELD =
  /^(\d{1,7}): <invalid CO-RE relocation>\n.*CO-RE relocation <\w+> \[\d+\] [^\n(]*?[. ](\w{1,200}) \(/m;

const CALL = 0x85;
/** BPF_FUNC_tail_call. */
const TAIL_CALL = 12;
/** BPF_ALU64 | BPF_MOV | BPF_X, and its offset where it changes the address space (6.9). */
const MOVE = 0xbf;
const CASTS = 1;
/** A relocation and the access that it is for are close by. */
const NEAR = 8;

/** The instruction that a message is about, where the verifier says of it neither number nor place. */
export function meantInstruction(
  message: string,
  program: ObjectProgram | undefined,
  source: Pick<BpfSource, 'files'>,
): number | undefined {
  if (program === undefined) return undefined;
  if (RETURNS_NO_INT.test(message)) return endingInstruction(program, source);
  const code = UNKNOWN_CODE.exec(message)?.[1];
  if (code !== undefined)
    return first(program, (one) => one.code === Number.parseInt(code, 16))?.number;
  const [, from, field] = FIELD.exec(message) ?? [];
  if (from === undefined) return undefined;
  // The compiler gives a line to what uses the offset, and often none to what has it.
  const near = Array.from({ length: NEAR }, (_, index) => Number(from) + index);
  const isNamed = new RegExp(`\\b${field}\\b`);
  return near.find((number) => isNamed.test(program.at(number)?.text ?? ''));
}

/** The first instruction that refers to something by its name. */
export const userOf = (program: ObjectProgram, symbol: string): Instruction | undefined =>
  first(program, (one) => one.symbol === symbol);

/** Whether it changes the address space of a pointer, as what uses an arena does. */
export const castsPointers = (program: ObjectProgram): boolean =>
  first(program, ({ code, offset }) => code === MOVE && offset === CASTS) !== undefined;

function first(
  program: ObjectProgram,
  isWanted: (one: Instruction) => boolean,
): Instruction | undefined {
  for (const one of program.walk()) if (isWanted(one)) return one;
  return undefined;
}

/** Instructions that may end a function that has to return an int: old loads of the packet, and tail calls. */
function endingInstruction(
  program: ObjectProgram,
  { files }: Pick<BpfSource, 'files'>,
): number | undefined {
  const found = Array.from(program.walk())
    .filter((one, _, [{ function: own } = one]) => one.function !== own)
    .filter(({ code, source, immediate }) => {
      // BPF_LD with BPF_ABS or BPF_IND.
      const isLoad = (code & 7) === 0 && [0x20, 0x40].includes(code & 0xe0);
      return isLoad || (code === CALL && source === 0 && immediate === TAIL_CALL);
    });
  const texts = Array.from(files.values(), (content) => Buffer.from(content).toString());
  const returnsNothing = found.find(({ function: name }) => {
    const definition = new RegExp(`\\bvoid\\s+(?:__\\w{1,40}\\s+)*${name}\\s*\\(`);
    return texts.some((text) => definition.test(text));
  });
  return (returnsNothing ?? found[0])?.number;
}
