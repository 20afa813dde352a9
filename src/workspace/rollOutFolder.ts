import { constants } from 'node:fs';
import { copyFile, cp, mkdir, readdir, writeFile } from 'node:fs/promises';
import path from 'node:path';
import type { Inventory } from '../bypass/inventory.ts';
import { documentFileName, readDocument } from '../bench/store.ts';

const SUFFIX = '.sockmap-bench.json';
const INVENTORY = 'inventory.yml';
const COLLECTION = 'collections/ansible_collections/sockmap/bypass';

/** The folder of one roll-out: it can be played again from there, by a person in a shell. */
export class RollOutFolder {
  readonly path: string;

  private constructor(folder: string) {
    this.path = folder;
  }

  /**
   * Makes one below `parent` that was not there: Ansible reads settings from the folder that it runs in, and nobody
   * else has put any there.
   */
  static async make(parent: string, now: Date): Promise<RollOutFolder> {
    await mkdir(parent, { recursive: true });
    const stamp = now.toISOString().replaceAll(':', '-').replace(/\./, '-');
    const folder = path.join(parent, `roll-out-${stamp}`);
    await mkdir(folder, { mode: 0o700 });
    return new RollOutFolder(folder);
  }

  get inventory(): string {
    return path.join(this.path, INVENTORY);
  }

  /** Where documents come. */
  get results(): string {
    return path.join(this.path, 'results');
  }

  get collections(): string {
    return path.join(this.path, 'collections');
  }

  /** @param collection the extension's, of this machine. */
  async fill({ text }: Inventory, collection: string): Promise<void> {
    await mkdir(this.results);
    await cp(collection, path.join(this.path, COLLECTION), { recursive: true });
    await writeFile(this.inventory, text, { flag: 'wx' });
  }

  /**
   * Copies the documents that came to where results are.
   * @returns the copies; without what is none, and what is there already.
   */
  async handOver(folder: string): Promise<string[]> {
    const names = (await readdir(this.results)).filter((name) => name.endsWith(SUFFIX));
    await mkdir(folder, { recursive: true });
    const copies = await Promise.allSettled(
      names.map(async (name) => {
        const file = path.join(this.results, name);
        const copy = path.join(folder, documentFileName(await readDocument(file)));
        await copyFile(file, copy, constants.COPYFILE_EXCL);
        return copy;
      }),
    );
    return copies.flatMap((copy) => (copy.status === 'fulfilled' ? [copy.value] : []));
  }
}
