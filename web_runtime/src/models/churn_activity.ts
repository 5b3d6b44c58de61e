/** Tells who is about to stop using a product, from features or from its raw event log. */

import { type ActivityEvent, activityFeatures, type ActivityRules, dayOf, type EventKinds, problemsOfEvents, shown } from '../activity.js';
import { type ChurnRisk, type Customer, type CustomerModel, customerModel, summary } from '../customers.js';
import { InputError } from '../errors.js';
import type { ModelHandle } from '../facade.js';

export type { ActivityEvent, EventKinds } from '../activity.js';

/** How a log is read. */
export interface FromEventsOptions {
  /** The day to judge as of: a Date or an ISO time, whose UTC day counts to its end; later events are ignored. */
  readonly asOf: string | Date;
  /** Event names of a kind, in place of those that the model was trained with. */
  readonly kinds?: Partial<EventKinds> | undefined;
}

/** The answer for one user of a log. */
export interface UserRisk extends ChurnRisk {
  readonly user: string;
  /** Whether there was an event other than support in the last 90 days; the model learned from such users only. */
  readonly active: boolean;
  /** The features that were computed from the log. */
  readonly features: Customer;
}

/** The churn model for event logs. */
export interface ChurnActivity extends CustomerModel {
  /**
   * Computes the features of every user who has an event by a day, and judges all of them in one batch.
   *
   * @param events - The log, in any order.
   * @returns One answer a user, in the order of their first such event in the log.
   * @throws {@link InputError} naming every event that can't be read, or where no event lies by the day.
   */
  fromEvents(events: readonly ActivityEvent[], options: FromEventsOptions): Promise<UserRisk[]>;
}

/** The facade of the churn model for event logs. */
export function churn_activity(model: ModelHandle): ChurnActivity {
  const customers = customerModel(model);
  const refuse = (problems: readonly string[]): never => {
    throw new InputError(`${model.name}: ${summary(problems)}`);
  };

  return {
    ...customers,
    async fromEvents(events, options) {
      const asOf = dayOf(options?.asOf);
      if (asOf === null) refuse([`"asOf" expects a Date or a date such as 2026-03-01, got ${shown(options?.asOf)}`]);
      const rules = model.manifest.preprocessing as unknown as ActivityRules;
      const kinds = mergedKinds(rules.kinds, options.kinds ?? {}, refuse);
      const problems = problemsOfEvents(events);
      if (problems.length > 0) refuse(problems);
      const users = activityFeatures(events, asOf!, { ...rules, kinds });
      if (users.length === 0) refuse([`expected an event by the as-of day, got ${events.length} after it`]);
      const risks = await customers.predict(users.map(({ features }) => features));
      return users.map((user, index) => ({ ...user, ...risks[index]! }));
    },
  };
}

function mergedKinds(known: EventKinds, given: Partial<EventKinds>, refuse: (problems: readonly string[]) => never): EventKinds {
  const kinds = Object.keys(known);
  const merged = { ...known, ...given };
  const isNames = (names: unknown): boolean => Array.isArray(names) && names.every((name) => typeof name === 'string');
  const problems = Object.entries(merged).flatMap(([kind, names]) => {
    if (!kinds.includes(kind)) return [`unknown kind "${kind}"; expected some of ${kinds.join(', ')}`];
    return isNames(names) ? [] : [`kind "${kind}" expects a list of event names, got ${shown(names)}`];
  });
  if (problems.length > 0) refuse(problems);
  const owner = new Map<string, string>();
  for (const [kind, names] of Object.entries(merged) as [string, readonly string[]][]) {
    for (const name of names) {
      const other = owner.get(name);
      if (other !== undefined && other !== kind) refuse([`event name "${name}" is both ${other} and ${kind}; expected one kind`]);
      owner.set(name, kind);
    }
  }
  return merged;
}
