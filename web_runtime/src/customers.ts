/** What every model of customers shares: named features in, a risk out, and refusals that name what is wrong. */

import { InputError } from './errors.js';
import type { ModelHandle } from './facade.js';
import type { NamedTensors } from './tensors.js';

/** A customer: every feature of the manifest by name, in the units it states. */
export type Customer = Readonly<Record<string, number>>;

/** The answer for one customer. */
export interface ChurnRisk {
  /** Probability of leaving, 0 to 1. */
  readonly probability: number;
  /** Whether the probability reaches the threshold that was tuned on validation data. */
  readonly churned: boolean;
  /** The probability in three steps, by the manifest's thresholds `medium` and `high`. */
  readonly risk: 'low' | 'medium' | 'high';
}

/** The facade that models of customers have in common. */
export interface CustomerModel {
  /** Judges one customer. */
  predict(customer: Customer): Promise<ChurnRisk>;
  /** Judges many customers in one batch. */
  predict(customers: readonly Customer[]): Promise<ChurnRisk[]>;
  /** The named tensor that `predict` feeds: `features_raw` [batch, features]. */
  encode(customers: Customer | readonly Customer[]): NamedTensors;
}

/** Offending rows named in one error; a batch of thousands must not fill the console. */
export const MOST_NAMED_ROWS = 5;

/** The facade of a model of customers. */
export function customerModel(model: ModelHandle): CustomerModel {
  const encode = (customers: Customer | readonly Customer[]): NamedTensors => {
    const rows = isList(customers) ? customers : [customers];
    const names = model.manifest.features.map(({ name }) => name);
    const problems = rows.flatMap((row, index) =>
      problemsOf(row, names).map((problem) => (isList(customers) ? `row ${index}: ${problem}` : problem)),
    );
    if (problems.length > 0) throw new InputError(`${model.name}: ${summary(problems)}`);
    const data = new Float32Array(rows.length * names.length);
    rows.forEach((row, index) => names.forEach((name, column) => (data[index * names.length + column] = row[name]!)));
    return { features_raw: { shape: [rows.length, names.length], data } };
  };

  async function predict(customer: Customer): Promise<ChurnRisk>;
  async function predict(customers: readonly Customer[]): Promise<ChurnRisk[]>;
  async function predict(customers: Customer | readonly Customer[]): Promise<ChurnRisk | ChurnRisk[]> {
    if (isList(customers) && customers.length === 0) return [];
    const { probability } = await model.run(encode(customers));
    const { thresholds } = model.manifest;
    const answers = Array.from(probability!.data, (value) => decode(value, thresholds));
    return isList(customers) ? answers : answers[0]!;
  }

  return { predict, encode };
}

function decode(probability: number, thresholds: Readonly<Record<string, number>>): ChurnRisk {
  const risk = probability >= thresholds['high']! ? 'high' : probability >= thresholds['medium']! ? 'medium' : 'low';
  return { probability, churned: probability >= thresholds['churn']!, risk };
}

function problemsOf(customer: unknown, names: readonly string[]): string[] {
  if (typeof customer !== 'object' || customer === null || isList(customer))
    return [`expected an object of ${names.length} features, got ${customer === null ? 'null' : typeof customer}`];
  const unknown = Object.keys(customer).filter((name) => !names.includes(name));
  const missing = names.filter((name) => !Object.hasOwn(customer, name));
  const wrong = names.filter((name) => !missing.includes(name) && !isFinite32((customer as Record<string, unknown>)[name]));
  const problems: string[] = [];
  if (unknown.length > 0) problems.push(`unknown feature ${quoted(unknown)}; expected one of ${names.join(', ')}`);
  if (missing.length > 0) problems.push(`missing feature ${quoted(missing)}`);
  for (const name of wrong) {
    const value = (customer as Record<string, unknown>)[name];
    problems.push(`feature "${name}" expects a finite number, got ${typeof value === 'string' ? JSON.stringify(value) : String(value)}`);
  }
  return problems;
}

/** The first problems, and how many more there are. */
export function summary(problems: readonly string[]): string {
  const more = problems.length - MOST_NAMED_ROWS;
  return problems.slice(0, MOST_NAMED_ROWS).join('; ') + (more > 0 ? `; and ${more} more` : '');
}

function quoted(names: readonly string[]): string {
  return names.map((name) => `"${name}"`).join(', ');
}

function isFinite32(value: unknown): boolean {
  return typeof value === 'number' && Number.isFinite(Math.fround(value));
}

function isList(value: unknown): value is readonly Customer[] {
  return Array.isArray(value);
}
