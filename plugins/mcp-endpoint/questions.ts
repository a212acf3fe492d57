import { rpcError } from './failure.ts';
import { isObject, METHOD_NOT_FOUND, type Params } from './wire.ts';

/** What a client must have declared before a server may ask it, by the method of the question. */
function missingCapability(method: string, params: unknown, declared: Params): string | undefined {
  switch (method) {
    case 'elicitation/create': {
      const elicitation = declared.elicitation;
      if (!isObject(elicitation)) return 'elicitation';
      const url = isObject(params) && params.mode === 'url';
      const bare = elicitation.form === undefined && elicitation.url === undefined;
      if (url) return elicitation.url === undefined ? 'elicitation.url' : undefined;
      return elicitation.form === undefined && !bare ? 'elicitation.form' : undefined;
    }
    case 'sampling/createMessage':
      return isObject(declared.sampling) ? undefined : 'sampling';
    case 'roots/list':
      return isObject(declared.roots) ? undefined : 'roots';
    default:
      return method;
  }
}

/** Throws the answer that a server gets which asks more than the client can do. */
export function requireCapability(method: string, params: unknown, declared: Params): void {
  const missing = missingCapability(method, params, declared);
  if (missing !== undefined) throw rpcError(METHOD_NOT_FOUND, `the client has not declared the capability ${missing}`);
}
