import type { IncomingHttpHeaders } from 'node:http';
import type { OAuthClientProvider } from '@modelcontextprotocol/client';
import { fault } from '#kernel';
import type { Credentials } from './wires/credentials.ts';

/** Each refusal may cost one round with the authorization server; more would be a loop. */
const MOST_ROUNDS = 2;

/** Where a person (or a test in its place) has to agree: resolves with the parameters of the redirect. */
export type Callback = () => Promise<URLSearchParams>;

/** OAuth for one upstream server, by the official client's flow: discovery, registration, grants, step-up of scopes. */
export class OAuthCredentials implements Credentials {
  readonly #serverUrl: URL;
  readonly #provider: OAuthClientProvider;
  readonly #callback: Callback | undefined;
  #scope: string | undefined;
  #round: Promise<boolean> | undefined;

  constructor(serverUrl: string, provider: OAuthClientProvider, callback?: Callback) {
    this.#serverUrl = new URL(serverUrl);
    this.#provider = provider;
    this.#callback = callback;
  }

  token(): string | undefined | Promise<string | undefined> {
    const tokens = this.#provider.tokens();
    return tokens instanceof Promise ? tokens.then((found) => found?.access_token) : tokens?.access_token;
  }

  async refused(status: number, headers: IncomingHttpHeaders, attempt: number): Promise<boolean> {
    if (attempt >= MOST_ROUNDS) return false;
    // All calls that are refused at the same time wait for one round.
    this.#round ??= this.#renew(status, headers).finally(() => {
      this.#round = undefined;
    });
    return this.#round;
  }

  async #renew(status: number, headers: IncomingHttpHeaders): Promise<boolean> {
    const client = await import('@modelcontextprotocol/client');
    const challenge = headers['www-authenticate'];
    const text = Array.isArray(challenge) ? challenge.join(', ') : challenge;
    const response = new Response(null, {
      status,
      ...(text !== undefined && { headers: { 'www-authenticate': text } }),
    });
    const { resourceMetadataUrl, scope, error } = client.extractWWWAuthenticateParams(response);
    if (status === 403 && error !== 'insufficient_scope') return false;
    const granted = status === 403 ? (await this.#provider.tokens())?.scope : undefined;
    this.#scope = client.computeScopeUnion(this.#scope, granted, scope);
    const options = {
      serverUrl: this.#serverUrl,
      ...(resourceMetadataUrl !== undefined && { resourceMetadataUrl }),
      ...(this.#scope !== undefined && { scope: this.#scope }),
      // A refreshed token never has more scopes than the one before it.
      ...(status === 403 && { forceReauthorization: client.isStrictScopeSuperset(this.#scope, granted) }),
    };
    // The server may have moved to another authorization server since we last looked.
    await this.#provider.invalidateCredentials?.('discovery');
    if ((await client.auth(this.#provider, options)) === 'AUTHORIZED') return true;
    if (this.#callback === undefined) throw unauthorized('this server wants a person to authorize us');
    const answer = await this.#callback();
    const authorizationCode = answer.get('code');
    if (authorizationCode === null)
      throw unauthorized(`authorization was refused: ${answer.get('error') ?? 'no code'}`);
    const iss = answer.get('iss');
    const answered = { ...options, authorizationCode, ...(iss !== null && { iss }) };
    return (await client.auth(this.#provider, answered)) === 'AUTHORIZED';
  }
}

const unauthorized = (message: string) => fault('SERVER_AUTHORIZATION', message, { kind: 'unauthenticated' });

export interface ClientCredentials {
  readonly issuer: string;
  readonly clientId: string;
  readonly clientSecret: string;
  readonly scope?: string | undefined;
}

/** A machine's own credentials; the official client is loaded when the first token is needed. */
export class MachineCredentials implements Credentials {
  readonly #serverUrl: string;
  readonly #options: ClientCredentials;
  #oauth: OAuthCredentials | undefined;

  constructor(serverUrl: string, options: ClientCredentials) {
    this.#serverUrl = serverUrl;
    this.#options = options;
  }

  token(): string | undefined | Promise<string | undefined> {
    return this.#oauth?.token();
  }

  async refused(status: number, headers: IncomingHttpHeaders, attempt: number): Promise<boolean> {
    if (this.#oauth === undefined) {
      const { ClientCredentialsProvider } = await import('@modelcontextprotocol/client');
      const { issuer, clientId, clientSecret, scope } = this.#options;
      const provider = new ClientCredentialsProvider({
        clientId,
        clientSecret,
        expectedIssuer: issuer,
        clientName: 'Datapresso',
        ...(scope !== undefined && { scope }),
      });
      this.#oauth ??= new OAuthCredentials(this.#serverUrl, provider);
    }
    return this.#oauth.refused(status, headers, attempt);
  }
}
