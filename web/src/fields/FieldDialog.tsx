import { ArrowUpOutlined, CloseOutlined, PlusOutlined } from '@ant-design/icons';
import { useMutation } from '@tanstack/react-query';
import {
  Alert,
  App,
  Button,
  Checkbox,
  ColorPicker,
  DatePicker,
  Drawer,
  Form,
  Grid,
  Input,
  InputNumber,
  Select,
} from 'antd';
import dayjs from 'dayjs';
import { useEffect, useState } from 'react';
import { useTranslation } from 'react-i18next';
import { patch, post } from '../api/client';
import { messageOf, Problem } from '../api/problem';
import { said } from '../i18n';
import { FieldInput } from './FieldInput';
import { type FieldChoice, type FieldKind, kinds, moved, type OwnField } from './model';

interface Props {
  open: boolean;
  /** The one to change; a new one without. */
  field?: OwnField;
  onClose: () => void;
  onDone: () => void;
}

interface Values {
  kind: FieldKind;
  zh: string;
  en?: string;
  help?: string;
  required?: boolean;
  restricted?: boolean;
  unit?: string;
  decimals?: number | null;
  min?: string | null;
  max?: string | null;
}

const fresh = (): FieldChoice => ({ id: '', label: { zh: '', en: '' }, retired: false });

