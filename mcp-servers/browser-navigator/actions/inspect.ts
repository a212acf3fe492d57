import type { Session } from '../session.ts';
import { bounded } from './bounded.ts';

/**
 * The value of an expression in a JavaScript world of our own: scripts of the page can neither see it nor replace what it
 * uses. A script that never ends is stopped by the browser at the limit.
 */
export async function inspect<T>(session: Session, expression: string, signal?: AbortSignal): Promise<T> {
  const { actionSeconds } = session.options;
  return bounded(evaluate<T>(session, expression, actionSeconds * 1000), actionSeconds, signal);
}

async function evaluate<T>(session: Session, expression: string, timeout: number): Promise<T> {
  const inspector = await session.inspector();
  try {
    const { frameTree } = await inspector.send('Page.getFrameTree');
    const { executionContextId } = await inspector.send('Page.createIsolatedWorld', {
      frameId: frameTree.frame.id,
      worldName: 'browser-navigator',
    });
    const { result, exceptionDetails } = await inspector.send('Runtime.evaluate', {
      expression,
      contextId: executionContextId,
      returnByValue: true,
      timeout,
    });
    if (exceptionDetails) throw new Error(exceptionDetails.exception?.description ?? exceptionDetails.text);
    return result.value as T;
  } finally {
    void inspector.detach().catch(() => {});
  }
}
