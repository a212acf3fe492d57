import { expect, it } from 'vitest';
import { openRegistry, spec, tool } from './open-registry.ts';

it('a listing with many wrong tools costs one log line for each kind of problem', async () => {
  const { registry, lines } = await openRegistry();
  registry.register(spec('noisy'));
  const many = Array.from({ length: 500 }, (_, at) => at);
  const wrong = many.map((at) => tool(`wrong${at}`, { a: { type: 'nothing' } }));
  const nameless = many.map(() => tool(''));
  registry.setTools('noisy', [...wrong, ...wrong, ...nameless], {});
  const warnings = lines.filter((line) => line.level === 'warn');
  expect(warnings).toHaveLength(3);
  for (const warning of warnings) expect(JSON.stringify(warning)).toMatch(/"count":500/);
  expect(JSON.stringify(warnings)).toMatch(/wrong0.*wrong2/);
  expect(JSON.stringify(warnings)).not.toContain('wrong3');
  registry.setTools('noisy', wrong, {});
  expect(lines.filter((line) => line.level === 'warn')).toHaveLength(3);
});
