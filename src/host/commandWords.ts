import { oneLine } from '../text.ts';

const WORDS = 4;
const LONGEST_WORD = 80;

/** An argv as a log shows it: its first words; of a script the name in place of its text. */
export function commandWords(argv: readonly string[]): string {
  const isScript = argv[0] === 'sh' && argv[1] === '-c';
  const words = isScript ? ['sh', argv[3] ?? '-c …', ...argv.slice(4)] : argv;
  const shown = words.slice(0, WORDS).map((one) => oneLine(one, LONGEST_WORD));
  return [...shown, ...(words.length > WORDS ? ['…'] : [])].join(' ');
}
