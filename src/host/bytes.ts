/*
 * Names on a Linux host are bytes, and need not be UTF-8. As text here, a byte that is no part of a
 * character is the lone surrogate U+DC00 plus the byte, which no UTF-8 decodes to: text from a host and
 * back again is the same bytes, in JSON too.
 */

const CHARACTERS =
  /[\xc2-\xdf][\x80-\xbf]|\xe0[\xa0-\xbf][\x80-\xbf]|[\xe1-\xec\xee\xef][\x80-\xbf]{2}|\xed[\x80-\x9f][\x80-\xbf]|\xf0[\x90-\xbf][\x80-\xbf]{2}|[\xf1-\xf3][\x80-\xbf]{3}|\xf4[\x80-\x8f][\x80-\xbf]{2}|[\x80-\xff]/g;

/** @param latin1 a byte a code unit. */
export const decodeBytes = (latin1: string): string =>
  latin1.replace(CHARACTERS, (bytes) =>
    bytes.length === 1
      ? String.fromCharCode(0xdc00 + bytes.charCodeAt(0))
      : Buffer.from(bytes, 'latin1').toString(),
  );

/** The bytes that `decodeBytes` has read. */
export const encodeBytes = (text: string): Buffer =>
  Buffer.concat(
    // With /u, the surrogate of a pair is no match.
    text
      .split(/([\udc80-\udcff])/u)
      .map((part, index) =>
        index % 2 === 1 ? Buffer.of(part.charCodeAt(0) & 0xff) : Buffer.from(part),
      ),
  );

/** Whether text holds bytes that are no UTF-8. */
export const hasBytes = (text: string): boolean => /[\udc80-\udcff]/u.test(text);
