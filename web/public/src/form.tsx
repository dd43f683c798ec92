// Forms: a field with its error, and sending what was written without losing any of it.
import type { ComponentChildren } from 'preact';
import { useCallback, useId, useRef, useState } from 'preact/hooks';
import { ApiError } from '@guichet/sdk';
import { Icon, icons } from '@guichet/ui';
import { useText, type PageSpeech } from './texts.ts';

/** What is wrong: at fields, by their names, and as a whole. */
export interface Problems {
  readonly fields: Readonly<Record<string, string>>;
  readonly whole: string | null;
  /** The HTTP status of the refusal, where there was one. */
  readonly status: number | null;
}

const NONE: Problems = { fields: {}, whole: null, status: null };

/** The words for a call that failed. */
export function wordsOf(error: ApiError, { t }: Pick<PageSpeech, 't'>): string {
  if (error.isNetwork) return t('form.no_answer');
  if (error.status === 429) return t('form.too_many');
  if (error.status >= 500) return t('form.server');
  return error.message;
}

function problemsOf(error: ApiError, form: HTMLFormElement, speech: Pick<PageSpeech, 't'>): Problems {
  const fields: Record<string, string> = {};
  const left: string[] = [];
  for (const { field, message } of error.errors) {
    // What is nested, such as `context.order_id`, goes to the field of that name.
    const name = field.split('.').at(-1) ?? field;
    if (form.elements.namedItem(name) !== null) fields[name] ??= message;
    else left.push(message);
  }
  const whole = error.errors.length === 0 ? wordsOf(error, speech) : left.join(' ') || null;
  return { fields, whole, status: error.status };
}

export interface FormState {
  readonly problems: Problems;
  readonly busy: boolean;
  readonly ref: { current: HTMLFormElement | null };
  readonly onSubmit: (event: SubmitEvent) => void;
  /** Says what is wrong and puts the focus on the first such field. */
  readonly refuse: (problems: Partial<Problems>) => void;
}

/** `check` says what is wrong before anything is sent; `send` may reject with an `ApiError`. */
export function useForm(send: (values: FormData) => Promise<void>, check: (values: FormData) => Readonly<Record<string, string | undefined>> = () => ({})): FormState {
  const speech = useText();
  const [problems, setProblems] = useState(NONE);
  const [busy, setBusy] = useState(false);
  const form = useRef<HTMLFormElement>(null);
  const refuse = useCallback((found: Partial<Problems>) => {
    setProblems({ ...NONE, ...found });
    // After the marks are drawn, the first field that needs care has the focus.
    requestAnimationFrame(() => form.current?.querySelector<HTMLElement>('[aria-invalid="true"]')?.focus());
  }, []);
  const submit = async (element: HTMLFormElement) => {
    if (busy) return;
    const values = new FormData(element);
    const found = Object.entries(check(values)).filter((one): one is [string, string] => one[1] !== undefined);
    if (found.length > 0) return refuse({ fields: Object.fromEntries(found) });
    setBusy(true);
    setProblems(NONE);
    try {
      await send(values);
    } catch (error) {
      if (!(error instanceof ApiError)) throw error;
      refuse(problemsOf(error, element, speech));
    } finally {
      setBusy(false);
    }
  };
  const onSubmit = (event: SubmitEvent) => {
    event.preventDefault();
    void submit(event.currentTarget as HTMLFormElement);
  };
  return { problems, busy, ref: form, onSubmit, refuse };
}

/** A text field's value, without the blanks around it. */
export function textOf(values: FormData, name: string): string {
  const value = values.get(name);
  return typeof value === 'string' ? value.trim() : '';
}

interface FieldProps {
  readonly name: string;
  readonly label: string;
  readonly form: FormState;
  readonly hint?: string | undefined;
  readonly optional?: boolean | undefined;
}

