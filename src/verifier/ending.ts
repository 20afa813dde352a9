import type { BpfSource } from '../bypass/build.ts';
import type { ObjectProgram } from './object.ts';

/** Said before the verifier's walk, of a function without a name or a place (check_btf_func). */
const RETURNS_NO_INT = /^(?:LD_ABS|tail_call) is only allowed in functions that return 'int'/m;

/** The instruction for which a function has to return an int, where the message is about that. */
export function endingInstruction(
  message: string,
  program: ObjectProgram | undefined,
  { files }: Pick<BpfSource, 'files'>,
): number | undefined {
  if (program === undefined || !RETURNS_NO_INT.test(message)) return undefined;
  const found = program.ending();
  const texts = Array.from(files.values(), (content) => Buffer.from(content).toString());
  const returnsNothing = found.find(({ function: name }) => {
    const definition = new RegExp(`\\bvoid\\s+(?:__\\w{1,40}\\s+)*${name}\\s*\\(`);
    return texts.some((text) => definition.test(text));
  });
  return (returnsNothing ?? found[0])?.instruction;
}