/** A field by its kind, with a look at the input that it makes. */
export function FieldDialog({ open, field, onClose, onDone }: Props) {
  const { t } = useTranslation('fields');
  const { message } = App.useApp();
  const phone = !Grid.useBreakpoint().md;
  const [form] = Form.useForm<Values>();
  const [choices, setChoices] = useState<FieldChoice[]>([fresh(), fresh()]);
  const typed = Form.useWatch([], form) as Values | undefined;
  const kind = typed?.kind ?? field?.kind ?? 'text';
  const chosen = kind === 'choice' || kind === 'choices';

  // biome-ignore lint/correctness/useExhaustiveDependencies: filled anew when it opens
  useEffect(() => {
    if (!open) return;
    form.resetFields();
    form.setFieldsValue(
      field
        ? {
            kind: field.kind,
            zh: field.name.zh || field.name.en,
            en: field.name.zh ? field.name.en : '',
            help: said(field.help),
            required: field.required,
            restricted: field.restricted,
            unit: field.unit ?? '',
            decimals: field.decimals,
            min: field.min,
            max: field.max,
          }
        : { kind: 'text' },
    );
    setChoices(field?.choices.length ? field.choices : [fresh(), fresh()]);
    save.reset();
  }, [open, field, form]);

  const save = useMutation({
    mutationFn: (values: Values) => {
      const filled = choices.filter((choice) => choice.id || choice.label.zh.trim());
      const text = (value: unknown) => (value === undefined || value === null || value === '' ? null : String(value));
      const body = {
        name: { zh: values.zh.trim(), en: values.en?.trim() ?? '' },
        help: { zh: values.help?.trim() ?? '', en: '' },
        required: !!values.required,
        restricted: !!values.restricted,
        unit: text(values.unit),
        decimals: values.decimals ?? null,
        min: text(values.min),
        max: text(values.max),
        ...(chosen ? { choices: filled } : {}),
      };
      if (field) {
        const next = field.kind === values.kind ? body : { ...body, kind: values.kind };
        return patch(`/fields/${field.id}`, next, { version: field.version });
      }
      return post('/fields', { ...body, kind: values.kind });
    },
    onSuccess: () => {
      message.success(t('common:saved'));
      onDone();
      onClose();
    },
    onError: (error) => {
      if (!(error instanceof Problem)) return;
      const names: Record<string, keyof Values> = {
        name: 'zh',
        'name.zh': 'zh',
        'name.en': 'en',
        kind: 'kind',
        unit: 'unit',
        min: 'min',
        max: 'max',
        decimals: 'decimals',
      };
      const marks = Object.entries(error.fields).flatMap(([path, text]) => {
        const name = names[path];
        return name ? [{ name, errors: [text] }] : [];
      });
      if (marks.length) form.setFields(marks);
    },
  });
  const change = (at: number, next: Partial<FieldChoice>) =>
    setChoices(choices.map((choice, index) => (index === at ? { ...choice, ...next } : choice)));

  const preview: OwnField = {
    id: '',
    key: 'preview',
    kind,
    position: 0,
    archived: false,
    name: { zh: typed?.zh ?? '', en: typed?.en ?? '' },
    label: { zh: typed?.zh ?? '', en: typed?.en || typed?.zh || '' },
    help: { zh: '', en: '' },
    required: false,
    restricted: false,
    decimals: typed?.decimals,
    max: kind === 'text' ? typed?.max : undefined,
    choices: choices
      .filter((choice) => choice.label.zh.trim())
      .map((choice, index) => ({ ...choice, id: choice.id || `new${index}` })),
    version: 0,
  };

  return (
    <Drawer
      open={open}
      onClose={onClose}
      size={phone ? '100%' : 480}
      title={field ? t('edit') : t('new')}
      destroyOnHidden
      footer={
        <div className="drawer-foot">
          <Button onClick={onClose}>{t('common:action.cancel')}</Button>
          <Button type="primary" loading={save.isPending} onClick={() => form.submit()}>
            {t('common:action.save')}
          </Button>
        </div>
      }
    >
      <Form form={form} layout="vertical" name="field" onFinish={(values) => save.mutate(values)} requiredMark={false}>
        {save.isError && <Alert type="error" showIcon title={messageOf(save.error)} style={{ marginBottom: 16 }} />}
        <Form.Item name="kind" label={t('form.kind')} extra={field?.used ? t('form.kind_fixed') : undefined}>
          <Select disabled={field?.used} options={kinds.map((value) => ({ value, label: t(`kind.${value}`) }))} />
        </Form.Item>
        <Form.Item
          name="zh"
          label={t('form.name')}
          rules={[{ required: true, whitespace: true, message: t('form.name_needed') }]}
        >
          <Input maxLength={40} />
        </Form.Item>
        <Form.Item name="en" label={t('form.name_en')}>
          <Input maxLength={40} />
        </Form.Item>
        {chosen && (
          <Form.Item label={t('form.choices')}>
            <div className="choice-rows">
              {choices.map((choice, at) => (
                <div key={choice.id || `new-${at}`} className={choice.retired ? 'choice-row retired' : 'choice-row'}>
                  <ColorPicker
                    size="small"
                    disabledAlpha
                    value={choice.colour ?? '#8c8c8c'}
                    aria-label={t('form.choice_colour', { n: at + 1 })}
                    onChangeComplete={(colour) => change(at, { colour: colour.toHexString().slice(0, 7) })}
                  />
                  <Input
                    value={choice.label.zh || choice.label.en}
                    maxLength={40}
                    aria-label={t('form.choice', { n: at + 1 })}
                    onChange={(event) =>
                      change(at, { label: { zh: event.target.value, en: choice.label.zh ? choice.label.en : '' } })
                    }
                  />
                  <Button
                    type="text"
                    icon={<ArrowUpOutlined />}
                    disabled={at === 0}
                    aria-label={t('form.choice_up', { n: at + 1 })}
                    onClick={() => setChoices(moved(choices, at, -1))}
                  />
                  {choice.id ? (
                    <Button
                      type="link"
                      size="small"
                      aria-label={t(choice.retired ? 'form.choice_back' : 'form.choice_retire', {
                        name: said(choice.label),
                      })}
                      onClick={() => change(at, { retired: !choice.retired })}
                    >
                      {t(choice.retired ? 'form.back' : 'form.retire')}
                    </Button>
                  ) : (
                    <Button
                      type="text"
                      icon={<CloseOutlined />}
                      aria-label={t('form.choice_remove', { n: at + 1 })}
                      onClick={() => setChoices(choices.filter((_, index) => index !== at))}
                    />
                  )}
                </div>
              ))}
              <Button
                type="link"
                size="small"
                icon={<PlusOutlined />}
                disabled={choices.length >= 500}
                onClick={() => setChoices([...choices, fresh()])}
              >
                {t('form.choice_new')}
              </Button>
            </div>
          </Form.Item>
        )}
        {kind === 'number' && (
          <div className="two">
            <Form.Item name="unit" label={t('form.unit')}>
              <Input maxLength={12} />
            </Form.Item>
            <Form.Item name="decimals" label={t('form.decimals')}>
              <InputNumber min={0} max={4} precision={0} style={{ width: '100%' }} />
            </Form.Item>
          </div>
        )}
        {(kind === 'number' || kind === 'money') && (
          <div className="two">
            <Form.Item name="min" label={t('form.min')}>
              <InputNumber<string> stringMode controls={false} style={{ width: '100%' }} />
            </Form.Item>
            <Form.Item name="max" label={t('form.max')}>
              <InputNumber<string> stringMode controls={false} style={{ width: '100%' }} />
            </Form.Item>
          </div>
        )}
        {kind === 'date' && (
          <div className="two">
            {(['min', 'max'] as const).map((end) => (
              <Form.Item
                key={end}
                name={end}
                label={t(`form.${end}_day`)}
                getValueProps={(value) => ({ value: value ? dayjs(value as string) : null })}
                normalize={(value) => (dayjs.isDayjs(value) ? value.format('YYYY-MM-DD') : null)}
              >
                <DatePicker style={{ width: '100%' }} />
              </Form.Item>
            ))}
          </div>
        )}
        {kind === 'text' && (
          <Form.Item name="max" label={t('form.max_chars')}>
            <InputNumber min={1} max={4000} precision={0} placeholder="4000" style={{ width: '100%' }} />
          </Form.Item>
        )}
        <Form.Item name="help" label={t('form.help')}>
          <Input maxLength={300} />
        </Form.Item>
        <Form.Item name="required" valuePropName="checked" noStyle>
          <Checkbox>{t('form.required')}</Checkbox>
        </Form.Item>
        <br />
        <Form.Item name="restricted" valuePropName="checked" noStyle>
          <Checkbox>{t('form.restricted')}</Checkbox>
        </Form.Item>
      </Form>
      <div className="field-preview">
        <h3>{t('form.preview')}</h3>
        <Form layout="vertical" component={false}>
          <Form.Item
            key={kind}
            name="preview"
            label={`${said(preview.label) || t('form.name')}${kind === 'number' && typed?.unit ? ` (${typed.unit})` : ''}`}
            extra={typed?.help || undefined}
            required={typed?.required}
          >
            <FieldInput field={preview} />
          </Form.Item>
        </Form>
      </div>
    </Drawer>
  );
}
