import * as l10n from '@vscode/l10n';
import { annotationSchema, parseDocument, type Annotation } from './document.ts';

/**
 * The text of a document with another annotation in it, beside which nothing changes: fields that this version
 * does not know stay.
 * @throws Error naming what is wrong with the document.
 */
export function annotatedText(text: string, annotation: Annotation): string {
  parseDocument(text);
  const { samples, ...others } = JSON.parse(text) as Record<string, unknown>;
  delete others['annotation'];
  const said = withoutEmpty(annotation);
  // The samples last: what is read of a long document for a list is its beginning and its end.
  return `${JSON.stringify({ ...others, ...(said && { annotation: said }), samples }, null, 1)}\n`;
}

/** Without what was cleared; undefined where nothing is left. */
export function withoutEmpty({ name, notes, tags }: Annotation): Annotation | undefined {
  const said = {
    ...(name !== undefined && name !== '' && { name }),
    ...(notes !== undefined && notes !== '' && { notes }),
    ...(tags !== undefined && tags.length > 0 && { tags }),
  };
  return Object.keys(said).length === 0 ? undefined : said;
}

/** Tags as a person writes them, with commas. */
export const tagsOf = (text: string): string[] =>
  Array.from(
    new Set(
      text
        .split(',')
        .map((tag) => tag.trim().replace(/\s+/g, ' '))
        .filter((tag) => tag !== ''),
    ),
  );

/** The fault of an annotation, for a person who writes one. */
export function annotationFault(annotation: Annotation): string | undefined {
  const parsed = annotationSchema.safeParse(annotation);
  if (parsed.success) return undefined;
  switch (parsed.error.issues[0]?.path[0]) {
    case 'name':
      return l10n.t('A name has at most 100 characters.');
    case 'notes':
      return l10n.t('Notes have at most 2,000 characters.');
    default:
      return l10n.t('At most 20 tags, each of at most 40 characters.');
  }
}
