import { isUtf8 } from 'node:buffer';

/*
 * Names on a Linux host are bytes, and need not be UTF-8. As text here, a byte that is no part of a
 * character is the lone surrogate U+DC00 plus the byte, which no UTF-8 decodes to: text from a host and
 * back again is the same bytes, in JSON too.
 */

const CHARACTERS =
  /[\xc2-\xdf][\x80-\xbf]|\xe0[\xa0-\xbf][\x80-\xbf]|[\xe1-\xec\xee\xef][\x80-\xbf]{2}|\xed[\x80-\x9f][\x80-\xbf]|\xf0[\x90-\xbf][\x80-\xbf]{2}|[\xf1-\xf3][\x80-\xbf]{3}|\xf4[\x80-\x8f][\x80-\xbf]{2}|[\x80-\xff]/g;

/** Text of any bytes. */
export const decodeBytes = (bytes: Uint8Array): string => {
  const all = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  if (isUtf8(all)) return all.toString();
  return all
    .toString('latin1')
    .replace(CHARACTERS, (one) =>
      one.length === 1
        ? String.fromCharCode(0xdc00 + one.charCodeAt(0))
        : Buffer.from(one, 'latin1').toString(),
    );
};

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
