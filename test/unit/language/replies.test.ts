import assert from 'node:assert/strict';
import { Replies } from '../../../src/language/gate/replies.ts';

describe('replies to a language server', () => {
  it('end where it asks and does not read', () => {
    const replies = new Replies(() => new Promise(() => undefined));
    assert.throws(() => {
      for (let id = 0; id < 2000; id++) replies.send({ jsonrpc: '2.0', id, result: null });
    }, /no answer is read/);
  });

  it('go on for ever where it does', async () => {
    let sent = 0;
    const replies = new Replies(() => {
      sent++;
      return Promise.resolve();
    });
    for (let id = 0; id < 5000; id++) {
      replies.send({ jsonrpc: '2.0', id, result: null });
      await Promise.resolve();
    }
    assert.equal(sent, 5000);
  });
});
