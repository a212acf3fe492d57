import { expect, test } from 'vitest';
import { openRedactor } from './open-redaction.ts';

// Each reading is done anew: it is its cost that is asked for.
const open = await openRedactor({
  recentCharacters: 0,
  patterns: [{ kind: 'X_X', pattern: String.raw`[\w.]+@corp\.example` }],
});

/** Each makes some expression look far from many places. */
const BAITS = [
  ...['a', '@', 'a@', 'a.', '-', '\\', '\\n', '%25', '<', '(', '"', '://', 'http://a', '1234567890', '123 456 ', '+1 '],
  ...['password: "', 'password=', 'token: “', '--token ', '<password ', 'cookie: a=b; ', 'authorization: ', 'bearer '],
  ...['密码', '密码：', '密码是', 'eyJ', 'eyJhbGciOiJ.', 'sk-', 'AKIAABCDEFGHIJKL ', '-----BEGIN PRIVATE KEY-----'],
  ...['curl x ', 'mysql a ', 'login x password ', '/home/', 'C:\\Users\\', 'a dot ', 'a [at] ', 'GB12 ', '10.', 'QWxh'],
  ...['{"password":', 'password hunter22 ', '\\u0040', '&#64;', 'key key key ', 'ada@example.org ', '<EMAIL_1>', '1'],
  ...['4111 1111 1111 1111 ', '2024-05-24 12:00 13812345678, ', 'secret=a1b2c3d4e5f'],
];

/** In CPU time: the machine is not ours alone. */
function cost(text: string): number {
  const before = process.cpuUsage();
  open().text(text);
  const { user, system } = process.cpuUsage(before);
  return user + system;
}

test.each(BAITS)('costs as much as it is long: %j', (bait) => {
  const long = (length: number): string => bait.repeat(Math.ceil(length / bait.length));
  cost(long(10_000));
  const small = Math.min(cost(long(40_000)), cost(long(40_000)));
  // Eight times the text; quadratic would be 64 times the cost.
  expect(cost(long(320_000))).toBeLessThan(Math.max(small, 2_000) * 32);
});
