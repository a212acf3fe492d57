import { expect, test } from 'vitest';
import redaction from '../../../plugins/redaction/index.ts';
import { openRedactor } from './open-redaction.ts';

test('shapes, names and values of the options go, and what is to be kept stays', async () => {
  const open = await openRedactor({
    patterns: [
      { kind: 'EMPLOYEE_ID', pattern: String.raw`\bE\d{6}\b` },
      { kind: 'TICKET', pattern: String.raw`ticket (\w+)-\d+`, ignoreCase: true, level: 'all' },
    ],
    names: ['door_code', '门禁码'],
    secrets: ['aX-known-by-heart'],
    keep: ['support@example.com'],
  });
  expect(
    open().text(
      'E123456, Ticket ops-12, door code: 77Q1x, 门禁码：90ab71，aX-known-by-heart, support@example.com, x@example.com',
    ),
  ).toBe(
    '<EMPLOYEE_ID_1>, Ticket <TICKET_1>-12, door code: <PASSWORD_1>, 门禁码：<PASSWORD_2>，<SECRET_1>, support@example.com, <EMAIL_1>',
  );
  expect(open('secrets').text('ticket ops-12, E123456')).toBe('ticket ops-12, <EMPLOYEE_ID_1>');
});

const problem = (pattern: string): string | undefined =>
  redaction.config.safeParse({ patterns: [{ kind: 'X_X', pattern }] }).error?.issues[0]?.message;

test.each([
  '(a+)+b',
  '(a|aa)+b',
  String.raw`\w+\w+x`,
  String.raw`\d+\s*\d+\s*\d+$`,
  '(x)\\1',
  '(?<=a+)b',
  'a*',
  '[',
  '(?:a{1,50}){1,50}b',
  'a?'.repeat(60),
])('an expression that may take long is refused with a reason: %s', (pattern) => {
  expect(problem(pattern)).toMatch(/\S/);
});

test.each([
  String.raw`\bPRJ-[A-Z]{2,5}-\d+\b`,
  String.raw`[\w.]+@corp\.example`,
  '(?:case|matter) no\\. ?\\d{4,9}',
  '工号[:：]\\d{6}',
])('an expression that cannot is taken: %s', (pattern) => {
  expect(problem(pattern)).toBeUndefined();
});

test('known secrets show in no status', () => {
  expect(redaction.config.shape.secrets.unwrap().element.meta()).toMatchObject({ secret: true });
});
