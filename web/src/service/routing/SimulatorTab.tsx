import { DeleteOutlined, PlusOutlined } from '@ant-design/icons';
import { useMutation } from '@tanstack/react-query';
import { Alert, Button, Form, InputNumber, Select, Tag } from 'antd';
import { useTranslation } from 'react-i18next';
import { post } from '../../api/client';
import { messageOf } from '../../api/problem';
import { clock, halfHours } from './clock';
import { LevelPick, useRankName } from './LevelPick';

interface Values {
  days: number;
  staff: { people: number; from_minute: number; until_minute: number; manages?: boolean }[];
  flows: {
    level_rank: number;
    per_hour: number;
    promise_minutes: number;
    work_minutes: number;
    managed?: boolean;
  }[];
  crowds: { level_rank: number; tickets: number; at_minute: number }[];
}

interface LevelResult {
  level_rank: number;
  tickets: number;
  kept: number;
  broken: number;
  open: number;
  median_minutes: number;
  p90_minutes: number;
  longest_minutes: number;
}

interface Played {
  rule: 'house' | 'vips_first' | 'arrival';
  levels: LevelResult[];
  busy_percent: number;
  longest_queue: number;
}

const START: Values = {
  days: 1,
  staff: [{ people: 10, from_minute: 0, until_minute: 1440 }],
  flows: [
    { level_rank: 4, per_hour: 5, promise_minutes: 60, work_minutes: 6 },
    { level_rank: 0, per_hour: 60, promise_minutes: 240, work_minutes: 6 },
  ],
  crowds: [{ level_rank: 4, tickets: 500, at_minute: 60 }],
};

/** With these staff and this flow, which promises hold? Played by the code that orders the real queue. */
export default function SimulatorTab() {
  const { t } = useTranslation('routing');
  const [form] = Form.useForm<Values>();
  const played = useMutation({
    mutationFn: (values: Values) => post<{ results: Played[]; took_ms: number }>('/service/simulate', values),
  });
  const ends = [...halfHours.slice(1), 1440].map((value) => ({ value, label: clock(value) }));
  const begins = halfHours.map((value) => ({ value, label: clock(value) }));
  const needed = [{ required: true, message: t('number_needed') }];
  return (
    <>
      <section className="panel">
        <Form<Values> form={form} layout="vertical" initialValues={START} onFinish={(values) => played.mutate(values)}>
          <h2>{t('sim.staff')}</h2>
          <Form.List name="staff">
            {(fields, { add, remove }) => (
              <>
                {fields.map(({ key, name }) => (
                  <div key={key} className="routing-row">
                    <Form.Item name={[name, 'people']} label={t('sim.people')} rules={needed}>
                      <InputNumber min={1} max={500} precision={0} />
                    </Form.Item>
                    <Form.Item name={[name, 'from_minute']} label={t('shift.from')}>
                      <Select options={begins} />
                    </Form.Item>
                    <Form.Item name={[name, 'until_minute']} label={t('shift.until')}>
                      <Select options={ends} />
                    </Form.Item>
                    <Form.Item name={[name, 'manages']} label={t('sim.who')} initialValue={false}>
                      <Select
                        options={[
                          { value: false, label: t('sim.agents') },
                          { value: true, label: t('sim.managers') },
                        ]}
                      />
                    </Form.Item>
                    <Remove shown={fields.length > 1} onRemove={() => remove(name)} />
                  </div>
                ))}
                <Button
                  icon={<PlusOutlined />}
                  onClick={() => add({ people: 1, from_minute: 540, until_minute: 1080 })}
                >
                  {t('sim.add_staff')}
                </Button>
              </>
            )}
          </Form.List>
          <h2>{t('sim.flow')}</h2>
          <Form.List name="flows">
            {(fields, { add, remove }) => (
              <>
                {fields.map(({ key, name }) => (
                  <div key={key} className="routing-row">
                    <Form.Item name={[name, 'level_rank']} label={t('sim.level')}>
                      <LevelPick />
                    </Form.Item>
                    <Form.Item name={[name, 'per_hour']} label={t('sim.per_hour')} rules={needed}>
                      <InputNumber min={0} max={10000} />
                    </Form.Item>
                    <Form.Item name={[name, 'promise_minutes']} label={t('sim.promise')} rules={needed}>
                      <InputNumber min={1} max={20160} precision={0} suffix={t('minutes')} />
                    </Form.Item>
                    <Form.Item name={[name, 'work_minutes']} label={t('sim.work')} rules={needed}>
                      <InputNumber min={1} max={480} suffix={t('minutes')} />
                    </Form.Item>
                    <Form.Item name={[name, 'managed']} label={t('sim.served')} initialValue={false}>
                      <Select
                        options={[
                          { value: false, label: t('sim.by_all') },
                          { value: true, label: t('sim.by_manager') },
                        ]}
                      />
                    </Form.Item>
                    <Remove shown={fields.length > 1} onRemove={() => remove(name)} />
                  </div>
                ))}
                <Button
                  icon={<PlusOutlined />}
                  onClick={() => add({ level_rank: 0, per_hour: 10, promise_minutes: 240, work_minutes: 6 })}
                >
                  {t('sim.add_flow')}
                </Button>
              </>
            )}
          </Form.List>
          <h2>{t('sim.crowds')}</h2>
          <Form.List name="crowds">
            {(fields, { add, remove }) => (
              <>
                {fields.map(({ key, name }) => (
                  <div key={key} className="routing-row">
                    <Form.Item name={[name, 'level_rank']} label={t('sim.level')}>
                      <LevelPick />
                    </Form.Item>
                    <Form.Item name={[name, 'tickets']} label={t('sim.tickets')} rules={needed}>
                      <InputNumber min={1} max={20000} precision={0} />
                    </Form.Item>
                    <Form.Item name={[name, 'at_minute']} label={t('sim.at')} rules={needed}>
                      <InputNumber min={0} max={20160} precision={0} suffix={t('minutes')} />
                    </Form.Item>
                    <Remove shown onRemove={() => remove(name)} />
                  </div>
                ))}
                <Button icon={<PlusOutlined />} onClick={() => add({ level_rank: 4, tickets: 100, at_minute: 60 })}>
                  {t('sim.add_crowd')}
                </Button>
              </>
            )}
          </Form.List>
          <div className="routing-actions">
            <Form.Item name="days" label={t('sim.days')} rules={needed}>
              <InputNumber min={1} max={14} precision={0} />
            </Form.Item>
            <Button type="primary" htmlType="submit" loading={played.isPending}>
              {t('sim.go')}
            </Button>
          </div>
        </Form>
      </section>
      {played.isError && <Alert type="error" showIcon title={messageOf(played.error)} />}
      <div aria-live="polite">{played.data && <Results results={played.data.results} />}</div>
    </>
  );
}