interface TextFieldProps extends FieldProps {
  readonly type?: 'email' | 'password' | 'tel' | 'text';
  readonly defaultValue?: string | undefined;
  readonly autoComplete?: string;
  readonly autoCapitalize?: 'none' | 'characters';
  readonly spellcheck?: boolean;
  readonly maxLength?: number;
}

export function TextField({ name, label, form, hint, optional, type = 'text', ...input }: TextFieldProps) {
  return (
    <Field {...{ name, label, form, hint, optional }}>
      {(marks, invalid) => (
        <div class={`input${invalid ? ' invalid' : ''}`}>
          <input {...({ ...input, ...marks, type, name, required: optional !== true } as Record<string, unknown>)} />
        </div>
      )}
    </Field>
  );
}

interface AreaFieldProps extends FieldProps {
  readonly rows: number;
  readonly defaultValue?: string | undefined;
  readonly maxLength?: number;
}

export function AreaField({ name, label, form, hint, optional, ...area }: AreaFieldProps) {
  return (
    <Field {...{ name, label, form, hint, optional }}>{(marks, invalid) => <textarea {...area} {...marks} name={name} class={`input${invalid ? ' invalid' : ''}`} required={optional !== true} />}</Field>
  );
}

export interface Choice {
  readonly value: string;
  readonly label: string;
}

export function SelectField({ name, label, form, hint, optional, choices, value }: FieldProps & { readonly choices: readonly Choice[]; readonly value?: string }) {
  return (
    <Field {...{ name, label, form, hint, optional }}>
      {(marks, invalid) => (
        <div class={`input choice${invalid ? ' invalid' : ''}`}>
          <select {...marks} name={name}>
            {choices.map((choice) => (
              <option key={choice.value} value={choice.value} selected={choice.value === value}>
                {choice.label}
              </option>
            ))}
          </select>
          <Icon path={icons.down} size="small" />
        </div>
      )}
    </Field>
  );
}

interface Marks {
  readonly id: string;
  readonly 'aria-invalid': boolean;
  readonly 'aria-describedby': string | undefined;
}

interface ShellProps {
  readonly name: string;
  readonly label: string;
  readonly form: FormState;
  readonly hint?: string | undefined;
  readonly optional?: boolean | undefined;
  readonly children: (marks: Marks, invalid: boolean) => ComponentChildren;
}

function Field({ name, label, form, hint, optional, children }: ShellProps) {
  const { t } = useText();
  const id = useId();
  const error = form.problems.fields[name];
  const described = [error !== undefined && `${id}-error`, hint !== undefined && `${id}-hint`].filter(Boolean).join(' ');
  return (
    <div class="field">
      <label for={id}>
        {label} {optional === true && <span class="meta">{t('form.optional')}</span>}
      </label>
      {children({ id, 'aria-invalid': error !== undefined, 'aria-describedby': described || undefined }, error !== undefined)}
      {error !== undefined && (
        <p class="error" id={`${id}-error`}>
          <Icon path={icons.alert} size="small" /> {error}
        </p>
      )}
      {hint !== undefined && (
        <p class="meta" id={`${id}-hint`}>
          {hint}
        </p>
      )}
    </div>
  );
}

/** What is wrong with the whole; its room is there only when it is needed, at the end where nothing moves. */
export function WholeProblem({ form }: { readonly form: FormState }) {
  return (
    <div role="alert" class="whole-problem">
      {form.problems.whole !== null && (
        <p>
          <Icon path={icons.alert} size="small" /> {form.problems.whole}
        </p>
      )}
    </div>
  );
}

/** Only what is certainly unfinished; whether an address exists, only a mail can tell. */
export function emailProblem(email: string, { t }: Pick<PageSpeech, 't'>): string | null {
  if (email === '') return t('form.email_missing');
  const at = email.lastIndexOf('@');
  if (at < 1) return t('form.email_at');
  return /^[^\s.][^\s]*\.[^\s.]{2,}$/.test(email.slice(at + 1)) ? null : t('form.email_end');
}
