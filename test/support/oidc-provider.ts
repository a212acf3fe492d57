import { createServer, type RequestListener } from 'node:http';
import type { AddressInfo } from 'node:net';
import { exportJWK, generateKeyPair, type JWK, type JWTPayload, SignJWT } from 'jose';

/**
 * A real authorization server (npm `oidc-provider`) on loopback: client credentials, resource indicators, access tokens
 * as JWTs.
 */
export interface AuthorizationServer {
  readonly issuer: string;
  token(request?: TokenRequest): Promise<string>;
  /** Signs with new keys from now on, and publishes only those. */
  rotate(): Promise<void>;
  /** A token of any content with the server's present key, for what a well-behaved server would never issue. */
  forge(claims: JWTPayload, header?: Readonly<Record<string, unknown>>): Promise<string>;
  /** The public half of the present key, as anybody can fetch it. */
  publicKey(): JWK;
  /** How many requests came in, by path. */
  readonly requests: ReadonlyMap<string, number>;
  stop(): Promise<void>;
}
export interface TokenRequest {
  readonly resource?: string;
  readonly scope?: string;
  readonly ttlSeconds?: number;
}

interface ProviderModule {
  readonly default: new (issuer: string, configuration: object) => { callback(): RequestListener };
}

const SCOPES = 'tools:read tools:call tools:write admin';
const CLIENT = { id: 'agent', secret: 'agent-secret' };

export async function startAuthorizationServer(): Promise<AuthorizationServer> {
  const name: string = 'oidc-provider'; // It brings no types.
  const { default: Provider } = (await import(name)) as ProviderModule;
  const requests = new Map<string, number>();
  let handle: RequestListener = (_request, response) => void response.writeHead(503).end();
  const server = createServer((request, response) => {
    const path = request.url?.split('?')[0] ?? '';
    requests.set(path, (requests.get(path) ?? 0) + 1);
    handle(request, response);
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const issuer = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  let ttlSeconds = 300;
  let keys = 0;
  let current: { readonly jwk: JWK; readonly key: Parameters<SignJWT['sign']>[0] };

  const rotate = async (): Promise<void> => {
    const { privateKey } = await generateKeyPair('RS256', { extractable: true });
    keys += 1;
    current = {
      key: privateKey,
      jwk: { ...(await exportJWK(privateKey)), kid: `key-${keys}`, use: 'sig', alg: 'RS256' },
    };
    const provider = new Provider(issuer, {
      jwks: { keys: [current.jwk] },
      clients: [
        {
          client_id: CLIENT.id,
          client_secret: CLIENT.secret,
          grant_types: ['client_credentials'],
          redirect_uris: [],
          response_types: [],
        },
      ],
      ttl: { ClientCredentials: () => ttlSeconds },
      cookies: { keys: ['of a test'] },
      scopes: SCOPES.split(' '),
      features: {
        devInteractions: { enabled: false },
        clientCredentials: { enabled: true },
        resourceIndicators: {
          enabled: true,
          getResourceServerInfo: (_context: unknown, resource: string) => ({
            scope: SCOPES,
            audience: resource,
            accessTokenFormat: 'jwt',
            accessTokenTTL: ttlSeconds,
            jwt: { sign: { alg: 'RS256' } },
          }),
        },
      },
    });
    handle = provider.callback();
  };
  await rotate();

  return {
    issuer,
    requests,
    rotate,
    publicKey: () => ({ kty: current.jwk.kty!, n: current.jwk.n!, e: current.jwk.e!, kid: current.jwk.kid! }),
    token: async ({
      resource = 'http://127.0.0.1:8090/mcp',
      scope = 'tools:read tools:call',
      ttlSeconds: ttl = 300,
    } = {}) => {
      ttlSeconds = ttl;
      const response = await fetch(`${issuer}/token`, {
        method: 'POST',
        headers: { authorization: `Basic ${Buffer.from(`${CLIENT.id}:${CLIENT.secret}`).toString('base64')}` },
        body: new URLSearchParams({ grant_type: 'client_credentials', resource, scope }),
      });
      const answer = (await response.json()) as { access_token?: string };
      if (answer.access_token === undefined) throw new Error(`no token: ${JSON.stringify(answer)}`);
      return answer.access_token;
    },
    forge: (claims, header = {}) =>
      new SignJWT(claims)
        .setProtectedHeader({ alg: 'RS256', kid: current.jwk.kid!, typ: 'at+jwt', ...header })
        .sign(current.key),
    stop: () =>
      new Promise((resolve) => {
        server.close(() => resolve());
        server.closeAllConnections();
      }),
  };
}
