import type { FieldProblem, Problem } from './types.ts';

/** The request got no answer: no network, or none in time. */
export const NO_ANSWER = 'network';

/**
 * A refused or failed call. `code` is stable; `message` is a sentence in the caller's language,
 * except for `network`, which the page must word itself.
 */
export class ApiError extends Error {
  override readonly name = 'ApiError';
  readonly code: string;
  /** HTTP status, 0 when there was no answer. */
  readonly status: number;
  readonly detail: string;
  readonly errors: readonly FieldProblem[];
  readonly requestId: string | null;
  /** Milliseconds to wait, when the server said so. */
  readonly retryAfter: number | null;

  constructor(problem: Partial<Problem> & { code: string; status: number }, retryAfter: number | null = null, cause?: unknown) {
    super(problem.detail || problem.title || problem.code, { cause });
    this.code = problem.code;
    this.status = problem.status;
    this.detail = problem.detail ?? '';
    this.errors = problem.errors ?? [];
    this.requestId = problem.request_id ?? null;
    this.retryAfter = retryAfter;
  }

  /** True when the server never answered, so that nothing is known about the outcome. */
  get isNetwork(): boolean {
    return this.code === NO_ANSWER;
  }

  /** True when the same call may succeed later without any change. */
  get isTemporary(): boolean {
    return this.isNetwork || this.status === 429 || this.status >= 500;
  }

  static noAnswer(cause?: unknown): ApiError {
    return new ApiError({ code: NO_ANSWER, status: 0 }, null, cause);
  }

  /** Reads problem+json; an answer from something else on the way (a proxy) becomes `http_<status>`. */
  static async from(response: Response): Promise<ApiError> {
    const seconds = response.headers.get('retry-after');
    // The other form, a date, counts as not said.
    const retryAfter = Number(seconds) * 1000 || null;
    const body: unknown = await response.json().catch(() => null);
    // Spreading what is no object gives nothing.
    return new ApiError({ code: `http_${response.status}`, ...(body as Partial<Problem> | null), status: response.status }, retryAfter);
  }
}