function Remove({ shown, onRemove }: { shown: boolean; onRemove: () => void }) {
  const { t } = useTranslation('routing');
  if (!shown) return null;
  return <Button type="text" icon={<DeleteOutlined />} aria-label={t('sim.remove')} onClick={onRemove} />;
}

function Results({ results }: { results: Played[] }) {
  const { t } = useTranslation('routing');
  const rank = useRankName();
  return (
    <div className="routing-results">
      {results.map((one) => (
        <section key={one.rule} className={one.rule === 'house' ? 'panel ours' : 'panel'}>
          <h2>{t(`sim.rule_${one.rule}`)}</h2>
          <p className="quiet">{t('sim.busy', { busy: one.busy_percent, queue: one.longest_queue })}</p>
          <ul className="routing-lines">
            {one.levels.map((level) => (
              <li key={level.level_rank}>
                <span>
                  <b>{rank(level.level_rank)}</b>{' '}
                  <span className="quiet">
                    {t('sim.waits', {
                      median: level.median_minutes,
                      p90: level.p90_minutes,
                      longest: level.longest_minutes,
                    })}
                  </span>
                </span>
                <span className="routing-verdict">
                  {level.broken === 0 ? (
                    <Tag color="green">{t('sim.all_kept', { n: level.kept })}</Tag>
                  ) : (
                    <Tag color="red">{t('sim.broken', { n: level.broken, all: level.tickets })}</Tag>
                  )}
                  {level.open > 0 && <span className="quiet">{t('sim.open', { n: level.open })}</span>}
                </span>
              </li>
            ))}
          </ul>
        </section>
      ))}
    </div>
  );
}
