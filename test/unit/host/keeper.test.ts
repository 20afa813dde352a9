import assert from 'node:assert/strict';
import { Keeper, type Kept, type Key } from '../../../src/host/keeper.ts';

class Thing implements Kept {
  isLost = false;
  ended = 0;
  lost(): boolean {
    return this.isLost;
  }
  [Symbol.asyncDispose](): Promise<void> {
    this.ended++;
    return Promise.resolve();
  }
}
const KEY: Key<Thing> = { name: 'thing' };

describe('what a host keeps', () => {
  it('is made once, also for those who ask at the same time, and once more when it is lost', async () => {
    const keeper = new Keeper();
    const made: Thing[] = [];
    const make = () => {
      const thing = new Thing();
      made.push(thing);
      return Promise.resolve(thing);
    };
    const ask = () => keeper.keep(KEY, make);
    const [first, second] = await Promise.all([ask(), ask()]);
    assert.ok(first === second && first === (await ask()));
    first.isLost = true;
    const [third, fourth] = await Promise.all([ask(), ask()]);
    assert.ok(third === fourth && third !== first);
    assert.equal(made.length, 2);
    assert.notEqual(await keeper.keep({ name: 'thing' }, make), third);
  });

  it('is asked for anew after a failure', async () => {
    const keeper = new Keeper();
    await assert.rejects(
      keeper.keep(KEY, () => Promise.reject(new Error('no space'))),
      /no space/,
    );
    const thing = new Thing();
    assert.equal(await keeper.keep(KEY, () => Promise.resolve(thing)), thing);
  });

  it('ends with the host, each thing once, and nothing is kept of what was lost', async () => {
    const keeper = new Keeper();
    const [own, kept, lost] = [new Thing(), new Thing(), new Thing()];
    keeper.own(lost);
    lost.isLost = true;
    keeper.own(own);
    await keeper.keep(KEY, () => Promise.resolve(kept));
    await keeper.dispose();
    await keeper.dispose();
    assert.deepEqual([own.ended, kept.ended, lost.ended], [1, 1, 0]);
    const next = new Thing();
    assert.equal(await keeper.keep(KEY, () => Promise.resolve(next)), next);
  });
});
