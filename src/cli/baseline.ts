import * as l10n from '@vscode/l10n';
import { realpath, stat } from 'node:fs/promises';
import { readParsed, replaceFile } from '../bench/store.ts';
import { parseFile } from '../results/parseFile.ts';
import { jsonText } from '../text.ts';
import { baselineSchema } from '../verifier/baseline.ts';
import type { FigureSet } from '../verifier/figures.ts';
import { parseVeristat, veristatText } from '../verifier/veristat.ts';
import { UsageError } from './options.ts';

/** A file of ours has some hundred bytes a program. */
const LARGEST_MIB = 16;

/**
 * Reads the verifier's figures of a source's programs: ours, or veristat's CSV.
 * @param source the file whose programs are wanted.
 * @throws HostError naming what is wrong with the file.
 */
export const readBaseline = (file: string, source: string): Promise<FigureSet> =>
  readParsed(
    file,
    (text) =>
      text.trimStart().startsWith('{')
        ? parseFile(text, baselineSchema, l10n.t('a baseline'))
        : parseVeristat(text, source),
    l10n.t('Choose a file that --output wrote, or that veristat did with -o csv.'),
  );

/**
 * Checks, before anything is verified, that the figures can be written there.
 * @throws HostError where something else would be overwritten; UsageError where it is the baseline.
 */
export async function checkOutput(
  file: string,
  baseline: string | undefined,
  source: string,
): Promise<void> {
  const [there, compared] = await Promise.all(
    [file, baseline ?? ''].map((one) => realpath(one).catch(() => undefined)),
  );
  if (there === undefined) return;
  if (there === compared) throw new UsageError(`--output: ${file} is the baseline.`);
  await checkSize('--output', there);
  await readBaseline(there, source);
}

/** @throws UsageError where it is no file, or one without end. */
export async function checkSize(option: string, file: string): Promise<void> {
  const found = await stat(file).catch(() => undefined);
  if (found === undefined) throw new UsageError(`${option}: ${file} is not there.`);
  if (!found.isFile()) throw new UsageError(`${option}: ${file} is not a file.`);
  if (found.size > LARGEST_MIB * 2 ** 20)
    throw new UsageError(`${option}: ${file} has more than ${LARGEST_MIB} MiB.`);
}

/** Writes them as veristat's CSV where the name ends so, else as JSON; the file is whole at any time. */
export async function writeBaseline(file: string, figures: FigureSet): Promise<void> {
  const isCsv = file.toLowerCase().endsWith('.csv');
  await replaceFile(file, () => (isCsv ? veristatText(figures) : `${jsonText(figures)}\n`));
}
