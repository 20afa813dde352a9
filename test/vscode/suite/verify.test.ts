import assert from 'node:assert/strict';
import fs from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import vscode from 'vscode';
import type { Diagnosis } from '../../../src/verifier/diagnose.ts';
import { eventually } from '../../harness/host/wait.ts';
import { run } from '../../harness/run.ts';
import { ACCEPTED, CHECK_LINE, REJECTED } from '../../harness/countingProgram.ts';
import { startSshd, type TestSshd } from '../../harness/sshd.ts';
import { temporaryDirectory, type TemporaryDirectory } from '../../harness/temporary.ts';
import { expectation, programsThatAre } from '../../harness/verifierPrograms.ts';

/** This file is a bundle somewhere else. */
const SOURCES = path.join(
  vscode.extensions.getExtension('sockmap-bypass.sockmap-bypass')?.extensionPath ?? '',
  'test/host/verifier',
);

async function execute<T>(name: string, argument: unknown): Promise<T> {
  const answer: unknown = await vscode.commands.executeCommand(`sockmapBypass.${name}`, argument);
  return answer as T;
}

describe('verifying BPF source', () => {
  let sshd: TestSshd;
  let folder: TemporaryDirectory;
  /** Where the host has its temporary files. */
  let temporary: TemporaryDirectory;
  const settings = (): vscode.WorkspaceConfiguration =>
    vscode.workspace.getConfiguration('sockmapBypass');
  const write = (name: string, text: string): vscode.Uri => {
    const file = path.join(folder.path, name);
    fs.mkdirSync(path.dirname(file), { recursive: true });
    fs.writeFileSync(file, text);
    return vscode.Uri.file(file);
  };
  const errors = (uri: vscode.Uri): vscode.Diagnostic[] =>
    vscode.languages.getDiagnostics(uri).filter(({ source }) => source?.startsWith('verifier'));

  const workspace = vscode.workspace.workspaceFolders?.[0]?.uri.fsPath ?? '';
  /** Puts a text into an editor and saves it. */
  const save = async (uri: vscode.Uri, text: string): Promise<void> => {
    const editor = await vscode.window.showTextDocument(uri);
    const { document } = editor;
    const end = document.lineAt(document.lineCount - 1).range.end;
    await editor.edit((change) => {
      change.replace(new vscode.Range(new vscode.Position(0, 0), end), text);
    });
    assert.ok(await document.save());
  };
  const lenses = (uri: vscode.Uri): Thenable<vscode.CodeLens[]> =>
    vscode.commands.executeCommand('vscode.executeCodeLensProvider', uri);

  before(async () => {
    temporary = temporaryDirectory();
    // The compiler is not root, and is to get there.
    fs.chmodSync(temporary.path, 0o711);
    const serverLines = [`SetEnv TMPDIR=${temporary.path}`];
    sshd = await startSshd({ alias: 'of-verify', serverLines });
    sshd.addHost('the-same-again');
    folder = temporaryDirectory();
    const target = vscode.ConfigurationTarget.Global;
    await settings().update('ssh.configFile', sshd.configFile, target);
  });
  after(async () => {
    await vscode.commands.executeCommand('workbench.action.closeAllEditors');
    const target = vscode.ConfigurationTarget.Global;
    for (const name of ['ssh.configFile', 'host']) await settings().update(name, undefined, target);
    await sshd.stop();
    await folder.remove();
    await temporary.remove();
  });

  it('the command gives diagnostics and statistics as plain data', async () => {
    const uri = write('rejected.bpf.c', REJECTED);
    const diagnosis = await execute<Diagnosis>('verify', { host: sshd.alias, uri: uri.toString() });
    assert.deepEqual(structuredClone(diagnosis), diagnosis);
    assert.equal(diagnosis.kernel, os.release());
    const [finding, ...others] = diagnosis.findings;
    assert.equal(others.length, 0);
    assert.equal(finding?.place.line, CHECK_LINE);
    assert.equal(finding.explanation, 'null');
    assert.equal(diagnosis.programs[0]?.verdict, 'rejected');
    assert.ok((diagnosis.programs[0].statistics?.processed ?? 0) > 5);
  });

  it('an error is at its line, explained, with the path that led there and the log a click away', async () => {
    const uri = write('rejected.bpf.c', REJECTED);
    await execute('verify', { host: sshd.alias, uri });
    const [error] = errors(uri);
    assert.equal(error?.severity, vscode.DiagnosticSeverity.Error);
    assert.equal(error.range.start.line, CHECK_LINE);
    assert.equal(error.range.start.character, 1);
    assert.equal(error.range.end.character, '\t*value += 1'.length);
    assert.match(error.message, /^R\d invalid mem access '.*or_null'\n.*NULL/);
    assert.ok(error.relatedInformation?.some(({ location }) => location.range.start.line === 14));
    const { target } = error.code as { target: vscode.Uri };
    const log = await vscode.workspace.openTextDocument(target);
    assert.match(log.getText(), /bpf_map_lookup_elem[^]*invalid mem access[^]*processed \d+ insns/);
  });

  it('saving checks on the host of the settings: fixed, the error goes', async () => {
    await settings().update('host', sshd.alias, vscode.ConfigurationTarget.Global);
    const uri = write('saved.bpf.c', ACCEPTED);
    await save(uri, REJECTED);
    await eventually('the error shows', () => errors(uri).length === 1);
    await save(uri, ACCEPTED);
    await eventually('the error goes', () => errors(uri).length === 0);
    const [lens] = await lenses(uri);
    assert.match(lens?.command?.title ?? '', /\d+ instructions, \d+ of 1,000,000 processed/);
  });

  it('a quick fix is offered at the error, as long as the text is the one that was verified', async () => {
    await settings().update('host', sshd.alias, vscode.ConfigurationTarget.Global);
    const uri = write('fixable.bpf.c', REJECTED);
    const editor = await vscode.window.showTextDocument(uri);
    await execute('verify', { host: sshd.alias, uri });
    const at = new vscode.Range(CHECK_LINE, 3, CHECK_LINE, 3);
    const offered = async (): Promise<vscode.CodeAction[]> => {
      const actions = await vscode.commands.executeCommand<vscode.CodeAction[]>(
        'vscode.executeCodeActionProvider',
        uri,
        at,
        vscode.CodeActionKind.QuickFix.value,
      );
      return actions.filter(({ edit }) => edit !== undefined);
    };
    const [fix, ...others] = await offered();
    assert.equal(fix?.title, 'Insert: if (!value) return XDP_PASS;');
    assert.deepEqual(others, []);
    assert.equal(fix.isPreferred, true);
    await editor.edit((change) => {
      change.insert(new vscode.Position(0, 0), '/* new */\n');
    });
    assert.deepEqual(await offered(), []);
    await vscode.commands.executeCommand('undo');
    await execute('verify', { host: sshd.alias, uri });
    const [again] = await offered();
    assert.ok(await vscode.workspace.applyEdit(again?.edit ?? assert.fail()));
    const fixed = REJECTED.replace(
      '\t*value += 1',
      '\tif (!value)\n\t\treturn XDP_PASS;\n\t*value += 1',
    );
    assert.equal(editor.document.getText(), fixed);
    assert.ok(await editor.document.save());
    await eventually('the error goes', () => errors(uri).length === 0);
  });

  it('what was counted stands above the program, also while the text above it grows', async () => {
    const uri = write('lens.bpf.c', ACCEPTED);
    await execute('verify', { host: sshd.alias, uri });
    const line = async (): Promise<number | undefined> => (await lenses(uri))[0]?.range.start.line;
    const editor = await vscode.window.showTextDocument(uri);
    const first = ACCEPTED.split('\n').findIndex((each) => each.startsWith('int count('));
    assert.equal(await line(), first);
    await editor.edit((change) => {
      change.insert(new vscode.Position(0, 0), '// more\n\n');
    });
    await eventually('it has moved', async () => (await line()) === first + 2);
    await vscode.commands.executeCommand('workbench.action.revertAndCloseActiveEditor');
  });

  it('saving a header checks the programs that include it', async () => {
    const uri = write('including.bpf.c', `#include "included.h"\n${ACCEPTED}`);
    const header = write('included.h', '');
    const wrong = () => vscode.languages.getDiagnostics(header).length;
    await execute('verify', { host: sshd.alias, uri });
    assert.equal(wrong(), 0);
    await save(header, 'undeclared_thing;\n');
    await eventually('the error shows in the header', () => wrong() === 1);
    await save(header, '');
    await eventually('the error goes', () => wrong() === 0);
    await save(header, '#include "../elsewhere.h"\n');
    await eventually('what may not be read shows', () => wrong() === 1);
    await save(header, '');
    await eventually('it goes too', () => wrong() === 0);
  });

  it('a host that is lost takes nothing away, and is asked again', async () => {
    const other = await startSshd();
    sshd.addHost('lost-host', {
      lines: [
        `Port ${other.port}`,
        `IdentityFile "${other.identityFile}"`,
        `UserKnownHostsFile "${other.knownHostsFile}"`,
      ],
    });
    const uri = write('lost.bpf.c', REJECTED);
    const hosts = [sshd.alias, 'lost-host'];
    await execute('verifyOnHosts', { hosts, uri });
    assert.equal(errors(uri).length, 2);
    await other.stop();
    await assert.rejects(execute('verifyOnHosts', { hosts, uri }), /lost-host/);
    assert.equal(errors(uri).length, 2);
    await save(uri, ACCEPTED);
    await eventually('the error of the other one goes', () => errors(uri).length === 1);
    assert.match(errors(uri)[0]?.message ?? '', /^R\d invalid|^lost-host/);
    await vscode.commands.executeCommand('workbench.action.closeAllEditors');
  });

  it('of files that are renamed or deleted, by whomever, nothing is shown any more', async () => {
    const make = async (name: string): Promise<vscode.Uri> => {
      const file = path.join(workspace, 'going', name);
      fs.mkdirSync(path.dirname(file), { recursive: true });
      fs.writeFileSync(file, REJECTED);
      const uri = vscode.Uri.file(file);
      await execute('verify', { host: sshd.alias, uri });
      assert.equal(errors(uri).length, 1);
      return uri;
    };
    const change = async (edit: (of: vscode.WorkspaceEdit) => void): Promise<void> => {
      const all = new vscode.WorkspaceEdit();
      edit(all);
      assert.ok(await vscode.workspace.applyEdit(all));
    };
    const gone = (what: string, uri: vscode.Uri) =>
      eventually(`of what is ${what} nothing shows`, () => errors(uri).length === 0);
    const renamed = await make('a.bpf.c');
    await change((edit) => {
      edit.renameFile(renamed, vscode.Uri.joinPath(renamed, '../b.bpf.c'));
    });
    await gone('renamed', renamed);
    const below = await make('folder/c.bpf.c');
    await change((edit) => {
      edit.deleteFile(vscode.Uri.joinPath(below, '..'), { recursive: true });
    });
    await gone('deleted with its folder', below);
    const outside = await make('d.bpf.c');
    fs.rmSync(outside.fsPath);
    await gone('deleted by others', outside);
    fs.rmSync(path.join(workspace, 'going'), { recursive: true });
  });

  it('several hosts at once, one error for each, which names it', async () => {
    const uri = write('hosts.bpf.c', REJECTED);
    const hosts = [sshd.alias, 'the-same-again', 'local'];
    const answers = await execute<Diagnosis[]>('verifyOnHosts', { hosts, uri });
    assert.deepEqual(
      answers.map(({ host }) => host),
      hosts,
    );
    const found = errors(uri);
    assert.equal(found.length, hosts.length);
    for (const host of hosts) {
      const its = found.filter(({ message }) =>
        message.startsWith(`${host} (Linux ${os.release()}`),
      );
      assert.equal(its.length, 1);
    }
  });

  it('states, bytecode and machine code of an accepted program', async () => {
    const uri = write('listed.bpf.c', ACCEPTED);
    const host = 'local';
    await execute('verify', { host, uri });
    const expected = {
      states: /R0=map_value/,
      bytecode: / @ listed\.bpf\.c:15$/m,
      'machine-code': /\bret/,
    };
    for (const [listing, text] of Object.entries(expected)) {
      await execute('showVerifierLog', { host, uri, program: 'count', listing });
      const shown = vscode.window.activeTextEditor?.document;
      assert.equal(shown?.uri.scheme, 'sockmap-log');
      assert.match(shown.getText(), text);
    }
  });

  it('a listing that nobody asked for is not read from the host that its address names', async () => {
    const uri = write('unasked.bpf.c', ACCEPTED);
    const query = { source: uri.toString(), host: 'local', program: 'count', listing: 'states' };
    const address = { scheme: 'sockmap-log', path: '/count on local.bpf-states' };
    const document = await vscode.workspace.openTextDocument(
      vscode.Uri.from({ ...address, query: JSON.stringify(query) }),
    );
    assert.match(document.getText(), /^; Show it again from the program: count/);
  });

  it('a listing that was being read while the source was verified anew is read again', async () => {
    const uri = write('again.bpf.c', ACCEPTED);
    const host = sshd.alias;
    await execute('verify', { host, uri });
    const reading = execute('showVerifierLog', {
      host,
      uri,
      program: 'count',
      listing: 'bytecode',
    });
    write('again.bpf.c', ACCEPTED.replace('int key = 0;', 'int key = 4711;'));
    await Promise.all([reading, execute('verify', { host, uri })]);
    const shown = vscode.window.activeTextEditor?.document;
    await eventually('the new one shows', () => shown?.getText().includes('4711'));
  });

  it('settings that are wrong are named, and a directory outside of the folder ends nothing', async () => {
    const uri = write('settings.bpf.c', ACCEPTED);
    const change = (name: string, value: unknown) =>
      settings().update(name, value, vscode.ConfigurationTarget.Global);
    await change('verify.defines', { '1x': 1 });
    try {
      await assert.rejects(
        execute('verify', { host: 'local', uri }),
        /sockmapBypass\.verify\.defines\.1x: /,
      );
      await change('verify.defines', undefined);
      await change('verify.include', ['../x']);
      const { findings, programs } = await execute<Diagnosis>('verify', { host: 'local', uri });
      assert.equal(programs[0]?.verdict, 'accepted');
      assert.match(findings[0]?.message ?? '', /verify\.include: "\.\.\/x" is outside/);
    } finally {
      await change('verify.include', undefined);
      await change('verify.defines', undefined);
    }
  });

  it('what clang objects to is at its place too, headers included', async () => {
    const uri = write('types.bpf.c', ACCEPTED.replace('int key', '#include "sub/h.h"\n\tint key'));
    const header = write('sub/h.h', 'undeclared_thing;\n');
    const { findings } = await execute<Diagnosis>('verify', { host: 'local', uri });
    assert.equal(findings[0]?.from, 'clang');
    assert.equal(findings[0].place.file, 'sub/h.h');
    assert.match(vscode.languages.getDiagnostics(header)[0]?.message ?? '', /undeclared/);
    write('sub/h.h', '');
    await execute('verify', { host: 'local', uri });
    assert.equal(vscode.languages.getDiagnostics(header).length, 0);
  });

  describe('each of the programs the kernel rejects or accepts', () => {
    const accepted = programsThatAre('accepted', SOURCES);
    // One for each explanation, and for each place it can be at: the core's tests have all of them.
    const kinds = new Map(
      programsThatAre('rejected', SOURCES).map((name) => {
        const { file, explanation } = expectation(name, SOURCES);
        return [`${explanation} ${file === name ? '' : file}`, name];
      }),
    );
    const rejected = Array.from(kinds.values());
    const given: string[] = [];
    // They include what lies beside their directory: that has to be in the same workspace.
    const copy = path.join(workspace, 'programs');
    before(() => {
      fs.cpSync(SOURCES, copy, { recursive: true });
    });
    after(() => {
      fs.rmSync(copy, { recursive: true });
    });
    /** @param where the file that is to have them, if it is another one. */
    const verified = async (name: string, where = name): Promise<readonly vscode.Diagnostic[]> => {
      const uri = vscode.Uri.file(path.join(copy, name));
      await execute('verify', { host: sshd.alias, uri });
      given.push(name);
      return vscode.languages
        .getDiagnostics(vscode.Uri.file(path.join(copy, where)))
        .filter(({ severity }) => severity === vscode.DiagnosticSeverity.Error);
    };
    for (const name of rejected) {
      it(`${name}: one error, at its line, explained`, async () => {
        const { file, line, explanation, words } = expectation(name, SOURCES);
        const [error, ...others] = await verified(name, file);
        assert.ok(error);
        assert.deepEqual(others, []);
        assert.equal(error.range.start.line, line, error.message);
        assert.ok(error.message.includes(words), error.message);
        // The compiler's code generator names a position alone.
        const isPosition = path.basename(name).startsWith('compiler-');
        assert.ok(isPosition || error.range.end.isAfter(error.range.start));
        if (typeof error.code === 'string') {
          // A program that never passed has no log.
          assert.ok(['clang', 'libbpf'].includes(error.source ?? ''));
          assert.equal(error.code, explanation);
          return;
        }
        const { value, target } = error.code as { value: string; target: vscode.Uri };
        assert.equal(value, explanation);
        assert.equal(target.scheme, 'sockmap-log');
      });
    }
    for (const name of accepted) {
      it(`${name}: none`, async () => {
        assert.deepEqual(await verified(name), []);
      });
    }
    it('are at least 40 and 20', () => {
      assert.ok(rejected.length >= 40 && accepted.length >= 20);
      assert.equal(given.length, rejected.length + accepted.length);
    });
  });

  describe('hostile sources', () => {
    const hostile: readonly (readonly [what: string, text: string, says: RegExp, line: number])[] =
      [
        ['an absolute include', '\n#include "/etc/passwd"\n', /is outside of the folder/, 1],
        ['an include of the network', '#include "https://x/y.h"\n', /is outside of the folder/, 0],
        ['an include outside of the folder', '#include "../../x.h"\n', /outside of the folder/, 0],
        [
          'a pipe by a macro',
          '#define F "@PIPE@"\n#include F\n',
          /the compiler took longer than 20 s/,
          0,
        ],
        ['a large file', `/*${'x'.repeat(10 * 2 ** 20)}*/\n`, /10\.0 MiB/, 0],
        [
          'a compilation without end',
          `#define A(x) x x x x x x x x x x
int v[] = { A(A(A(A(A(A(A(A(A(A(1,)))))))))) };
`,
          /no end|memory/,
          0,
        ],
      ];
    let pipe = '';
    /** The tool, and the kernel's types, which a source has asked for: as long as the connection. */
    const KEPT = ['verify', 'verify.c', 'include'];
    /** Copies for verification; those that clangd reads are others. */
    const left = (): string[] =>
      fs
        .readdirSync(temporary.path)
        .map((name) => fs.readdirSync(path.join(temporary.path, name)))
        .filter((names) => names.includes('verify'))
        .flatMap((names) => names.filter((each) => !KEPT.includes(each)));
    before(async () => {
      pipe = path.join(folder.path, 'pipe');
      await run('mkfifo', ['-m', '644', pipe]);
      // The compiler is not root, and is to reach it.
      fs.chmodSync(folder.path, 0o755);
    });
    for (const [what, text, says, line] of hostile) {
      it(`${what} is a clear error, and leaves nothing`, async () => {
        const uri = write('hostile.bpf.c', text.replace('@PIPE@', pipe));
        const { findings } = await execute<Diagnosis>('verify', { host: sshd.alias, uri });
        assert.match(findings[0]?.message ?? '', says);
        assert.equal(findings[0]?.place.line, line);
        await eventually('only the tool is left', () => left().length === 0);
      });
    }
  });

  it('a workspace file that is none is refused', async () => {
    await assert.rejects(
      execute('verify', { host: 'local', uri: 'untitled:x.bpf.c' }),
      /is not a file/,
    );
    await assert.rejects(execute('verify', { host: 'local' }), /uri/);
  });
});
