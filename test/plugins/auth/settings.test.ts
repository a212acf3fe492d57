import path from 'node:path';
import { expect, test } from 'vitest';
import { examine } from '../../../kernel/examine.ts';
import { HOST_DIR } from '../../../kernel/resolve.ts';

/** Mistakes in the two settings that everybody makes first: the message says what fits, and shows no key. */
test.each<[{ readonly PORT?: string; readonly API_KEY?: string }, string]>([
  [{ PORT: '70000' }, 'http.port: expected a whole number from 0 to 65535, got 70000'],
  [{ PORT: 'http' }, 'http.port: expected a whole number from 0 to 65535, got "http"'],
  [{ API_KEY: 'short-key' }, 'auth.keys.0.key: the key of "environment" is too short: it needs at least 16 characters'],
  [{ API_KEY: '1234567' }, 'auth.keys.0.key: the key of "environment" is too short: it needs at least 16 characters'],
  [{ API_KEY: 'a key with spaces in it' }, 'auth.keys.0.key: the key of "environment" may have letters, digits'],
])('%j', async (env, told) => {
  const { checked } = await examine({ file: path.join(HOST_DIR, 'pipelines', 'server.yaml'), env });
  const [problem, ...more] = checked.problems;
  expect(more).toEqual([]);
  expect(problem).toMatchObject({ code: 'CONFIG_INVALID', what: expect.stringContaining(told) });
  if (env.API_KEY !== undefined) expect(JSON.stringify(problem)).not.toContain(env.API_KEY);
});
