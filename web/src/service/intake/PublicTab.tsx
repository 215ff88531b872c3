import { useMutation, useQueryClient } from '@tanstack/react-query';
import { Alert, App, Button, Form, Input, InputNumber, Skeleton, Switch } from 'antd';
import { useTranslation } from 'react-i18next';
import { call } from '../../api/client';
import { messageOf } from '../../api/problem';
import { ErrorView } from '../../kit/ErrorView';
import { useLevels } from '../../kit/useLevels';
import { type Public, usePublic, type Words } from './api';

type Values = Pick<Public, 'base_url' | 'csat'> & {
  rules: { on: boolean; conditions: boolean; intro?: Partial<Words> | null };
  benefits: Record<string, Partial<Words>>;
};

const NUMBERS = ['delay_hours', 'answer_days', 'change_days', 'low_to', 'follow_up_hours'] as const;

function Editor({ found }: { found: Public }) {
  const { t } = useTranslation('intake');
  const { message } = App.useApp();
  const queries = useQueryClient();
  const { levels } = useLevels();
  const [form] = Form.useForm<Values>();
  const save = useMutation({
    mutationFn: ({ base_url, csat, rules, benefits }: Values) => {
      const words = (one?: Partial<Words> | null) =>
        one?.zh?.trim() || one?.en?.trim() ? { zh: one.zh?.trim() || one.en, en: one.en?.trim() || one.zh } : null;
      const kept = Object.entries(benefits ?? {}).map(([rank, text]) => ({ rank: Number(rank), text: words(text) }));
      const body = {
        base_url: base_url?.trim() || null,
        csat,
        rules: { ...rules, intro: words(rules.intro), benefits: kept.filter((one) => one.text) },
      };
      return call<Public>('/service/public', { method: 'PUT', body, version: found.version });
    },
    onSuccess: () => {
      void message.success(t('common:saved'));
      void queries.invalidateQueries({ queryKey: ['service', 'public'] });
    },
  });
  return (
    <Form<Values>
      form={form}
      layout="vertical"
      className="panel"
      onFinish={(values) => save.mutate(values)}
      initialValues={{
        ...found,
        benefits: Object.fromEntries(found.rules.benefits.map((one) => [one.rank, one.text])),
      }}
    >
      {save.isError && <Alert type="error" showIcon title={messageOf(save.error)} />}
      <Form.Item name="base_url" label={t('public.base_url')} extra={t('public.base_url_note')}>
        <Input placeholder="https://service.example.com" maxLength={200} />
      </Form.Item>
      <h2>{t('public.rules')}</h2>
      <Form.Item name={['rules', 'on']} label={t('public.rules_on')} valuePropName="checked">
        <Switch />
      </Form.Item>
      {found.rules.on && (
        <p>
          <a href="/rules" target="_blank" rel="noopener">
            {t('public.rules_open')}
          </a>
        </p>
      )}
      <Form.Item name={['rules', 'conditions']} label={t('public.conditions')} valuePropName="checked">
        <Switch />
      </Form.Item>
      <div className="intake-pair">
        {(['zh', 'en'] as const).map((language) => (
          <Form.Item
            key={language}
            name={['rules', 'intro', language]}
            label={`${t('public.intro')} · ${t(`language.${language}`)}`}
          >
            <Input.TextArea autoSize={{ minRows: 2 }} maxLength={2000} />
          </Form.Item>
        ))}
        {levels.map((level) =>
          (['zh', 'en'] as const).map((language) => (
            <Form.Item
              key={`${level.rank} ${language}`}
              name={['benefits', String(level.rank), language]}
              label={`${t('public.benefits', { level: level.name })} · ${t(`language.${language}`)}`}
            >
              <Input.TextArea autoSize={{ minRows: 2 }} maxLength={2000} />
            </Form.Item>
          )),
        )}
      </div>
      <h2>{t('public.csat')}</h2>
      <Form.Item name={['csat', 'mail']} label={t('public.csat_mail')} valuePropName="checked">
        <Switch />
      </Form.Item>
      <div className="intake-pair">
        {NUMBERS.map((one) => (
          <Form.Item key={one} name={['csat', one]} label={t(`public.${one}`)}>
            <InputNumber min={0} max={one === 'low_to' ? 4 : 720} />
          </Form.Item>
        ))}
      </div>
      <Button type="primary" htmlType="submit" loading={save.isPending}>
        {t('common:action.save')}
      </Button>
    </Form>
  );
}

/** What is open to everybody: the page of rules and the question after a ticket. */
export default function PublicTab() {
  const found = usePublic();
  if (found.isError) return <ErrorView error={found.error} onRetry={() => found.refetch()} />;
  if (!found.data) return <Skeleton active />;
  return <Editor key={found.data.version} found={found.data} />;
}
