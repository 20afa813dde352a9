import * as z from 'zod';
import {
  documentSchema,
  parseDocument,
  sampleSchema,
  type ResultDocument,
  type Sample,
} from './document.ts';
import { sizeKey } from './sizes.ts';

export const BEGIN = '\n "samples": [';
const END = '\n ]';
/** The end of the samples, where there are any, from the end of the text. */
export const END_OF_SAMPLES = `\n  }${END}`;

type Written = { readonly samples: readonly Sample[]; readonly text: string };

/** The samples of a run as last written, by the first of them: a run that grows adds to its text. */
const written = new WeakMap<Sample, Written>();

const sampleText = (sample: Sample): string =>
  // JSON has no line break inside of a string.
  `\n  ${JSON.stringify(sample, null, 1).replaceAll('\n', '\n  ')}`;

/** A document as it is written to a file: JSON, each level indented by one space. */
export function documentText(document: ResultDocument): string {
  const { samples } = document;
  const envelope = `${JSON.stringify({ ...document, samples: [] }, null, 1)}\n`;
  const [first] = samples;
  if (first === undefined) return envelope;
  const begin = envelope.indexOf(BEGIN) + BEGIN.length;
  const last = written.get(first);
  const known = last?.samples.every((sample, index) => sample === samples[index])
    ? last
    : undefined;
  const added = samples.slice(known?.samples.length ?? 0).map(sampleText);
  const parts = known === undefined ? added : [known.text, ...added];
  const text = `${envelope.slice(0, begin)}${parts.join(',')}${END}${envelope.slice(begin + 1)}`;
  const end = text.length - (envelope.length - begin - 1) - END.length;
  written.set(first, { samples, text: text.slice(begin, end) });
  return text;
}

const samplesSchema = z.array(sampleSchema);

type Known = {
  readonly document: ResultDocument;
  /** Up to the end of the last sample. */
  readonly prefix: string;
  /** A sample of each size: limits that concern all samples together depend on sizes alone. */
  readonly sizes: ReadonlyMap<string, Sample>;
};

const sizesOf = (samples: readonly Sample[]): Map<string, Sample> =>
  new Map(samples.map((sample) => [sizeKey(sample), sample]));

/**
 * Reads a document again and again while a run writes it. Samples that were read before are neither
 * parsed nor validated again, and stay the same objects, as long as the text begins as it did.
 */
export class DocumentReader {
  #known: Known | undefined;

  /** @throws as `parseDocument`. */
  read(text: string): ResultDocument {
    const more = this.#known && grown(this.#known, text);
    if (more !== undefined) {
      this.#known = more;
      return more.document;
    }
    const document = parseDocument(text);
    const { samples } = document;
    const parts = partsOf(text, 0);
    this.#known =
      parts && hasSamplesThere(parts, samples.length)
        ? { document, prefix: parts.prefix, sizes: sizesOf(samples) }
        : undefined;
    return document;
  }
}

type Parts = {
  /** Up to the end of the last sample. */
  readonly prefix: string;
  /** All of the document but its samples. */
  readonly envelope: string;
};

/** @param after where the end of the samples is looked for. Undefined: not as `documentText` writes. */
function partsOf(text: string, after: number): Parts | undefined {
  const at = text.indexOf(BEGIN);
  if (at === -1) return undefined;
  const begin = at + BEGIN.length;
  const end = text[begin] === ']' ? begin : text.indexOf(END, Math.max(begin, after));
  if (end === -1) return undefined;
  return { prefix: text.slice(0, end), envelope: text.slice(0, begin) + text.slice(end) };
}

/** Whether they were those of the document, and not of something inside it that is called the same. */
function hasSamplesThere({ envelope }: Parts, count: number): boolean {
  try {
    const { samples } = JSON.parse(envelope) as { samples?: unknown };
    return count > 0 && Array.isArray(samples) && samples.length === 0;
  } catch {
    return false;
  }
}

/** The document with what was added since; undefined where it is another one, or at fault. */
function grown({ document, prefix, sizes }: Known, text: string): Known | undefined {
  if (!text.startsWith(prefix)) return undefined;
  const parts = partsOf(text, prefix.length);
  if (parts === undefined) return undefined;
  try {
    const added = parts.prefix.slice(prefix.length).replace(/^,/, '');
    const more = samplesSchema.parse(JSON.parse(`[${added}]`));
    const all = new Map([...sizes, ...sizesOf(more)]);
    const envelope = JSON.parse(parts.envelope) as object;
    const checked = documentSchema.parse({ ...envelope, samples: [...all.values()] });
    return {
      document: { ...checked, samples: [...document.samples, ...more] },
      prefix: parts.prefix,
      sizes: all,
    };
  } catch {
    // The whole is read, and says what is wrong and where.
    return undefined;
  }
}
