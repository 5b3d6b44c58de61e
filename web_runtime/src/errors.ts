/** Every error the runtime throws has a class, a stable code, and a text that says what was expected, what came, and the remedy. */

/** Stable codes of the errors, for products that branch on them. */
export type ErrorCode = 'input' | 'manifest' | 'file' | 'integrity' | 'backend' | 'disposed';

/** Base class of all errors thrown by this package. */
export class TunesmithError extends Error {
  /** The class's name, written out because minifiers rename classes. */
  override readonly name: string = 'TunesmithError';

  constructor(
    /** Stable code of the error's class. */
    readonly code: ErrorCode,
    message: string,
    options?: ErrorOptions,
  ) {
    super(message, options);
  }
}

/** The caller's input cannot be predicted from; nothing was computed. */
export class InputError extends TunesmithError {
  override readonly name = 'InputError';

  constructor(message: string) {
    super('input', message);
  }
}

/** `manifest.json` is missing, truncated, of another schema version, or lacks what the runtime needs. */
export class ManifestError extends TunesmithError {
  override readonly name = 'ManifestError';

  constructor(message: string, options?: ErrorOptions) {
    super('manifest', message, options);
  }
}

/** A file named by the manifest could not be fetched. */
export class FileError extends TunesmithError {
  override readonly name = 'FileError';

  constructor(message: string, options?: ErrorOptions) {
    super('file', message, options);
  }
}

/** A file arrived, but is not the one that the manifest describes. */
export class IntegrityError extends TunesmithError {
  override readonly name = 'IntegrityError';

  constructor(message: string) {
    super('integrity', message);
  }
}

/** A backend did not start, failed its self-test, or none is left. */
export class BackendError extends TunesmithError {
  override readonly name = 'BackendError';

  constructor(message: string, options?: ErrorOptions) {
    super('backend', message, options);
  }
}

/** The suite or the session was used after `dispose()`. */
export class DisposedError extends TunesmithError {
  override readonly name = 'DisposedError';

  constructor(what: string) {
    super('disposed', `${what} was disposed; create a new suite with createSuite()`);
  }
}

/** Text of anything that was thrown; tfjs rejects with plain objects here and there. */
export function reasonOf(error: unknown): string {
  const message = (error as { message?: unknown } | null | undefined)?.message;
  return typeof message === 'string' ? message : String(error);
}
