import { STATUS_CODES } from 'node:http';
import type { Readable } from 'node:stream';
import { finished } from 'node:stream/promises';
import { asProblem, Problem } from '../errors.ts';
import type { Clock } from '../exchange/clock.ts';
import { withoutFields } from '../exchange/headers.ts';
import { normalisePath } from '../exchange/path.ts';
import type { Children } from './cgi-children.ts';
import { isFreshFor } from './cgi-conditions.ts';
import {
  cgiArguments,
  cgiEnvironment,
  redirectedFrom,
  type CgiRequest,
  type CgiSite,
  type FoundScript,
} from './cgi-environment.ts';
import { ScriptFinder } from './cgi-find.ts';
import { type Asked, movedPage, redirect } from './cgi-redirect.ts';
import { runScript, type CgiLimits, type CgiRun } from './cgi-run.ts';
import { howToRun, type Interpreters } from './cgi-interpreter.ts';
import { plainAnswer, staticAnswer, withSlash, type StaticAnswer } from './cgi-static.ts';
import type { LegacyCall, LegacyReceiver, LegacyRequest, LegacyTransport } from './transport.ts';

/** A line that a script has said on its standard error. */
export interface ScriptSaid {
  readonly exchange: string;
  readonly script: string;
  readonly line: string;
}

/** What the runner works with. */
export interface CgiParts {
  readonly site: CgiSite;
  /** Names of index files of folders, or paths such as /cgi-bin/index.pl. */
  readonly index: readonly string[];
  /** What HTML files are said to be in, or null. */
  readonly charset: string | null;
  /** Scripts that stay in memory, relative to the folder. */
  readonly kept: ReadonlySet<string>;
  readonly interpreters: Interpreters;
  readonly limits: CgiLimits;
  readonly children: Children;
  readonly clock: Clock;
  readonly said: (said: ScriptSaid) => void;
}

/** Apache's own limit is 10 (LimitInternalRecursion). */
const mostRedirects = 10;

/**
 * The old application without a web server of its own: the gateway runs its scripts, and sends its files. Every script
 * gets a process; it is known when that is over, and with which exit code.
 */
export function cgiTransport(parts: CgiParts): LegacyTransport {
  const finder = new ScriptFinder(parts.site);
  return {
    send: (request, receiver) => {
      const call = new CgiCall(parts, finder, request, receiver);
      void call.serve();
      return call;
    },
    close: () => {
      parts.children.close();
      return Promise.resolve();
    },
  };
}

class CgiCall implements LegacyCall {
  readonly #parts: CgiParts;
  readonly #finder: ScriptFinder;
  readonly #request: LegacyRequest;
  readonly #receiver: LegacyReceiver;
  #run: CgiRun | null = null;
  #page: Readable | null = null;
  #isAborted = false;

  constructor(parts: CgiParts, finder: ScriptFinder, request: LegacyRequest, receiver: LegacyReceiver) {
    this.#parts = parts;
    this.#finder = finder;
    this.#request = request;
    this.#receiver = receiver;
  }

  abort(): void {
    this.#isAborted = true;
    this.#run?.hangUp();
    this.#page?.destroy();
  }

