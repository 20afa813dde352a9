import assert from 'node:assert/strict';
import { StreamError } from '../../../src/language/gate/frames.ts';
import { Gate, type Passage } from '../../../src/language/gate/gate.ts';
import { APPLY } from '../../../src/language/gate/shapes.ts';

const MIRROR = '/tmp/mirror';
const FILES = [`${MIRROR}/src/0/a.bpf.c`, `${MIRROR}/src/0/a b/shared.h`];
const SOURCE = 'file:///tmp/mirror/src/0/a.bpf.c';
const HEADER = 'file:///tmp/mirror/src/0/a%20b/shared.h';
const SYSTEM = 'file:///usr/include/linux/bpf.h';

const range = { start: { line: 1, character: 2 }, end: { line: 1, character: 4 } };
const edit = { range, newText: 'two' };

/** All forms of names of no file that the editor may be led to. */
const STRAY = [
  `${MIRROR}/src/0/a.bpf.c`,
  'file:///tmp/mirror/src/0/../../../../root/.bashrc',
  'file:///tmp/mirror/src/0/%2e%2e/%2E%2E/a.bpf.c',
  'file:///tmp/mirror/src/0/%252e%252e/a.bpf.c',
  'file:///tmp/mirror/src/0/x%2F..%2F..%2Fa.bpf.c',
  'file:///tmp/mirror/src/0/..%5C..%5Ca.bpf.c',
  'file:///tmp/mirror/src/0/..\\..\\a.bpf.c',
  'file:///tmp/mirror/src/0//a.bpf.c',
  'file:///tmp/mirror/src/0/./a.bpf.c',
  'file:///tmp/mirror/src/0/a.bpf.c/',
  'file:///tmp/mirror/src/0/',
  'file:///tmp/mirror/src/0',
  'file:///tmp/mirror/src/0/a.bpf.c?x',
  'file:///tmp/mirror/src/0/a.bpf.c#1',
  'file:///tmp/mirror/src/0/a.bpf.c%00',
  'file:///tmp/mirror/src/0/a.bpf.c%0a',
  'file:///tmp/mirror/src/0/a.bpf.c\u202e',
  'file:///tmp/mirror/src/0/%ff',
  'file:///tmp/mirror/src/0/.vscode/tasks.json',
  'file:///tmp/mirror/src/1/a.bpf.c',
  'file:///tmp/mirror/pid',
  'file://server/share/tmp/mirror/src/0/a.bpf.c',
  'file:////server/share/a.bpf.c',
  'FILE:///tmp/mirror/src/0/a.bpf.c',
  'file:/tmp/mirror/src/0/a.bpf.c',
  ' file:///tmp/mirror/src/0/a.bpf.c',
  'vscode-remote://ssh-remote+x/tmp/mirror/src/0/a.bpf.c',
  'vscode://publisher.extension/run',
  'vscode-userdata:/User/settings.json',
  'command:workbench.action.terminal.new',
  'untitled:a.bpf.c',
  'sockmap-host:/etc/passwd?other',
  'data:text/html,x',
  'javascript:alert(1)',
  'jar:file:///tmp/mirror/src/0/a.bpf.c',
  '',
];

const places = {
  isEditable: (path: string) => FILES.includes(path),
  isShown: (path: string) => FILES.includes(path) || !path.startsWith(`${MIRROR}/`),
};

