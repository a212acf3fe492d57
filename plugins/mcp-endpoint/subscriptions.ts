import type { RpcNotification } from '#plugins/tool-dispatch/api';
import type { Exchange } from './exchange.ts';
import { rpcError } from './failure.ts';
import type { Mount } from './mount.ts';
import { INVALID_PARAMS, isObject, META_SUBSCRIPTION, type Params } from './wire.ts';

/** What a modern client may be told outside its requests, and the member of `params.notifications` that asks for it. */
const GATED: Readonly<Record<string, string>> = {
  'notifications/tools/list_changed': 'toolsListChanged',
  'notifications/prompts/list_changed': 'promptsListChanged',
  'notifications/resources/list_changed': 'resourcesListChanged',
};

/**
 * `subscriptions/listen` (2026-07-28): one open request that carries the changes the client asked for. Resolves when
 * the client ends it or the server stops.
 */
export async function listen(
  exchange: Exchange,
  source: Pick<Mount, 'subscribe'>,
  watch: (uri: string) => Promise<unknown>,
): Promise<string> {
  const wanted = exchange.params.notifications;
  if (!isObject(wanted)) throw rpcError(INVALID_PARAMS, 'params.notifications must be an object');
  const asked = Array.isArray(wanted.resourceSubscriptions) ? wanted.resourceSubscriptions.map(String) : [];
  // What its server refuses is left out of what is promised.
  const watched = await Promise.allSettled(asked.map(watch));
  const uris = asked.filter((_, index) => watched[index]?.status === 'fulfilled');
  const honored: Record<string, unknown> = {};
  for (const member of Object.values(GATED)) if (wanted[member] === true) honored[member] = true;
  if (uris.length > 0) honored.resourceSubscriptions = uris;

  const send = ({ method, params }: RpcNotification) => {
    const stamped = isObject(params) ? params : {};
    const meta = isObject(stamped._meta) ? stamped._meta : {};
    exchange.notify({ method, params: { ...stamped, _meta: { ...meta, [META_SUBSCRIPTION]: exchange.id } } });
  };
  const accepts = ({ method, params }: RpcNotification) => {
    if (method === 'notifications/resources/updated') return uris.includes(String((params as Params | undefined)?.uri));
    const member = GATED[method];
    return member !== undefined && honored[member] === true;
  };

  send({ method: 'notifications/subscriptions/acknowledged', params: { notifications: honored } });
  const result = JSON.stringify({ resultType: 'complete', _meta: { [META_SUBSCRIPTION]: exchange.id } });
  if (Object.keys(honored).length === 0 || exchange.signal.aborted) return result;
  return new Promise((resolve) => {
    const undo = source.subscribe((notification) => accepts(notification) && send(notification));
    exchange.signal.addEventListener(
      'abort',
      () => {
        undo();
        resolve(result);
      },
      { once: true },
    );
  });
}
