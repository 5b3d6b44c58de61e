/** How long work is watched: told how far it is, and left at each telling by whoever cancels it. */

/** Watches work. */
export interface Hooks {
  /** Told the share done, 0 to 1; what it throws ends the work, and others get their turn while it is awaited. */
  tell(share: number): Promise<void> | void;
}

/** Nobody watches. */
export const UNWATCHED: Hooks = { tell: () => undefined };

/** The same for a part of the work, which goes from 0 to 1 itself. */
export function partOf(hooks: Hooks, from: number, to: number): Hooks {
  return { tell: (share) => hooks.tell(from + share * (to - from)) };
}
