import { execFile } from 'node:child_process';
import { promisify } from 'node:util';
import { fault, reason } from '#kernel';

const run = promisify(execFile);
const LIMIT_MS = 10_000;

/** The address that npm itself uses on this machine; asked once. */
export class NpmAddress {
  readonly #given: string;
  #asked: Promise<string> | undefined;

  constructor(given: string) {
    this.#given = given;
  }

  async get(): Promise<string> {
    if (this.#given !== '') return withSlash(this.#given);
    this.#asked ??= run('npm', ['config', 'get', 'registry'], { timeout: LIMIT_MS }).then(
      ({ stdout }) => withSlash(stdout.trim()),
      (error: unknown) => {
        this.#asked = undefined;
        throw fault('NPM_MISSING', `npm cannot be asked where packages are: ${reason(error)}`, {
          kind: 'unavailable',
          hint: 'install npm, or set mcp-search.npm.url',
        });
      },
    );
    return this.#asked;
  }
}

const withSlash = (url: string): string => (url.endsWith('/') ? url : `${url}/`);
