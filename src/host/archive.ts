const BLOCK = 512;

/**
 * A tar archive (POSIX ustar) of files by their relative path, for any `tar -x`: one upload for all of
 * them, directories included. Files are readable and writable for their owner alone.
 * @throws RangeError of a path that leaves the directory or is too long for the format.
 */
export function archive(files: ReadonlyMap<string, Uint8Array>): Uint8Array {
  const blocks = Array.from(files).flatMap(([name, content]) => [
    header(name, content.length),
    content,
    new Uint8Array((BLOCK - (content.length % BLOCK)) % BLOCK),
  ]);
  return Buffer.concat([...blocks, new Uint8Array(2 * BLOCK)]);
}

function header(path: string, size: number): Uint8Array {
  const parts = path.split('/');
  if (path.includes('\0') || parts.some((part) => ['', '.', '..'].includes(part))) {
    throw new RangeError(`not a path below the directory: ${path}`);
  }
  if (Buffer.byteLength(path) > 256) throw new RangeError(`too long: ${path}`);
  // A long path is split at a slash: 155 bytes before it, 100 after.
  const split = parts.findIndex((_, i) => Buffer.byteLength(parts.slice(i).join('/')) <= 100);
  const [prefix, name] = [parts.slice(0, split).join('/'), parts.slice(split).join('/')];
  if (split < 0 || Buffer.byteLength(prefix) > 155) throw new RangeError(`too long: ${path}`);
  const block = Buffer.alloc(BLOCK);
  const octal = (value: number, at: number, digits: number) =>
    block.write(value.toString(8).padStart(digits, '0'), at);
  block.write(name, 0);
  octal(0o600, 100, 7);
  octal(0, 108, 7);
  octal(0, 116, 7);
  octal(size, 124, 11);
  octal(0, 136, 11);
  block.write(' '.repeat(8), 148);
  block.write('0', 156);
  block.write('ustar\x0000', 257, 'latin1');
  block.write(prefix, 345);
  octal(
    block.reduce((sum, byte) => sum + byte, 0),
    148,
    6,
  );
  block.write('\0 ', 154);
  return block;
}
