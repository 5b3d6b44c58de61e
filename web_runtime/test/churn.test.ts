import fc from 'fast-check';
import { describe, expect, it } from 'vitest';

import { InputError } from '../src/errors.js';
import { churn } from '../src/models/churn.js';
import { fakeModel } from './fake.js';

const names = ['calls', 'complaints', 'tenure_days'];
const manifest = { features: names.map((name) => ({ name })), thresholds: { churn: 0.5, medium: 0.3, high: 0.7 } };

/** A model whose probability is the first feature. */
const firstFeature = fakeModel('churn', manifest, ({ features_raw }) => {
  const { shape, data } = features_raw!;
  return { probability: { shape: [shape[0]!, 1], data: Float32Array.from({ length: shape[0]! }, (_, row) => data[row * names.length]!) } };
});
const model = churn(firstFeature);
const customer = { calls: 0.25, complaints: 2, tenure_days: 3 };

describe('churn', () => {
  it("feeds features in the manifest's order, whatever the order of the customer's", () => {
    fc.assert(
      fc.property(
        fc.array(fc.tuple(fc.float({ noNaN: true, noDefaultInfinity: true }), fc.boolean()), { minLength: 1, maxLength: 20 }),
        (rows) => {
          const customers = rows.map(([value, isReversed]) => {
            const entries = names.map((name, column): [string, number] => [name, Math.fround(value + column)]);
            return Object.fromEntries(isReversed ? entries.reverse() : entries);
          });
          fc.pre(customers.every((one) => Object.values(one).every(Number.isFinite)));
          const { features_raw } = model.encode(customers);
          expect(features_raw!.shape).toEqual([customers.length, names.length]);
          expect(Array.from(features_raw!.data)).toEqual(customers.flatMap((one) => names.map((name) => one[name])));
        },
      ),
    );
  });

  it.each([
    [0.25, false, 'low'],
    [0.3125, false, 'medium'],
    [0.5, true, 'medium'],
    [0.75, true, 'high'],
  ])('judges a probability of %d', async (probability, churned, risk) => {
    expect(await model.predict({ ...customer, calls: probability })).toEqual({ probability, churned, risk });
  });

  it('answers one customer with one answer, and a list with a list', async () => {
    expect(await model.predict([customer, { ...customer, calls: 0.75 }])).toEqual([
      { probability: 0.25, churned: false, risk: 'low' },
      { probability: 0.75, churned: true, risk: 'high' },
    ]);
    expect(await model.predict([])).toEqual([]);
  });

  it.each([
    [{ ...customer, tenure: 1, age: 2 }, 'churn: unknown feature "tenure", "age"; expected one of calls, complaints, tenure_days'],
    [{ calls: 1 }, 'churn: missing feature "complaints", "tenure_days"'],
    [
      { ...customer, calls: NaN, complaints: '2' },
      'churn: feature "calls" expects a finite number, got NaN; feature "complaints" expects a finite number, got "2"',
    ],
    [{ ...customer, calls: 1e39 }, 'churn: feature "calls" expects a finite number, got 1e+39'],
    [{ ...customer, calls: undefined }, 'churn: feature "calls" expects a finite number, got undefined'],
    [null, 'churn: expected an object of 3 features, got null'],
    [7, 'churn: expected an object of 3 features, got number'],
    [[customer, { ...customer, calls: true }], 'churn: row 1: feature "calls" expects a finite number, got true'],
  ])('refuses a customer by the names of what is wrong, case %#', async (bad, message) => {
    const failure = model.predict(bad as never);
    await expect(failure).rejects.toThrow(InputError);
    await expect(failure).rejects.toThrow(message);
  });

  it('names only the first problems of a large batch', async () => {
    await expect(model.predict(Array.from({ length: 1000 }, () => ({ ...customer, calls: NaN })))).rejects.toThrow(
      /row 4: .*; and 995 more$/,
    );
  });
});
