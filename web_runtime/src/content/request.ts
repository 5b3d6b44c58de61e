/** Checks what a caller asks of the content pack: every problem is an error that names the field, what was expected and what came. */

import { InputError } from '../errors.js';
import type { ExperimentRequest } from './experiment.js';
import type { GenerateRequest } from './generate.js';
import type { Voice } from './voice.js';

const GOALS: readonly string[] = ['likes', 'comments', 'shares'];
const CONSTRAINTS: readonly string[] = ['maxLength', 'hashtags', 'emoji', 'mustInclude', 'forbid', 'language'];
const LARGEST_SEED = 2 ** 32 - 1;
const MOST_VARIANTS = 10;
const MOST_SHOWN = 1_000_000;

/** A string. */
export function textOf(value: unknown, where: string): string {
  if (typeof value !== 'string') throw fail(`${where} expects a string`, value);
  return value;
}

/** A list of strings. */
export function textsOf(values: unknown, where: string): string[] {
  if (!Array.isArray(values)) throw fail(`${where} expects a list of strings`, values);
  return values.map((value: unknown, place) => textOf(value, `${where}[${place}]`));
}

/** A whole number within bounds. */
export function wholeOf(value: unknown, least: number, most: number, where: string): number {
  if (!Number.isInteger(value) || (value as number) < least || (value as number) > most)
    throw fail(`${where} expects a whole number from ${least} to ${most}`, value);
  return value as number;
}

/** A voice may come from a product's own store: what is read of it is checked. */
export function voiceOf(value: unknown, where: string, features: readonly string[]): Voice {
  const own = value as Partial<Voice> | null | undefined;
  const isUsed = (used: unknown): boolean => Array.isArray(used) && used.every((each) => typeof (each as { text?: unknown } | null)?.text === 'string');
  const isWhole =
    typeof own === 'object' &&
    own !== null &&
    Array.isArray(own.texts) &&
    own.texts.every((text) => typeof text === 'string') &&
    features.every((name) => Number.isFinite(own.style?.[name]?.mean) && Number.isFinite(own.style?.[name]?.spread)) &&
    [own.vectors?.style, own.vectors?.chars].every((vector) => Array.isArray(vector) && vector.every(Number.isFinite)) &&
    typeof own.vectors!.words === 'object' &&
    isUsed(own.hashtags) &&
    isUsed(own.emoji);
  if (!isWhole) throw fail(`${where}: voice expects what content.voice() answered with this version of the pack`, value);
  return own as Voice;
}

/** A request to generate. */
export function requestOf(request: GenerateRequest, features: readonly string[]): GenerateRequest {
  if (typeof request !== 'object' || request === null) throw fail('generate expects { voice, ... }', request);
  const { about, goal, count, seed, constraints, post } = request;
  voiceOf(request.voice, 'generate', features);
  if (about !== undefined) textOf(about, 'generate: about');
  if (goal !== undefined && !GOALS.includes(goal)) throw fail(`generate: goal expects one of ${GOALS.join(', ')}`, goal);
  if (count !== undefined) wholeOf(count, 1, MOST_VARIANTS, 'generate: count');
  if (seed !== undefined) wholeOf(seed, 0, LARGEST_SEED, 'generate: seed');
  if (post !== undefined && (typeof post !== 'object' || post === null)) throw fail('generate: post expects { publishedAt, media, history }', post);
  if (constraints !== undefined) checkConstraints(constraints);
  return request;
}

/** An A/B test. */
export function experimentRequestOf(request: ExperimentRequest): ExperimentRequest {
  if (typeof request !== 'object' || request === null) throw fail('experiment expects { variants, ... }', request);
  const { variants, seed, readers, results, lift } = request;
  wholeOf(variants, 2, MOST_VARIANTS, 'experiment: variants');
  if (seed !== undefined) wholeOf(seed, 0, LARGEST_SEED, 'experiment: seed');
  if (readers !== undefined) textsOf(readers, 'experiment: readers');
  if (lift !== undefined && !(typeof lift === 'number' && lift > 0 && lift <= 10)) throw fail('experiment: lift expects a number above 0, up to 10', lift);
  if (results === undefined) return request;
  if (!Array.isArray(results) || results.length !== variants) throw fail(`experiment: results expects a list of ${variants}, one a variant`, results);
  results.forEach((result: unknown, place) => {
    const { shown, reacted } = (result ?? {}) as { shown?: unknown; reacted?: unknown };
    wholeOf(shown, 0, MOST_SHOWN, `experiment: results[${place}].shown`);
    wholeOf(reacted, 0, shown as number, `experiment: results[${place}].reacted`);
  });
  return request;
}

function checkConstraints(constraints: unknown): void {
  if (typeof constraints !== 'object' || constraints === null) throw fail('generate: constraints expects an object', constraints);
  const fields = constraints as Readonly<Record<string, unknown>>;
  const unknown = Object.keys(fields).find((name) => !CONSTRAINTS.includes(name));
  if (unknown !== undefined) throw fail(`generate: constraints expects ${CONSTRAINTS.join(', ')}`, unknown);
  const { maxLength, mustInclude, forbid, language } = fields;
  if (maxLength !== undefined) wholeOf(maxLength, 1, 100_000, 'generate: constraints.maxLength');
  for (const name of ['hashtags', 'emoji']) checkRange(fields[name], `generate: constraints.${name}`);
  for (const [name, listed] of Object.entries({ mustInclude, forbid })) {
    const empty = listed !== undefined && textsOf(listed, `generate: constraints.${name}`).includes('');
    if (empty) throw fail(`generate: constraints.${name} expects texts that are not empty`, '');
  }
  if (language !== undefined) textOf(language, 'generate: constraints.language');
}

function checkRange(wanted: unknown, where: string): void {
  if (wanted === undefined || typeof wanted === 'boolean') return;
  if (typeof wanted !== 'object' || wanted === null) {
    wholeOf(wanted, 0, 30, where);
    return;
  }
  const { min = 0, max = 30 } = wanted as { min?: unknown; max?: unknown };
  if (wholeOf(min, 0, 30, `${where}.min`) > wholeOf(max, 0, 30, `${where}.max`)) throw fail(`${where} expects min up to max`, `${String(min)} > ${String(max)}`);
}

function fail(expected: string, got: unknown): InputError {
  const shown = typeof got === 'string' ? JSON.stringify(got.slice(0, 80)) : typeof got === 'number' ? String(got) : got === null ? 'null' : typeof got;
  return new InputError(`content: ${expected}, got ${shown}`);
}
