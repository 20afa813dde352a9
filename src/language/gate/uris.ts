/** Longer than any path a host can have. */
const LONGEST = 8192;

/** A "%2F" that is no path's separator, or a "%2E" that would become a dot for who decodes once more. */
const ENCODED_TWICE = /%(?:2e|2f|5c|00)/i;

/** Line breaks and other control characters, and what else is no part of a plain path: `\`. */
// eslint reads a range of control characters as a mistake.
const ODD = /[\p{Cc}\\\p{Bidi_Control}]/u;

/**
 * The path a `file:` URI of the host names. Only the plain form is taken: absolute, without authority, query,
 * fragment, empty segments, `.` and `..`, in whichever way they are written.
 * @returns undefined for anything else.
 */
export function hostPath(uri: unknown): string | undefined {
  if (typeof uri !== 'string' || uri.length > LONGEST) return undefined;
  const path = /^file:\/\/(\/[^?#]+)$/.exec(uri)?.[1];
  if (path === undefined) return undefined;
  const segments: string[] = [];
  for (const encoded of path.slice(1).split('/')) {
    const segment = decoded(encoded);
    if (segment === undefined || ['', '.', '..'].includes(segment)) return undefined;
    if (segment.includes('/') || ODD.test(segment) || ENCODED_TWICE.test(segment)) return undefined;
    segments.push(segment);
  }
  return `/${segments.join('/')}`;
}

/** The one way in which we write the URI of a path of the host. */
export const hostUri = (path: string): string =>
  `file://${path.split('/').map(encodeURIComponent).join('/')}`;

/**
 * An address for a browser, as it is written canonically: `http` or `https`, and nothing before its host
 * that makes it look like another.
 * @returns undefined for anything else.
 */
export function webAddress(value: string): string | undefined {
  if (value.length > LONGEST || !/^https?:\/\/[^/\\@]/i.test(value)) return undefined;
  try {
    const url = new URL(value);
    const isWeb = ['http:', 'https:'].includes(url.protocol);
    return isWeb && url.username === '' && url.password === '' ? url.href : undefined;
  } catch {
    return undefined;
  }
}

function decoded(segment: string): string | undefined {
  try {
    return decodeURIComponent(segment);
  } catch {
    return undefined;
  }
}