  abortIfUnsent(): void {
    if (this.#run !== null) this.#run.callOff();
    else if (this.#page === null) this.#isAborted = true;
  }

  /** Never rejects. */
  async serve(): Promise<void> {
    const { method, body, lengthBytes } = this.#request;
    try {
      let asked: Asked | null = {
        method,
        target: normalisePath(this.#request.target),
        body,
        lengthBytes,
        redirected: null,
        headers: [],
      };
      for (let redirects = 0; asked !== null; redirects++) {
        if (redirects > mostRedirects)
          throw new Problem('SCRIPT_ANSWER', 'scripts redirect to each other in a circle');
        asked = await this.#answer(asked);
      }
    } catch (thrown) {
      this.#receiver.failed(asProblem(thrown, 'LEGACY_BROKE'));
      this.#receiver.exited(null);
    }
  }

  /** Returns what is to be asked next, or null when everything has been said. */
  async #answer(asked: Asked): Promise<Asked | null> {
    const { site, index, charset } = this.#parts;
    const found = await this.#finder.find(asked.target.decoded);
    if (found.kind === 'script') return this.#runScript(asked, found.script, found.firstLine);
    if (found.kind === 'refused') this.#say(found.why, asked.target.decoded);
    const answer =
      found.kind === 'page'
        ? await staticAnswer(asked.method, asked.target, this.#request.headers, { site, index, charset })
        : found.kind === 'folder'
          ? plainAnswer(301, ['Location', withSlash(asked.target)])
          : plainAnswer(found.kind === 'none' ? 404 : 403);
    if (answer.instead === null) return this.#sendPage(asked, answer);
    return redirect(asked, answer.instead, [`REDIRECT_URL=${asked.target.decoded}`, 'REDIRECT_STATUS=200']);
  }

  async #runScript(asked: Asked, script: FoundScript, firstLine: string): Promise<Asked | null> {
    const { site, interpreters, children, clock, limits } = this.#parts;
    const { method, target, redirected, body, lengthBytes } = asked;
    const runs = howToRun(script.file, firstLine, interpreters);
    const mayStay = runs === 'perl' && this.#parts.kept.has(script.file.slice(site.scriptsFolder.length + 1));
    const how = mayStay && !children.isUnfit(script.file) ? 'kept' : runs;
    if (how === null) {
      this.#say(`"${firstLine.slice(0, 80)}" is not an interpreter that may be used`, script.scriptName);
      return this.#sendPage(asked, plainAnswer(403));
    }
    const { headers, target: url } = this.#request;
    const request: CgiRequest = {
      method,
      target: url,
      query: target.query,
      headers,
      lengthBytes,
      redirected,
    };
    const environment = cgiEnvironment(request, script, site);
    const slash = script.file.lastIndexOf('/');
    const directory = script.file.slice(0, slash);
    const order = { how, directory, script: script.file, args: cgiArguments(target.query), environment };
    let next: Asked | null = null;
    const headKnown = Promise.withResolvers<null>();
    const isRaw = script.file.slice(slash + 1).startsWith('nph-');
    if (this.#isAborted) throw new Problem('CLIENT_GONE', 'the client left before the script was begun');
    this.#run = runScript(
      children,
      clock,
      limits,
      { order, isRaw, body },
      {
        head: ({ status, reason, headers: said, instead, movedTo }) => {
          headKnown.resolve(null);
          const all = [...asked.headers, ...said];
          if (instead !== null) {
            next = redirect(
              asked,
              instead,
              redirectedFrom(environment, script.scriptName + script.pathInfo),
              withoutFields(all, ['location', 'content-type']),
            );
            return false;
          }
          if (movedTo !== null) {
            const type = ['Content-Type', 'text/html'];
            this.#head(status, reason, [...withoutFields(all, ['content-type']), ...type]);
            this.#receiver.data(movedPage(movedTo));
            return false;
          }
          const isFresh = status === 200 && !isRaw && isFreshFor(method, headers, all);
          const isBare = isFresh || ((status === 204 || status === 304) && !isRaw);
          this.#head(
            isFresh ? 304 : status,
            isFresh ? '' : reason,
            isBare ? withoutFields(all, ['content-type']) : all, // as Apache has it: there is no content
          );
          return method !== 'HEAD' && !isBare;
        },
        data: (chunk) => this.#isAborted || this.#receiver.data(chunk),
        said: (line) => this.#say(line, script.scriptName),
      },
    );
    const run = this.#run;
    const spoiled = await Promise.race([run.answered, headKnown.promise]);
    if (next !== null) {
      // One after the other, as Apache runs them.
      const [problem] = await Promise.all([run.answered, run.exited]);
      if (problem !== null) throw problem;
      return next;
    }
    void run.exited.then((problem) => this.#receiver.exited(problem));
    const problem = spoiled ?? (await run.answered);
    if (problem === null) this.#receiver.end();
    else this.#receiver.failed(problem);
    return null;
  }

  async #sendPage(asked: Asked, { status, headers, body }: StaticAnswer): Promise<null> {
    this.#page = body;
    this.#head(status, '', [...asked.headers, ...headers]);
    const isWanted = asked.method !== 'HEAD';
    const problem = body === null || !isWanted ? null : await this.#pump(body);
    if (!isWanted) body?.destroy();
    if (problem === null) this.#receiver.end();
    else this.#receiver.failed(problem);
    this.#receiver.exited(null);
    return null;
  }

  async #pump(body: Readable): Promise<Problem | null> {
    body.on('data', (chunk: Buffer) => {
      if (!this.#isAborted && !this.#receiver.data(chunk)) body.pause();
    });
    try {
      await finished(body);
      return null;
    } catch (thrown) {
      if (this.#isAborted) return new Problem('CLIENT_GONE', 'the client left');
      return new Problem('LEGACY_BROKE', `a file could not be read: ${(thrown as Error).message}`, thrown);
    }
  }

  #head(status: number, reason: string, headers: string[]): void {
    if (this.#isAborted) return;
    this.#receiver.head(status, reason === '' ? (STATUS_CODES[status] ?? '') : reason, headers, {
      resume: () => {
        this.#run?.resume();
        this.#page?.resume();
      },
    });
  }

  #say(line: string, script: string): void {
    this.#parts.said({ exchange: this.#request.id, script, line });
  }
}
