// The parts of a form: a label, a field, and under it what is wrong with it or what helps to fill it.
import type { ComponentChildren } from 'preact';
import { useId, useState } from 'preact/hooks';
import { ApiError } from '@guichet/sdk';
import { Icon, icons } from '@guichet/ui';
import { useText, type ConsoleSpeech } from '../texts.ts';

/** What was refused: at its fields, and what belongs to none of them. */
export interface FormProblem {
  readonly fields: Readonly<Record<string, string>>;
  readonly general: string | null;
}

export const noProblem: FormProblem = { fields: {}, general: null };

/** A refused form in words; `fields` are those it shows. */
export function problemOf(error: unknown, fields: readonly string[], { t }: Pick<ConsoleSpeech, 't'>): FormProblem {
  if (!(error instanceof ApiError)) throw error;
  if (error.isNetwork) return { fields: {}, general: t('form.no_answer') };
  const shown: Record<string, string> = {};
  const elsewhere: string[] = [];
  for (const { field, message } of error.errors) {
    const place = fields.find((name) => name === field) ?? fields.find((name) => field.startsWith(`${name}.`) || field.startsWith(`${name}[`));
    if (place === undefined) elsewhere.push(message);
    else shown[place] ??= message;
  }
  if (error.errors.length === 0) elsewhere.push(error.message);
  return { fields: shown, general: elsewhere.length === 0 ? null : elsewhere.join(' ') };
}

export interface Submission {
  readonly busy: boolean;
  readonly problem: FormProblem;
  /** Runs it once at a time; answers whether it went through. */
  readonly submit: (work: () => Promise<unknown>) => Promise<boolean>;
  readonly clear: () => void;
}

export function useSubmission(fields: readonly string[]): Submission {
  const speech = useText();
  const [busy, setBusy] = useState(false);
  const [problem, setProblem] = useState(noProblem);
  const submit = async (work: () => Promise<unknown>) => {
    if (busy) return false;
    setBusy(true);
    try {
      await work();
      setProblem(noProblem);
      return true;
    } catch (error) {
      setProblem(problemOf(error, fields, speech));
      // What is wrong may be out of sight.
      requestAnimationFrame(() => (document.querySelector('dialog[open]') ?? document).querySelector<HTMLElement>('[aria-invalid="true"]')?.focus());
      return false;
    } finally {
      setBusy(false);
    }
  };
  return { busy, problem, submit, clear: () => setProblem(noProblem) };
}

export interface FieldProps {
  readonly label: string;
  readonly error?: string | undefined;
  readonly hint?: string | undefined;
  readonly optional?: boolean;
  /** What the control is named and described by. */
  readonly children: (control: { readonly id: string; readonly 'aria-describedby': string | undefined; readonly 'aria-invalid': boolean }) => ComponentChildren;
}

export function Field({ label, error, hint, optional = false, children }: FieldProps) {
  const { t } = useText();
  const id = useId();
  const described = error !== undefined || hint !== undefined ? `${id}-help` : undefined;
  return (
    <div class="field">
      <label for={id}>
        {label} {optional && <span class="meta">{t('form.optional')}</span>}
      </label>
      {children({ id, 'aria-describedby': described, 'aria-invalid': error !== undefined })}
      {error !== undefined ? (
        <p class="error" id={described}>
          <Icon path={icons.alert} size="small" /> {error}
        </p>
      ) : (
        hint !== undefined && (
          <p class="meta" id={described}>
            {hint}
          </p>
        )
      )}
    </div>
  );
}

export interface TextFieldProps extends Omit<FieldProps, 'children'> {
  readonly value: string;
  readonly onValue: (value: string) => void;
  readonly rows?: number;
  readonly type?: 'text' | 'email' | 'tel' | 'number' | 'time' | 'date' | 'datetime-local';
  readonly required?: boolean;
  readonly autofocus?: boolean;
  readonly maxLength?: number;
  readonly min?: string | number;
  readonly max?: string | number;
  readonly placeholder?: string;
  readonly list?: string;
}

/** One line, or several where `rows` is more than one. */
export function TextField({ label, error, hint, optional, value, onValue, rows = 1, type = 'text', ...rest }: TextFieldProps) {
  return (
    <Field label={label} error={error} hint={hint} {...(optional ? { optional } : {})}>
      {(control) =>
        rows > 1 ? (
          <textarea class={`input${error === undefined ? '' : ' invalid'}`} rows={rows} value={value} onInput={(event) => onValue(event.currentTarget.value)} {...control} {...rest} />
        ) : (
          <div class={`input${error === undefined ? '' : ' invalid'}`}>
            <input type={type} value={value} onInput={(event) => onValue(event.currentTarget.value)} {...control} {...rest} />
          </div>
        )
      }
    </Field>
  );
}

export interface SelectFieldProps extends Omit<FieldProps, 'children'> {
  readonly value: string;
  readonly onValue: (value: string) => void;
  readonly options: readonly { readonly value: string; readonly text: string }[];
  readonly required?: boolean;
}

export function SelectField({ label, error, hint, optional, value, onValue, options, required = false }: SelectFieldProps) {
  // What was chosen before and is not offered any more stays chosen until something else is.
  const offered = options.some((option) => option.value === value) ? options : [...options, { value, text: value }];
  return (
    <Field label={label} error={error} hint={hint} {...(optional ? { optional } : {})}>
      {(control) => (
        <div class={`input select${error === undefined ? '' : ' invalid'}`}>
          <select value={value} required={required} onChange={(event) => onValue(event.currentTarget.value)} {...control}>
            {offered.map((option) => (
              <option key={option.value} value={option.value} selected={option.value === value}>
                {option.text}
              </option>
            ))}
          </select>
          <Icon path={icons.down} size="small" />
        </div>
      )}
    </Field>
  );
}

export interface CheckProps {
  readonly checked: boolean;
  readonly onCheck: (checked: boolean) => void;
  readonly hint?: string;
  readonly children: ComponentChildren;
}

export function Check({ checked, onCheck, hint, children }: CheckProps) {
  return (
    <label class="switch">
      <input type="checkbox" checked={checked} onChange={(event) => onCheck(event.currentTarget.checked)} />
      <span>
        {children}
        {hint !== undefined && <span class="meta check-hint">{hint}</span>}
      </span>
    </label>
  );
}

/** What was refused and belongs to no field. */
export function GeneralProblem({ problem }: { readonly problem: FormProblem }) {
  return (
    <p class="form-error" role="alert">
      {problem.general !== null && (
        <>
          <Icon path={icons.alert} size="small" /> {problem.general}
        </>
      )}
    </p>
  );
}
