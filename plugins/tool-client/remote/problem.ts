import { z } from 'zod';
import { type Fault, type FaultKind, fault, reason } from '#kernel';
import type { Failure } from '../outcome.ts';
import type { Answer } from './http-line.ts';

const problem = z.object({
  code: z.string(),
  detail: z.string().optional(),
  title: z.string().optional(),
  hint: z.string().optional(),
  alternatives: z.array(z.string()).optional(),
});
const STARTING = 'HTTP_STARTING';
const KINDS: Readonly<Record<number, FaultKind>> = {
  400: 'invalid',
  401: 'unauthenticated',
  403: 'forbidden',
  404: 'not_found',
  408: 'timeout',
  409: 'conflict',
  413: 'too_large',
  429: 'rate_limited',
  499: 'cancelled',
  500: 'internal',
  504: 'timeout',
};

/** What an answer that is no success says (RFC 9457); a proxy's own page says its status only. */
export function problemIn({ status, text }: Answer): Failure {
  const kind = KINDS[status] ?? (status >= 500 ? 'unavailable' : 'invalid');
  const parsed = problem.safeParse(jsonIn(text));
  if (!parsed.success)
    return {
      code: 'PLANE_UNREACHABLE',
      message: `the tool server answers ${status}`,
      kind: status < 500 ? kind : 'unavailable',
    };
  const { code, detail, title, hint, alternatives } = parsed.data;
  const message = detail ?? title ?? code;
  return { code: code === STARTING ? 'PLANE_UNREACHABLE' : code, message, kind, hint, alternatives };
}

/** It listens, and what serves the route is not up yet: nothing was begun. */
export const isStarting = ({ status, text }: Answer): boolean =>
  status === 503 && problem.safeParse(jsonIn(text)).data?.code === STARTING;

export const problemFault = (answer: Answer): Fault => {
  const { code, message, kind, hint, alternatives } = problemIn(answer);
  return fault(code, message, {
    kind,
    ...(hint !== undefined && { hint }),
    ...(alternatives !== undefined && { alternatives }),
  });
};

export const unreachable = (url: string, why: unknown): Fault =>
  fault('PLANE_UNREACHABLE', `the tool server at ${shown(url)} does not answer: ${reason(why)}`, {
    kind: 'unavailable',
    hint: 'start it, or correct its address (TOOLS_URL, tool-client.url)',
  });

/** Without a password that may stand in it. */
export const shown = (url: string): string => {
  const { origin, pathname } = new URL(url);
  return origin + (pathname === '/' ? '' : pathname);
};

export function jsonIn(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}
