import { servedNeeds } from './check-wiring.ts';
import type { AnyPlugin } from './contract.ts';
import { Handle } from './handle.ts';
import type { Instance } from './instance.ts';
import type { Wiring } from './plan.ts';
import { isAll, isMany, tokenId } from './token.ts';

/** Keeps one handle for each service, and points it to the generation that serves. */
export class Switchboard {
  readonly #single = new Map<symbol, Handle>();
  readonly #many = new Map<symbol, { handles: Map<string, Handle>; live: Map<string, object> }>();

  /** A service that the kernel itself provides. */
  add(service: symbol, value: object, instance: Pick<Instance, 'lease'>): void {
    this.#handle(service, value).point(value, instance.lease);
  }

  get(service: symbol): object {
    return this.#handle(service).proxy;
  }

  serves(service: symbol): boolean {
    return this.#single.get(service)?.serves ?? false;
  }

  /** A live map: providers come and go in it as plugins do. */
  all(service: symbol): ReadonlyMap<string, object> {
    return this.#named(service).live;
  }

  /** What `create` of a plugin gets, by the names under which the plugin asked for it. */
  servicesFor(spec: AnyPlugin, wiring: Wiring): Record<string, unknown> {
    const served = servedNeeds(spec, wiring);
    return Object.fromEntries(served.map(([key, need]) => [key, isAll(need) ? this.all(need.all) : this.get(need)]));
  }

  /** Calls reach `instance` from now on; what only `before` provided is gone. Synchronous. */
  connect(instance: Instance, before?: Instance): void {
    for (const [handle, service] of this.#handlesOf(instance)) handle.point(service, instance.lease);
    if (before !== undefined) this.disconnect(before);
  }

  /** Forgets what `instance` still provides; services that were taken over by another generation stay. */
  disconnect(instance: Instance): void {
    for (const [, offer] of Object.entries(instance.entry.plugin.spec.provides ?? {})) {
      if (!isMany(offer)) this.#single.get(offer)?.clear(instance.lease);
      else {
        const named = this.#named(offer.many);
        const handle = named.handles.get(offer.name);
        handle?.clear(instance.lease);
        if (handle && !handle.serves) named.live.delete(offer.name);
      }
    }
  }

  pause(instance: Instance, gate: Promise<void>): void {
    for (const [handle] of this.#handlesOf(instance)) handle.pause(gate);
  }
  resume(instance: Instance): void {
    for (const [handle] of this.#handlesOf(instance)) handle.resume();
  }

  #handlesOf(instance: Instance): [Handle, object][] {
    return Object.entries(instance.entry.plugin.spec.provides ?? {}).map(([key, offer]) => {
      const service = instance.service(key);
      if (!isMany(offer)) return [this.#handle(offer, service), service];
      const named = this.#named(offer.many);
      let handle = named.handles.get(offer.name);
      if (handle === undefined) {
        handle = new Handle(`${tokenId(offer.many)} ${offer.name}`, typeof service === 'function');
        named.handles.set(offer.name, handle);
      }
      named.live.set(offer.name, handle.proxy);
      return [handle, service];
    });
  }

  #handle(service: symbol, value?: object): Handle {
    let handle = this.#single.get(service);
    if (handle === undefined) {
      handle = new Handle(tokenId(service), typeof value === 'function');
      this.#single.set(service, handle);
    }
    return handle;
  }

  #named(service: symbol) {
    let named = this.#many.get(service);
    if (named === undefined) {
      named = { handles: new Map(), live: new Map() };
      this.#many.set(service, named);
    }
    return named;
  }
}
