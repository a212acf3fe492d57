import { expect, it } from 'vitest';
import type { Decision, InstallRequest } from '#plugins/policy/api';
import { openBench, request } from './open-policy.ts';

/** Everything that a rule can look at, once. */
const RULES = `level: high
deny:
  - npm:evil-*
  - npm:@good/hacked@6.6.6
allow:
  - npm:@house/*
  - npm:pinned@1.0.0
trustedPublishers: [npm:@good/*]
rules:
  - { name: robots get nothing, when: { principal: ["key:robot-*"] }, verdict: deny, reason: Robots may not. }
  - { name: no secrets for strangers, when: { secrets: true, trusted: false }, verdict: deny }
  - { name: trusted publisher, when: { trusted: true }, verdict: allow }
  - { name: well-known project, when: { meets: medium, network: false }, verdict: allow, level: medium }
  - { name: well-known and on the network, when: { meets: medium }, verdict: ask, level: medium }
  - { name: playground, when: { subject: ["npm:play-*"] }, verdict: allow, level: low }
  - { name: unknown publisher, verdict: ask }
levels:
  medium: { limits: { network: none } }
`;
const NETWORK = { secrets: [], network: true };
const SECRET = { secrets: ['KEY'], network: false };
const KNOWN = { stars: 100, contributors: 5, readme: true };

type Case = readonly [
  what: string,
  asked: readonly [subject: string, more?: Partial<InstallRequest>],
  verdict: Decision['verdict'],
  level: Decision['level'],
  rule: string,
];
const CASES: readonly Case[] = [
  // Lists.
  ['the deny list', ['npm:evil-thing'], 'deny', 'high', 'deny'],
  ['the deny list, in other letters', ['npm:Evil-Thing'], 'deny', 'high', 'deny'],
  ['the deny list before a trusted publisher', ['npm:@good/hacked', { version: '6.6.6' }], 'deny', 'high', 'deny'],
  ['another version than the denied', ['npm:@good/hacked', { version: '6.6.7' }], 'allow', 'high', 'trusted publisher'],
  ['the allow list', ['npm:@house/files'], 'allow', 'high', 'allow'],
  ['a scope that only begins alike', ['npm:@house-evil/files'], 'ask', 'high', 'unknown publisher'],
  ['the allow list, in other letters', ['npm:@House/files'], 'ask', 'high', 'unknown publisher'],
  ['an allowed version', ['npm:pinned', { version: '1.0.0' }], 'allow', 'high', 'allow'],
  ['a version after the allowed one', ['npm:pinned', { version: '1.0.1' }], 'ask', 'high', 'unknown publisher'],
  ['an allowed name without a version', ['npm:pinned'], 'ask', 'high', 'unknown publisher'],
  ['the allow list before a rule', ['npm:@house/a', { principal: 'key:robot-1' }], 'allow', 'high', 'allow'],
  // Publishers.
  ['a trusted publisher', ['npm:@good/a'], 'allow', 'high', 'trusted publisher'],
  ['trusted, with a secret', ['npm:@good/a', { needs: SECRET }], 'allow', 'high', 'trusted publisher'],
  ['a name that a source tells', ['npm:b', { publisher: { namespace: '@good' } }], 'ask', 'high', 'unknown publisher'],
  ['nobody known', ['npm:b'], 'ask', 'high', 'unknown publisher'],
  ['nobody known, with a secret', ['npm:b', { needs: SECRET }], 'deny', 'high', 'no secrets for strangers'],
  ['well known', ['npm:b', { publisher: KNOWN }], 'allow', 'medium', 'well-known project'],
  ['a star too few', ['npm:b', { publisher: { ...KNOWN, stars: 99 } }], 'ask', 'high', 'unknown publisher'],
  ['a hand too few', ['npm:b', { publisher: { ...KNOWN, contributors: 4 } }], 'ask', 'high', 'unknown publisher'],
  ['no readme', ['npm:b', { publisher: { ...KNOWN, readme: false } }], 'ask', 'high', 'unknown publisher'],
  [
    'contributors not known',
    ['npm:b', { publisher: { stars: 9_000, readme: true } }],
    'ask',
    'high',
    'unknown publisher',
  ],
  ['a caller that gets nothing', ['npm:@good/a', { principal: 'key:robot-7' }], 'deny', 'high', 'robots get nothing'],
  ['a rule for one kind of name', ['npm:play-ball'], 'allow', 'low', 'playground'],
  ['the first of two rules', ['npm:play-b', { publisher: KNOWN }], 'allow', 'medium', 'well-known project'],
  // The caller's level.
  ['trusted, without review', ['npm:@good/a', { level: 'high' }], 'ask', 'high', 'levels.high.require'],
  [
    'trusted and reviewed',
    ['npm:@good/a', { level: 'high', publisher: { reviewed: true } }],
    'allow',
    'high',
    'trusted publisher',
  ],
  ['allowed, at the strictest', ['npm:@house/a', { level: 'high' }], 'allow', 'high', 'allow'],
  [
    'well known, at the strictest',
    ['npm:b', { level: 'high', publisher: KNOWN }],
    'ask',
    'high',
    'levels.high.require',
  ],
  ['well known, at medium', ['npm:b', { level: 'medium', publisher: KNOWN }], 'allow', 'medium', 'well-known project'],
  ['a looser level changes nothing', ['npm:@good/a', { level: 'low' }], 'allow', 'high', 'trusted publisher'],
  ['looser rule, stricter caller', ['npm:play-b', { level: 'medium' }], 'ask', 'medium', 'levels.medium.require'],
  ['asked for anyway', ['npm:b', { level: 'high' }], 'ask', 'high', 'unknown publisher'],
  ['denied anyway', ['npm:evil-b', { level: 'high' }], 'deny', 'high', 'deny'],
  // What a level can hold.
  ['no sandbox', ['npm:@good/a', { sandboxed: false }], 'deny', 'high', 'levels.high.limits.sandbox'],
  ['no sandbox, allow list', ['npm:@house/a', { sandboxed: false }], 'deny', 'high', 'levels.high.limits.sandbox'],
  ['no sandbox, at low', ['npm:play-b', { sandboxed: false }], 'allow', 'low', 'playground'],
  [
    'no sandbox, low raised by the caller',
    ['npm:play-b', { sandboxed: false, level: 'medium' }],
    'deny',
    'medium',
    'levels.medium.limits.sandbox',
  ],
  [
    'the network, where the level has none',
    ['npm:b', { needs: NETWORK, publisher: KNOWN }],
    'deny',
    'medium',
    'levels.medium.limits.network',
  ],
  ['the network, declared', ['npm:@good/a', { needs: NETWORK }], 'allow', 'high', 'trusted publisher'],
  ['the network, unknown', ['npm:b', { needs: NETWORK }], 'ask', 'high', 'unknown publisher'],
];

