import { randomBytes } from 'node:crypto';
import fc from 'fast-check';
import { afterEach, describe, expect, test, vi } from 'vitest';
import { expressionOf } from '../../../plugins/trajectory/mask/known-secrets.ts';
import { Masker } from '../../../plugins/trajectory/mask/masker.ts';
import { filesBelow, openBench, start } from './open-trajectory.ts';

const { here, open } = openBench();
afterEach(() => vi.unstubAllEnvs());

/** Letters and digits that stand nowhere else. */
const word = (length = 24): string => randomBytes(length).toString('base64url').replace(/[-_]/g, 'x').slice(0, length);
const pem = (body: string): string =>
  `-----BEGIN RSA PRIVATE KEY-----\n${body.repeat(3)}\n${body}\n-----END RSA PRIVATE KEY-----`;

/** Each shape with a secret of its own. */
const planted: Readonly<Record<string, (secret: string) => string>> = {
  'key of a service': (secret) => `use sk-${secret} here`,
  'GitHub token': (secret) => `ghp_${secret}`,
  'AWS key': (secret) => `AKIA${secret.toUpperCase().slice(0, 16)}`,
  'AWS secret in a file': (secret) => `[default]\naws_secret_access_key = ${secret}\nregion = eu`,
  'bearer token': (secret) => `curl -H "Authorization: Bearer ${secret}" https://x`,
  'bearer alone': (secret) => `the header is Bearer ${secret}1`,
  'basic login': (secret) => `Basic ${Buffer.from(`user:${secret}`).toString('base64')}`,
  'JSON web token': (secret) => `eyJhbGciOiJIUzI1NiJ9.eyJ${secret}.${secret}`,
  'password of a URL': (secret) => `postgres://app:${secret}@db.internal:5432/x`,
  'environment file': (secret) => `PORT=80\nOPENAI_API_KEY=${secret}\nDB_PASSWORD='${secret}'`,
  'JSON text': (secret) => JSON.stringify({ user: 'ada', password: `${secret} "and" more ${secret}`, next: 1 }),
  'JSON in JSON': (secret) =>
    JSON.stringify({ body: JSON.stringify({ apiKey: secret, deep: JSON.stringify({ token: secret }) }) }),
  'private key': (secret) => pem(secret),
  'private key in JSON': (secret) => JSON.stringify({ key_file: pem(secret) }),
  'cookie header': (secret) => `GET /\nCookie: session=${secret}; theme=dark\nAccept: */*`,
  YAML: (secret) => `login:\n  password: ${secret}\n  host: h`,
};

test('secrets are nowhere on the disk, wherever they were', { timeout: 30_000 }, async () => {
  const secrets: string[] = [];
  const secret = (length?: number): string => {
    secrets.push(word(length));
    return secrets.at(-1)!;
  };
  const [literal, fromEnvironment, urlPassword] = [`${secret()} "quoted" ${secret()}`, secret(), secret()];
  vi.stubEnv('PLANTED_API_KEY', fromEnvironment);
  vi.stubEnv('PLANTED_URL', `redis://:${urlPassword}@cache:6379`);
  const { trajectories, close } = await open({ secrets: [literal, ''] });
  const all = (): string =>
    Object.values(planted)
      .map((shape) => shape(secret()))
      .join('\n');
  const known = `${literal} ${JSON.stringify({ literal })} ${fromEnvironment} ${urlPassword}`;
  const run = await trajectories.open(
    start('r-1', {
      task: all(),
      settings: { llm: { apiKey: secret(), headers: { 'X-Auth-Token': secret() } }, all: all(), known },
    }),
  );
  for (const shape of Object.values(planted)) {
    run.step({ kind: 'thought', turn: 1, at: 1, output: shape(secret()) });
    run.step({ kind: 'thought', turn: 1, at: 1, output: `${'long '.repeat(1_000)}${shape(secret())}` });
  }
  const nested = {
    password: secret(),
    credentials: { user: secret(), list: [secret()] },
    GITHUB_TOKEN: secret(),
    pin: { secret: 12345678 },
  };
  run.step({
    kind: 'tool_execution',
    turn: 1,
    at: 1,
    input: { tool: `x sk-${secret()}`, args: nested },
    output: { nested, known },
    phase: 'ended',
  });
  run.step({ kind: 'scenario_identification', turn: 1, at: 1, output: { identified_scenario: `ghp_${secret()}` } });
  run.step({ kind: 'tool_execution', turn: 1, at: 1, input: { tool: 'x' }, phase: 'ended' });
  run.step({
    kind: 'message',
    turn: 1,
    at: 1,
    llm: { model: 'm', inputTokens: 1, outputTokens: 1, prompt: all(), response: all() },
  });
  // Longer than what is masked at a time, with secrets all over it, at the cuts too.
  const pages = Array.from(
    { length: 40 },
    () => `${'page of ordinary text. '.repeat(300 + Math.floor(Math.random() * 300))}\n${all()}\n`,
  );
  run.step({ kind: 'thought', turn: 1, at: 1, output: pages.join('') });
  await run.finish({ reason: `failed with sk-${secret()}`, at: 1, answer: all() });
  await trajectories.statistics();
  expect(JSON.stringify(await trajectories.get('r-1'))).toContain('page of ordinary text');
  await close();
  const files = [...filesBelow(here.dir), ...filesBelow(here.data)];
  const leaked = secrets.filter((each) =>
    files.some(({ bytes }) =>
      [each, each.toUpperCase().slice(0, 16), Buffer.from(`user:${each}`).toString('base64')].some((form) =>
        bytes.includes(form),
      ),
    ),
  );
  expect(secrets.length).toBeGreaterThan(700);
  expect(leaked).toEqual([]);
  expect(files.some(({ bytes }) => bytes.includes('12345678'))).toBe(false);
});

