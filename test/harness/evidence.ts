type Source = () => string;

const sources = new Set<Source>();

/** Has the report of a failed test end with this, as it is at that moment. @returns takes it back. */
export function addEvidence(source: Source): () => void {
  sources.add(source);
  return () => sources.delete(source);
}

/** Never throws: the failure itself is what has to be reported. */
export function evidence(): string {
  return Array.from(sources, (source) => {
    try {
      return source();
    } catch (error) {
      return String(error);
    }
  })
    .filter((text) => text !== '')
    .map((text) => `\n${text}`)
    .join('');
}
