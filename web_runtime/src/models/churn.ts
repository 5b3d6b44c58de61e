/** Tells how likely a customer is to leave; which features there are comes from the manifest, scaling is computed in the graph. */

import { type CustomerModel, customerModel } from '../customers.js';
import type { ModelHandle } from '../facade.js';

export type { ChurnRisk, Customer } from '../customers.js';

/** The churn model of a suite. */
export type Churn = CustomerModel;

/** The churn model's facade. */
export function churn(model: ModelHandle): Churn {
  return customerModel(model);
}