describe('masking', () => {
  const masker = new Masker(expressionOf(['the-literal', 'abc']));

  test.each([
    'a basic understanding of bearer authentication, and of the authorization of tokens',
    'const token = getToken(); if (token === undefined) return password.length;',
    'def login(user: str, password: str, token: Token = None) -> bool',
    '{"max_tokens": 4096, "usage": {"input_tokens": 12, "token": 7}, "next_page_token": "CAUQAA"}',
    'tokens: 1200, key: value, keys = [1, 2], "key": "name", primary key: id',
    'https://example.com:8080/path?q=1 and mail ada@example.com at 10:30',
    'The secretary said: the password is needed. task-management-system-overview',
    '{"type":"object","properties":{"password":{"type":"string","description":"The password"}}}',
    'abc is too short to be a literal secret',
  ])('leaves ordinary text alone: %s', (text) => {
    expect(masker.text(text)).toBe(text);
  });

  test('leaves what only describes a secret, and counts', () => {
    const schema = {
      properties: { password: { type: 'string' }, token: { $ref: '#/t' } },
      inputTokens: 5,
      token: 5,
      pageToken: 'x',
    };
    expect(masker.value(schema)).toEqual(schema);
  });

  const data = fc.jsonValue({ maxDepth: 4 }).map((value) => ({ value }));
  const shape = fc.constantFrom(...Object.values(planted));

  test('a JSON text remains one, with the secret gone and the rest as it was', () => {
    fc.assert(
      fc.property(
        data,
        shape,
        fc.constantFrom('note', 'password', 'a "b"', 'Authorization'),
        ({ value }, plant, name) => {
          const secret = word();
          const text = JSON.stringify({ before: value, [name]: plant(secret), after: { password: secret, value } });
          const masked = masker.text(text);
          expect(masked).not.toContain(secret);
          const parsed = JSON.parse(masked) as { before: unknown; after: { password: unknown } };
          expect(parsed.after.password).toBe('***');
        },
      ),
      { numRuns: 500 },
    );
  });

  test('masked once is masked for good', () => {
    fc.assert(
      fc.property(
        fc.array(
          fc.oneof(
            shape.map((plant) => plant(word())),
            fc.lorem(),
          ),
          { maxLength: 6 },
        ),
        (parts) => {
          const once = masker.text(parts.join(' '));
          expect(masker.text(once)).toBe(once);
        },
      ),
    );
  });

  test('a long text in pieces is the text', () => {
    fc.assert(
      fc.property(
        fc.array(
          fc.oneof(
            fc.lorem({ maxCount: 300 }),
            fc.string({ unit: 'grapheme' }),
            shape.map((plant) => plant(word())),
          ),
          { minLength: 200, maxLength: 400 },
        ),
        (parts) => {
          const text = parts.join('\n');
          expect([...masker.pieces(text)].join('')).toBe(masker.text(text));
        },
      ),
      { numRuns: 20 },
    );
  });

  // Compared within one run: what is slow here is slow by its shape, not by the machine.
  test('its time grows with the text, whatever stands in it', () => {
    const ordinary = 'The quick brown fox jumps over {"a": 1, "path": "/home/x/y.ts"}.\n'.repeat(2_000);
    const bad = [
      'password="',
      'password=\\"',
      'authorization: ',
      '-----BEGIN PRIVATE KEY----- a: b ',
      '-----BEGIN PRIVATE KEY-----',
      '://',
      'a://b:',
      'token = ',
      'bearer ',
      'eyJ',
      'sk-',
      '\\',
      ' ',
      'aa: bb\n',
      '"token":"\\',
    ];
    const time = (text: string): number => {
      masker.text(text.slice(0, 20_000));
      const begun = performance.now();
      masker.text(text);
      return performance.now() - begun;
    };
    time(ordinary);
    const usual = Math.max(1, Math.min(time(ordinary), time(ordinary)));
    const slow = bad
      .map((part) => part.repeat(Math.ceil(ordinary.length / part.length)))
      .filter((text) => Math.min(time(text), time(text)) > 100 * usual);
    expect(slow.map((text) => text.slice(0, 40))).toEqual([]);
  });
});