describe('the gate before a language server', () => {
  let gate: Gate;
  let log: string[];
  let clock: number;
  let next: number;

  beforeEach(() => {
    [log, clock, next] = [[], 0, 0];
    gate = new Gate(
      places,
      (line) => log.push(line),
      () => clock,
    );
  });

  const incoming = (message: unknown): Passage =>
    gate.incoming(message, JSON.stringify(message).length);
  const request = (method: string, params?: unknown): Passage =>
    incoming({ jsonrpc: '2.0', id: 'server-1', method, params });
  const notify = (method: string, params?: unknown): Passage =>
    incoming({ jsonrpc: '2.0', method, params });
  const ask = (method: string, params: unknown = {}): number => {
    const id = ++next;
    gate.outgoing({ jsonrpc: '2.0', id, method, params });
    return id;
  };
  /** The part of an answer that reaches the editor. */
  const answer = (method: string, result: unknown): unknown => {
    const id = ask(method, { capabilities: {} });
    const { deliver } = incoming({ jsonrpc: '2.0', id, result });
    return deliver?.error === undefined ? deliver?.result : 'refused';
  };
  const chosen = (): number =>
    ask('workspace/executeCommand', { command: 'clangd.applyTweak', arguments: [] });
  const isRefused = ({ deliver, reply }: Passage): void => {
    assert.equal(deliver, undefined);
    assert.notEqual(reply, undefined);
    assert.notDeepEqual(log, []);
  };

  describe('requests', () => {
    const whole = { changes: { [SOURCE]: [edit], [HEADER]: [edit] } };
    const versioned = {
      documentChanges: [{ textDocument: { uri: SOURCE, version: 3 }, edits: [edit] }],
    };

    it('takes little memory for an edit with a million faults, asked for or not', () => {
      const edit = { documentChanges: new Array<number>(1_000_000).fill(0) };
      const changes = Object.fromEntries(Array.from({ length: 100_000 }, (_, i) => [`x${i}`, 0]));
      const before = process.memoryUsage().heapUsed;
      isRefused(request('workspace/applyEdit', { edit }));
      chosen();
      isRefused(request('workspace/applyEdit', { edit }));
      isRefused(request('workspace/applyEdit', { edit: { changes } }));
      assert.ok(process.memoryUsage().heapUsed - before < 150 * 2 ** 20);
    });

    it('lets edits of the source through, once for a command a person has chosen', () => {
      isRefused(request('workspace/applyEdit', { edit: whole }));
      const id = chosen();
      assert.deepEqual(request('workspace/applyEdit', { edit: whole, label: 'x' }).deliver, {
        jsonrpc: '2.0',
        id: 'server-1',
        method: 'workspace/applyEdit',
        params: { edit: whole },
      });
      isRefused(request('workspace/applyEdit', { edit: whole }));
      incoming({ jsonrpc: '2.0', id, result: 'done' });
      isRefused(request('workspace/applyEdit', { edit: whole }));
      incoming({ jsonrpc: '2.0', id: chosen(), result: null });
      isRefused(request('workspace/applyEdit', { edit: versioned }));
      chosen();
      assert.deepEqual(request('workspace/applyEdit', { edit: versioned }).deliver?.params, {
        edit: versioned,
      });
    });

    const operations = [
      { kind: 'create', uri: SOURCE },
      { kind: 'rename', oldUri: SOURCE, newUri: HEADER, options: { overwrite: true } },
      { kind: 'delete', uri: 'file:///tmp/mirror/src/0', options: { recursive: true } },
      { kind: 'unheard-of', uri: SOURCE },
      { textDocument: { uri: SOURCE, version: 1 }, edits: [edit], kind: 'delete', uri: SOURCE },
      { textDocument: { uri: SYSTEM, version: null }, edits: [edit] },
      { textDocument: { uri: SOURCE, version: 1 }, edits: [{ ...edit, annotationId: 'a' }] },
      { textDocument: { uri: SOURCE, version: 1 }, edits: [{ range, snippet: { value: '$1' } }] },
      { textDocument: { uri: SOURCE, version: 1 }, edits: [{ range, newText: 7 }] },
    ];
    for (const operation of operations) {
      it(`refuses the whole of an edit with ${JSON.stringify(operation)}`, () => {
        chosen();
        const documentChanges = [...versioned.documentChanges, operation];
        isRefused(request('workspace/applyEdit', { edit: { documentChanges } }));
        isRefused(request('workspace/applyEdit', { edit: { ...whole, documentChanges } }));
        assert.equal(answer('textDocument/rename', { documentChanges }), 'refused');
        assert.deepEqual(
          answer('textDocument/codeAction', [{ title: 'Fix', edit: { documentChanges } }]),
          [],
        );
      });
    }
    for (const uri of [...STRAY, SYSTEM, 'https://example.org/']) {
      it(`refuses an edit of ${JSON.stringify(uri)}`, () => {
        chosen();
        const changes = Object.fromEntries([
          [SOURCE, [edit]],
          [uri, [edit]],
        ]);
        isRefused(request('workspace/applyEdit', { edit: { changes } }));
        assert.equal(answer('textDocument/rename', { changes }), 'refused');
      });
    }
    it('refuses annotations of changes', () => {
      chosen();
      const changeAnnotations = { a: { label: 'x', needsConfirmation: false } };
      isRefused(request('workspace/applyEdit', { edit: { ...whole, changeAnnotations } }));
    });

    it('answers with no setting, whichever is asked for', () => {
      const items = [{}, { section: 'http' }, { section: 'github', scopeUri: SOURCE }];
      const { deliver, reply } = request('workspace/configuration', { items });
      assert.equal(deliver, undefined);
      assert.deepEqual(reply?.result, [null, null, null]);
      assert.deepEqual(request('workspace/configuration').reply?.result, []);
    });

    it('shows nothing and asks nothing for it', () => {
      const shown = request('window/showDocument', { uri: 'https://x.org', external: true });
      assert.deepEqual(shown.reply?.result, { success: false });
      isRefused(shown);
      const asked = request('window/showMessageRequest', {
        type: 1,
        message: '[x](command:y)',
        actions: [{ title: 'OK' }],
      });
      assert.deepEqual([asked.deliver, asked.reply?.result], [undefined, null]);
    });

    for (const method of [
      'client/registerCapability',
      'client/registerFeature',
      'client/unregisterCapability',
      'workspace/workspaceFolders',
      'window/workDoneProgress/create',
      'workspace/codeLens/refresh',
      'workspace/diagnostic/refresh',
      'workspace/executeCommand',
      'workspace/applyEdit2',
      'textDocument/hover',
      '$/unknown',
      '__proto__',
      'constructor',
      '',
    ]) {
      it(`refuses ${JSON.stringify(method)}`, () => {
        const refused = request(method, { registrations: [{ id: 'a', method: 'x' }], edit: whole });
        isRefused(refused);
        assert.notEqual(refused.reply?.error, undefined);
        assert.equal(notify(method, {}).deliver, undefined);
      });
    }

    it('refuses what is no request at all', () => {
      for (const message of [
        null,
        7,
        'x',
        [],
        [{ jsonrpc: '2.0', id: 1, method: 'workspace/applyEdit' }],
        {},
        { id: {}, method: 'workspace/applyEdit' },
        { method: ['workspace/applyEdit'] },
        { id: 999, result: {} },
        { id: 999, error: {} },
        { result: {} },
      ]) {
        const { deliver, reply } = incoming(message);
        assert.deepEqual([deliver, reply], [undefined, undefined]);
      }
    });
  });

  describe('notifications', () => {
    it('builds diagnostics anew, with links to pages and files alone', () => {
      const told = (href: string, uri = SOURCE) =>
        notify('textDocument/publishDiagnostics', {
          uri: SOURCE,
          version: 1,
          extra: 1,
          diagnostics: [
            {
              range,
              severity: 1,
              code: 'x',
              codeDescription: { href },
              source: 'clang',
              message: 'a\u0007 \u202eb',
              tags: [1],
              data: { command: 'x' },
              relatedInformation: [{ location: { uri, range }, message: 'here' }],
            },
          ],
        }).deliver?.params as { diagnostics: Record<string, unknown>[] };
      const [diagnostic] = told('https://clang.llvm.org/docs/').diagnostics;
      assert.deepEqual(diagnostic, {
        range,
        severity: 1,
        code: 'x',
        source: 'clang',
        message: 'a b',
        tags: [1],
        codeDescription: { href: 'https://clang.llvm.org/docs/' },
        relatedInformation: [{ location: { uri: SOURCE, range }, message: 'here' }],
      });
      for (const href of ['http://user@evil.org/', 'http:\\\\evil.org', ...STRAY]) {
        const [left] = told(href, href).diagnostics;
        assert.equal(left?.['codeDescription'], undefined, href);
        assert.deepEqual(left?.['relatedInformation'], []);
        assert.equal(left['message'], 'a b');
      }
    });

    it('takes them for files of the source and the host alone, and no million of them', () => {
      for (const uri of STRAY) {
        const told = notify('textDocument/publishDiagnostics', { uri, diagnostics: [] });
        assert.equal(told.deliver, undefined, uri);
        assert.equal(
          notify('textDocument/clangd.fileStatus', { uri, state: 'idle' }).deliver,
          undefined,
        );
      }
      const diagnostics = Array<unknown>(1_000_000).fill({ range, message: 'x' });
      const { deliver } = gate.incoming(
        { method: 'textDocument/publishDiagnostics', params: { uri: SOURCE, diagnostics } },
        1e6,
      );
      assert.equal((deliver?.params as { diagnostics: unknown[] }).diagnostics.length, 1000);
    });

    it('writes messages to the log, and nothing of telemetry and progress', () => {
      assert.deepEqual(notify('window/showMessage', { type: 1, message: 'a' }), {});
      assert.deepEqual(notify('window/logMessage', { type: 1, message: 'b' }), {});
      assert.deepEqual(log, ['a', 'b']);
      assert.deepEqual(notify('telemetry/event', { a: 1 }), {});
      assert.deepEqual(notify('$/progress', { token: 1, value: {} }), {});
      assert.deepEqual(log, ['a', 'b']);
    });

    it('ends a flood of them, and none that comes slowly', () => {
      const flood = (): void => {
        for (let count = 0; count < 100_000; count++) notify('telemetry/event');
      };
      assert.throws(flood, StreamError);
      const slow = new Gate(
        places,
        () => undefined,
        () => (clock += 10),
      );
      for (let count = 0; count < 80_000; count++) {
        slow.incoming({ method: 'telemetry/event' }, 200);
      }
      const large = (): Passage => gate.incoming({ method: 'window/logMessage' }, 40 * 2 ** 20);
      clock += 1e9;
      large();
      assert.throws(large, StreamError);
    });

    it('counts answers to no question as such a flood too', () => {
      assert.throws(() => {
        for (let count = 0; count < 100_000; count++) incoming({ id: -1, result: null });
      }, StreamError);
    });
  });

  describe('answers', () => {
    it('are taken for our own requests only, once', () => {
      const id = ask('textDocument/references');
      assert.equal(incoming({ id: String(id), result: [] }).deliver, undefined);
      assert.deepEqual(incoming({ id, result: [] }).deliver?.result, []);
      assert.equal(incoming({ id, result: [] }).deliver, undefined);
      assert.equal(answer('textDocument/somethingElse', {}), 'refused');
    });

    it('fail with words that make no link and carry nothing else', () => {
      const id = ask('textDocument/rename');
      const error = { code: -32001, message: '[x](command:y)\n$(zap)', data: { retry: true } };
      const { deliver } = incoming({ id, error });
      assert.deepEqual(deliver?.error, { code: -32001, message: '[x] (command:y) $ (zap)' });
    });

    it('lead to files of the source and the host alone', () => {
      const location = (uri: string) => ({ uri, range });
      const target = (uri: string) => ({
        targetUri: uri,
        targetRange: range,
        targetSelectionRange: range,
      });
      for (const uri of [SOURCE, HEADER, SYSTEM]) {
        assert.deepEqual(answer('textDocument/definition', location(uri)), location(uri));
        assert.deepEqual(answer('textDocument/references', [location(uri)]), [location(uri)]);
        assert.deepEqual(answer('textDocument/implementation', [target(uri)]), [target(uri)]);
      }
      for (const uri of [...STRAY, 'https://example.org/']) {
        assert.equal(answer('textDocument/definition', location(uri)), 'refused', uri);
        assert.deepEqual(answer('textDocument/references', [location(uri)]), []);
        assert.deepEqual(answer('textDocument/declaration', [target(uri), location(SOURCE)]), [
          location(SOURCE),
        ]);
        const symbol = { name: 'x', kind: 12, location: location(uri) };
        assert.deepEqual(answer('workspace/symbol', [symbol]), []);
        assert.deepEqual(answer('textDocument/documentSymbol', [symbol]), []);
        const item = { name: 'x', kind: 12, uri, range, selectionRange: range, data: 'x' };
        assert.deepEqual(answer('textDocument/prepareCallHierarchy', [item]), []);
        assert.deepEqual(
          answer('callHierarchy/incomingCalls', [{ from: item, fromRanges: [] }]),
          [],
        );
      }
      for (const uri of STRAY) {
        assert.deepEqual(answer('textDocument/documentLink', [{ range, target: uri }]), [], uri);
      }
      const links = [SOURCE, SYSTEM, 'https://example.org/a?b#c'].map((uri) => ({
        range,
        target: uri,
      }));
      assert.deepEqual(
        answer(
          'textDocument/documentLink',
          // VS Code would trust what it makes of a tooltip.
          links.map((each) => ({ ...each, data: 1, tooltip: 'x\\\\](command:y) [z' })),
        ),
        links,
      );
    });

    it('bring no command but those of clangd, which go back to it', () => {
      const tweak = {
        command: 'clangd.applyTweak',
        arguments: [{ file: SOURCE, selection: range, tweakID: 'ExtractVariable' }],
      };
      const action = {
        title: 'Extract',
        kind: 'refactor',
        command: { title: 'Extract', ...tweak },
      };
      assert.deepEqual(answer('textDocument/codeAction', [action]), [
        { ...action, command: { title: 'Extract', command: APPLY, arguments: [tweak] } },
      ]);
      for (const command of [
        { title: 'x', command: 'workbench.action.terminal.sendSequence', arguments: [] },
        { title: 'x', command: APPLY, arguments: [tweak] },
        { title: 'x', command: 'clangd.applyTweak', arguments: ['x'] },
        { title: 'x', command: 'clangd.applyRename', arguments: [] },
        {
          title: 'x',
          command: 'clangd.applyTweak',
          arguments: [{ file: SYSTEM, selection: range, tweakID: 'x' }],
        },
        {
          title: 'x',
          command: 'clangd.applyFix',
          arguments: [{ documentChanges: [{ kind: 'delete', uri: SOURCE }] }],
        },
        'workbench.action.quit',
      ]) {
        assert.deepEqual(answer('textDocument/codeAction', [{ title: 'x', command }]), []);
        assert.deepEqual(answer('textDocument/codeAction', [command]), []);
        const [item] = answer('textDocument/completion', [{ label: 'x', command }]) as unknown[];
        assert.deepEqual(item, { label: 'x' });
        const [hint] = answer('textDocument/inlayHint', [
          {
            position: range.start,
            label: [{ value: 'x', command, location: { uri: 'vscode://x', range } }],
          },
        ]) as { label: Record<string, unknown>[] }[];
        assert.equal(hint?.label[0]?.['command'], undefined);
        assert.equal(hint?.label[0]?.['location'], undefined);
        assert.equal(answer('textDocument/codeLens', [{ range, command }]), 'refused');
        assert.equal(answer('codeLens/resolve', { range, command }), 'refused');
      }
      assert.deepEqual(gate.action(tweak), tweak);
      assert.equal(gate.action({ command: 'other', arguments: [] }), undefined);
    });

    it('bring no snippet that would read the clipboard', () => {
      const item = (newText: string, insertTextFormat = 2) => ({
        label: 'x',
        insertTextFormat,
        textEdit: { range, newText },
      });
      for (const text of [
        '$CLIPBOARD',
        '${CLIPBOARD}',
        '${1:$TM_FILEPATH}',
        '${1:${WORKSPACE_FOLDER}}',
        '\\\\$CLIPBOARD',
        'a ${CLIPBOARD/(.*)/$1/} b',
        '${UNKNOWN:x}',
      ]) {
        assert.deepEqual(answer('textDocument/completion', { items: [item(text)] }), {
          isIncomplete: false,
          items: [],
        });
        const inserted = { label: 'x', insertTextFormat: 2, insertText: text };
        assert.deepEqual(answer('textDocument/completion', [inserted]), []);
        assert.deepEqual(answer('textDocument/completion', [item(text, 1)]), [item(text, 1)]);
      }
      for (const text of ['f(${1:int a}, ${2:x})$0', 'a\\$HOME', '${1|a,b|}', 'a$ b']) {
        assert.deepEqual(answer('textDocument/completion', [item(text)]), [item(text)]);
      }
    });

    it('edit nothing but text where text was asked for', () => {
      for (const method of ['formatting', 'rangeFormatting', 'onTypeFormatting']) {
        assert.deepEqual(answer(`textDocument/${method}`, [edit]), [edit]);
        assert.equal(answer(`textDocument/${method}`, [edit, { kind: 'delete' }]), 'refused');
        assert.equal(answer(`textDocument/${method}`, { changes: {} }), 'refused');
      }
    });

    it('keep the symbols in each other, and the ranges around each other', () => {
      const leaf = { name: 'b', kind: 8, range, selectionRange: range };
      const tree = [{ ...leaf, name: 'a', kind: 23, detail: 'struct', children: [leaf] }];
      assert.deepEqual(answer('textDocument/documentSymbol', tree), tree);
      const ranges = [{ range, parent: { range, parent: { range } } }];
      assert.deepEqual(answer('textDocument/selectionRange', ranges), ranges);
      let deep: unknown = { range };
      for (let depth = 0; depth < 1000; depth++) deep = { range, parent: deep };
      answer('textDocument/selectionRange', [deep]);
      let symbols: unknown = leaf;
      for (let depth = 0; depth < 500; depth++) symbols = { ...leaf, children: [symbols] };
      answer('textDocument/documentSymbol', [symbols]);
    });

    it('offer only what answers are let through for', () => {
      const capabilities = {
        hoverProvider: { documentSelector: [{ scheme: '*' }], id: 'x', workDoneProgress: true },
        renameProvider: { prepareProvider: true, documentSelector: null },
        textDocumentSync: {
          openClose: true,
          change: 2,
          willSave: true,
          willSaveWaitUntil: true,
          save: { includeText: true },
        },
        completionProvider: { triggerCharacters: ['.'], resolveProvider: true },
        executeCommandProvider: { commands: ['workbench.action.quit', 'clangd.applyFix'] },
        codeLensProvider: { resolveProvider: true },
        colorProvider: true,
        notebookDocumentSync: { notebookSelector: [] },
        diagnosticProvider: { interFileDependencies: true, workspaceDiagnostics: true },
        inlineCompletionProvider: true,
        experimental: { x: 1 },
        workspace: {
          workspaceFolders: { supported: true, changeNotifications: 'x' },
          fileOperations: { willDelete: { filters: [{ pattern: { glob: '**' } }] } },
          textDocumentContent: { schemes: ['x'] },
        },
      };
      assert.deepEqual(answer('initialize', { capabilities, extra: 1 }), {
        capabilities: {
          hoverProvider: true,
          renameProvider: { prepareProvider: true },
          textDocumentSync: { openClose: true, change: 2, save: true },
          completionProvider: { triggerCharacters: ['.'] },
        },
      });
    });
  });

  it('gives the server nothing of this machine', () => {
    const { params } = gate.outgoing({
      jsonrpc: '2.0',
      id: 1,
      method: 'initialize',
      params: {
        processId: 7,
        rootPath: '/home/me/secret',
        rootUri: 'file:///x',
        locale: 'en',
        workspaceFolders: [{ uri: 'file:///x', name: 'secret' }],
        initializationOptions: { clangdFileStatus: true },
        capabilities: {
          workspace: { configuration: true, workspaceFolders: true, executeCommand: {} },
          window: { showDocument: { support: true }, workDoneProgress: true },
          textDocument: {
            hover: { dynamicRegistration: true, contentFormat: ['markdown'] },
            codeLens: { dynamicRegistration: true },
          },
        },
      },
    });
    assert.doesNotMatch(JSON.stringify(params), /secret|"file:|locale|configuration|showDocument/);
    assert.doesNotMatch(JSON.stringify(params), /workDoneProgress|codeLens|Registration":true|:7/);
    assert.match(JSON.stringify(params), /"contentFormat":\["markdown"\]/);
  });
});
