import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { HTTP_SERVER } from '#plugins/http/api';
import { POLICY, type Policy } from '#plugins/policy/api';
import { ApprovalCommand } from '../../../plugins/approval-cli/approval-command.ts';
import { approvalCliConfig } from '../../../plugins/approval-cli/config.ts';
import { type BootedKernel, bootKernel } from '../../support/boot-kernel.ts';

const dir = mkdtempSync(path.join(tmpdir(), 'approval-cli-'));
const KEY = 'the-key-of-the-boss';
let kernel: BootedKernel;
let policy: Policy;
let url: string;

beforeAll(async () => {
  const keys = [
    { name: 'boss', key: KEY, scopes: ['admin'] },
    { name: 'reader', key: 'the-key-of-a-reader', scopes: ['tools:read'] },
  ];
  kernel = await bootKernel({ plugins: { storage: { dir }, http: { port: 0 }, auth: { keys }, policy: {} } });
  policy = kernel.get(POLICY);
  url = kernel.get(HTTP_SERVER).address.url;
});
afterAll(async () => {
  await kernel?.stop();
  rmSync(dir, { recursive: true, force: true });
});

async function run(argv: readonly string[], config: { url?: string; apiKey?: string } = {}) {
  const said = { out: '', err: '' };
  const command = new ApprovalCommand(approvalCliConfig.parse({ url, apiKey: KEY, ...config }), {
    out: (text) => (said.out += text),
    err: (text) => (said.err += text),
  });
  return { code: await command.run(argv, new AbortController().signal), ...said };
}
const opened = (subject: string, reason = 'nobody knows it') =>
  policy.approval({ kind: 'install', subject, principal: 'key:agent', reason, rule: 'unknown publisher', detail: {} });
const decided = (id: string) => policy.decided(id, AbortSignal.timeout(15_000));

test('lists what is open, and an approval by a short id lets the waiting one go on', async () => {
  expect(await run(['list'])).toEqual({ code: 0, out: 'nothing waits for a decision\n', err: '' });
  const { id } = await opened('npm:draw@1.0.0', 'not known\u001b[2J');
  const waiting = decided(id);
  const list = await run(['list']);
  expect(list.out).toMatch(
    /^[0-9a-f]{8} {2}open {2}install {2}npm:draw@1\.0\.0 {2}for key:agent, rule "unknown publisher": not known/,
  );
  expect(list.out).not.toContain('\u001b');
  expect(JSON.parse((await run(['show', id])).out)).toMatchObject({ approval_id: id, state: 'open' });
  expect(await run(['approve', id.slice(0, 8), 'looked', 'fine'])).toMatchObject({ code: 0, err: '' });
  expect(await waiting).toMatchObject({ state: 'approved', decidedBy: 'key:boss', comment: 'looked fine' });
  expect(await run(['deny', id])).toMatchObject({ code: 1, err: expect.stringMatching(/^APPROVAL_DECIDED: /) });
  const { id: other } = await opened('npm:other@1.0.0');
  expect(await run(['deny', other])).toMatchObject({ code: 0, out: expect.stringContaining('denied') });
  expect(await decided(other)).toMatchObject({ state: 'denied' });
});

describe('refuses', () => {
  test.each<[string, string[], number, RegExp]>([
    ['another command', ['aprove', 'x'], 2, /^CLI_USAGE: .*"aprove"\nthere is: list, show, approve, deny\n/],
    ['an approval without an id', ['approve'], 2, /^CLI_USAGE: approve: which approval\?/],
    ['another state', ['list', 'closed'], 2, /^CLI_USAGE: .*\nthere is: open, /],
    ['an unknown id', ['approve', 'zzz'], 3, /^APPROVAL_UNKNOWN: /],
  ])('%s', async (_, argv, code, err) => {
    expect(await run(argv)).toEqual({ code, out: '', err: expect.stringMatching(err) });
  });

  test('a short id of two, a key that may not, no key, and a server that is not there', async () => {
    await Promise.all(Array.from({ length: 17 }, (_, n) => opened(`npm:many-${n}`)));
    const ids = (await run(['list'])).out.split('\n').map((line) => line[0]);
    const twice = ids.find((first, at) => first !== undefined && ids.indexOf(first) !== at);
    expect(await run(['deny', twice!])).toMatchObject({ code: 3, err: expect.stringMatching(/^APPROVAL_AMBIGUOUS: /) });
    const { id } = await opened('npm:last@1.0.0');
    expect(await run(['approve', id], { apiKey: 'the-key-of-a-reader' })).toMatchObject({
      code: 1,
      err: expect.stringMatching(/^AUTH_SCOPE: /),
    });
    expect(await run(['list'], { apiKey: '' })).toMatchObject({
      code: 1,
      err: expect.stringMatching(/^AUTH_MISSING: /),
    });
    expect(await run(['list'], { url: 'http://127.0.0.1:9' })).toMatchObject({
      code: 4,
      err: expect.stringMatching(/^SERVER_UNREACHABLE: /),
    });
  });

  test('and explains itself', async () => {
    expect(await run(['--help'])).toMatchObject({ code: 0, out: expect.stringMatching(/^usage: /) });
  });
});
