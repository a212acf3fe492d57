import { expect, test } from 'vitest';
import { z } from 'zod';
import { isFault, readData } from '#kernel';

const schema = z.strictObject({
  rules: z.array(z.strictObject({ name: z.string(), verdict: z.enum(['allow', 'ask', 'deny']) })).default([]),
});
const problems = (text: string): readonly string[] => {
  try {
    readData(text, 'policy.yaml', schema);
    return [];
  } catch (error) {
    if (!isFault(error)) throw error;
    return error.data.problems as string[];
  }
};

test('gives what the text says, with the defaults of the schema', () => {
  expect(readData('rules: [{ name: all, verdict: ask }]', 'policy.yaml', schema)).toEqual({
    rules: [{ name: 'all', verdict: 'ask' }],
  });
  expect(readData('', 'policy.yaml', schema)).toEqual({ rules: [] });
});

test('names every mistake with its place and what fits', () => {
  const found = problems('rules:\n  - name: one\n    verdict: alow\n  - nam: two\n    verdict: deny\nrulez: []\n');
  expect(found.join('\n')).toMatch(/policy\.yaml:3:14 .*did you mean "allow"/);
  expect(found.join('\n')).toMatch(/policy\.yaml:4:5 .*no option "nam".*did you mean "name"/);
  expect(found.join('\n')).toMatch(/policy\.yaml:6:1 unknown key "rulez".*did you mean "rules"/);
});

test('says where the text is no YAML, or no map', () => {
  expect(problems('rules: [')[0]).toMatch(/^policy\.yaml:1:\d+ /);
  expect(problems('- one')[0]).toMatch(/expected a map of keys/);
});
