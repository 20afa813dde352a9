import type { QuickFix } from '../../src/verifier/fixes.ts';

/** A text with the edits of a quick fix, as an editor makes them. */
export function fixedText(text: string, { edits }: QuickFix): string {
  const lines = text.split('\n');
  // From the end on: what is before stays where it is. Of two at one place the first comes first.
  const ordered = edits
    .map((edit, order) => ({ ...edit, order }))
    .sort(
      (a, b) => b.place.line - a.place.line || b.place.column - a.place.column || b.order - a.order,
    );
  for (const { place, text: added, line } of ordered) {
    const now = lines[place.line] ?? '';
    if (!line.startsWith(now.slice(0, place.column))) throw new Error(`${now} is not ${line}`);
    lines[place.line] = now.slice(0, place.column) + added + now.slice(place.endColumn);
  }
  return lines.join('\n');
}
