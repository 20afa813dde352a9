import assert from 'node:assert/strict';
import fs from 'node:fs';
import path from 'node:path';
import { inflateRawSync } from 'node:zlib';
import { run } from './run.ts';
import { temporaryDirectory } from './temporary.ts';
import { packageExtension } from './vscode/packageExtension.ts';

const root = path.resolve(import.meta.dirname, '../..');

/** The directories of packages that esbuild has put into the bundles, from its own account. */
function bundled(): string[] {
  const text = fs.readFileSync(path.join(root, 'dist/bundled.json'), 'utf8');
  const { sources } = JSON.parse(text) as { sources: string[] };
  const found = sources.map((file) => /^.*node_modules\/(?:@[^/]+\/)?[^/]+/.exec(file)?.[0] ?? '');
  return Array.from(new Set(found)).filter((directory) => directory !== '');
}

describe('the package', function () {
  this.timeout('5m');
  let files: ReadonlyMap<string, string>;
  const own = (name: string): string => files.get(`extension/${name}`) ?? '';
  before(async () => {
    files = unzipped(fs.readFileSync(await packageExtension()));
  });

  it('names every bundled package with its version, and has the text of its licence', () => {
    const notices = own('dist/ThirdPartyNotices.txt');
    const packages = bundled();
    assert.ok(packages.length > 30, `${packages.length} packages are bundled`);
    for (const directory of packages) {
      const manifest = fs.readFileSync(path.join(root, directory, 'package.json'), 'utf8');
      const { name, version } = JSON.parse(manifest) as { name: string; version: string };
      const at = notices.indexOf(`${name} ${version}\n--\n`);
      assert.ok(at >= 0, `${name} ${version} is not named`);
      const text = notices.slice(at).split(`\n${'='.repeat(72)}\n`)[0] ?? '';
      assert.match(text, /(?:copyright|licen[cs]e)/i, name);
      assert.ok(text.length > 400, `${name} ${version} has no text: ${text}`);
    }
  });

  it('has the licences of its own parts: MIT, and GPL-2.0 for what runs in the kernel', () => {
    assert.match(own('LICENSE.txt'), /MIT License/);
    assert.match(own('bpf/LICENSE'), /GNU GENERAL PUBLIC LICENSE\s+Version 2/);
    const notices = own('dist/ThirdPartyNotices.txt');
    assert.match(notices, /MIT licence/);
    assert.match(notices, /GPL-2\.0/);
  });

  it('has what runs on a host as it is', () => {
    for (const name of fs.readdirSync(path.join(root, 'bpf/tools'))) {
      const text = fs.readFileSync(path.join(root, 'bpf/tools', name), 'utf8');
      assert.equal(own(`bpf/tools/${name}`), text, name);
    }
  });

  it('has the collection that a roll-out plays', () => {
    const folder = path.join(root, 'deploy/ansible');
    const names = fs.readdirSync(folder, { recursive: true, encoding: 'utf8' });
    const collection = names.filter((name) => fs.statSync(path.join(folder, name)).isFile());
    assert.ok(collection.includes('galaxy.yml'));
    for (const name of collection) {
      const text = fs.readFileSync(path.join(folder, name), 'utf8');
      assert.equal(own(`deploy/ansible/${name}`), text, name);
    }
  });

  it('has the command line, which runs without an editor', async () => {
    const needed = Array.from(files).flatMap(([whole, text]): [string, string][] => {
      const name = whole.replace('extension/', '');
      return /^(?:bpf\/|dist\/cli\.cjs$)/.test(name) ? [[name, text]] : [];
    });
    const directory = temporaryDirectory(Object.fromEntries(needed));
    const program = path.join(directory.path, 'dist/cli.cjs');
    const said = await run(process.execPath, [program, '--version']);
    await directory.remove();
    const { version } = JSON.parse(own('package.json')) as { version: string };
    assert.equal(said, `sockmap-bypass ${version}\n`);
  });

  it('has what runs, and nothing else: no source, test, script, map or secret', () => {
    const names = Array.from(files.keys());
    const known =
      /^(?:\[Content_Types\]\.xml|extension\.vsixmanifest|extension\/(?:package(?:\.nls)?\.json|l10n\/bundle\.l10n\.json|readme\.md|changelog\.md|LICENSE\.txt|dist\/(?:[\w-]+\.(?:cjs|js)|ThirdPartyNotices\.txt|[\w.-]+\.LEGAL\.txt|chunks\/[\w.-]+)|bpf\/(?:tools\/)?[\w.-]+|deploy\/ansible\/(?:[\w.-]+\/)*[\w.-]+\.(?:yml|md)|media\/(?:(?:walkthrough|plans)\/)?[\w.-]+|schemas\/[\w.-]+\.json|syntaxes\/[\w.-]+\.json))$/i;
    assert.deepEqual(
      names.filter((name) => !known.test(name)),
      [],
    );
  });
});

/** The files of a zip by their names, from its central directory (APPNOTE.TXT, 4.3.12). */
function unzipped(zip: Buffer): Map<string, string> {
  const found = new Map<string, string>();
  const end = zip.lastIndexOf('PK\u0005\u0006');
  let at = zip.readUInt32LE(end + 16);
  for (let left = zip.readUInt16LE(end + 10); left > 0; left--) {
    const [method, size] = [zip.readUInt16LE(at + 10), zip.readUInt32LE(at + 20)];
    const [name = 0, extra = 0, comment = 0] = [28, 30, 32].map((each) =>
      zip.readUInt16LE(at + each),
    );
    const local = zip.readUInt32LE(at + 42);
    const start = local + 30 + zip.readUInt16LE(local + 26) + zip.readUInt16LE(local + 28);
    const content = zip.subarray(start, start + size);
    const text = method === 0 ? content : inflateRawSync(content);
    found.set(zip.toString('utf8', at + 46, at + 46 + name), text.toString());
    at += 46 + name + extra + comment;
  }
  return found;
}