const { open, on } = openBench();

on(
  '40 cases of level, publisher and list end as documented, each refusal with its rule and what changes it',
  async () => {
    const { policy, audit, file } = await open(RULES);
    expect(CASES).toHaveLength(40);
    for (const [what, [subject, more], verdict, level, rule] of CASES) {
      const asked = request(subject, more);
      const decision = await policy.judge(asked);
      expect({ what, verdict: decision.verdict, level: decision.level, rule: decision.rule }).toEqual({
        what,
        verdict,
        level,
        rule,
      });
      expect(decision.reason, what).not.toBe('');
      expect(decision.hint, what).toContain(file);
      expect(audit.at(-1), what).toEqual({
        principal: asked.principal,
        action: 'policy.judge',
        target: asked.version === undefined ? subject : `${subject}@${asked.version}`,
        outcome: verdict === 'deny' ? 'denied' : 'ok',
        detail: `${verdict} at ${level} by rule "${rule}"`,
      });
    }
    expect(audit).toHaveLength(40);
  },
);

on('quotas, approvals and changed tools each name their rule, too', async () => {
  const { policy } = await open('quotas: { perDay: 1, perSession: 1 }\napprovals: { mostOpen: 1 }');
  const session = { session: 's', principal: 'key:a' };
  await policy.reserve(request('npm:a', session));
  await expect(policy.reserve(request('npm:b', session))).rejects.toMatchObject({
    code: 'QUOTA_EXCEEDED',
    message: expect.stringContaining('quotas.perSession'),
  });
  await expect(policy.reserve(request('npm:b', { principal: 'key:a' }))).rejects.toMatchObject({
    code: 'QUOTA_EXCEEDED',
    message: expect.stringContaining('quotas.perDay'),
    data: { renewsAt: expect.stringMatching(/T00:00:00\.000Z$/) },
  });
  const ask = { kind: 'install' as const, principal: 'key:a', reason: 'because', rule: 'a rule', detail: {} };
  await policy.approval({ ...ask, subject: 'npm:a' });
  await expect(policy.approval({ ...ask, subject: 'npm:b' })).rejects.toMatchObject({
    code: 'APPROVALS_FULL',
    message: expect.stringContaining('approvals.mostOpen'),
  });
});

on('a server gets what its level grants, and the network only where it says that it needs it', async () => {
  const { policy } = await open(RULES);
  expect((await policy.judge(request('npm:@good/a'))).limits).toEqual({
    memoryMb: 512,
    processes: 64,
    cpus: 1,
    openFiles: 512,
    fileMb: 64,
    dataMb: 256,
    network: 'none',
    sandbox: 'required',
  });
  expect((await policy.judge(request('npm:@good/a', { needs: NETWORK }))).limits.network).toBe('full');
  expect((await policy.judge(request('npm:play-b'))).limits).toEqual(policy.limits('low'));
  for (const key of ['memoryMb', 'processes', 'cpus', 'openFiles', 'fileMb', 'dataMb'] as const) {
    expect(policy.limits('high')[key]).toBeLessThan(policy.limits('medium')[key]);
    expect(policy.limits('medium')[key]).toBeLessThan(policy.limits('low')[key]);
  }
});

it('has no case twice', () => {
  expect(new Set(CASES.map(([, asked]) => JSON.stringify(asked))).size).toBe(CASES.length);
});
