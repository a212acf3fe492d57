import { type Fault, fault, type Log } from '#kernel';
import type { Server, ServerSpec } from './api.ts';
import type { Catalog } from './catalog.ts';
import { canonicalId, SERVER_ID_LENGTH } from './naming.ts';

/** The spec under its canonical id. A name with other letters stays findable as an alias. */
export function checkId(spec: ServerSpec): ServerSpec {
  const id = canonicalId(spec.id);
  if (id === '' || id.length > SERVER_ID_LENGTH)
    throw fault('SERVER_ID_INVALID', `"${spec.id.slice(0, 100)}" cannot be a server id`, {
      kind: 'invalid',
      hint: `use 1 to ${SERVER_ID_LENGTH} letters a-z, digits and dashes; a title and aliases may hold anything`,
    });
  if (spec.launches.length === 0)
    throw fault('SERVER_ID_INVALID', `server "${id}" has no launch`, {
      kind: 'invalid',
      hint: 'name at least one replica',
    });
  return id === spec.id
    ? spec
    : { ...spec, id, title: spec.title ?? spec.id, aliases: [...(spec.aliases ?? []), spec.id] };
}

/** Refuses a server whose id, or one of whose other names, already means another owner's server. */
export function checkOwner(spec: ServerSpec, catalog: Catalog, log: Log): void {
  const same = catalog.server(spec.id);
  if (same && same.spec.owner !== spec.owner) throw taken(spec, same);
  for (const name of [spec.id, ...(spec.aliases ?? [])]) {
    for (const id of catalog.spellings.of(name)) {
      const other = catalog.server(id);
      if (!other || other.id === spec.id) continue;
      if (other.spec.owner !== spec.owner) throw taken(spec, other, name);
      log.warn('two servers share a spelling; only their exact ids tell them apart', {
        server: spec.id,
        other: id,
        name,
      });
    }
  }
}

function taken(spec: ServerSpec, other: Server, name = spec.id): Fault {
  const spelling = name === other.id ? '' : `, of which "${name}" is another spelling`;
  return fault('SERVER_TAKEN', `"${other.id}"${spelling} belongs to "${other.spec.owner}"`, {
    kind: 'conflict',
    hint: `register under another id, or remove "${other.id}" where it was registered (${other.spec.owner}) first`,
    data: { server: other.id, owner: other.spec.owner, wanted: spec.id },
  });
}
