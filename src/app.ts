import type * as vscode from 'vscode';
import { Context } from './context.ts';
import { ComparedListings } from './diagnostics/compared.ts';
import { Coverage } from './diagnostics/coverage.ts';
import { LineStates } from './diagnostics/lineStates.ts';
import { Logs } from './diagnostics/logs.ts';
import { MatrixPages } from './diagnostics/matrixPages.ts';
import { ProgramTests } from './diagnostics/programTests.ts';
import { HotLines } from './diagnostics/hotLines.ts';
import { RunTimes } from './diagnostics/runTimes.ts';
import { Verifier } from './diagnostics/verifier.ts';
import { Versions } from './diagnostics/versions.ts';
import { VisitHovers } from './diagnostics/visitHovers.ts';
import { HostError, isCancelled, type Problem } from './host/errors.ts';
import { LanguageService } from './language/service.ts';
import { AssessPages } from './ui/assessPages.ts';
import { BpfStatus } from './ui/bpfStatus.ts';
import { ContextKeys } from './ui/contextKeys.ts';
import { FleetPages } from './ui/fleetPages.ts';
import { showError } from './ui/errors.ts';
import { readLastLoaded, rememberLoaded } from './ui/lastLoaded.ts';
import { Pointed } from './ui/pointed.ts';
import { LivePages } from './ui/livePages.ts';
import { HostsView } from './ui/hostsView.ts';
import { ResultsView } from './ui/resultsView.ts';
import { StatusBar } from './ui/statusBar.ts';
import { rememberWorked } from './workspace/knownHosts.ts';

/** The parts that commands work with. They hear of each other by events, wired here, and import none of it. */
export class App extends Context {
  readonly statusBar = new StatusBar();
  readonly bpfStatus = new BpfStatus();
  readonly keys: ContextKeys;
  readonly hosts: HostsView;
  readonly results: ResultsView;
  readonly livePages: LivePages;
  readonly assessPages: AssessPages;
  readonly fleetPages: FleetPages;
  readonly verifier: Verifier;
  readonly matrixPages: MatrixPages;
  readonly tests: ProgramTests;
  readonly logs: Logs;
  readonly versions: Versions;
  readonly compared = new ComparedListings();
  readonly runTimes: RunTimes;
  private readonly hotLines: HotLines;
  readonly lineStates: LineStates;
  readonly visits: VisitHovers;
  readonly coverage: Coverage;
  readonly language: LanguageService;
  /** The last failure that was reported. */
  lastProblem: Problem | undefined;

  constructor(extension: vscode.ExtensionContext) {
    super(extension);
    this.hosts = new HostsView(this);
    this.results = new ResultsView(this);
    this.livePages = new LivePages(this, (status) => {
      this.statusBar.show(status);
    });
    this.assessPages = new AssessPages(this);
    this.fleetPages = new FleetPages(this, this.results);
    this.verifier = new Verifier(this, (uri) => this.language.diagnostics(uri), this.bpfStatus);
    this.matrixPages = new MatrixPages(extension.extensionUri, this.verifier);
    this.tests = new ProgramTests(this, this.verifier);
    this.logs = new Logs(this, this.verifier);
    this.versions = new Versions(this, this.verifier);
    this.runTimes = new RunTimes(this, this.verifier);
    this.hotLines = new HotLines(this.runTimes, this.verifier);
    this.lineStates = new LineStates(this, this.verifier);
    this.visits = new VisitHovers(this, this.lineStates);
    this.coverage = new Coverage(this.lineStates, this.verifier);
    for (const { onDidFail } of [this.runTimes, this.coverage]) {
      onDidFail((error) => {
        this.report(error);
      });
    }
    this.language = new LanguageService(this, (uri) => this.verifier.source(uri), this.bpfStatus);
    this.statusBar.onDidShow((status) => {
      this.hosts.take(status);
      void rememberLoaded(this, status);
    });
    void readLastLoaded(this, this.statusBar);
    this.onDidWork((host) => {
      void rememberWorked(this, host);
    });
    this.keys = new ContextKeys(this.verifier.onDidVerify);
    this.verifier.onDidVerify(() => {
      this.language.look();
    });
    this.language.onDidDiagnose((uri) => {
      this.verifier.refresh(uri);
    });
    this.language.onDidFail((error) => {
      this.report(error, () => {
        this.language.look();
        return Promise.resolve();
      });
    });
  }

  /**
   * Loads and runs a command's function. A person sees any failure with its next step; a caller that passed
   * an argument, other than a row of a view, gets it thrown as well.
   */
  async run<T>(
    load: () => Promise<(app: App, argument: unknown) => Promise<T>>,
    argument: unknown,
    { throws = argument !== undefined } = {},
  ): Promise<T | undefined> {
    try {
      const command = await load();
      return await command(this, argument);
    } catch (error) {
      this.report(error, (host) => {
        // Who passed an argument has had an answer; who was asked for a host is not asked again.
        const pointed = host === undefined ? undefined : new Pointed(host);
        return this.run(load, argument ?? pointed, { throws: false });
      });
      if (throws) throw error;
      return undefined;
    }
  }

  /**
   * Puts a failure into the log and before the person; what they cancelled is none.
   * @param retry does what has failed again, on the host where it did.
   */
  private report(error: unknown, retry?: (host?: string) => Promise<unknown>): void {
    if (isCancelled(error)) return;
    this.log.error(
      error instanceof HostError
        ? `${error.message}\n${error.problem.words}`
        : error instanceof Error
          ? (error.stack ?? error.message)
          : String(error),
    );
    this.lastProblem = error instanceof HostError ? error.problem : undefined;
    void showError(this, this.reports, error, retry);
  }

  override dispose(): void {
    const pieces = [
      this.keys,
      this.language,
      this.logs,
      this.compared,
      this.versions,
      this.runTimes,
      this.hotLines,
      this.coverage,
      this.lineStates,
      this.tests,
      this.matrixPages,
      this.verifier,
      this.hosts,
      this.results,
      this.livePages,
      this.assessPages,
      this.statusBar,
      this.fleetPages,
      this.bpfStatus,
    ];
    for (const piece of pieces) piece.dispose();
    super.dispose();
  }
}
